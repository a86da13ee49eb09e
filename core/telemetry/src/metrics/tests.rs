use super::*;

fn metrics(series_per_family: usize) -> Arc<Metrics> {
    Metrics::new(MetricLimits { series_per_family }, "1.2.3")
}

/// The sample lines of one metric.
fn lines(metrics: &Metrics, name: &str) -> Vec<String> {
    let text = metrics.render();
    let sample = |line: &&str| line.split(['{', ' ']).next() == Some(name);
    text.lines().filter(sample).map(str::to_owned).collect()
}

#[test]
fn exchanges_are_counted_by_listener_route_and_class() {
    let metrics = metrics(100);
    let shop = metrics.exchanges("web", "shop");
    shop.ended(200, Duration::from_millis(3), 10, 2000);
    shop.ended(204, Duration::from_millis(30), 0, 0);
    shop.ended(0, Duration::from_secs(100), 0, 0);
    metrics.exchanges("web", "shop").ended(503, Duration::ZERO, 5, 0);
    let counted: Vec<String> = lines(&metrics, "portcullis_requests_total")
        .into_iter()
        .filter(|line| !line.ends_with(" 0"))
        .collect();
    assert_eq!(
        counted,
        [
            r#"portcullis_requests_total{listener="web",route="shop",status="2xx"} 2"#,
            r#"portcullis_requests_total{listener="web",route="shop",status="5xx"} 1"#,
            r#"portcullis_requests_total{listener="web",route="shop",status="none"} 1"#,
        ]
    );
    assert_eq!(
        lines(&metrics, "portcullis_received_body_bytes_total"),
        [r#"portcullis_received_body_bytes_total{listener="web"} 15"#]
    );
    let buckets = lines(&metrics, "portcullis_exchange_duration_seconds_bucket");
    let bucket = |bound: &str| {
        let needle = format!("le=\"{bound}\"}} ");
        let line = buckets.iter().find(|line| line.contains(&needle)).unwrap();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let expected =
        [("0.0005", 1), ("0.0025", 1), ("0.005", 2), ("0.05", 3), ("60", 3), ("+Inf", 4)];
    for (bound, count) in expected {
        assert_eq!(bucket(bound), count, "{bound}");
    }
    assert_eq!(
        lines(&metrics, "portcullis_exchange_duration_seconds_sum"),
        [r#"portcullis_exchange_duration_seconds_sum{listener="web",route="shop"} 100.033"#]
    );
    assert_eq!(
        lines(&metrics, "portcullis_exchange_duration_seconds_count"),
        [r#"portcullis_exchange_duration_seconds_count{listener="web",route="shop"} 4"#]
    );
}

#[test]
fn bounds_are_inclusive() {
    let metrics = metrics(10);
    let waf = metrics.waf("crs", "shop");
    for score in [0, 5, 5, 6, 1000] {
        waf.score(Direction::Inbound, score);
    }
    let text = metrics.render();
    for line in [
        r#"portcullis_waf_anomaly_score_bucket{direction="inbound",le="0"} 1"#,
        r#"portcullis_waf_anomaly_score_bucket{direction="inbound",le="4"} 1"#,
        r#"portcullis_waf_anomaly_score_bucket{direction="inbound",le="5"} 3"#,
        r#"portcullis_waf_anomaly_score_bucket{direction="inbound",le="7"} 4"#,
        r#"portcullis_waf_anomaly_score_bucket{direction="inbound",le="+Inf"} 5"#,
        r#"portcullis_waf_anomaly_score_sum{direction="inbound"} 1016"#,
    ] {
        assert!(text.lines().any(|l| l == line), "{line}");
    }
}

#[test]
fn values_of_a_callers_choosing_do_not_grow_a_family() {
    let metrics = metrics(1000);
    for number in 0..100_000u64 {
        metrics.malformed(&format!("problem {number}"));
        metrics.local_reply("denied");
    }
    let malformed = lines(&metrics, "portcullis_malformed_requests_total");
    assert_eq!(malformed.len(), 1001);
    assert_eq!(
        malformed.last().unwrap(),
        r#"portcullis_malformed_requests_total{problem="other"} 99000"#
    );
    assert_eq!(
        lines(&metrics, "portcullis_local_replies_total"),
        [r#"portcullis_local_replies_total{reason="denied"} 100000"#]
    );
}

#[test]
fn routes_that_are_gone_make_room_and_those_in_use_stay() {
    let metrics = metrics(12);
    let kept = metrics.cluster("kept");
    kept.retries.add(7);
    for number in 0..1000 {
        let gone = metrics.cluster(&format!("gone {number}"));
        gone.retries.increment();
        assert_eq!(gone.retries.value(), 1);
    }
    kept.retries.increment();
    let retries = lines(&metrics, "portcullis_upstream_retries_total");
    assert!(retries.len() <= 12, "{}", retries.len());
    assert!(retries.contains(&r#"portcullis_upstream_retries_total{cluster="kept"} 8"#.to_owned()));
    assert_eq!(metrics.upstream_retries.len(), retries.len());
}

#[test]
fn label_values_are_escaped_and_cut() {
    let metrics = metrics(10);
    metrics.malformed("a\"b\\c\nd");
    metrics.malformed(&"é".repeat(100));
    assert_eq!(
        lines(&metrics, "portcullis_malformed_requests_total"),
        [
            r#"portcullis_malformed_requests_total{problem="a\"b\\c\nd"} 1"#.to_owned(),
            format!("portcullis_malformed_requests_total{{problem=\"{}\"}} 1", "é".repeat(64)),
        ]
    );
}

#[test]
fn gauges_follow_what_holds_them() {
    let metrics = metrics(10);
    let web = metrics.downstream("web");
    let (one, two) = (web.accepted(), web.accepted());
    web.refused(RefusedCause::ConnectionLimit);
    assert_eq!(web.open(), 2);
    drop(one);
    assert_eq!(web.open(), 1);
    drop(two);
    assert_eq!(web.open(), 0);
    let mut held = metrics.buffered_bytes().hold(100);
    held.resize(250);
    assert_eq!(metrics.buffered_bytes().value(), 250);
    drop(held);
    assert_eq!(metrics.buffered_bytes().value(), 0);
    assert_eq!(
        lines(&metrics, "portcullis_downstream_connections_total"),
        [r#"portcullis_downstream_connections_total{listener="web"} 2"#]
    );
}

#[test]
fn every_family_is_rendered_once_with_help_and_type() {
    let metrics = metrics(100);
    metrics.exchanges("l", "r").ended(200, Duration::ZERO, 1, 1);
    let downstream = metrics.downstream("l");
    downstream.refused(RefusedCause::TlsFailed);
    let cluster = metrics.cluster("c");
    cluster.error(UpstreamErrorKind::Connect);
    let endpoint = metrics.endpoint_healthy("c", "10.0.0.1:80");
    endpoint.set(1);
    metrics.filter("waf").errors.increment();
    let waf = metrics.waf("crs", "r");
    waf.detection(942_100);
    waf.inspected(WafPhase::RequestBody, Duration::from_micros(80));
    let (sampled, rule) = (metrics.waf_sampled("crs"), metrics.waf_rule("crs", "942100"));
    sampled.set(2);
    rule.nanoseconds.set(1_500);
    rule.evaluations.set(4);
    metrics.local_reply("no_route");
    metrics.malformed("host_missing");
    metrics.reload(ReloadOutcome::Applied);
    metrics.snapshot_published(3);
    metrics.reload_compiled(Duration::from_millis(7));
    metrics.reload_first_request(Duration::from_millis(70));
    metrics.log(LogName::Access).dropped.add(2);
    metrics.panic();
    let plugin = metrics.plugin(&"easy-logger".into());
    plugin.crashes("trap").increment();
    plugin.rebuilt.increment();
    plugin.log_lines_dropped.add(2);
    let text = metrics.render();
    for name in name::Name::ALL {
        let name = name.as_str();
        assert_eq!(text.matches(&format!("# HELP {name} ")).count(), 1, "{name}");
        assert_eq!(text.matches(&format!("# TYPE {name} ")).count(), 1, "{name}");
    }
    for line in [
        "portcullis_snapshot_revision 3",
        "portcullis_waf_sampled_exchanges{ruleset=\"crs\"} 2",
        "portcullis_waf_rule_nanoseconds{ruleset=\"crs\",rule=\"942100\"} 1500",
        "portcullis_waf_rule_evaluations{ruleset=\"crs\",rule=\"942100\"} 4",
        "portcullis_panics_total 1",
        "portcullis_reload_compile_seconds_bucket{le=\"0.01\"} 1",
        "portcullis_reload_compile_seconds_count 1",
        r#"portcullis_build_info{version="1.2.3"} 1"#,
        r#"portcullis_waf_detections_total{rule="942100"} 1"#,
        r#"portcullis_upstream_endpoint_healthy{cluster="c",endpoint="10.0.0.1:80"} 1"#,
    ] {
        assert!(text.lines().any(|l| l == line), "{line}");
    }
    assert!(text.ends_with('\n'));
    drop(endpoint);
    assert!(lines(&metrics, "portcullis_upstream_endpoint_healthy").is_empty());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let value = line.rsplit(' ').next().unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}

#[test]
fn threads_lose_no_count() {
    let metrics = metrics(10);
    std::thread::scope(|scope| {
        for _ in 0..12 {
            let exchanges = metrics.exchanges("l", "r");
            scope.spawn(move || {
                for _ in 0..10_000 {
                    exchanges.ended(200, Duration::from_micros(1), 1, 0);
                }
            });
        }
    });
    let text = metrics.render();
    for line in [
        r#"portcullis_requests_total{listener="l",route="r",status="2xx"} 120000"#,
        r#"portcullis_received_body_bytes_total{listener="l"} 120000"#,
        r#"portcullis_exchange_duration_seconds_count{listener="l",route="r"} 120000"#,
        r#"portcullis_exchange_duration_seconds_sum{listener="l",route="r"} 0.12"#,
    ] {
        assert!(text.lines().any(|l| l == line), "{line}");
    }
}

#[test]
fn classes_of_status() {
    for (status, class) in [
        (0, "none"),
        (101, "1xx"),
        (200, "2xx"),
        (299, "2xx"),
        (304, "3xx"),
        (404, "4xx"),
        (499, "4xx"),
        (503, "5xx"),
        (999, "5xx"),
    ] {
        assert_eq!(StatusClass::of(status).as_str(), class);
    }
}
