//! Every exchange leaves one line, also those that never got to a route; the metrics stay bounded
//! whatever callers send; the admin listener tells its state without telling secrets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::HashSet;

use portcullis_conformance::{Failures, HOST, Stage, browser_get, post};
use portcullis_testkit::h2_client::H2Client;
use portcullis_testkit::raw::ask;
use portcullis_testkit::upstream::{Answer, Request};
use portcullis_testkit::{document, within};

const SECRET: &str = "s3cr3t-t0k3n-9f8e7d";

fn script(request: &Request) -> Answer {
    match request.head.target() {
        "/teapot" => Answer::status("418 Teapot", &[], "short"),
        _ => Answer::ok("hello"),
    }
}

async fn stage() -> Stage {
    Stage::written(script, |place, up| {
        format!(
            "{}{}{}routes:\n  - {{ name: all, hosts: [\"{HOST}\"], cluster: up }}\n{}{}",
            document::base(place),
            document::listeners(place, ""),
            document::cluster("up", &[up], "    retry: { attempts: 0 }\n"),
            document::waf(", request_body: { limit: 4KiB, on_limit: reject }"),
            format_args!(
                "  - headers: {{ request: {{ set: {{ authorization: \"Bearer {SECRET}\" }} }} }}\n"
            )
        )
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn every_exchange_leaves_one_line() {
    let stage = stage().await;
    let mut failures = Failures::default();
    let big = post("/big", "application/json", "", &vec![b'1'; 50_000]);
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("/fine?a=1", browser_get("/fine?a=1", "").into(), 200),
        ("/teapot", browser_get("/teapot", "").into(), 418),
        ("/attack", browser_get("/attack?q=%3Cscript%3Ealert(1)%3C/script%3E", "").into(), 403),
        ("/big", big, 413),
        ("/lost", b"GET /lost HTTP/1.1\r\nHost: other.test\r\n\r\n".to_vec(), 404),
        ("/bad", b"GET /bad HTTP/1.1\r\nHost: a b\r\n\r\n".to_vec(), 400),
        ("/twice", b"GET /twice HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_vec(), 400),
    ];
    for (name, request, status) in &cases {
        let answer = ask(stage.http(), request).await.unwrap();
        failures.check(name, answer.status() == *status, || answer.head.start.clone());
        let path = name.split('?').next().unwrap();
        let line = stage.gateway.access_line(name, |line| line["path"] == path).await;
        match line {
            Ok(line) => {
                failures.check(name, line["status"] == *status, || line.to_string());
                failures.check(name, line["listener"] == "http", || line.to_string());
                for key in ["time", "id", "peer", "duration_ms"] {
                    failures.check(name, !line[key].is_null(), || format!("no {key}: {line}"));
                }
                let local = *status != 200 && *status != 418;
                failures.check(name, local != line["reply_reason"].is_null(), || line.to_string());
            }
            Err(problem) => failures.note(name, problem),
        }
    }
    // Not even a request line: a line of its own all the same.
    let _ = ask(stage.http(), "nonsense\r\n\r\n").await;
    let before = cases.len();
    let ids = || -> Vec<String> {
        stage.gateway.access_log().iter().map(|l| l["id"].to_string()).collect()
    };
    let all = portcullis_testkit::eventually("one line each", || {
        let ids = ids();
        (ids.len() > before).then_some(ids)
    })
    .await
    .unwrap();
    let different: HashSet<&String> = all.iter().collect();
    failures.check("lines", all.len() == before + 1, || format!("{} lines", all.len()));
    failures.check("ids", different.len() == all.len(), || "an id twice".to_owned());
    failures.finish(cases.len() + 1);
}

#[tokio::test]
async fn metrics_stay_bounded_whatever_callers_send() {
    let stage = stage().await;
    for number in 0..150 {
        let odd = format!("odd{number}word");
        let request = format!(
            "M{number} /{odd}?{odd} HTTP/1.1\r\nHost: {odd}.test\r\nUser-Agent: {odd}\r\n\
             X-{odd}: 1\r\nConnection: close\r\n\r\n"
        );
        let _ = ask(stage.http(), request).await;
        let bad = format!("GET /{odd} HTTP/1.{number}\r\nHost: h\r\n\r\n");
        let _ = ask(stage.http(), bad).await;
        let _ = ask(stage.http(), browser_get(&format!("/{odd}"), "Connection: close\r\n")).await;
    }
    let text = stage.gateway.admin("/metrics").await.unwrap().text();
    assert!(!text.contains("odd1"), "a caller's word is in the metrics");
    let metrics = stage.gateway.metrics().await.unwrap();
    for (name, count) in metrics.cardinality() {
        assert!(count <= 120, "{name} has {count} series");
    }
    let ok = metrics.sum("portcullis_requests_total", &[("route", "all"), ("status", "2xx")]);
    assert!(ok >= 150.0, "{ok}");
    assert!(metrics.sum("portcullis_malformed_requests_total", &[]) >= 100.0);
    assert!(metrics.sum("portcullis_local_replies_total", &[]) >= 100.0);
}

#[tokio::test]
async fn attacks_are_counted_and_told_with_what_matched() {
    let stage = stage().await;
    let request = browser_get("/?id=1%27%20UNION%20SELECT%20a%20FROM%20b--", "");
    assert_eq!(ask(stage.http(), request).await.unwrap().status(), 403);
    let event = stage.gateway.waf_line("the attack", |line| line["path"] == "/").await.unwrap();
    assert_eq!(event["action"], "blocked", "{event}");
    assert_eq!(event["status"], 403, "{event}");
    assert!(event["revision"].as_u64().is_some_and(|revision| revision > 0), "{event}");
    let matches = event["matches"].as_array().unwrap();
    let about_id = matches.iter().find(|found| found["key"] == "id");
    let found = about_id.unwrap_or_else(|| panic!("no match in ARGS:id: {event}"));
    assert!(found["rule"].as_u64().is_some_and(|rule| rule >= 900_000), "{found}");
    let metrics = stage.gateway.metrics().await.unwrap();
    assert_eq!(metrics.sum("portcullis_waf_blocked_total", &[]), 1.0);
    assert!(metrics.sum("portcullis_waf_detections_total", &[]) >= 1.0);
}

#[tokio::test]
async fn the_admin_listener_tells_no_secrets() {
    let stage = stage().await;
    for target in ["/healthz", "/readyz"] {
        assert_eq!(stage.gateway.admin(target).await.unwrap().status(), 200, "{target}");
    }
    assert_eq!(stage.gateway.admin("/nothing").await.unwrap().status(), 404);
    assert_eq!(
        ask(stage.http(), browser_get("/x?password=hunter2secret&a=1", "")).await.unwrap().status(),
        200
    );
    let seen = stage.upstream.last().unwrap().head;
    assert_eq!(seen.field("authorization"), Some(format!("Bearer {SECRET}").as_str()));
    assert!(seen.target().contains("hunter2secret"), "what is forwarded is not redacted");
    stage.gateway.access_line("/x", |line| line["path"] == "/x").await.unwrap();
    let config = stage.gateway.admin("/config").await.unwrap().text();
    assert!(config.contains("authorization") || config.contains("headers"), "{config}");
    let logs: String = stage.gateway.access_log().iter().map(|line| line.to_string()).collect();
    for (what, text) in
        [("/config", config), ("access log", logs), ("log", stage.gateway.log_tail())]
    {
        assert!(!text.contains(SECRET), "{what} holds a configured secret");
        assert!(!text.contains("hunter2secret"), "{what} holds a password");
    }
}

#[tokio::test]
async fn hostile_bytes_leave_lines_that_can_be_read() {
    let stage = stage().await;
    let cases: [&[u8]; 4] = [
        b"GET /a\"b\\c%0a HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: \"}\\\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: \xff\xfe\x80\r\n\r\n",
        b"GET /<x> HTTP/1.1\r\nHost: \"h\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
    ];
    for bytes in cases {
        let _ = ask(stage.http(), bytes).await;
    }
    let raw = portcullis_testkit::eventually("the lines", || {
        let text = std::fs::read(stage.gateway.place().access_log()).unwrap_or_default();
        (text.iter().filter(|byte| **byte == b'\n').count() >= cases.len()).then_some(text)
    })
    .await
    .unwrap();
    for line in String::from_utf8(raw).expect("UTF-8 only").lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    }
}

#[tokio::test]
async fn a_stream_reset_and_an_upgrade_have_their_lines_too() {
    let stage = stage().await;
    let mut client = H2Client::tls(&stage.authority, stage.tls(), HOST).await.unwrap();
    let answer = within("h2", client.get(&format!("https://{HOST}/h2"))).await.unwrap();
    assert_eq!(answer.status, 200);
    let line = stage.gateway.access_line("/h2", |line| line["path"] == "/h2").await.unwrap();
    assert_eq!(line["protocol"], "HTTP/2.0", "{line}");
    assert_eq!(line["scheme"], "https", "{line}");
    assert_eq!(line["tls_server_name"], HOST, "{line}");
}
