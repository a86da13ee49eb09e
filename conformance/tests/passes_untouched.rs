//! What is no attack passes byte for byte, both ways, with and without rules.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use portcullis_conformance::{Failures, HOST, Stage, browser_get, noise, post};
use portcullis_testkit::h2_client::H2Client;
use portcullis_testkit::h2_upstream::{H2Answer, H2Upstream};
use portcullis_testkit::message::chunked;
use portcullis_testkit::raw::{RawDownstream, ask};
use portcullis_testkit::upstream::{Answer, RecordingUpstream, Request, Step};
use portcullis_testkit::{certificates::Authority, document, gateway::Gateway};

/// Inspection of the first part only, so that large bodies pass.
const WAF: &str = ", request_body: { limit: 128KiB, on_limit: partial }";

/// A body of noise as one file of a form: what rules let pass as binary.
fn upload(size: usize) -> Vec<u8> {
    let head = "--frontier-4711\r\nContent-Disposition: form-data; name=\"file\"; \
                filename=\"a.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n";
    [head.as_bytes(), &noise(size), b"\r\n--frontier-4711--\r\n"].concat()
}

const UPLOAD: &str = "multipart/form-data; boundary=frontier-4711";

const SIZES: [usize; 11] =
    [0, 1, 2, 1023, 16_383, 16_384, 65_535, 65_537, 131_073, 1 << 20, 5 << 20];

fn documents() -> [(&'static str, String); 2] {
    [("without filters", String::new()), ("with rules", document::waf(WAF))]
}

fn script(request: &Request) -> Answer {
    match request.head.target() {
        "/echo" => Answer::echo(),
        "/stream" => Answer(vec![Step::EchoChunks]),
        "/close" => {
            Answer::raw([b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), noise(70_000)].concat()).then_close()
        }
        target if target.starts_with("/size/") => {
            Answer::chunked(&noise(number(target)), 5000, &[("X-Sum", "7"), ("X-Sum", "8")])
        }
        _ => Answer::ok("ok"),
    }
}

fn number(target: &str) -> usize {
    target.rsplit('/').next().and_then(|word| word.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn bodies_both_ways() {
    for (kind, filters) in documents() {
        let stage = Stage::start(&filters, script).await.unwrap();
        let mut failures = Failures::default();
        let mut down = RawDownstream::connect(stage.http()).await.unwrap();
        for size in SIZES {
            let body = upload(size);
            for coding in ["length", "chunked"] {
                let case = format!("{kind}, {size} bytes, {coding}");
                let request = match coding {
                    "length" => post("/echo", UPLOAD, "", &body),
                    _ => [
                        format!(
                            "POST /echo HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: t\r\n\
                             Accept: */*\r\nContent-Type: {UPLOAD}\r\n\
                             Transfer-Encoding: chunked\r\n\r\n"
                        )
                        .into_bytes(),
                        chunked(&body, 7001, &[]),
                    ]
                    .concat(),
                };
                match down.ask(request).await {
                    Ok(answer) => {
                        failures.check(&case, answer.status() == 200, || answer.head.start.clone());
                        failures.check(&case, answer.body.bytes == body, || {
                            format!("{} bytes came back", answer.body.bytes.len())
                        });
                        let seen = stage.upstream.last().unwrap().body.bytes;
                        failures
                            .check(&case, seen == body, || format!("{} bytes arrived", seen.len()));
                    }
                    Err(problem) => {
                        failures.note(&case, problem);
                        down = RawDownstream::connect(stage.http()).await.unwrap();
                    }
                }
            }
            let case = format!("{kind}, {size} bytes of a chunked response");
            match down.ask(browser_get(&format!("/size/{size}"), "")).await {
                Ok(answer) => {
                    failures.check(&case, answer.body.bytes == noise(size), || {
                        format!("{} bytes came", answer.body.bytes.len())
                    });
                    let trailers: Vec<_> = answer.body.trailers.iter().map(|(_, v)| v).collect();
                    failures.check(&case, trailers == [b"7", b"8"], || format!("{trailers:?}"));
                }
                Err(problem) => {
                    failures.note(&case, problem);
                    down = RawDownstream::connect(stage.http()).await.unwrap();
                }
            }
        }
        failures.finish(SIZES.len() * 3);
    }
}

#[tokio::test]
async fn a_response_that_ends_with_its_connection() {
    let stage = Stage::start("", script).await.unwrap();
    let answer = ask(stage.http(), browser_get("/close", "")).await.unwrap();
    assert_eq!(answer.body.bytes, noise(70_000));
}

#[tokio::test]
async fn request_trailers_and_chunks_as_they_come() {
    let stage = Stage::start("", script).await.unwrap();
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    let head = format!(
        "POST /stream HTTP/1.1\r\nHost: {HOST}\r\nTrailer: X-Checksum\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    );
    let body = noise(40_000);
    let coded = chunked(&body, 4096, &[("X-Checksum", "abc"), ("X-Empty", "")]);
    let answer = down.ask([head.into_bytes(), coded].concat()).await.unwrap();
    assert_eq!(answer.body.bytes, body);
    let seen = stage.upstream.last().unwrap().body;
    let names = |list: &[(String, Vec<u8>)]| -> Vec<(String, String)> {
        let text = |v: &Vec<u8>| String::from_utf8_lossy(v).into_owned();
        list.iter().map(|(n, v)| (n.to_ascii_lowercase(), text(v))).collect()
    };
    let expected = [("x-checksum", "abc"), ("x-empty", "")];
    let expected: Vec<_> = expected.map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    assert_eq!(names(&seen.trailers), expected, "at the upstream");
    assert_eq!(names(&answer.body.trailers), expected, "at the downstream");
}

#[tokio::test]
async fn header_lines_keep_their_bytes_and_order() {
    let long = "v".repeat(8000);
    let pairs: Vec<(String, String)> = [
        ("X-One", "1"),
        ("X-Two", "a, b;q=0.5, \"c, d\""),
        ("X-One", "2"),
        ("x-lower", "  inner   blanks  "),
        ("X-Empty", ""),
        ("X-One", "3"),
        ("X-Long", &long),
        ("Cookie", "a=1; b=\"2\"; c=%20"),
        ("Authorization", "Bearer abc.def-ghi"),
        ("Range", "bytes=0-99"),
        ("If-None-Match", "W/\"abc\""),
        ("Accept-Encoding", "gzip, br"),
        ("Cache-Control", "no-cache"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    let answered = pairs.clone();
    let stage = Stage::start("", move |_| {
        let fields: Vec<(&str, &str)> =
            answered.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        Answer::status("200 OK", &fields, "ok")
    })
    .await
    .unwrap();
    let lines: String = pairs.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect();
    let answer = ask(stage.http(), browser_get("/h", &lines)).await.unwrap();
    let seen = stage.upstream.last().unwrap().head;
    let mut failures = Failures::default();
    for (name, _) in &pairs {
        let expected: Vec<&str> = pairs
            .iter()
            .filter(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .collect();
        for (side, head) in [("request", &seen), ("response", &answer.head)] {
            let got: Vec<&str> = head.all(name).collect();
            failures.check(name, got == expected, || format!("{side}: {got:?}"));
        }
    }
    failures.finish(pairs.len() * 2);
}

#[tokio::test]
async fn targets_and_methods_stay_as_they_are() {
    let stage = Stage::start("", script).await.unwrap();
    let targets = [
        "/",
        "/?",
        "/a/b/c.html?x=1&y=2",
        "/a%20b/%E4%BD%A0",
        "/q?u=https://other.test/a/../b//c&e=%2F%2e%2e",
        "/q?bad=%zz&plus=a+b&empty=&=x&&;",
        "/matrix;a=1/x,y@z:~!$&'()*+=",
        "/trailing/",
        "/.well-known/acme-challenge/token_-",
    ];
    let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PURGE", "REPORT"];
    let mut failures = Failures::default();
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    for target in targets {
        let answer = down.ask(browser_get(target, "")).await.unwrap();
        failures.check(target, answer.status() == 200, || answer.head.start.clone());
        let seen = stage.upstream.last().map(|r| r.head.target().to_owned()).unwrap_or_default();
        failures.check(target, seen == target, || format!("arrived as {seen}"));
    }
    for method in methods {
        let request = format!("{method} /m HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 0\r\n\r\n");
        let answer = down.ask(request).await.unwrap();
        failures.check(method, answer.status() == 200, || answer.head.start.clone());
        let seen = stage.upstream.last().map(|r| r.head.method().to_owned()).unwrap_or_default();
        failures.check(method, seen == method, || format!("arrived as {seen}"));
    }
    failures.finish(targets.len() + methods.len());
}

fn grpc_trailers() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    trailers.insert("grpc-message", "fine".parse().unwrap());
    trailers
}

#[tokio::test]
async fn grpc_over_h2_with_trailers_both_ways() {
    let upstream = H2Upstream::start(|request| {
        let mut pieces: Vec<Bytes> =
            request.body.chunks(9000).map(Bytes::copy_from_slice).collect();
        pieces.push(Bytes::from_static(b"end"));
        let mut answer = H2Answer::ok(pieces, Some(grpc_trailers()));
        answer.head.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
        answer.pause = Duration::from_millis(1);
        answer
    })
    .await
    .unwrap();
    let authority = Authority::new().unwrap();
    let pair = authority.issue(&[HOST]).unwrap();
    let gateway = Gateway::start(|place| {
        pair.write(&place.folder, "listener").unwrap();
        let cluster = document::cluster("up", &[upstream.address()], "    protocol: http2\n");
        let listeners = document::listeners(place, "");
        format!("{}{listeners}{cluster}{}", document::base(place), document::route("all", "up"))
    })
    .await
    .unwrap();
    let [_, h2c, tls, _] = gateway.place().listen;
    let plain = H2Client::plain(h2c).await.unwrap();
    let secure = H2Client::tls(&authority, tls, HOST).await.unwrap();
    for (scheme, mut client) in [("http", plain), ("https", secure)] {
        let request = http::Request::post(format!("{scheme}://{HOST}/pkg.Service/Method"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(())
            .unwrap();
        let body = noise(300_000);
        let pieces: Vec<&[u8]> = body.chunks(11_000).collect();
        let mut own = HeaderMap::new();
        own.insert("x-client-sum", "42".parse().unwrap());
        let answer = client.ask(request, &pieces, Some(own.clone())).await.unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, [body.as_slice(), b"end"].concat());
        assert_eq!(answer.trailers, Some(grpc_trailers()), "trailers of the response");
        let seen = upstream.requests().pop().unwrap();
        assert_eq!(seen.body, body);
        assert_eq!(seen.trailers, Some(own), "trailers of the request");
        assert_eq!(seen.head.headers.get("te").map(|v| v.as_bytes()), Some(&b"trailers"[..]));
    }
    assert_eq!(upstream.resets(), 0);
}

#[tokio::test]
async fn h2_downstream_over_an_http1_upstream() {
    let stage = Stage::start("", script).await.unwrap();
    let mut client = H2Client::tls(&stage.authority, stage.tls(), HOST).await.unwrap();
    let mut failures = Failures::default();
    for size in SIZES {
        let case = format!("{size} bytes");
        let body = noise(size);
        let pieces: Vec<&[u8]> = body.chunks(10_000).collect();
        let request = http::Request::post(format!("https://{HOST}/echo")).body(()).unwrap();
        match client.ask(request, &pieces, None).await {
            Ok(answer) => {
                failures.check(&case, answer.body == body, || format!("{}", answer.body.len()));
            }
            Err(problem) => failures.note(&case, problem),
        }
        let answer = client.get(&format!("https://{HOST}/size/{size}")).await.unwrap();
        failures.check(&case, answer.body == noise(size), || format!("{}", answer.body.len()));
        let sums: Vec<_> = answer.trailers.iter().flat_map(|t| t.get_all("x-sum")).collect();
        failures.check(&case, sums == ["7", "8"], || format!("trailers {sums:?}"));
    }
    failures.finish(SIZES.len() * 2);
}

#[tokio::test]
async fn over_tls_towards_the_upstream() {
    let authority = Authority::new().unwrap();
    let acceptor = authority.acceptor(&["inner.test"], &["http/1.1"]).unwrap();
    let local = ([127, 0, 0, 1], 0).into();
    let upstream = RecordingUpstream::start_at(local, Some(acceptor), script).await.unwrap();
    let ca = authority.pem();
    for (sni, expected) in [("inner.test", 200), ("wrong.test", 502)] {
        let gateway = Gateway::start(|place| {
            std::fs::write(place.folder.join("ca.pem"), &ca).unwrap();
            let tls = format!(
                "    tls: {{ sni: {sni}, ca: {} }}\n",
                place.folder.join("ca.pem").display()
            );
            let cluster = document::cluster("up", &[upstream.address()], &tls);
            let listeners = document::listeners(place, "");
            format!("{}{listeners}{cluster}{}", document::base(place), document::route("all", "up"))
        })
        .await
        .unwrap();
        let answer = ask(gateway.address(), browser_get("/echo", "")).await.unwrap();
        assert_eq!(answer.status(), expected, "{sni}");
    }
}
