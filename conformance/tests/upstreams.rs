//! Which endpoint gets a request, which one is left alone, what is tried again, and what the caller
//! is told when nobody answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use portcullis_conformance::{Failures, HOST, browser_get, post};
use portcullis_testkit::fault::{Fault, FaultProxy};
use portcullis_testkit::gateway::Gateway;
use portcullis_testkit::load::{Load, Mode};
use portcullis_testkit::raw::{RawDownstream, ask};
use portcullis_testkit::upstream::{Answer, RecordingUpstream, Step};
use portcullis_testkit::{DEADLINE, document, ports};

async fn gateway(endpoints: &[SocketAddr], more: &str) -> Gateway {
    Gateway::start(|place| {
        let cluster = document::cluster("up", endpoints, more);
        let listeners = document::listeners(place, "");
        format!("{}{listeners}{cluster}{}", document::base(place), document::route("all", "up"))
    })
    .await
    .unwrap()
}

async fn three() -> (Vec<RecordingUpstream>, Vec<SocketAddr>) {
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(RecordingUpstream::fixed().await.unwrap());
    }
    let addresses = all.iter().map(RecordingUpstream::address).collect();
    (all, addresses)
}

fn counts(upstreams: &[RecordingUpstream]) -> Vec<usize> {
    upstreams.iter().map(|upstream| upstream.requests().len()).collect()
}

async fn ask_many(gateway: &Gateway, count: usize, lines: impl Fn(usize) -> String) -> Vec<u16> {
    let mut down = RawDownstream::connect(gateway.address()).await.unwrap();
    let mut statuses = Vec::new();
    for number in 0..count {
        let request = browser_get(&format!("/{number}"), &lines(number));
        statuses.push(down.ask(request).await.unwrap().status());
    }
    statuses
}

fn all_ok(statuses: &[u16]) {
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

#[tokio::test]
async fn round_robin_goes_round() {
    let (upstreams, addresses) = three().await;
    let gateway = gateway(&addresses, "").await;
    all_ok(&ask_many(&gateway, 300, |_| String::new()).await);
    // Each worker thread may have a turn of its own.
    assert!(counts(&upstreams).iter().all(|count| (95..=105).contains(count)), "{upstreams:?}");
}

#[tokio::test]
async fn weights_are_shares() {
    let (upstreams, addresses) = three().await;
    let gateway = Gateway::start(|place| {
        let endpoints = format!(
            "clusters:\n  - name: up\n    endpoints: [{{ address: \"{}\", weight: 6 }}, \
             {{ address: \"{}\", weight: 3 }}, {{ address: \"{}\" }}]\n",
            addresses[0], addresses[1], addresses[2]
        );
        let listeners = document::listeners(place, "");
        format!("{}{listeners}{endpoints}{}", document::base(place), document::route("all", "up"))
    })
    .await
    .unwrap();
    all_ok(&ask_many(&gateway, 500, |_| String::new()).await);
    let counts = counts(&upstreams);
    let near = |count: usize, share: usize| count.abs_diff(share) <= share / 5;
    assert!(near(counts[0], 300) && near(counts[1], 150) && near(counts[2], 50), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn least_request_spares_the_slow_one() {
    let slow = RecordingUpstream::start(|_| Answer::ok("ok").after(Duration::from_millis(200)));
    let (slow, fast) = (slow.await.unwrap(), RecordingUpstream::fixed().await.unwrap());
    let gateway = gateway(&[slow.address(), fast.address()], "    balance: least_request\n").await;
    let load = Load::start(gateway.address(), Mode::KeepAlive, 8, HOST, |n| format!("/{n}"));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let tally = load.stop().await;
    assert_eq!(tally.failed, 0);
    let (slow, fast) = (slow.requests().len(), fast.requests().len());
    assert!(fast > slow * 3, "slow {slow}, fast {fast}");
}

#[tokio::test]
async fn a_hash_keeps_a_caller_where_it_was() {
    let (upstreams, addresses) = three().await;
    let gateway =
        gateway(&addresses, "    balance: { consistent_hash: { header: x-user } }\n").await;
    all_ok(&ask_many(&gateway, 300, |n| format!("X-User: user-{}\r\n", n % 60)).await);
    let users: Vec<HashSet<String>> = upstreams
        .iter()
        .map(|upstream| {
            let requests = upstream.requests();
            requests.iter().filter_map(|r| r.head.field("x-user").map(str::to_owned)).collect()
        })
        .collect();
    assert_eq!(users.iter().map(HashSet::len).sum::<usize>(), 60, "each user in one place");
    assert!(users.iter().all(|set| set.len() >= 5), "{:?}", counts(&upstreams));
}

#[tokio::test]
async fn active_health_leaves_the_sick_alone_and_takes_them_back() {
    let sick = Arc::new(AtomicBool::new(true));
    let own = Arc::clone(&sick);
    let patient = RecordingUpstream::start(move |request| {
        match (request.head.target(), own.load(Ordering::SeqCst)) {
            ("/health", true) => Answer::status("500 Sick", &[], ""),
            _ => Answer::ok("ok"),
        }
    });
    let (patient, healthy) = (patient.await.unwrap(), RecordingUpstream::fixed().await.unwrap());
    let health = "    health: { active: { path: /health, interval: 100ms, timeout: 100ms, \
                  unhealthy_after: 2, healthy_after: 2 } }\n";
    let gateway = gateway(&[patient.address(), healthy.address()], health).await;
    let real = |upstream: &RecordingUpstream| {
        upstream.requests().iter().filter(|r| r.head.target() != "/health").count()
    };
    let state = |want: f64| {
        let (gateway, address) = (&gateway, patient.address().to_string());
        async move {
            let end = tokio::time::Instant::now() + DEADLINE;
            loop {
                let metrics = gateway.metrics().await.unwrap();
                let name = "portcullis_upstream_endpoint_healthy";
                if metrics.has(name) && metrics.sum(name, &[("endpoint", &address)]) == want {
                    return;
                }
                assert!(tokio::time::Instant::now() < end, "the endpoint does not become {want}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    state(0.0).await;
    let before = real(&patient);
    all_ok(&ask_many(&gateway, 50, |_| String::new()).await);
    assert_eq!(real(&patient), before, "requests to a sick endpoint");
    sick.store(false, Ordering::SeqCst);
    state(1.0).await;
    all_ok(&ask_many(&gateway, 50, |_| String::new()).await);
    assert!(real(&patient) > before + 10, "{} of 50", real(&patient) - before);
}

#[tokio::test]
async fn passive_health_ejects_who_fails_and_nobody_notices() {
    let (upstreams, addresses) = three().await;
    let broken = FaultProxy::start(addresses[0], Fault::ResetOnFirstByte).await.unwrap();
    let more = "    health: { passive: { consecutive_failures: 3, eject_for: 60s, \
                max_ejected_percent: 50 } }\n    \
                retry: { attempts: 2, after: [connect_failure, reset], min_per_second: 100 }\n";
    let gateway = gateway(&[broken.address(), addresses[1], addresses[2]], more).await;
    all_ok(&ask_many(&gateway, 100, |_| String::new()).await);
    let metrics = gateway.metrics().await.unwrap();
    assert!(metrics.sum("portcullis_upstream_ejections_total", &[]) >= 1.0);
    let retries = metrics.sum("portcullis_upstream_retries_total", &[]);
    assert!((3.0..=12.0).contains(&retries), "{retries} retries: ejected after three failures");
    assert_eq!(upstreams[0].requests().len(), 0);
}

#[tokio::test]
async fn only_what_may_happen_twice_is_tried_again() {
    // Every connection breaks at its first request; the second try finds a good one.
    let breaking = RecordingUpstream::start(|request| match request.connection % 2 {
        0 => Answer(vec![Step::ReadBody, Step::Close]),
        _ => Answer::ok("ok").then_close(),
    });
    let breaking = breaking.await.unwrap();
    let more = "    retry: { attempts: 1, after: [connect_failure, reset], min_per_second: 100 }\n";
    let gateway = gateway(&[breaking.address()], more).await;
    let answer = ask(gateway.address(), browser_get("/get", "")).await.unwrap();
    assert_eq!(answer.status(), 200, "an idempotent request is tried again");
    let answer = ask(gateway.address(), post("/post", "text/plain", "", b"pay")).await.unwrap();
    assert_eq!(answer.status(), 502, "a POST is not");
    let targets: Vec<String> =
        breaking.requests().iter().map(|r| r.head.target().to_owned()).collect();
    assert_eq!(targets, ["/get", "/get", "/post"]);
}

#[tokio::test]
async fn a_dead_endpoint_is_passed_over_for_any_method() {
    let (upstreams, addresses) = three().await;
    let more = "    retry: { min_per_second: 1000 }\n";
    let gateway = gateway(&[ports::free(), addresses[1]], more).await;
    let mut down = RawDownstream::connect(gateway.address()).await.unwrap();
    for number in 0..20 {
        let request = post(&format!("/{number}"), "text/plain", "", b"body");
        assert_eq!(down.ask(request).await.unwrap().status(), 200);
    }
    assert_eq!(upstreams[1].requests().len(), 20);
    assert!(upstreams[1].requests().iter().all(|request| request.body.bytes == b"body"));
}

#[tokio::test]
async fn retries_end_with_their_budget() {
    let breaking = RecordingUpstream::start(|_| Answer(vec![Step::ReadBody, Step::Close]));
    let breaking = breaking.await.unwrap();
    let more = "    retry: { attempts: 3, after: [connect_failure, reset], budget_percent: 10, \
                min_per_second: 0 }\n";
    let gateway = gateway(&[breaking.address()], more).await;
    let mut statuses = Vec::new();
    for number in 0..100 {
        let request = browser_get(&format!("/{number}"), "Connection: close\r\n");
        statuses.push(ask(gateway.address(), request).await.unwrap().status());
    }
    assert!(statuses.iter().all(|status| *status == 502), "{statuses:?}");
    let tries = breaking.requests().len();
    assert!((100..=115).contains(&tries), "{tries} tries of 100 requests");
    let metrics = gateway.metrics().await.unwrap();
    assert!(metrics.sum("portcullis_upstream_retry_budget_exhausted_total", &[]) > 0.0);
}

/// What an upstream does, and what the caller is told.
#[tokio::test]
async fn failures_have_their_own_statuses() {
    let raw = |bytes: &[u8]| Answer::raw(bytes).then_close();
    let upstream = RecordingUpstream::start(move |request| match request.head.target() {
        "/silent" => Answer(vec![Step::ReadBody, Step::Hang]),
        "/closes" => Answer(vec![Step::ReadBody, Step::Close]),
        "/garbage" => raw(b"SSH-2.0-OpenSSH_9\r\n\r\n"),
        "/version" => raw(b"HTTP/3.0 200 OK\r\n\r\n"),
        "/status" => raw(b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"),
        "/lengths" => raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        "/both" => raw(
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        "/name" => raw(b"HTTP/1.1 200 OK\r\nX Y: 1\r\nContent-Length: 0\r\n\r\n"),
        "/large" => {
            raw(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "v".repeat(400_000)).as_bytes())
        }
        _ => Answer::ok("ok"),
    });
    let upstream = upstream.await.unwrap();
    let more = "    timeouts: { connect: 500ms, read: 500ms }\n    retry: { attempts: 0 }\n";
    let gateway = gateway(&[upstream.address()], more).await;
    let cases: [(&str, &[u16]); 10] = [
        ("/silent", &[504]),
        ("/closes", &[502]),
        ("/garbage", &[502]),
        ("/version", &[502]),
        ("/status", &[502]),
        ("/lengths", &[502]),
        ("/both", &[502, 200]),
        ("/name", &[502]),
        ("/large", &[502]),
        ("/good", &[200]),
    ];
    let mut failures = Failures::default();
    for (target, good) in cases {
        let answer = ask(gateway.address(), browser_get(target, "")).await;
        match answer {
            Ok(answer) => failures.check(target, good.contains(&answer.status()), || {
                format!("{}, not {good:?}", answer.status())
            }),
            Err(problem) => failures.note(target, problem),
        }
    }
    failures.finish(cases.len());
}

#[tokio::test]
async fn nobody_there_is_told_as_such() {
    let gateway = gateway(&[ports::free()], "    retry: { attempts: 0 }\n").await;
    let answer = ask(gateway.address(), browser_get("/", "")).await.unwrap();
    assert!([502, 503].contains(&answer.status()), "{}", answer.status());
    assert!(!answer.text().is_empty(), "a readable body");
}

#[tokio::test]
async fn a_response_that_breaks_off_is_not_passed_as_whole() {
    let upstream = RecordingUpstream::start(|request| match request.head.target() {
        "/chunked" => Answer::chunked(&[b'x'; 50_000], 1000, &[]),
        _ => Answer::ok(vec![b'x'; 50_000]),
    });
    let upstream = upstream.await.unwrap();
    let mut failures = Failures::default();
    let faults =
        [Fault::ResetAfter(20_000), Fault::TruncateAfter(20_000), Fault::HalfCloseAfter(20_000)];
    for fault in faults {
        let proxy = FaultProxy::start(upstream.address(), fault).await.unwrap();
        let gateway = gateway(&[proxy.address()], "").await;
        for target in ["/length", "/chunked"] {
            let case = format!("{fault:?} {target}");
            let answer = ask(gateway.address(), browser_get(target, "")).await;
            // A truncated body must not look complete; a 502 before it is fine too.
            failures.check(&case, !matches!(&answer, Ok(a) if a.status() == 200), || {
                "looked whole".to_owned()
            });
        }
    }
    failures.finish(faults.len() * 2);
}

#[tokio::test]
async fn a_route_has_its_own_deadline() {
    let slow = RecordingUpstream::start(|_| Answer(vec![Step::ReadBody, Step::Hang]));
    let slow = slow.await.unwrap();
    let gateway = Gateway::start(|place| {
        format!(
            "{}{}{}routes:\n  - {{ name: short, cluster: up, timeouts: {{ request: 500ms }} }}\n",
            document::base(place),
            document::listeners(place, ""),
            document::cluster("up", &[slow.address()], "")
        )
    })
    .await
    .unwrap();
    let answer = ask(gateway.address(), browser_get("/", "")).await.unwrap();
    assert_eq!(answer.status(), 504);
    slow.all_closed().await.unwrap();
}

#[tokio::test]
async fn routes_choose_rewrite_and_share() {
    let (upstreams, addresses) = three().await;
    let gateway = Gateway::start(|place| {
        let clusters: String = ["a", "b", "c"]
            .iter()
            .zip(&addresses)
            .map(|(n, at)| format!("  - {{ name: {n}, endpoints: [{{ address: \"{at}\" }}] }}\n"))
            .collect();
        format!(
            "{}{}clusters:\n{clusters}routes:\n\
             \x20 - {{ name: api, hosts: [\"*.wild.test\"], match: {{ path: {{ prefix: /api }} }}, \
             cluster: a, rewrite: {{ path_prefix: /v2, host: inner.test }} }}\n\
             \x20 - {{ name: exact, match: {{ path: {{ exact: /api/x }}, methods: [GET] }}, cluster: b }}\n\
             \x20 - {{ name: shared, match: {{ path: {{ prefix: /share }} }}, \
             clusters: [{{ name: b, weight: 90 }}, {{ name: c, weight: 10 }}] }}\n",
            document::base(place),
            document::listeners(place, "")
        )
    })
    .await
    .unwrap();
    let at = gateway.address();
    let request = |host: &str, target: &str| {
        format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    };
    assert_eq!(ask(at, request("A.wild.test:80", "/api/y?q")).await.unwrap().status(), 200);
    let seen = upstreams[0].last().unwrap().head;
    assert_eq!((seen.target(), seen.field("host")), ("/v2/y?q", Some("inner.test")));
    assert_eq!(ask(at, request("other.test", "/api/x")).await.unwrap().status(), 200);
    assert_eq!(upstreams[1].last().unwrap().head.target(), "/api/x");
    let nowhere = [("other.test", "/api/y"), ("a.wild.test", "/apix"), ("wild.test", "/api/y")];
    for (host, target) in nowhere {
        assert_eq!(ask(at, request(host, target)).await.unwrap().status(), 404, "{host}{target}");
    }
    for _ in 0..200 {
        assert_eq!(ask(at, request("other.test", "/share")).await.unwrap().status(), 200);
    }
    let small = upstreams[2].requests().len();
    assert!((5..=45).contains(&small), "{small} of 200 for a tenth");
}
