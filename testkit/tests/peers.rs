//! The peers against each other, without a gateway: what they tell must be true before they judge.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use portcullis_testkit::certificates::Authority;
use portcullis_testkit::fault::{Fault, FaultProxy};
use portcullis_testkit::h2_client::H2Client;
use portcullis_testkit::h2_frames::{END_HEADERS, END_STREAM, Outcome, RawH2, block, frame, kind};
use portcullis_testkit::h2_upstream::{H2Answer, H2Upstream};
use portcullis_testkit::load::{Load, Mode};
use portcullis_testkit::raw::{RawDownstream, ask, get};
use portcullis_testkit::sse::EventStream;
use portcullis_testkit::upstream::{Answer, RecordingUpstream, Step};
use portcullis_testkit::websocket::WebSocket;

#[tokio::test]
async fn every_byte_is_recorded_and_every_answer_told() {
    let upstream = RecordingUpstream::start(|request| match request.head.target() {
        "/echo" => Answer::echo(),
        "/chunked" => Answer::chunked(b"hello", 2, &[("X-Sum", "5")]),
        "/none" => Answer::raw("HTTP/1.1 204 No Content\r\n\r\n"),
        "/hints" => Answer::raw(
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\
             Content-Length: 2\r\n\r\nok",
        ),
        _ => Answer::ok("ok"),
    })
    .await
    .unwrap();
    let mut down = RawDownstream::connect(upstream.address()).await.unwrap();
    let request = "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
                   3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n";
    assert_eq!(down.ask(request).await.unwrap().text(), "abcde");
    let chunked = down.ask("GET /chunked HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(chunked.body.chunks, [2, 2, 1]);
    assert_eq!(chunked.body.trailers, [("X-Sum".to_owned(), b"5".to_vec())]);
    assert_eq!(down.ask("GET /none HTTP/1.1\r\n\r\n").await.unwrap().status(), 204);
    let hints = down.ask("GET /hints HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(hints.interim.first().map(|head| head.status()), Some(103));
    assert_eq!(upstream.connections().len(), 1);
    assert!(upstream.connections()[0].bytes().starts_with(request.as_bytes()));
    assert_eq!(upstream.requests()[0].body.trailers, [("X-T".to_owned(), b"1".to_vec())]);
    drop(down);
    upstream.all_closed().await.unwrap();
}

#[tokio::test]
async fn events_and_sockets_flow() {
    let upstream = RecordingUpstream::start(|request| match request.head.target() {
        "/ws" => Answer(vec![Step::WebSocketEcho]),
        _ => Answer::events(3, Duration::from_millis(5)),
    })
    .await
    .unwrap();
    let mut events = EventStream::open(upstream.address(), "x", "/sse").await.unwrap();
    for number in 0..3 {
        assert_eq!(events.next().await.unwrap().unwrap().number, number);
    }
    assert_eq!(events.next().await.unwrap(), None);
    let mut socket = WebSocket::open(upstream.address(), "x", "/ws").await.unwrap();
    assert_eq!(socket.echo(&[7; 70_000]).await.unwrap().len(), 70_000);
    socket.close().await.unwrap();
}

#[tokio::test]
async fn h2_carries_trailers_both_ways() {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    let sent = trailers.clone();
    let upstream = H2Upstream::start(move |request| {
        H2Answer::ok(vec![Bytes::from(request.body.clone())], Some(sent.clone()))
    })
    .await
    .unwrap();
    let mut client = H2Client::plain(upstream.address()).await.unwrap();
    let request = http::Request::post("http://x/svc/Method").body(()).unwrap();
    let big = vec![9u8; 3 << 20];
    let answer = client.ask(request, &[&big, b"end"], Some(trailers.clone())).await.unwrap();
    assert_eq!(answer.body.len(), big.len() + 3);
    assert_eq!(answer.trailers, Some(trailers.clone()));
    assert_eq!(upstream.requests()[0].trailers, Some(trailers));
    let mut raw = RawH2::connect(upstream.address()).await.unwrap();
    let fields: &[(&[u8], &[u8])] =
        &[(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"x"), (b":path", b"/")];
    let head = frame(kind::HEADERS, END_STREAM | END_HEADERS, 1, &block(fields));
    raw.send(&head).await.unwrap();
    assert_eq!(raw.outcome(1).await.unwrap(), Outcome::Status(200));
    let bad = frame(kind::HEADERS, END_STREAM | END_HEADERS, 3, &block(&[(b"X-Upper", b"1")]));
    raw.send(&bad).await.unwrap();
    assert!(matches!(raw.outcome(3).await.unwrap(), Outcome::GoAway(_) | Outcome::Reset(_)));
}

#[tokio::test]
async fn tls_ends_at_the_name() {
    let authority = Authority::new().unwrap();
    let acceptor = authority.acceptor(&["shop.test"], &["http/1.1"]).unwrap();
    let address = ([127, 0, 0, 1], 0).into();
    let upstream = RecordingUpstream::start_at(address, Some(acceptor), |_| Answer::ok("ok"));
    let upstream = upstream.await.unwrap();
    let mut down = RawDownstream::tls(&authority, upstream.address(), "shop.test").await.unwrap();
    assert_eq!(down.ask("GET / HTTP/1.1\r\n\r\n").await.unwrap().status(), 200);
    assert!(RawDownstream::tls(&authority, upstream.address(), "other.test").await.is_err());
}

#[tokio::test]
async fn faults_break_as_told() {
    let upstream = RecordingUpstream::start(|_| Answer::ok("0123456789")).await.unwrap();
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n".len();
    let proxy = FaultProxy::start(upstream.address(), Fault::None).await.unwrap();
    assert_eq!(get(proxy.address(), "x", "/").await.unwrap().status(), 200);
    for fault in [
        Fault::ResetOnFirstByte,
        Fault::ResetAfter(head + 5),
        Fault::HalfCloseAfter(head + 5),
        Fault::TruncateAfter(head + 5),
    ] {
        proxy.set(fault);
        assert!(get(proxy.address(), "x", "/").await.is_err(), "{fault:?}");
    }
    proxy.set(Fault::Delay(Duration::from_millis(5)));
    assert_eq!(get(proxy.address(), "x", "/").await.unwrap().text(), "0123456789");
}

#[tokio::test]
async fn load_counts_what_comes_back() {
    let upstream = RecordingUpstream::fixed().await.unwrap();
    for mode in [Mode::KeepAlive, Mode::Close] {
        let load = Load::start(upstream.address(), mode, 2, "x", |n| format!("/{n}"));
        tokio::time::sleep(Duration::from_millis(100)).await;
        let tally = load.stop().await;
        assert!(tally.answered() > 10 && tally.failed == 0, "{tally:?}");
        assert_eq!(tally.statuses.keys().collect::<Vec<_>>(), [&200]);
    }
    upstream.stop();
    assert!(ask(upstream.address(), "GET / HTTP/1.1\r\n\r\n").await.is_err());
}
