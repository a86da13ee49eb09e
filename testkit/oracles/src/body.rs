//! Body parsers: what goes in decides how much can come out, and what is well formed is read as it was written.

use std::borrow::Cow;

use portcullis_waf_body::{ContentType, inflate, json, multipart, urlencoded, xml};

/// A separator makes an argument; decoding never makes more bytes.
pub fn urlencoded(data: &[u8]) {
    let limits = urlencoded::Limits::default();
    let parsed = urlencoded::parse(data, b'&', &limits);
    assert!(parsed.arguments.len() <= limits.arguments);
    assert!(parsed.arguments.byte_len() <= data.len());
    assert_eq!(parsed, urlencoded::parse(data, b'&', &limits));
    let plain = !data.iter().any(|byte| matches!(byte, b'%' | b'+'));
    if plain && !parsed.over_limit {
        let pieces = data.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty());
        for (piece, (name, value)) in pieces.zip(parsed.arguments.iter()) {
            let mut sides = piece.splitn(2, |byte| *byte == b'=');
            assert_eq!(name, sides.next().unwrap_or_default());
            assert_eq!(value, sides.next().unwrap_or_default());
        }
        assert!(!parsed.invalid_escape);
    }
}

/// What is well formed is what `serde_json` takes for it, whatever the depth and whatever bytes strings hold.
pub fn json(data: &[u8]) {
    let limits = json::Limits { depth: 64, entries: 500, output_bytes: 1 << 16 };
    let parsed = json::flatten(data, b"json", &limits);
    assert!(parsed.fields.len() <= limits.entries);
    assert!(parsed.fields.byte_len() <= limits.output_bytes);
    assert!(parsed.fields.iter().all(|(name, _)| name.starts_with(b"json")));
    assert_eq!(parsed, json::flatten(data, b"json", &limits));
    // Ignored strings may hold any bytes, ignored numbers any digits: only the grammar is compared.
    let grammar = serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok();
    match parsed.problem {
        None => assert!(grammar || data.starts_with(b"\xEF\xBB\xBF"), "{}", data.escape_ascii()),
        Some(json::Problem::Depth | json::Problem::Entries | json::Problem::OutputBytes) => {}
        Some(
            json::Problem::Malformed(_) | json::Problem::Truncated | json::Problem::TrailingData(_),
        ) => assert!(!grammar, "{:?} {}", parsed.problem, data.escape_ascii()),
    }
}

/// Text is never more than the document: no entity is expanded.
pub fn xml(data: &[u8]) {
    let limits = xml::Limits { depth: 64, nodes: 500 };
    let parsed = xml::flatten(data, &limits);
    assert!(parsed.texts.len() + parsed.attributes.len() <= 2 * limits.nodes);
    let bytes: usize = parsed.texts.iter().chain(parsed.attributes.iter()).map(<[u8]>::len).sum();
    assert!(bytes <= data.len(), "{bytes} of {}", data.escape_ascii());
    assert_eq!(parsed, xml::flatten(data, &limits));
}

/// The first line is the content type, the rest the body. Then the data as the content of parts, written as a client
/// does: each is read as it was.
pub fn multipart(data: &[u8]) {
    let (head, body) = match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => data.split_at(at + 1),
        None => (&b"multipart/form-data; boundary=x"[..], data),
    };
    let limits = multipart::Limits { parts: 50, files: 10, headers: 8, header_bytes: 256 };
    let content_type = ContentType::parse(head);
    let parsed = multipart::parse(&content_type, body, &limits);
    assert!(parsed.parts.len() <= limits.parts);
    let contents: usize = parsed.parts.iter().map(|part| part.content.len()).sum();
    assert!(contents <= body.len());
    for part in &parsed.parts {
        assert!(part.headers.len() <= limits.headers);
        for header in &part.headers {
            assert!(header.line.len() <= limits.header_bytes);
            if let Cow::Borrowed(line) = &header.line {
                assert!(memchr::memmem::find(body, line).is_some());
            }
        }
    }
    assert!(parsed.problem.is_none() || parsed.strict_error());
    assert_eq!(parsed, multipart::parse(&content_type, body, &limits));
    written_and_read(data);
}

fn written_and_read(data: &[u8]) {
    const BOUNDARY: &[u8] = b"----x7MA4YWxkTrZu0gW";
    if memchr::memmem::find(data, b"----x7MA4YWxkTrZu0gW").is_some() {
        return;
    }
    let contents: Vec<&[u8]> = data.split(|byte| *byte == b'\0').take(20).collect();
    let mut body = Vec::new();
    for (at, content) in contents.iter().enumerate() {
        body.extend_from_slice(&[b"--", BOUNDARY, b"\r\n"].concat());
        let head = format!("Content-Disposition: form-data; name=\"n{at}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(&[b"--", BOUNDARY, b"--\r\n"].concat());
    let content_type = [b"multipart/form-data; boundary=".as_slice(), BOUNDARY].concat();
    let content_type = ContentType::parse(&content_type);
    let parsed = multipart::parse(&content_type, &body, &multipart::Limits::default());
    let found: Vec<&[u8]> = parsed.parts.iter().map(|part| part.content).collect();
    assert_eq!(found, contents);
    assert_eq!(parsed.problem, None);
}

/// The first byte chooses the codings; never more comes out than the limits allow.
pub fn inflate(data: &[u8]) {
    const CODINGS: &[&[u8]] = &[
        b"gzip",
        b"deflate",
        b"br",
        b"zstd",
        b"x-gzip",
        b"gzip, br",
        b"zstd, deflate",
        b"identity",
    ];
    let Some((first, body)) = data.split_first() else { return };
    let coding = CODINGS.get(usize::from(*first) % CODINGS.len()).copied().unwrap_or_default();
    let limits = inflate::Limits { output_bytes: 1 << 18, ..inflate::Limits::default() };
    let inflated = inflate::inflate(coding, body, &limits);
    assert!(inflated.bytes.len() <= limits.output_bytes);
    assert_eq!(inflated.problem, inflate::inflate(coding, body, &limits).problem);
    if coding == b"identity" {
        assert_eq!(inflated.bytes, body);
    }
}
