//! HTTP/1 on both sides.

use std::time::{Duration, Instant};

use portcullis_testkit::raw::{RawDownstream, ask};
use portcullis_testkit::upstream::{Answer, RecordingUpstream, Request, Step};
use portcullis_testkit::websocket::WebSocket;
use tokio::time::timeout;

use crate::stage::{Stage, document};

fn get(target: &str, lines: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a.test\r\n{lines}\r\n")
}

async fn with(
    script: impl Fn(&Request) -> Answer + Send + Sync + 'static,
) -> (Stage, RecordingUpstream) {
    let upstream = RecordingUpstream::start(script).await.unwrap();
    (Stage::before(upstream.address()), upstream)
}

#[tokio::test]
async fn a_request_and_its_answer() {
    let (stage, upstream) = with(|_| Answer::ok("hello")).await;
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    for _ in 0..3 {
        let answer = down.ask(get("/x?y=1", "X-Mine: 1\r\n")).await.unwrap();
        assert_eq!((answer.status(), answer.text()), (200, "hello".to_owned()));
        assert!(answer.head.field("date").is_some());
        assert!(answer.head.field("server").is_none());
        assert!(answer.head.field("connection").is_none());
    }
    let seen = upstream.last().unwrap();
    assert_eq!(seen.head.target(), "/x?y=1");
    assert_eq!(seen.head.field("host"), Some("a.test"));
    assert_eq!(seen.head.field("x-mine"), Some("1"));
    assert_eq!(seen.head.field("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(seen.head.field("x-request-id").map(str::len), Some(32));
    assert_eq!(upstream.connections().len(), 1, "the connection is kept");
}

#[tokio::test]
async fn a_head_and_a_body_leave_in_one_write_each_way() {
    let (stage, upstream) = with(|_| Answer::echo()).await;
    let request = "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello";
    let answer = ask(stage.http(), request).await.unwrap();
    assert_eq!(answer.text(), "hello");
    assert_eq!(upstream.last().unwrap().body.bytes, b"hello");
}

#[tokio::test]
async fn trailers_pass_both_ways() {
    let (stage, upstream) = with(|_| Answer::chunked(b"hello", 2, &[("X-Sum", "7")])).await;
    let request = "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\
                   Trailer: X-Up\r\n\r\n3\r\nabc\r\n0\r\nX-Up: 1\r\nHost: evil\r\n\r\n";
    let answer = ask(stage.http(), request).await.unwrap();
    let fields = |trailers: &[(String, Vec<u8>)]| {
        let shown = |(n, v): &(String, Vec<u8>)| {
            format!("{}: {}", n.to_lowercase(), String::from_utf8_lossy(v))
        };
        trailers.iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(answer.text(), "hello");
    assert_eq!(fields(&answer.body.trailers), ["x-sum: 7"]);
    let seen = upstream.last().unwrap();
    assert_eq!(seen.body.bytes, b"abc");
    assert_eq!(fields(&seen.body.trailers), ["x-up: 1"]);
}

#[tokio::test]
async fn an_upstream_answers_before_the_request_ends() {
    let (stage, _upstream) = with(|_| {
        Answer(vec![
            Step::Write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec()),
            Step::ReadBody,
        ])
    })
    .await;
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    down.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\nfirst")
        .await
        .unwrap();
    let answer = down.read("POST").await.unwrap();
    assert_eq!(answer.text(), "ok");
    assert!(answer.head.names("connection", "close"));
}

#[tokio::test]
async fn a_caller_that_leaves_takes_its_upstream_along() {
    let (stage, upstream) = with(|_| Answer(vec![Step::Hang])).await;
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    down.send(get("/", "")).await.unwrap();
    while upstream.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(down);
    timeout(Duration::from_millis(500), upstream.all_closed()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_body_cut_short_is_not_passed_as_whole() {
    for raw in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ] {
        let (stage, _upstream) = with(move |_| Answer::raw(raw).then_close()).await;
        let mut down = RawDownstream::connect(stage.http()).await.unwrap();
        down.send(get("/", "")).await.unwrap();
        let all = down.until_closed().await.unwrap();
        let text = String::from_utf8_lossy(&all);
        assert!(text.contains("hello"), "{text}");
        assert!(!text.ends_with("0\r\n\r\n"), "{text}");
    }
}

#[tokio::test]
async fn upstreams_that_break_the_rules_are_a_502() {
    for raw in [
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 1\n\nx",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
        "nonsense\r\n\r\n",
    ] {
        let (stage, _upstream) = with(move |_| Answer::raw(raw).then_close()).await;
        let answer = ask(stage.http(), get("/", "")).await.unwrap();
        assert_eq!(answer.status(), 502, "{raw}: {}", answer.text());
    }
}

#[tokio::test]
async fn events_pass_within_a_millisecond() {
    let (stage, _upstream) = with(|_| Answer::events(20, Duration::from_millis(10))).await;
    let mut events =
        portcullis_testkit::sse::EventStream::open(stage.http(), "a.test", "/sse").await.unwrap();
    let mut waits = Vec::new();
    while let Some(event) = events.next().await.unwrap() {
        waits.push(event.delay_micros);
        if waits.len() == 20 {
            break;
        }
    }
    waits.sort_unstable();
    assert!(waits[10] < 1000, "microseconds from upstream to downstream: {waits:?}");
}

#[tokio::test]
async fn sockets_are_upgraded() {
    let (stage, _upstream) = with(|_| Answer(vec![Step::WebSocketEcho])).await;
    let mut socket = WebSocket::open(stage.http(), "a.test", "/ws").await.unwrap();
    for size in [1, 100, 100_000] {
        let message = vec![7; size];
        assert_eq!(socket.echo(&message).await.unwrap(), message);
    }
    socket.close().await.unwrap();
}

#[tokio::test]
async fn a_head_that_drips_ends_at_its_deadline() {
    let upstream = RecordingUpstream::fixed().await.unwrap();
    let limits = "limits: { head_timeout: 300ms, keepalive_timeout: 200ms }\n";
    let stage = Stage::start(&document(upstream.address(), "", limits));
    for address in [stage.http(), stage.h2c()] {
        let mut down = RawDownstream::connect(address).await.unwrap();
        let begun = Instant::now();
        let slowly = get("/", &"X-A: b\r\n".repeat(50));
        let _ = down.send_slowly(slowly.as_bytes(), 1, Duration::from_millis(20)).await;
        let all = down.until_closed().await.unwrap_or_default();
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        assert!(all.is_empty() || all.starts_with(b"HTTP/1.1 408"), "{all:?}");
        // Kept alive, but not for ever.
        let mut down = RawDownstream::connect(address).await.unwrap();
        assert_eq!(down.ask(get("/", "")).await.unwrap().status(), 200);
        let begun = Instant::now();
        down.until_closed().await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_short_request_where_a_preface_may_come() {
    let (stage, _upstream) = with(|_| Answer::ok("ok")).await;
    let mut down = RawDownstream::connect(stage.h2c()).await.unwrap();
    down.send("P").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    down.send("UT / HTTP/1.0\r\nHost: a\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    assert_eq!(down.read("PUT").await.unwrap().status(), 200);
}

#[tokio::test]
async fn draining_lets_exchanges_end_and_then_ends() {
    let (stage, _upstream) = with(|_| Answer::ok("late").after(Duration::from_millis(300))).await;
    let (http, begun) = (stage.http(), Instant::now());
    let mut idle = RawDownstream::connect(http).await.unwrap();
    let mut down = RawDownstream::connect(http).await.unwrap();
    down.send(get("/", "")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let Stage { edge, .. } = stage;
    let drained = tokio::task::spawn_blocking(|| edge.shutdown());
    let answer = down.read("GET").await.unwrap();
    assert_eq!(answer.text(), "late");
    assert!(drained.await.unwrap());
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(idle.until_closed().await.unwrap().is_empty());
    assert!(RawDownstream::connect(http).await.is_err());
}

#[tokio::test]
async fn a_connection_sees_the_next_snapshot_with_its_next_request() {
    let (stage, upstream) = with(|_| Answer::ok("ok")).await;
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    assert_eq!(down.ask(get("/", "")).await.unwrap().status(), 200);
    let without = document(upstream.address(), "", "")
        .replace("{ name: all,", "{ name: all, hosts: [b.test],");
    stage.apply(&without, 2);
    assert_eq!(down.ask(get("/", "")).await.unwrap().status(), 404);
    stage.apply(&document(upstream.address(), "", ""), 3);
    assert_eq!(down.ask(get("/", "")).await.unwrap().status(), 200);
    assert_eq!(upstream.connections().len(), 1, "an unchanged cluster keeps its connections");
}

#[tokio::test]
async fn large_bodies_pass_both_ways() {
    let (stage, upstream) = with(|_| Answer::echo()).await;
    let body: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let head = format!("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    for _ in 0..2 {
        let answer = down.ask([head.as_bytes(), &body].concat()).await.unwrap();
        assert!(answer.body.bytes == body, "{} bytes came back", answer.body.bytes.len());
        assert!(upstream.last().unwrap().body.bytes == body);
    }
}

#[tokio::test]
async fn large_messages_pass_through_a_tunnel() {
    let (stage, _upstream) = with(|_| Answer(vec![Step::WebSocketEcho])).await;
    let mut socket = WebSocket::open(stage.http(), "a.test", "/ws").await.unwrap();
    let message = vec![7; 2_000_000];
    assert!(socket.echo(&message).await.unwrap() == message);
}
