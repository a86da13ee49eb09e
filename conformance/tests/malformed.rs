//! Heads and framings that servers read in different ways are refused, and the upstream sees not one
//! byte of them. A case is bytes and the statuses that may answer it; closing without a word is
//! allowed where the bytes are no HTTP. Sources: RFC 9112, RFC 9113, and the raw batteries that
//! found the smuggling bugs of 2025 and 2026 in proxies.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use portcullis_conformance::{Failures, Stage, browser_get};
use portcullis_testkit::raw::{RawDownstream, ask};
use portcullis_testkit::upstream::Answer;

/// How long the gateway may take to refuse what is complete.
const PATIENCE: Duration = Duration::from_secs(6);

/// Refusals that may answer bytes that are no request.
const BAD: &[u16] = &[400];
const BAD_OR_CLOSED: &[u16] = &[400, 0];
const TOO_LONG: &[u16] = &[414, 431];
const TOO_LARGE: &[u16] = &[431];
const UNKNOWN: &[u16] = &[400, 501];
/// A word too many makes the version another one.
const VERSION: &[u16] = &[505, 400];
const REFUSED: &[u16] = &[405, 501, 400];

type Case = (&'static str, &'static [u8], &'static [u16]);

/// The start of the line and the target.
const REQUEST_LINES: &[Case] = &[
    ("lower-case version", b"GET / http/1.1\r\nHost: h\r\n\r\n", VERSION),
    ("version 1.2", b"GET / HTTP/1.2\r\nHost: h\r\n\r\n", VERSION),
    ("version 2.0 in a line", b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", VERSION),
    ("version 0.9", b"GET / HTTP/0.9\r\nHost: h\r\n\r\n", VERSION),
    ("version 1.10", b"GET / HTTP/1.10\r\nHost: h\r\n\r\n", VERSION),
    ("no version", b"GET /\r\nHost: h\r\n\r\n", BAD_OR_CLOSED),
    ("two spaces before the target", b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", VERSION),
    ("two spaces before the version", b"GET /  HTTP/1.1\r\nHost: h\r\n\r\n", VERSION),
    ("tab as separator", b"GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("space at the end", b"GET / HTTP/1.1 \r\nHost: h\r\n\r\n", VERSION),
    ("space before the method", b" GET / HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("space in the target", b"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", VERSION),
    ("NUL in the target", b"GET /nu\0l HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("control byte in the target", b"GET /a\x01b HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("DEL in the target", b"GET /a\x7fb HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("raw UTF-8 in the target", b"GET /\xc3\xa4 HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("fragment", b"GET /pub#/../admin HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("backslash", b"GET /pub\\..\\admin HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("no slash", b"GET index.html HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("asterisk with GET", b"GET * HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("authority form with GET", b"GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("escaped NUL", b"GET /a%00b HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("escape of one digit", b"GET /a%4 HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("escape that is none", b"GET /a%zz HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("above the root", b"GET /../etc/passwd HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("above the root, escaped", b"GET /a/%2e%2e/%2e%2e/x HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("escaped slash", b"GET /public%2f..%2fadmin HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("escaped backslash", b"GET /public%5c..%5cadmin HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("dots behind a parameter", b"GET /public/..;/admin HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("CONNECT", b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", REFUSED),
    ("CONNECT to no port", b"CONNECT h HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("CONNECT to an empty port", b"CONNECT h: HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("CONNECT to port 0", b"CONNECT h:0 HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("TRACE", b"TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", REFUSED),
    ("method that is no token", b"GE(T / HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("NUL in the method", b"G\0T / HTTP/1.1\r\nHost: h\r\n\r\n", BAD_OR_CLOSED),
    ("another scheme", b"GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("TLS record", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n", BAD_OR_CLOSED),
    ("h2 preface without h2c", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[400, 405, 501, 505, 0]),
];

/// Host and the authority.
const HOSTS: &[Case] = &[
    ("no Host", b"GET / HTTP/1.1\r\nX: 1\r\n\r\n", BAD),
    ("empty Host", b"GET / HTTP/1.1\r\nHost:\r\n\r\n", BAD),
    ("two Hosts", b"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", BAD),
    ("two different Hosts", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", BAD),
    ("Host with a comma", b"GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", BAD),
    ("Host with a space", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", BAD),
    ("Host with a path", b"GET / HTTP/1.1\r\nHost: h/x\r\n\r\n", BAD),
    ("Host with userinfo", b"GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", BAD),
    ("Host with a scheme", b"GET / HTTP/1.1\r\nHost: http://h\r\n\r\n", BAD),
    ("port that is no number", b"GET / HTTP/1.1\r\nHost: h:80x\r\n\r\n", BAD),
    ("port beyond 65535", b"GET / HTTP/1.1\r\nHost: h:65536\r\n\r\n", BAD),
    ("port twice", b"GET / HTTP/1.1\r\nHost: h:80:80\r\n\r\n", BAD),
    ("only a port", b"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", BAD),
    ("open bracket", b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", BAD),
    ("IPv6 that is none", b"GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n", BAD),
    ("escape in Host", b"GET / HTTP/1.1\r\nHost: h%2e\r\n\r\n", BAD),
    ("non-ASCII Host", b"GET / HTTP/1.1\r\nHost: h\xc3\xa4\r\n\r\n", BAD),
    ("absolute form of another host", b"GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", BAD),
    ("absolute form without a host", b"GET http:///x HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("absolute form with userinfo", b"GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("https on a plain listener", b"GET https://h/ HTTP/1.1\r\nHost: h\r\n\r\n", &[421, 400]),
];

/// Header lines.
const HEADERS: &[Case] = &[
    ("space before the colon", b"GET / HTTP/1.1\r\nHost: h\r\nX : 1\r\n\r\n", BAD),
    ("tab before the colon", b"GET / HTTP/1.1\r\nHost: h\r\nX\t: 1\r\n\r\n", BAD),
    ("space in a name", b"GET / HTTP/1.1\r\nHost: h\r\nX Y: 1\r\n\r\n", BAD),
    ("no name", b"GET / HTTP/1.1\r\nHost: h\r\n: 1\r\n\r\n", BAD),
    ("no colon", b"GET / HTTP/1.1\r\nHost: h\r\nnonsense\r\n\r\n", BAD),
    ("name that is no token", b"GET / HTTP/1.1\r\nHost: h\r\nX(y): 1\r\n\r\n", BAD),
    ("non-ASCII name", b"GET / HTTP/1.1\r\nHost: h\r\nX\xc3\xa4: 1\r\n\r\n", BAD),
    ("NUL in a name", b"GET / HTTP/1.1\r\nHost: h\r\nX\0: 1\r\n\r\n", BAD),
    ("folded line", b"GET / HTTP/1.1\r\nHost: h\r\nX: 1\r\n folded\r\n\r\n", BAD),
    ("folded first line", b"GET / HTTP/1.1\r\n Host: h\r\n\r\n", BAD),
    ("folded with a tab", b"GET / HTTP/1.1\r\nHost: h\r\nX: 1\r\n\tY: 2\r\n\r\n", BAD),
    ("NUL in a value", b"GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", BAD),
    ("control byte in a value", b"GET / HTTP/1.1\r\nHost: h\r\nX: a\x01b\r\n\r\n", BAD),
    ("bare CR in a value", b"GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", BAD),
    ("bare CR ends a line", b"GET / HTTP/1.1\r\nHost: h\rX: 1\r\n\r\n", BAD),
    ("bare LF ends a line", b"GET / HTTP/1.1\nHost: h\r\n\r\n", BAD),
    ("bare LF between lines", b"GET / HTTP/1.1\r\nHost: h\nX: 1\r\n\r\n", BAD),
    ("bare LF everywhere", b"GET / HTTP/1.1\nHost: h\n\n", BAD),
    ("Connection names Host", b"GET / HTTP/1.1\r\nHost: h\r\nConnection: host\r\n\r\n", BAD),
    (
        "Connection names a forwarded header",
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: X-Forwarded-For\r\nX-Forwarded-For: 1\r\n\r\n",
        &[400, 200],
    ),
    ("unknown expectation", b"GET / HTTP/1.1\r\nHost: h\r\nExpect: magic\r\n\r\n", &[417, 400]),
];

/// Length and coding; what follows a body that one reads and another does not is a second request.
const FRAMINGS: &[Case] = &[
    ("length and chunked", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("chunked and length", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 30\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("two lengths", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", BAD),
    ("two equal lengths", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nabcde", BAD),
    ("list of lengths", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\nabcde", BAD),
    ("length with a sign", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nabcde", BAD),
    ("negative length", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", BAD),
    ("empty length", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", BAD),
    ("hexadecimal length", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x5\r\n\r\nabcde", BAD),
    ("length with a fraction", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5.0\r\n\r\nabcde", BAD),
    ("length beyond 64 bits", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", BAD),
    ("length with an inner space", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1 0\r\n\r\n0123456789", BAD),
    ("other coding", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", UNKNOWN),
    ("coding before chunked", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", UNKNOWN),
    ("chunked before identity", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", UNKNOWN),
    ("identity", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc", UNKNOWN),
    ("chunked twice", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", UNKNOWN),
    ("chunked in two lines", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", UNKNOWN),
    ("almost chunked", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", UNKNOWN),
    ("quoted chunked", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", UNKNOWN),
    ("chunked with a control byte", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", UNKNOWN),
    ("empty coding", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n", UNKNOWN),
    ("coding with a space in its name", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", BAD),
    ("coding in HTTP/1.0", b"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    ("coding and length in HTTP/1.0", b"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", BAD),
];

const CHUNKED: &[u8] = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Chunked bodies after [`CHUNKED`]. The head was good, so that a stream may have begun upstream;
/// with rules the body is collected first and nothing may arrive.
const CHUNKS: &[(&str, &[u8])] = &[
    ("size that is no number", b"xyz\r\nabc\r\n0\r\n\r\n"),
    ("size with a prefix", b"0x3\r\nabc\r\n0\r\n\r\n"),
    ("size with a sign", b"+3\r\nabc\r\n0\r\n\r\n"),
    ("negative size", b"-3\r\nabc\r\n0\r\n\r\n"),
    ("empty size", b"\r\nabc\r\n0\r\n\r\n"),
    ("size beyond 64 bits", b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
    ("size that wraps", b"10000000000000003\r\nabc\r\n0\r\n\r\n"),
    ("space before the size", b" 3\r\nabc\r\n0\r\n\r\n"),
    ("space after the size", b"3 \r\nabc\r\n0\r\n\r\n"),
    ("LF after the size", b"3\nabc\r\n0\r\n\r\n"),
    ("CR after the size", b"3\rabc\r\n0\r\n\r\n"),
    ("LF after the data", b"3\r\nabc\n0\r\n\r\n"),
    ("data longer than its size", b"3\r\nabcd\r\n0\r\n\r\n"),
    ("data shorter than its size", b"4\r\nabc\r\n0\r\n\r\n"),
    ("extension with a bare LF", b"3;a\n=b\r\nabc\r\n0\r\n\r\n"),
    ("extension with a bare CR", b"3;a\rb\r\nabc\r\n0\r\n\r\n"),
    ("extension with a NUL", b"3;a\0\r\nabc\r\n0\r\n\r\n"),
    ("trailer without a colon", b"3\r\nabc\r\n0\r\nnonsense\r\n\r\n"),
    ("trailer with a space before the colon", b"3\r\nabc\r\n0\r\nX : 1\r\n\r\n"),
    ("folded trailer", b"3\r\nabc\r\n0\r\nX: 1\r\n folded\r\n\r\n"),
    ("trailer with a bare LF", b"3\r\nabc\r\n0\r\nX: 1\nY: 2\r\n\r\n"),
    ("LF ends the body", b"3\r\nabc\r\n0\n\n"),
];

/// The status of the answer, 0 for a close without one.
async fn answer(stage: &Stage, bytes: &[u8]) -> Result<u16, String> {
    let mut down = RawDownstream::connect(stage.http()).await.map_err(|e| e.to_string())?;
    let _ = down.send(bytes).await;
    match tokio::time::timeout(PATIENCE, down.read_head()).await {
        Ok(Ok(head)) => Ok(head.status()),
        Ok(Err(_)) => Ok(0),
        Err(_) => Err(format!("no answer within {PATIENCE:?}")),
    }
}

async fn refuse(stage: &Stage, failures: &mut Failures, name: &str, bytes: &[u8], good: &[u16]) {
    let before = stage.upstream.total_bytes();
    match answer(stage, bytes).await {
        Ok(status) => {
            failures.check(name, good.contains(&status), || format!("{status}, not {good:?}"));
            let arrived = stage.upstream.total_bytes() - before;
            failures.check(name, arrived == 0 || good.contains(&200), || {
                format!("{arrived} bytes reached the upstream")
            });
        }
        Err(problem) => failures.note(name, problem),
    }
}

#[tokio::test]
async fn over_http1_nothing_malformed_reaches_the_upstream() {
    let stage = Stage::start("", |_| Answer::ok("ok")).await.unwrap();
    let mut failures = Failures::default();
    let mut count = 0;
    for (name, bytes, good) in [REQUEST_LINES, HOSTS, HEADERS, FRAMINGS].concat() {
        refuse(&stage, &mut failures, name, bytes, good).await;
        count += 1;
    }
    assert!(count >= 80, "{count} cases");
    let smuggled = stage.targets().iter().any(|target| target.contains("smuggled"));
    failures.check("all", !smuggled, || format!("{:?}", stage.targets()));
    failures.finish(count);
}

#[tokio::test]
async fn too_much_is_refused_with_its_own_status() {
    let stage = Stage::start("", |_| Answer::ok("ok")).await.unwrap();
    let mut failures = Failures::default();
    let line = |length: usize| format!("X-Long: {}\r\n", "v".repeat(length));
    let head = |lines: &str| format!("GET / HTTP/1.1\r\nHost: h\r\n{lines}\r\n");
    let cases = [
        (
            "long target",
            format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "a".repeat(70_000)),
            TOO_LONG,
        ),
        (
            "long query",
            format!("GET /?{} HTTP/1.1\r\nHost: h\r\n\r\n", "a".repeat(70_000)),
            TOO_LONG,
        ),
        ("large head", head(&line(3000).repeat(40)), TOO_LARGE),
        ("one large line", head(&line(200_000)), TOO_LARGE),
        ("many lines", head(&"X: 1\r\n".repeat(300)), TOO_LARGE),
        ("long method", format!("{} / HTTP/1.1\r\nHost: h\r\n\r\n", "A".repeat(500)), UNKNOWN),
        ("long Host", format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", "h.".repeat(400)), BAD),
    ];
    let count = cases.len();
    for (name, bytes, good) in cases {
        refuse(&stage, &mut failures, name, bytes.as_bytes(), good).await;
    }
    assert_eq!(stage.upstream.total_bytes(), 0);
    failures.finish(count);
}

#[tokio::test]
async fn broken_chunks_are_refused_and_never_followed_by_another_request() {
    let rules = portcullis_testkit::document::waf("");
    for (kind, filters) in [("without filters", ""), ("with rules", rules.as_str())] {
        let stage = Stage::start(filters, |_| Answer::ok("ok")).await.unwrap();
        let mut failures = Failures::default();
        for (name, body) in CHUNKS {
            let name = format!("{kind}: {name}");
            let rest: &[u8] = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
            match answer(&stage, &[CHUNKED, body, rest].concat()).await {
                Ok(status) => {
                    failures.check(&name, [400, 0].contains(&status), || format!("got {status}"));
                }
                Err(problem) => failures.note(&name, problem),
            }
        }
        let whole = stage.upstream.requests().iter().filter(|r| !r.body.bytes.is_empty()).count();
        failures.check(kind, whole == 0, || format!("{whole} bodies arrived as if whole"));
        failures.check(kind, !stage.targets().iter().any(|t| t.contains("smuggled")), || {
            format!("{:?}", stage.targets())
        });
        if kind == "with rules" {
            failures.check(kind, stage.upstream.total_bytes() == 0, || {
                format!("{} bytes reached the upstream", stage.upstream.total_bytes())
            });
        }
        failures.finish(CHUNKS.len());
    }
}

/// What is good, if odd: it passes, in the one form that was decided on. Bytes and the target that
/// must arrive.
const NORMALISED: &[(&str, &[u8], &str)] = &[
    ("absolute form", b"GET http://h/x?y HTTP/1.1\r\nHost: h\r\n\r\n", "/x?y"),
    ("absolute form without a path", b"GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", "/"),
    ("dot segments", b"GET /a/../b/./c HTTP/1.1\r\nHost: h\r\n\r\n", "/b/c"),
    ("escaped dot segments", b"GET /a/%2e%2e/b/%2E/c HTTP/1.1\r\nHost: h\r\n\r\n", "/b/c"),
    ("double slashes", b"GET //a//b HTTP/1.1\r\nHost: h\r\n\r\n", "/a/b"),
    ("escaped letters", b"GET /%61dmin HTTP/1.1\r\nHost: h\r\n\r\n", "/admin"),
    ("lower-case escapes", b"GET /a%c3%a4 HTTP/1.1\r\nHost: h\r\n\r\n", "/a%C3%A4"),
    ("dots in the query", b"GET /a?x=/../b HTTP/1.1\r\nHost: h\r\n\r\n", "/a?x=/../b"),
    ("asterisk of OPTIONS", b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "*"),
    ("HTTP/1.0 with Host", b"GET /ten HTTP/1.0\r\nHost: h\r\n\r\n", "/ten"),
    ("an empty line before", b"\r\nGET /crlf HTTP/1.1\r\nHost: h\r\n\r\n", "/crlf"),
    ("upper-case Host with a dot", b"GET /dot HTTP/1.1\r\nHost: H.\r\n\r\n", "/dot"),
    ("blanks around a value", b"GET /ows HTTP/1.1\r\nHost: \t h \t\r\n\r\n", "/ows"),
    ("upper-case chunked", b"POST /te HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", "/te"),
    ("chunk with an extension", b"POST /ext HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\n\r\n", "/ext"),
];

#[tokio::test]
async fn what_was_decided_on_is_what_arrives() {
    let stage = Stage::start("", |_| Answer::ok("ok")).await.unwrap();
    let mut failures = Failures::default();
    for (name, bytes, target) in NORMALISED {
        let before = stage.targets().len();
        match answer(&stage, bytes).await {
            Ok(status) => failures.check(name, status == 200, || format!("got {status}")),
            Err(problem) => failures.note(name, problem),
        }
        let seen: Vec<String> = stage.targets().split_off(before);
        failures.check(name, seen == [*target], || format!("arrived as {seen:?}"));
        if let Ok(request) = stage.upstream.last() {
            let hosts: Vec<&str> = request.head.all("host").collect();
            failures.check(name, hosts == ["h"], || format!("Host arrived as {hosts:?}"));
        }
    }
    failures.finish(NORMALISED.len());
}

/// Headers that a caller may not assert, under every name that some upstream takes for them.
const SPOOFS: &[&str] = &[
    "X-Forwarded-For",
    "x_forwarded_for",
    "X.Forwarded.For",
    "X-Forwarded_For",
    "X-Forwarded-Host",
    "X_Forwarded_Proto",
    "X-Forwarded-Port",
    "X-Real-IP",
    "X_Real_IP",
    "Forwarded",
];

#[tokio::test]
async fn a_caller_cannot_say_who_it_is() {
    let stage = Stage::start("", |_| Answer::ok("ok")).await.unwrap();
    let mut failures = Failures::default();
    for name in SPOOFS {
        let request = browser_get("/", &format!("{name}: 6.6.6.6\r\n"));
        let answer = ask(stage.http(), request).await.unwrap();
        failures.check(name, answer.status() == 200, || answer.head.start.clone());
        let seen = stage.upstream.last().unwrap().head.raw;
        let text = String::from_utf8_lossy(&seen).into_owned();
        failures.check(name, !text.contains("6.6.6.6"), || text.clone());
    }
    for name in ["Content_Length", "Transfer_Encoding", "Content.Length"] {
        let request = browser_get("/", &format!("{name}: 77\r\n"));
        let answer = ask(stage.http(), request).await.unwrap();
        if answer.status() == 200 {
            let seen = stage.upstream.last().unwrap().head;
            failures.check(name, seen.field(name).is_none(), || format!("{seen:?}"));
        }
    }
    failures.finish(SPOOFS.len() + 3);
}
