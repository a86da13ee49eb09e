//! Bodies and targets that other engines read differently from the server behind them. Whatever such a
//! request hides, the stock Core Rule Set at paranoia level 1 answers it with 403 or 400.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use portcullis_differential::exchange::Exchange;
use portcullis_differential::ours::Ours;
use portcullis_differential::rules::{Level, RuleText};
use portcullis_waf_rulesets::{HOW_TO_BRING_ONE, embedded};

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=B";

/// Name, content type, body with `|` for CR LF and `!` for LF.
type Case = (&'static str, &'static str, &'static str);

const BODIES: &[Case] = &[
    // The charset of every part counts, not only that of the last one.
    (
        "CVE-2026-21876, UTF-7 in the first part",
        MULTIPART,
        "--B|Content-Disposition: form-data; name=\"a\"|Content-Type: text/plain; charset=utf-7||\
         +ADw-script+AD4-alert(1)+ADw-/script+AD4-|--B|Content-Disposition: form-data; name=\"b\"|\
         Content-Type: text/plain; charset=utf-8||x|--B--|",
    ),
    (
        "CVE-2026-21876, UTF-16 in the middle",
        MULTIPART,
        "--B|Content-Disposition: form-data; name=\"a\"||1|--B|Content-Disposition: form-data; \
         name=\"b\"|Content-Type: text/plain; charset=utf-16||x|--B|Content-Disposition: form-data; \
         name=\"c\"||1|--B--|",
    ),
    // Line breaks in a value stay: without them these words are others.
    (
        "CVE-2026-52747, a line break between words",
        MULTIPART,
        "--B|Content-Disposition: form-data; name=\"a\"||1' union|select password from users-- -|--B--|",
    ),
    (
        "CVE-2026-52747, a line feed between words",
        MULTIPART,
        "--B|Content-Disposition: form-data; name=\"a\"||;!cat /etc/passwd!|--B--|",
    ),
    // A file name in whatever charset it claims.
    (
        "CVE-2026-114101, a file name in ISO-8859-1",
        MULTIPART,
        "--B|Content-Disposition: form-data; name=\"f\"; filename*=iso-8859-1''shell.php||x|--B--|",
    ),
    (
        "CVE-2026-114101, beside a harmless file name",
        MULTIPART,
        "--B|Content-Disposition: form-data; name=\"f\"; filename=\"cat.png\"; \
         filename*=UTF-8''shell%2ephp||x|--B--|",
    ),
    (
        "CVE-2026-114101, and content that is a value without it",
        MULTIPART,
        "--B|Content-Disposition: form-data; name=\"f\"; filename*=utf-8''a.txt||\
         <script>alert(1)</script>|--B--|",
    ),
    (
        "an empty file name, so that the content is a value",
        MULTIPART,
        "--B|Content-Disposition: form-data; name=\"f\"; filename=\"\"||<script>alert(1)</script>|--B--|",
    ),
    (
        "two boundaries, the first counts",
        "multipart/form-data; boundary=B; boundary=C",
        "--B|Content-Disposition: form-data; name=\"a\"||x|--B--|",
    ),
    (
        "two boundaries, the last counts",
        "multipart/form-data; boundary=C; boundary=B",
        "--B|Content-Disposition: form-data; name=\"a\"||x|--B--|",
    ),
    (
        "a boundary in pieces",
        "multipart/form-data; boundary*0=B",
        "--B|Content-Disposition: form-data; name=\"a\"||x|--B--|",
    ),
    (
        "two names of one part",
        MULTIPART,
        "--B|Content-Disposition: form-data; name=\"a\"; name=\"b\"||x|--B--|",
    ),
    (
        "two dispositions of one part",
        MULTIPART,
        "--B|Content-Disposition: form-data; name=\"a\"|Content-Disposition: form-data; name=\"b\"||x|\
         --B--|",
    ),
    (
        "a boundary after a bare line feed",
        MULTIPART,
        "--B|Content-Disposition: form-data; name=\"a\"||x!--B|Content-Disposition: form-data; \
         name=\"b\"||y|--B--|",
    ),
    (
        "a part in a transfer encoding",
        MULTIPART,
        "--B|Content-Disposition: form-data; name=\"a\"|Content-Transfer-Encoding: base64||\
         PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==|--B--|",
    ),
    ("no final boundary", MULTIPART, "--B|Content-Disposition: form-data; name=\"a\"||x|"),
    ("a form in UTF-7", "application/x-www-form-urlencoded; charset=utf-7", "a=+ADw-script+AD4-"),
    ("a form in UTF-16", "application/x-www-form-urlencoded; charset=utf-16", "a=1"),
    ("a form with semicolons between its fields", FORM, "a=1;b=%3Cscript%3Ealert(1)%3C/script%3E"),
    ("overlong UTF-8 dots", FORM, "file=..%c0%af..%c0%af..%c0%afetc/passwd"),
    ("JSON that goes on", "application/json", "{\"a\":1}{\"b\":\"<script>alert(1)</script>\"}"),
    ("JSON with a key twice", "application/json", "{\"a\":\"<script>alert(1)</script>\",\"a\":1}"),
    ("JSON with a comment", "application/json", "{\"a\":1/*,*/}"),
    ("XML with an entity", "application/xml", "<!DOCTYPE r [<!ENTITY e \"x\">]><r>&e;</r>"),
    (
        "XML in UTF-16, it says",
        "application/xml",
        "<?xml version=\"1.0\" encoding=\"utf-16\"?><r>x</r>",
    ),
    ("XML in two roots", "application/xml", "<r>x</r><s>y</s>"),
    (
        "XML text parted by a comment",
        "application/xml",
        "<r>1' uni<!-- -->on sel<![CDATA[ect pass]]>word from users-- -</r>",
    ),
];

/// A target that is no URI keeps its arguments: CVE-2026-107825.
const TARGETS: &[&str] = &[
    "/%?id=1%27%20OR%20%271%27=%271",
    "/%zz?id=1%27%20OR%20%271%27=%271",
    "/a%?q=%3Cscript%3Ealert(1)%3C/script%3E",
    "/:a/%gg?q=%3Cscript%3Ealert(1)%3C/script%3E",
    "//[::1?q=%3Cscript%3Ealert(1)%3C/script%3E",
    "/?q=%zz&r=%3Cscript%3Ealert(1)%3C/script%3E",
    "/?q=%3Cscript%3Ealert(1)%3C/script%3E%",
    "/?a=1;q=%3Cscript%3Ealert(1)%3C/script%3E",
];

/// Bodies of the same shapes with nothing to hide.
const INNOCENT: &[Case] = &[
    ("a form", FORM, "a=1&b=two+words"),
    ("JSON", "application/json", "{\"a\":[1,2,{\"b\":null}]}"),
    ("XML", "application/xml", "<?xml version=\"1.0\"?><r a=\"1\"><b>text</b></r>"),
    (
        "multipart",
        MULTIPART,
        "--B|Content-Disposition: form-data; name=\"a\"||two|lines|--B|Content-Disposition: form-data; \
         name=\"f\"; filename=\"cat.png\"|Content-Type: image/png||PNG|--B--|",
    ),
    (
        "a file field left empty",
        MULTIPART,
        "--B|Content-Disposition: form-data; name=\"f\"; filename=\"\"|\
         Content-Type: application/octet-stream||  |--B--|",
    ),
];

fn exchange(name: &str, target: &str, media_type: &str, body: &str) -> Exchange {
    let mut headers = vec![("Host", "example.test"), ("User-Agent", "test/1"), ("Accept", "*/*")];
    let length = body.len().to_string();
    if !body.is_empty() {
        headers.extend([("Content-Type", media_type), ("Content-Length", length.as_str())]);
    }
    Exchange {
        name: name.to_owned(),
        method: if body.is_empty() { "GET" } else { "POST" }.to_owned(),
        target: target.to_owned(),
        version: "HTTP/1.1".to_owned(),
        headers: headers
            .iter()
            .map(|(name, value)| (String::from(*name), String::from(*value)))
            .collect(),
        body: body.as_bytes().to_vec(),
        answer: Exchange::ordinary_answer(),
    }
}

fn with_body(&(name, media_type, body): &Case) -> Exchange {
    exchange(name, "/form", media_type, &body.replace('|', "\r\n").replace('!', "\n"))
}

fn stock() -> Ours {
    Ours::new(&RuleText::crs(embedded().expect(HOW_TO_BRING_ONE), Level::One), true).unwrap()
}

#[test]
fn what_servers_read_differently_is_refused() {
    let engine = stock();
    let targets = TARGETS.iter().map(|target| exchange(target, target, "", ""));
    let passed: Vec<String> = BODIES
        .iter()
        .map(with_body)
        .chain(targets)
        .filter(|exchange| {
            let ending = engine.run(exchange, 1).interruption;
            !ending.is_some_and(|ending| matches!(ending.status, 400 | 403))
        })
        .map(|exchange| exchange.name)
        .collect();
    assert!(passed.is_empty(), "passed: {passed:#?}");
}

#[test]
fn the_same_shapes_without_an_attack_pass() {
    let engine = stock();
    for exchange in INNOCENT.iter().map(with_body) {
        let verdict = engine.run(&exchange, 1);
        assert!(verdict.interruption.is_none(), "{}: {verdict:?}", exchange.name);
    }
}
