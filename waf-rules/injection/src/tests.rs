//! Verdicts, against those of the C library, and bounds on any input.

use crate::{sqli, xss};
use std::time::{Duration, Instant};

/// Undoes `\xHH`.
fn unescape(text: &str) -> Vec<u8> {
    let mut pieces = text.split("\\x");
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).unwrap());
        bytes.extend_from_slice(rest.as_bytes());
    }
    bytes
}

fn shape(input: &[u8]) -> String {
    sqli(input).map_or_else(|| "-".to_owned(), |found| found.to_string())
}

#[test]
fn verdicts_are_those_of_the_c_library() {
    let mut count = 0;
    for line in include_str!("tests/verdicts.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.splitn(3, '\t');
        let (fingerprint, script) = (columns.next().unwrap(), columns.next().unwrap());
        let input = unescape(columns.next().unwrap());
        assert_eq!(shape(&input), fingerprint, "{line}");
        assert_eq!(xss(&input), script == "1", "{line}");
        count += 1;
    }
    assert!(count > 400);
}

/// Where this port differs on purpose: input, fingerprint, XSS.
const DIFFERENT: &[(&[u8], &str, bool)] = &[
    // MySQL reads over an exponent without digits.
    (
        b"1.e(ascii 1.e(substring(1.e(select password from users limit 1 1.e,1 1.e) 1.e,1 1.e,1 \
      1.e)1.e)1.e) = 70 or'1'='2",
        "f(f(E",
        false,
    ),
    (b"1' or 1.e(1) or '1'='1", "s&(1)", false),
    // A tag of PostgreSQL's dollar quotes is looked for after itself, wherever it stands.
    (b"x or $a$b$a$ union select 1", "n&sUE", false),
    // 0xFF inside a tag does not end the input.
    (b"<a \xFF onerror=alert(1)>", "-", true),
    // Events of browsers that came later.
    (b"<x onwebkitplaybacktargetavailabilitychanged=alert(1)>", "-", true),
    (b"<x onbeforetoggle=alert(1)>", "-", true),
    (b"<x onpointerrawupdate=alert(1)>", "-", true),
    // NUL inside a name does not count for events and SVG either.
    (b"<sv\0g onload=1>", "-", true),
];

#[test]
fn differences_are_on_purpose() {
    for &(input, fingerprint, script) in DIFFERENT {
        let text = input.escape_ascii();
        assert_eq!(shape(input), fingerprint, "{text}");
        assert_eq!(xss(input), script, "{text}");
    }
}

/// Input, fingerprint, XSS.
const COMMON: &[(&str, &str, bool)] = &[
    ("", "-", false),
    ("hello world", "-", false),
    ("O'Reilly", "-", false),
    ("1", "-", false),
    ("select", "-", false),
    ("it's a union, not a select", "-", false),
    ("john@example.com", "-", false),
    ("1' OR '1'='1", "s&sos", false),
    ("1 UNION SELECT 1,2", "1UE1", false),
    ("'; DROP TABLE users--", "s;Tnn", false),
    ("1 OR 1=1", "1&1", false),
    ("admin'--", "sc", false),
    ("<script>alert(1)</script>", "-", true),
    ("<img src=x onerror=alert(1)>", "-", true),
    ("\" onmouseover=\"alert(1)", "-", true),
    ("<a href=\"javascript:alert(1)\">", "-", true),
    ("<a href=\"&#x6A;avascript:alert(1)\">", "-", true),
    ("<a href=\"/path\">text</a>", "-", false),
    ("<b>bold</b>", "-", false),
    ("a < b and c > d", "-", false),
    ("a=b", "-", false),
];

#[test]
fn common_input() {
    for &(input, fingerprint, script) in COMMON {
        assert_eq!(shape(input.as_bytes()), fingerprint, "{input}");
        assert_eq!(xss(input.as_bytes()), script, "{input}");
    }
}

#[test]
fn any_bytes_are_read_without_panic() {
    let pieces: [&[u8]; 24] = [
        b"'",
        b"\"",
        b"`",
        b"--",
        b"#",
        b"/*",
        b"*/",
        b"/*!",
        b"\\",
        b"\0",
        b"\xA0",
        b"\xFF",
        b"$a$",
        b"$$",
        b"q'[",
        b"u&'",
        b"x'1",
        b"{`",
        b"<",
        b"<!--",
        b"<![CDATA[",
        b"&#x",
        b" onload=",
        b"1.e",
    ];
    let mut state = 0x853C_49E6_748F_EA9B_u64;
    let mut random = move |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (state >> 33) % bound
    };
    for _ in 0..100_000 {
        let mut input = Vec::new();
        for _ in 0..random(12) {
            if random(3) == 0 {
                input.push(random(256) as u8);
            } else {
                input.extend_from_slice(pieces[random(24) as usize]);
            }
        }
        let found = sqli(&input);
        assert!(found.is_none_or(|found| !found.as_str().is_empty()));
        xss(&input);
    }
}

#[test]
fn time_is_linear() {
    let marks: [&[u8]; 18] = [
        b"'", b"\"", b"\\'", b"$a$", b"/*", b"-", b"<", b"<a ", b"/", b"<!--", b"<%", b"&#",
        b"q'[", b"a.", b"{a", b"1,", b"'=", b"on'\"",
    ];
    for mark in marks {
        let mut input = mark.repeat((128 << 10) / mark.len());
        input.push(b'=');
        let start = Instant::now();
        sqli(&input);
        xss(&input);
        // A quadratic reader takes minutes; an unoptimised build on a busy machine takes a tenth of this.
        assert!(start.elapsed() < Duration::from_secs(2), "{}", mark.escape_ascii());
    }
}
