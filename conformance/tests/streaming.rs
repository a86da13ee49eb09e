//! Nothing streamed is held back or cut: events, sockets, bodies in both directions at once; and a
//! caller that leaves, or never gets to the point, costs nothing for long.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use portcullis_conformance::{Failures, HOST, Stage, browser_get, noise};
use portcullis_testkit::h2_client::{H2Client, next_piece, read_response, send_all};
use portcullis_testkit::message::{Body, read_chunk};
use portcullis_testkit::raw::RawDownstream;
use portcullis_testkit::sse::EventStream;
use portcullis_testkit::upstream::{Answer, Request, Step};
use portcullis_testkit::websocket::WebSocket;
use portcullis_testkit::{DEADLINE, document, eventually, within};

fn script(request: &Request) -> Answer {
    match request.head.target() {
        "/few" => Answer::events(50, Duration::from_millis(20)),
        "/many" => Answer::events(100_000, Duration::from_millis(100)),
        "/ws" => Answer(vec![Step::WebSocketEcho]),
        "/duplex" => Answer(vec![Step::EchoChunks]),
        "/hang" => Answer(vec![Step::ReadBody, Step::Hang]),
        _ => Answer::ok("ok"),
    }
}

/// A document that differs by a number, with everything else as it was.
fn numbered(stage: &Stage, number: usize, more: &str) -> String {
    let place = stage.gateway.place();
    format!(
        "{}{more}{}",
        document::forward(place, stage.upstream.address()),
        format_args!(
            "hosts:\n  - host: h{number}.test\n    filters: [{{ headers: {{ response: {{ set: \
             {{ x-rev: \"{number}\" }} }} }} }}]\n"
        )
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_forwarded_as_they_come() {
    for (kind, filters) in [("without filters", String::new()), ("with rules", document::waf(""))] {
        let stage = Stage::start(&filters, script).await.unwrap();
        let mut tasks = Vec::new();
        for stream in 0..20 {
            // Half straight from the upstream: what the machine itself adds.
            let direct = stream % 2 == 0;
            let address = if direct { stage.upstream.address() } else { stage.http() };
            tasks.push(tokio::spawn(async move {
                let mut delays = Vec::new();
                let mut events = EventStream::open(address, HOST, "/few").await.unwrap();
                while let Some(event) = events.next().await.unwrap() {
                    assert_eq!(event.number, delays.len() as u64, "in order and none lost");
                    delays.push(event.delay_micros);
                }
                assert_eq!(delays.len(), 50, "to the end");
                (direct, delays)
            }));
        }
        let (mut through, mut without) = (Vec::new(), Vec::new());
        for task in tasks {
            let (direct, delays) = task.await.unwrap();
            if direct { without.extend(delays) } else { through.extend(delays) }
        }
        through.sort_unstable();
        without.sort_unstable();
        let at = |list: &[u64], percent: usize| list[(list.len() - 1) * percent / 100];
        println!(
            "{kind}: delay of an event, microseconds, gateway / direct: p50 {} / {}, p90 {} / {}, \
             p99 {} / {}",
            at(&through, 50),
            at(&without, 50),
            at(&through, 90),
            at(&without, 90),
            at(&through, 99),
            at(&without, 99),
        );
        // An event held back until the next one, 20 ms later, would show in most of them.
        let held = through.iter().filter(|micros| **micros > 15_000).count();
        assert!(held * 10 < through.len(), "{held} of {} were held back", through.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_streams_stay_open_over_twenty_reloads() {
    const STREAMS: usize = 200;
    const RELOADS: usize = 20;
    let stage = Stage::start("", script).await.unwrap();
    let reloaded = Arc::new(AtomicBool::new(false));
    let open = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for _ in 0..STREAMS {
        let (address, reloaded, open) = (stage.http(), Arc::clone(&reloaded), Arc::clone(&open));
        tasks.push(tokio::spawn(async move {
            let mut events = EventStream::open(address, HOST, "/many").await?;
            open.fetch_add(1, Ordering::SeqCst);
            let (mut number, mut after) = (0, 0);
            while after < 5 {
                let event = events.next().await?;
                let event = event.ok_or(portcullis_testkit::Problem::new("the stream ended"))?;
                assert_eq!(event.number, number, "an event was lost");
                number += 1;
                after += usize::from(reloaded.load(Ordering::SeqCst));
            }
            Ok::<u64, portcullis_testkit::Problem>(number)
        }));
    }
    eventually("every stream is open", || (open.load(Ordering::SeqCst) == STREAMS).then_some(()))
        .await
        .unwrap();
    for number in 0..RELOADS {
        stage.gateway.reload(&numbered(&stage, number, "")).await.unwrap();
    }
    reloaded.store(true, Ordering::SeqCst);
    let mut failures = Failures::default();
    for (index, task) in tasks.into_iter().enumerate() {
        match task.await.unwrap() {
            Ok(_) => {}
            Err(problem) => failures.note(&format!("stream {index}"), problem),
        }
    }
    failures.finish(STREAMS);
    assert_eq!(stage.upstream.connections().len(), STREAMS, "none was opened again");
    stage.upstream.all_closed().await.unwrap();
}

#[tokio::test]
async fn sockets_echo_through_reloads_and_tls() {
    for filters in [String::new(), document::waf("")] {
        let stage = Stage::start(&filters, script).await.unwrap();
        let mut plain = WebSocket::open(stage.http(), HOST, "/ws").await.unwrap();
        let tls = RawDownstream::tls(&stage.authority, stage.tls(), HOST).await.unwrap();
        let mut secure = WebSocket::over(tls, HOST, "/ws").await.unwrap();
        for number in 0..10 {
            for size in [0, 1, 125, 126, 65_536, 300_000] {
                let bytes = noise(size);
                assert_eq!(plain.echo(&bytes).await.unwrap(), bytes);
                assert_eq!(secure.echo(&bytes).await.unwrap(), bytes);
            }
            if number % 3 == 0 {
                stage.gateway.reload(&numbered(&stage, number, &filters)).await.unwrap();
            }
        }
        plain.close().await.unwrap();
        drop(secure);
        stage.upstream.all_closed().await.unwrap();
    }
}

#[tokio::test]
async fn a_response_goes_on_while_its_request_does() {
    let stage = Stage::start("", script).await.unwrap();
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    let head =
        format!("POST /duplex HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n");
    down.send(head).await.unwrap();
    let mut body = Body::default();
    for number in 0..20 {
        let piece = format!("piece {number:3}");
        down.send(format!("{:x}\r\n{piece}\r\n", piece.len())).await.unwrap();
        if number == 0 {
            assert_eq!(down.read_head().await.unwrap().status(), 200);
        }
        let more = within("the echo", read_chunk(down.wire(), &mut body)).await.unwrap();
        assert!(more && body.bytes.ends_with(piece.as_bytes()), "{number}");
    }
    down.send("0\r\n\r\n").await.unwrap();
    assert!(!within("the end", read_chunk(down.wire(), &mut body)).await.unwrap());
}

#[tokio::test]
async fn also_over_http2() {
    let stage = Stage::start("", script).await.unwrap();
    let mut client = H2Client::plain(stage.h2c()).await.unwrap();
    let request = http::Request::post(format!("http://{HOST}/duplex")).body(()).unwrap();
    let (response, mut send) = client.open(request, false).await.unwrap();
    send_all(&mut send, Bytes::from_static(b"first"), false).await.unwrap();
    let response = within("the head", response).await.unwrap();
    let mut stream = response.into_body();
    assert_eq!(next_piece(&mut stream).await.unwrap().unwrap(), "first");
    for number in 0..20 {
        let piece = Bytes::from(format!("piece {number}"));
        send_all(&mut send, piece.clone(), false).await.unwrap();
        assert_eq!(next_piece(&mut stream).await.unwrap().unwrap(), piece);
    }
    send_all(&mut send, Bytes::new(), true).await.unwrap();
    while let Some(piece) = next_piece(&mut stream).await.unwrap() {
        assert!(piece.is_empty(), "{piece:?} after the end");
    }
}

#[tokio::test]
async fn other_streams_of_a_connection_go_on_beside_a_slow_one() {
    let stage = Stage::start("", script).await.unwrap();
    let mut client = H2Client::plain(stage.h2c()).await.unwrap();
    let slow = http::Request::get(format!("http://{HOST}/hang")).body(()).unwrap();
    let _slow = client.open(slow, true).await.unwrap();
    let mut open = Vec::new();
    for number in 0..50 {
        let request = http::Request::get(format!("http://{HOST}/{number}")).body(()).unwrap();
        open.push(client.open(request, true).await.unwrap().0);
    }
    for response in open {
        assert_eq!(read_response(response).await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn a_caller_that_leaves_takes_its_upstream_along() {
    let stage = Stage::start("", script).await.unwrap();
    for target in ["/many", "/hang"] {
        let mut down = RawDownstream::connect(stage.http()).await.unwrap();
        down.send(browser_get(target, "")).await.unwrap();
        eventually("the request arrives", || {
            stage.targets().last().is_some_and(|last| last == target).then_some(())
        })
        .await
        .unwrap();
        drop(down);
        // The upstream's own time-outs are longer than this waits.
        stage.upstream.all_closed().await.unwrap();
    }
    let mut client = H2Client::plain(stage.h2c()).await.unwrap();
    let request = http::Request::get(format!("http://{HOST}/hang")).body(()).unwrap();
    let (response, mut send) = client.open(request, true).await.unwrap();
    eventually("the request arrives", || (stage.targets().len() == 3).then_some(())).await.unwrap();
    send.send_reset(h2::Reason::CANCEL);
    drop(response);
    stage.upstream.all_closed().await.unwrap();
    let answer = client.get(&format!("http://{HOST}/after")).await.unwrap();
    assert_eq!(answer.status, 200, "the connection itself goes on");
}

/// Listeners that lose patience soon.
fn impatient(place: &portcullis_testkit::gateway::Place, up: std::net::SocketAddr) -> String {
    let limits = ", limits: { head_timeout: 1s, body_timeout: 1s, keepalive_timeout: 1s, \
                  h2_idle_timeout: 1s, tls_handshake_timeout: 1s }";
    format!(
        "{}{}{}{}",
        document::base(place),
        document::listeners(place, limits),
        document::cluster("up", &[up], ""),
        document::route("all", "up")
    )
}

/// Sends a piece every 100 ms until the gateway closes; what it said.
async fn drip(mut down: RawDownstream, first: &[u8], piece: &[u8]) -> Result<Vec<u8>, String> {
    let _ = down.send(first).await;
    let end = tokio::time::Instant::now() + DEADLINE;
    let mut said = Vec::new();
    while tokio::time::Instant::now() < end {
        let wait = Duration::from_millis(100);
        match tokio::time::timeout(wait, down.wire().some(4096)).await {
            Ok(Ok(bytes)) if !bytes.is_empty() => said.extend(bytes),
            Ok(_) => return Ok(said),
            Err(_) => {
                let _ = down.send(piece).await;
            }
        }
    }
    Err(format!("still open after {DEADLINE:?}"))
}

#[tokio::test]
async fn who_never_gets_to_the_point_is_closed_at_the_deadline() {
    let stage = Stage::written(script, impatient).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n");
    let body = format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 1000\r\n\r\nabc");
    let served = browser_get("/served", "");
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let cases: [(&str, std::net::SocketAddr, &[u8], &[u8]); 9] = [
        ("idle", stage.http(), b"", b""),
        ("a byte at a time of a line", stage.http(), b"GET /", b"a"),
        ("a line at a time of a head", stage.http(), head.as_bytes(), b"X: 1\r\n"),
        ("a body that stops", stage.http(), body.as_bytes(), b""),
        ("nothing after a request", stage.http(), served.as_bytes(), b""),
        ("idle, h2c", stage.h2c(), b"", b""),
        ("a byte at a time, h2c", stage.h2c(), b"PRI", b" "),
        ("preface only, h2c", stage.h2c(), preface, b""),
        ("no ClientHello", stage.tls(), b"", b""),
    ];
    let mut tasks = Vec::new();
    for (name, address, first, piece) in cases {
        let down = RawDownstream::connect(address).await.unwrap();
        let (first, piece) = (first.to_vec(), piece.to_vec());
        tasks.push((name, tokio::spawn(async move { drip(down, &first, &piece).await })));
    }
    let mut failures = Failures::default();
    for (name, task) in tasks {
        match task.await.unwrap() {
            Err(problem) => failures.note(name, problem),
            Ok(said) if name.contains("after a request") => {
                failures.check(name, said.starts_with(b"HTTP/1.1 200"), || format!("{said:?}"));
            }
            Ok(said) => failures.check(name, !said.starts_with(b"HTTP/1.1 200"), || {
                String::from_utf8_lossy(&said).into_owned()
            }),
        }
    }
    failures.finish(cases.len());
}

#[tokio::test]
async fn short_requests_do_not_hang_where_a_preface_may_come() {
    let stage = Stage::start("", script).await.unwrap();
    let cases = [
        ("GET / HTTP/1.0\r\n\r\n", [400, 200]),
        ("GET / HTTP/1.1\r\n\r\n", [400, 400]),
        ("P / HTTP/1.0\r\n\r\n", [400, 200]),
        ("PRI / HTTP/1.0\r\n\r\n", [400, 200]),
    ];
    for (bytes, good) in cases {
        let mut down = RawDownstream::connect(stage.h2c()).await.unwrap();
        down.send(bytes).await.unwrap();
        let status = down.read_head().await.unwrap().status();
        assert!(good.contains(&status), "{bytes:?} got {status}");
    }
    let mut down = RawDownstream::connect(stage.h2c()).await.unwrap();
    assert_eq!(down.ask(browser_get("/one", "")).await.unwrap().status(), 200);
}
