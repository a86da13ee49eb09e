//! What a proxy owes both sides beyond bytes: hop-by-hop fields, interim responses, responses
//! without a body, expectations and upgrades. The cases are those that pingora-proxy 0.9.1 gets
//! right, and RFC 9110 and 9112.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use portcullis_conformance::{Failures, HOST, Stage, browser_get};
use portcullis_testkit::raw::{RawDownstream, ask};
use portcullis_testkit::upstream::{Answer, Request, Step};

fn script(request: &Request) -> Answer {
    let raw = |bytes: &str| Answer::raw(bytes.as_bytes());
    match request.head.target() {
        "/204" => raw("HTTP/1.1 204 No Content\r\nX-Mark: 1\r\n\r\n"),
        "/304" => raw("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 500\r\n\r\n"),
        "/head" => raw("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"),
        "/hints" => raw("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n\
             HTTP/1.1 103 Early Hints\r\nLink: </b.css>; rel=preload\r\n\r\n\
             HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        "/hop" => raw("HTTP/1.1 200 OK\r\nConnection: X-Secret, keep-alive\r\nX-Secret: 1\r\n\
             Keep-Alive: timeout=1\r\nProxy-Connection: x\r\nUpgrade: foo\r\nX-Kept: 1\r\n\
             Content-Length: 2\r\n\r\nok"),
        "/chunked" => Answer::chunked(b"hello", 2, &[]),
        "/early" => Answer(vec![
            Step::Write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig".to_vec()),
            Step::Sleep(Duration::from_millis(300)),
            Step::Close,
        ]),
        _ => Answer::ok("ok"),
    }
}

/// Field lines of a request, and which of them must not arrive. A request that nominates a field of
/// its own may be refused instead: by nominating one, a caller could take away what we assert.
const HOP_BY_HOP: &[(&str, &[&str])] = &[
    ("Connection: close, X-Private\r\nX-Private: 1\r\n", &["X-Private"]),
    ("Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n", &["Keep-Alive"]),
    ("Proxy-Connection: keep-alive\r\n", &["Proxy-Connection"]),
    ("TE: gzip\r\n", &["TE"]),
    ("Connection: TE\r\nTE: trailers, gzip\r\n", &[]),
    ("Proxy-Authorization: Basic YTpi\r\n", &["Proxy-Authorization"]),
    ("Connection: Upgrade\r\nUpgrade: foo/2\r\n", &["Upgrade"]),
    (
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n",
        &["Upgrade", "HTTP2-Settings"],
    ),
];

#[tokio::test]
async fn fields_of_one_connection_stay_on_it() {
    let stage = Stage::start("", script).await.unwrap();
    let mut failures = Failures::default();
    for (lines, gone) in HOP_BY_HOP {
        let answer = ask(stage.http(), browser_get("/x", lines)).await.unwrap();
        if lines.contains("X-Private") && answer.status() == 400 {
            continue;
        }
        failures.check(lines, answer.status() == 200, || answer.head.start.clone());
        let seen = stage.upstream.last().unwrap().head;
        for name in *gone {
            failures.check(lines, seen.field(name).is_none(), || format!("{name} arrived"));
            failures.check(lines, !seen.names("connection", name), || format!("{name} named"));
        }
    }
    let answer = ask(stage.http(), browser_get("/hop", "")).await.unwrap();
    for name in ["X-Secret", "Keep-Alive", "Proxy-Connection", "Upgrade"] {
        failures.check("response", answer.head.field(name).is_none(), || format!("{name} passed"));
    }
    failures.check("response", answer.head.field("X-Kept").is_some(), || "X-Kept gone".to_owned());
    failures.finish(HOP_BY_HOP.len() + 5);
}

#[tokio::test]
async fn responses_without_a_body_leave_the_connection_usable() {
    let stage = Stage::start("", script).await.unwrap();
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    let head =
        |method: &str, target: &str| format!("{method} {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    let answer = down.ask(head("HEAD", "/head")).await.unwrap();
    assert_eq!((answer.status(), answer.head.field("content-length")), (200, Some("1234")));
    let answer = down.ask(head("GET", "/204")).await.unwrap();
    assert_eq!((answer.status(), answer.head.field("x-mark")), (204, Some("1")));
    assert_eq!(answer.head.field("transfer-encoding"), None);
    assert_eq!(answer.head.field("content-length"), None, "RFC 9110 section 8.6");
    let answer = down.ask(head("GET", "/304")).await.unwrap();
    assert_eq!((answer.status(), answer.head.field("etag")), (304, Some("\"a\"")));
    let answer = down.ask(head("HEAD", "/chunked")).await.unwrap();
    assert_eq!(answer.status(), 200);
    let answer = down.ask(head("GET", "/last")).await.unwrap();
    assert_eq!(answer.text(), "ok");
}

#[tokio::test]
async fn interim_responses_pass_to_those_who_know_them() {
    let stage = Stage::start("", script).await.unwrap();
    let answer = ask(stage.http(), browser_get("/hints", "")).await.unwrap();
    let links: Vec<_> = answer.interim.iter().filter_map(|head| head.field("link")).collect();
    assert_eq!(links, ["</a.css>; rel=preload", "</b.css>; rel=preload"]);
    assert_eq!(answer.text(), "ok");
    let old = format!("GET /hints HTTP/1.0\r\nHost: {HOST}\r\n\r\n");
    let answer = ask(stage.http(), old).await.unwrap();
    assert!(answer.interim.is_empty(), "RFC 9110 section 15.2: not to HTTP/1.0");
    assert_eq!(answer.text(), "ok");
}

#[tokio::test]
async fn http10_gets_what_it_can_read() {
    let stage = Stage::start("", script).await.unwrap();
    let old = format!("GET /chunked HTTP/1.0\r\nHost: {HOST}\r\n\r\n");
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    down.send(old).await.unwrap();
    let all = down.until_closed().await.unwrap();
    let text = String::from_utf8_lossy(&all).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(!head.to_lowercase().contains("transfer-encoding"), "{head}");
    assert_eq!(body, "hello");
}

#[tokio::test]
async fn expectations_are_met() {
    let stage = Stage::start("", script).await.unwrap();
    let head = format!(
        "POST /expect HTTP/1.1\r\nHost: {HOST}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    );
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    down.send(&head).await.unwrap();
    assert_eq!(down.read_head().await.unwrap().status(), 100);
    down.send("hello").await.unwrap();
    assert_eq!(down.read("POST").await.unwrap().status(), 200);
    assert_eq!(stage.upstream.last().unwrap().body.bytes, b"hello");
    // Sent with the body at once, and by HTTP/1.0, which knows no interim response.
    let answer = ask(stage.http(), format!("{head}hello")).await.unwrap();
    assert_eq!(answer.status(), 200);
    let old = head.replace("HTTP/1.1", "HTTP/1.0");
    let answer = ask(stage.http(), format!("{old}hello")).await.unwrap();
    assert_eq!((answer.status(), answer.interim.len()), (200, 0));
}

#[tokio::test]
async fn bytes_behind_an_upgrade_that_was_not_granted_are_a_request() {
    // RUSTSEC-2026-0033: bytes behind an upgrade request went upstream before its 101.
    let stage = Stage::start("", script).await.unwrap();
    let request = format!(
        "GET /no-upgrade HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\
         GET /../../smuggled HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
    );
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    let answer = down.ask(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    let _ = down.read("GET").await;
    assert_eq!(stage.targets(), ["/no-upgrade"]);
    let arrived = stage.upstream.connections()[0].bytes();
    assert!(!String::from_utf8_lossy(&arrived).contains("smuggled"));
}

#[tokio::test]
async fn an_upstream_may_answer_before_the_request_ends() {
    let stage = Stage::start("", script).await.unwrap();
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    let head = format!("POST /early HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 1000000\r\n\r\n");
    down.send(head).await.unwrap();
    down.send(vec![b'x'; 1000]).await.unwrap();
    let answer = down.read("POST").await.unwrap();
    assert_eq!((answer.status(), answer.text().as_str()), (413, "big"));
}

#[tokio::test]
async fn a_connection_carries_many_requests_and_says_when_it_ends() {
    let stage = Stage::start("", script).await.unwrap();
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    for number in 0..50 {
        let answer = down.ask(browser_get(&format!("/{number}"), "")).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(stage.upstream.connections().len(), 1, "one upstream connection is enough");
    let answer = down.ask(browser_get("/last", "Connection: close\r\n")).await.unwrap();
    assert!(answer.head.names("connection", "close"));
    assert!(down.until_closed().await.unwrap().is_empty());
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_or_not_at_all() {
    let stage = Stage::start("", |request| Answer::ok(request.head.target())).await.unwrap();
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    let three: String = (1..=3).map(|n| browser_get(&format!("/{n}"), "")).collect();
    down.send(three).await.unwrap();
    let mut answered = Vec::new();
    for _ in 0..3 {
        match down.read("GET").await {
            Ok(answer) => answered.push(answer.text()),
            Err(_) => break,
        }
    }
    assert!(
        ["/1", "/2", "/3"].starts_with(&answered.iter().map(String::as_str).collect::<Vec<_>>())
    );
    assert!(!answered.is_empty());
    assert_eq!(stage.targets(), answered);
}
