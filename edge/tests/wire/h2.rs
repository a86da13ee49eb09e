//! HTTP/2 on either side.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use portcullis_testkit::h2_client::H2Client;
use portcullis_testkit::h2_upstream::{H2Answer, H2Upstream};
use portcullis_testkit::upstream::{Answer, RecordingUpstream};

use crate::stage::{Stage, document};

fn trailers() -> HeaderMap {
    let mut fields = HeaderMap::new();
    fields.insert("grpc-status", HeaderValue::from_static("0"));
    fields
}

#[tokio::test]
async fn http2_downstream_over_http1() {
    let upstream = RecordingUpstream::start(|_| Answer::echo()).await.unwrap();
    let stage = Stage::before(upstream.address());
    let mut client = H2Client::plain(stage.h2c()).await.unwrap();
    let answer = client.get("http://a.test/x").await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(upstream.last().unwrap().head.field("host"), Some("a.test"));
}

#[tokio::test]
async fn trailers_pass_over_http2() {
    let upstream =
        H2Upstream::start(|_| H2Answer::ok(vec![Bytes::from_static(b"hello")], Some(trailers())))
            .await
            .unwrap();
    let stage = Stage::start(&document(upstream.address(), "    protocol: http2\n", ""));
    let mut client = H2Client::plain(stage.h2c()).await.unwrap();
    let request = http::Request::post("http://a.test/svc/Call")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .unwrap();
    let answer = client.ask(request, &[b"question"], Some(trailers())).await.unwrap();
    assert_eq!(answer.body, b"hello");
    assert_eq!(answer.trailers, Some(trailers()));
    let seen = upstream.requests().pop().unwrap();
    assert_eq!(seen.body, b"question");
    assert_eq!(seen.trailers, Some(trailers()));
}

#[tokio::test]
async fn grpc_clients_are_told_in_their_words() {
    let stage = Stage::before("127.0.0.1:1".parse().unwrap());
    let mut client = H2Client::plain(stage.h2c()).await.unwrap();
    let request = http::Request::post("http://a.test/svc/Call")
        .header("content-type", "application/grpc")
        .body(())
        .unwrap();
    let answer = client.ask(request, &[], None).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["grpc-status"], "14");
}

#[tokio::test]
async fn a_reset_takes_the_upstream_along() {
    let upstream =
        RecordingUpstream::start(|_| Answer(vec![portcullis_testkit::upstream::Step::Hang]))
            .await
            .unwrap();
    let stage = Stage::before(upstream.address());
    let mut client = H2Client::plain(stage.h2c()).await.unwrap();
    let request = http::Request::get("http://a.test/").body(()).unwrap();
    let (response, mut stream) = client.open(request, true).await.unwrap();
    while upstream.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stream.send_reset(h2::Reason::CANCEL);
    drop(response);
    tokio::time::timeout(Duration::from_millis(500), upstream.all_closed()).await.unwrap().unwrap();
}

#[tokio::test]
async fn large_bodies_pass_over_http2_and_back() {
    let upstream = RecordingUpstream::start(|_| Answer::echo()).await.unwrap();
    let stage = Stage::before(upstream.address());
    let mut client = H2Client::plain(stage.h2c()).await.unwrap();
    let body: Vec<u8> = (0..2_000_000_u32).map(|n| (n % 251) as u8).collect();
    let pieces: Vec<&[u8]> = body.chunks(10_000).collect();
    let request = http::Request::post("http://a.test/").body(()).unwrap();
    let answer = client.ask(request, &pieces, None).await.unwrap();
    assert!(answer.body == body, "{} bytes came back", answer.body.len());
}
