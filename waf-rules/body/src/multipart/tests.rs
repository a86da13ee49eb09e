//! Case tables: what the parts are, which flags are set, what the problem is.

mod irregular;
mod vulnerabilities;

use super::{Flags, Limits, Multipart, Problem, parse};
use crate::ContentType;

const TYPE: &str = "multipart/form-data; boundary=B";

fn read<'a>(content_type: &str, body: &'a [u8]) -> Multipart<'a> {
    parse(&ContentType::parse(content_type.as_bytes()), body, &Limits::default())
}

/// `name=content`, and `name@file=content` for a file.
fn show(multipart: &Multipart<'_>) -> Vec<String> {
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let part = |part: &super::Part<'_>| {
        let name = part.name.as_deref().map_or_else(|| "?".to_owned(), lossy);
        let files: String = part.filenames.iter().map(|f| format!("@{}", lossy(f))).collect();
        format!("{name}{files}={}", lossy(part.content))
    };
    multipart.parts.iter().map(part).collect()
}

fn flags(multipart: &Multipart<'_>) -> Vec<&'static str> {
    multipart.flags.names().map(|name| name.trim_start_matches("MULTIPART_")).collect()
}

/// Body with `|` for CR LF, parts as [`show`] writes them.
const REGULAR: &[(&str, &[&str])] = &[
    ("--B|Content-Disposition: form-data; name=\"a\"||1|--B--|", &["a=1"]),
    ("--B|Content-Disposition: form-data; name=a||1|--B--|", &["a=1"]),
    ("--B|content-disposition: FORM-DATA; NAME=a||1|--B--", &["a=1"]),
    (
        "--B|Content-Disposition: form-data; name=\"a\"||1|--B|Content-Disposition: form-data; \
         name=\"b\"||2|--B--|",
        &["a=1", "b=2"],
    ),
    ("--B|Content-Disposition: form-data; name=\"a\"|||--B--|", &["a="]),
    ("--B|Content-Disposition: form-data; name=\"a\"||||--B--|", &["a=\r\n"]),
    ("--B|Content-Disposition: form-data; name=\"a\"||x|y|--B--|", &["a=x\r\ny"]),
    ("--B|Content-Disposition: form-data; name=\"\"||x|--B--|", &["=x"]),
    (
        "--B|Content-Disposition: form-data; name=\"f\"; filename=\"a.php\"|Content-Type: \
         text/plain||<?php|--B--|",
        &["f@a.php=<?php"],
    ),
    ("--B|Content-Disposition: form-data; name=\"f\"; filename=\"\"||x|--B--|", &["f@=x"]),
    (
        "--B|Content-Disposition: form-data; name=\"f\"; filename=\"C:\\dir\\a.exe\"||x|--B--|",
        &["f@C:\\dir\\a.exe=x"],
    ),
    (
        "--B|Content-Disposition: form-data; name=\"a\\\"b;c\"; filename=\"x;y=z\"||x|--B--|",
        &["a\"b;c@x;y=z=x"],
    ),
    (
        "--B|Content-Disposition: form-data; name=f; filename*=UTF-8''%e2%82%ac.txt||x|--B--|",
        &["f@\u{20ac}.txt=x"],
    ),
    (
        "--B|Content-Disposition: form-data; name=f; filename=a.txt; filename*=UTF-8'en'b.php||x\
         |--B--|",
        &["f@a.txt@b.php=x"],
    ),
    ("--B|Content-Disposition: form-data; name=a||x--B--y|--B--|", &["a=x--B--y"]),
    ("--B|Content-Disposition: form-data; name=a||x\ny\rz|--B--|", &["a=x\ny\rz"]),
];

#[test]
fn regular_bodies() {
    for &(body, parts) in REGULAR {
        let body = body.replace('|', "\r\n");
        let multipart = read(TYPE, body.as_bytes());
        assert_eq!(show(&multipart), parts, "{body}");
        assert_eq!(flags(&multipart), [""; 0], "{body}");
        assert_eq!(multipart.problem, None, "{body}");
        assert!(!multipart.strict_error(), "{body}");
    }
}

#[test]
fn headers_are_kept_as_they_came() {
    let body =
        b"--B\r\nContent-Disposition: form-data;\r\n\tname=\"a\"\r\nX-Y:  z \r\n\r\n1\r\n--B--\r\n";
    let multipart = read(TYPE, body);
    let lines: Vec<_> = multipart.parts[0].headers.iter().map(|h| h.line.to_vec()).collect();
    assert_eq!(lines, [&b"Content-Disposition: form-data;\tname=\"a\""[..], b"X-Y:  z "]);
    let header = &multipart.parts[0].headers[1];
    assert_eq!((header.name(), header.value()), (&b"X-Y"[..], &b"z"[..]));
    assert_eq!(show(&multipart), ["a=1"]);
    assert_eq!(flags(&multipart), ["HEADER_FOLDING"]);
}

#[test]
fn limits_hold() {
    let part = "--B\r\nContent-Disposition: form-data; name=a; filename=f\r\n\r\n1\r\n";
    let body = format!("{}--B--\r\n", part.repeat(4));
    let content_type = ContentType::parse(TYPE.as_bytes());
    let run = |limits: Limits| parse(&content_type, body.as_bytes(), &limits);

    let over = run(Limits { parts: 3, ..Limits::default() });
    assert_eq!((over.parts.len(), over.problem), (3, Some(Problem::Parts)));
    let over = run(Limits { files: 3, ..Limits::default() });
    assert_eq!((over.parts.len(), over.problem), (4, None));
    assert!(over.flags.contains(Flags::FILE_LIMIT_EXCEEDED) && over.strict_error());
    let over = run(Limits { header_bytes: 20, ..Limits::default() });
    assert_eq!(over.problem, Some(Problem::HeaderLimit));
    let over = run(Limits { headers: 0, ..Limits::default() });
    assert_eq!(over.problem, Some(Problem::HeaderLimit));
    let folds = format!("--B\r\nA: b\r\n{}\r\n1\r\n--B--\r\n", " x\r\n".repeat(5_000));
    let over = parse(&content_type, folds.as_bytes(), &Limits::default());
    assert_eq!(over.problem, Some(Problem::HeaderLimit));
}

#[test]
fn any_bytes_are_read_without_panic() {
    let pieces: [&[u8]; 14] = [
        b"--B",
        b"--B--",
        b"\r\n",
        b"\n",
        b"--",
        b"Content-Disposition: form-data; name=",
        b"\"",
        b"a",
        b"; filename*=",
        b"''",
        b"%4",
        b" ",
        b"\0",
        b":",
    ];
    let mut state = 1_u64;
    for _ in 0..20_000 {
        let mut body = Vec::new();
        for _ in 0..state % 30 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            body.extend_from_slice(pieces[(state >> 33) as usize % pieces.len()]);
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        let multipart = read(TYPE, &body);
        let content: usize = multipart.parts.iter().map(|p| p.content.len()).sum();
        assert!(content <= body.len());
    }
}
