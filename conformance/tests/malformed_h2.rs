//! What HTTP/2 carries in fields and cannot be said in HTTP/1, or can be said twice, is refused, and
//! the upstream sees not one byte of it. Sources: RFC 9113 section 8, and the h2-to-h1 injections
//! found in proxies.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use portcullis_conformance::{Failures, Stage};
use portcullis_testkit::h2_frames::{END_HEADERS, END_STREAM, Outcome, RawH2, block, frame, kind};
use portcullis_testkit::upstream::Answer;

type Fields = &'static [(&'static [u8], &'static [u8])];

/// Field blocks of HTTP/2 after `:method GET`, `:scheme http`, `:authority h`, `:path /`, or whole.
const H2_MORE: &[(&str, Fields)] = &[
    ("upper-case name", &[(b"X-Upper", b"1")]),
    ("connection", &[(b"connection", b"close")]),
    ("keep-alive", &[(b"keep-alive", b"1")]),
    ("proxy-connection", &[(b"proxy-connection", b"close")]),
    ("transfer-encoding", &[(b"transfer-encoding", b"chunked")]),
    ("upgrade", &[(b"upgrade", b"websocket")]),
    ("te other than trailers", &[(b"te", b"gzip")]),
    ("CR LF in a value", &[(b"x", b"a\r\nX-Injected: 1")]),
    ("LF in a value", &[(b"x", b"a\nb")]),
    ("NUL in a value", &[(b"x", b"a\0b")]),
    ("CR LF in a name", &[(b"x\r\ny", b"1")]),
    ("colon in a name", &[(b"x:y", b"1")]),
    ("space in a name", &[(b"x y", b"1")]),
    ("empty name", &[(b"", b"1")]),
    ("pseudo field late", &[(b"x", b"1"), (b":path", b"/late")]),
    ("pseudo field twice", &[(b":path", b"/twice")]),
    ("unknown pseudo field", &[(b":other", b"1")]),
    ("status in a request", &[(b":status", b"200")]),
    ("another Host", &[(b"host", b"other")]),
    ("length that is none", &[(b"content-length", b"+3")]),
    ("length without a body", &[(b"content-length", b"3")]),
    ("two lengths", &[(b"content-length", b"0"), (b"content-length", b"1")]),
];

const H2_WHOLE: &[(&str, Fields)] = &[
    ("no method", &[(b":scheme", b"http"), (b":authority", b"h"), (b":path", b"/")]),
    ("no path", &[(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"h")]),
    ("no scheme", &[(b":method", b"GET"), (b":authority", b"h"), (b":path", b"/")]),
    ("no authority", &[(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/")]),
    (
        "empty path",
        &[(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"h"), (b":path", b"")],
    ),
    (
        "path without a slash",
        &[(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"h"), (b":path", b"x")],
    ),
    (
        "space in the path",
        &[(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"h"), (b":path", b"/a b")],
    ),
    (
        "CR LF in the path",
        &[
            (b":method", b"GET"),
            (b":scheme", b"http"),
            (b":authority", b"h"),
            (b":path", b"/ HTTP/1.1\r\nX: y"),
        ],
    ),
    (
        "NUL in the path",
        &[(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"h"), (b":path", b"/a\0")],
    ),
    (
        "above the root",
        &[(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"h"), (b":path", b"/../x")],
    ),
    (
        "userinfo",
        &[(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"u@h"), (b":path", b"/")],
    ),
    (
        "authority with a path",
        &[(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"h/x"), (b":path", b"/")],
    ),
    (
        "space in the method",
        &[(b":method", b"GET /x"), (b":scheme", b"http"), (b":authority", b"h"), (b":path", b"/")],
    ),
    (
        "CR LF in the method",
        &[
            (b":method", b"GET / HTTP/1.1\r\nX: "),
            (b":scheme", b"http"),
            (b":authority", b"h"),
            (b":path", b"/"),
        ],
    ),
    ("CONNECT", &[(b":method", b"CONNECT"), (b":authority", b"h:443")]),
    (
        "TRACE",
        &[(b":method", b"TRACE"), (b":scheme", b"http"), (b":authority", b"h"), (b":path", b"/")],
    ),
];

const H2_GOOD: Fields =
    &[(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"h"), (b":path", b"/")];

fn is_refusal(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Status(status) => (400..=505).contains(&status) && status != 502,
        Outcome::Reset(_) | Outcome::GoAway(_) | Outcome::Closed => true,
    }
}

async fn h2_outcome(stage: &Stage, bytes: &[u8]) -> portcullis_testkit::Result<Outcome> {
    let mut raw = RawH2::connect(stage.h2c()).await?;
    raw.send(bytes).await?;
    raw.outcome(1).await
}

#[tokio::test]
async fn over_http2_nothing_malformed_reaches_the_upstream() {
    let stage = Stage::start("", |_| Answer::ok("ok")).await.unwrap();
    let mut failures = Failures::default();
    let head = |fields: &[(&[u8], &[u8])], flags| frame(kind::HEADERS, flags, 1, &block(fields));
    let ends = END_STREAM | END_HEADERS;
    let good = h2_outcome(&stage, &head(H2_GOOD, ends)).await.unwrap();
    assert_eq!(good, Outcome::Status(200), "a good request");
    let before = stage.upstream.total_bytes();
    let mut cases: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, more) in H2_MORE {
        cases.push(((*name).to_owned(), head(&[H2_GOOD, more].concat(), ends)));
    }
    for (name, fields) in H2_WHOLE {
        cases.push(((*name).to_owned(), head(fields, ends)));
    }
    let announced: &[(&[u8], &[u8])] = &[(b"content-length", b"3")];
    let longer = [
        head(&[H2_GOOD, announced].concat(), END_HEADERS),
        frame(kind::DATA, END_STREAM, 1, b"longer"),
    ];
    cases.push(("more data than the length".to_owned(), longer.concat()));
    cases.push(("data before a head".to_owned(), frame(kind::DATA, END_STREAM, 1, b"x")));
    cases.push((
        "stream of an even number".to_owned(),
        frame(kind::HEADERS, ends, 2, &block(H2_GOOD)),
    ));
    let many: Vec<(&[u8], &[u8])> = (0..400).map(|_| (&b"x"[..], &b"1"[..])).collect();
    cases.push(("many lines".to_owned(), head(&[H2_GOOD, &many].concat(), ends)));
    let count = cases.len();
    for (name, bytes) in cases {
        match h2_outcome(&stage, &bytes).await {
            Ok(outcome) => failures.check(&name, is_refusal(outcome), || format!("{outcome:?}")),
            Err(problem) => failures.note(&name, problem),
        }
        let arrived = stage.upstream.total_bytes() - before;
        failures.check(&name, arrived == 0, || format!("{arrived} bytes reached the upstream"));
        if arrived > 0 {
            break;
        }
    }
    failures.finish(count);
}

#[tokio::test]
async fn a_fragment_is_refused_or_cut_before_anything_is_decided() {
    let stage = Stage::start("", |_| Answer::ok("ok")).await.unwrap();
    let fields: Fields = &[
        (b":method", b"GET"),
        (b":scheme", b"http"),
        (b":authority", b"h"),
        (b":path", b"/a#/../b"),
    ];
    let head = frame(kind::HEADERS, END_STREAM | END_HEADERS, 1, &block(fields));
    let outcome = h2_outcome(&stage, &head).await.unwrap();
    assert!(is_refusal(outcome) || stage.targets() == ["/a"], "{outcome:?} {:?}", stage.targets());
}
