//! Named limits hold over sockets: whoever goes over one is told, and everybody else goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::net::SocketAddr;

use portcullis_conformance::{HOST, Stage, browser_get};
use portcullis_testkit::gateway::Place;
use portcullis_testkit::h2_client::{H2Client, read_response};
use portcullis_testkit::raw::{RawDownstream, ask};
use portcullis_testkit::upstream::{Answer, Request, Step};
use portcullis_testkit::{DEADLINE, document, eventually};

fn script(request: &Request) -> Answer {
    match request.head.target() {
        "/hang" => Answer(vec![Step::ReadBody, Step::Hang]),
        _ => Answer::ok("ok"),
    }
}

/// A document with keys of listeners, of the cluster, and of its own.
fn limited(place: &Place, up: SocketAddr, listener: &str, cluster: &str, own: &str) -> String {
    format!(
        "{}{}{}{}{own}",
        document::base(place),
        document::listeners(place, listener),
        document::cluster("up", &[up], cluster),
        document::route("all", "up")
    )
}

#[tokio::test]
async fn bodies_held_for_inspection_have_one_bound_for_all() {
    let own = format!("limits: {{ buffered_bodies: 1MiB }}\n{}", document::waf(""));
    let stage = Stage::written(script, |place, up| limited(place, up, "", "", &own)).await.unwrap();
    let head = format!(
        "POST /form HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: t\r\nAccept: */*\r\nContent-Type: \
         application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n"
    );
    // Forty callers that stop just before the end would hold four times the bound.
    let mut callers = Vec::new();
    for _ in 0..40 {
        let mut down = RawDownstream::connect(stage.http()).await.unwrap();
        down.send(&head).await.unwrap();
        let _ = down.send("a".repeat(99_000)).await;
        callers.push(down);
    }
    let end = tokio::time::Instant::now() + DEADLINE;
    loop {
        let metrics = stage.gateway.metrics().await.unwrap();
        let held = metrics.sum("portcullis_buffered_bytes", &[]);
        assert!(held <= 1_048_576.0, "{held} bytes are held");
        if metrics.sum("portcullis_local_replies_total", &[]) >= 20.0 {
            break;
        }
        assert!(tokio::time::Instant::now() < end, "nobody was refused, {held} bytes are held");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let mut refused = 0;
    for down in &mut callers {
        let wait = std::time::Duration::from_millis(20);
        if let Ok(Ok(head)) = tokio::time::timeout(wait, down.read_head()).await {
            assert_eq!(head.status(), 503);
            refused += 1;
        }
    }
    assert!((20..40).contains(&refused), "{refused} of 40 were refused");
    let answer = ask(stage.http(), browser_get("/fine", "")).await.unwrap();
    assert_eq!(answer.status(), 200, "what needs no buffer goes on");
    drop(callers);
    let end = tokio::time::Instant::now() + DEADLINE;
    while stage.gateway.metrics().await.unwrap().sum("portcullis_buffered_bytes", &[]) > 0.0 {
        assert!(tokio::time::Instant::now() < end, "bytes of callers that left are held");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(stage.targets(), ["/fine"]);
}

#[tokio::test]
async fn one_address_has_so_many_connections() {
    let limits = ", limits: { connections_per_ip: 5 }";
    let stage =
        Stage::written(script, |place, up| limited(place, up, limits, "", "")).await.unwrap();
    let mut open = Vec::new();
    for _ in 0..5 {
        let mut down = RawDownstream::connect(stage.http()).await.unwrap();
        assert_eq!(down.ask(browser_get("/", "")).await.unwrap().status(), 200);
        open.push(down);
    }
    assert!(ask(stage.http(), browser_get("/", "")).await.is_err(), "one too many");
    for down in &mut open {
        assert_eq!(down.ask(browser_get("/", "")).await.unwrap().status(), 200, "others go on");
    }
    open.pop();
    let end = tokio::time::Instant::now() + DEADLINE;
    while ask(stage.http(), browser_get("/", "Connection: close\r\n")).await.is_err() {
        assert!(tokio::time::Instant::now() < end, "the place of who left stays taken");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let metrics = stage.gateway.metrics().await.unwrap();
    let name = "portcullis_downstream_connections_refused_total";
    assert!(metrics.sum(name, &[("cause", "address_limit")]) >= 1.0);
}

#[tokio::test]
async fn a_cluster_has_so_many_requests_in_flight() {
    let cluster = "    limits: { requests: 3 }\n";
    let stage =
        Stage::written(script, |place, up| limited(place, up, "", cluster, "")).await.unwrap();
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut down = RawDownstream::connect(stage.http()).await.unwrap();
        down.send(browser_get("/hang", "")).await.unwrap();
        open.push(down);
    }
    eventually("three are in flight", || (stage.targets().len() == 3).then_some(())).await.unwrap();
    let answer = ask(stage.http(), browser_get("/", "")).await.unwrap();
    assert_eq!(answer.status(), 503);
    open.clear();
    let end = tokio::time::Instant::now() + DEADLINE;
    while ask(stage.http(), browser_get("/", "")).await.unwrap().status() != 200 {
        assert!(tokio::time::Instant::now() < end, "places of who left stay taken");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_connection_has_so_many_requests_and_says_so() {
    let limits = ", limits: { keepalive_requests: 3 }";
    let stage =
        Stage::written(script, |place, up| limited(place, up, limits, "", "")).await.unwrap();
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    for number in 1..=3 {
        let answer = down.ask(browser_get("/", "")).await.unwrap();
        assert_eq!(answer.head.names("connection", "close"), number == 3, "request {number}");
    }
    assert!(down.until_closed().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_h2_connection_has_so_many_streams() {
    let limits = ", limits: { h2_streams: 4 }";
    let stage =
        Stage::written(script, |place, up| limited(place, up, limits, "", "")).await.unwrap();
    let mut client = H2Client::plain(stage.h2c()).await.unwrap();
    assert_eq!(client.get(&format!("http://{HOST}/")).await.unwrap().status, 200);
    let mut open = Vec::new();
    for number in 0..12 {
        let request = http::Request::get(format!("http://{HOST}/hang{number}")).body(()).unwrap();
        // The client itself queues what the gateway does not allow yet; all are served in the end.
        open.push(client.open(request, true).await.unwrap().0);
    }
    for response in open {
        assert_eq!(read_response(response).await.unwrap().status, 200);
    }
}
