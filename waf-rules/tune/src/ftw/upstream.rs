//! The upstream the regression tests are written for: albedo's two answers, in process.
//!
//! `POST /reflect` answers what the JSON body of the request describes; everything else is an empty 200. What Go's
//! HTTP server adds is added here too: Content-Length, and a Content-Type guessed from the body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;

use super::schema;
use super::wire::WireRequest;

/// What the upstream answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Header lines.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The description in the body of `POST /reflect`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reflection {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
    encoded_body: String,
}

/// The answer to a request; `given` is a stage's own `response`, which wins.
pub(crate) fn answer(request: &WireRequest, given: Option<&schema::Response>) -> Answer {
    if let Some(response) = given {
        return reflect(Reflection {
            status: response.status.unwrap_or(0),
            headers: response.headers.clone(),
            body: response.body.clone().unwrap_or_default(),
            encoded_body: response.encoded_body.clone().unwrap_or_default(),
        });
    }
    let path = request.origin_form();
    let path = path.split(|byte| *byte == b'?').next().unwrap_or_default();
    if request.method == b"POST" && (path == b"/reflect" || path.starts_with(b"/reflect/")) {
        return match serde_json::from_slice(&request.body) {
            Ok(reflection) => reflect(reflection),
            Err(_) => plain(400, "Invalid JSON in request body"),
        };
    }
    plain(200, "")
}

fn reflect(reflection: Reflection) -> Answer {
    let status = match reflection.status {
        0 => 200,
        status @ 100..600 => status,
        other => return plain(400, &format!("Invalid status code: {other}")),
    };
    let body = if reflection.body.is_empty() {
        match STANDARD.decode(&reflection.encoded_body) {
            Ok(body) => body,
            Err(_) => return plain(400, "invalid base64 encoding of response body"),
        }
    } else {
        reflection.body.into_bytes()
    };
    let mut headers: Vec<(String, String)> = reflection.headers.into_iter().collect();
    let has = |headers: &[(String, String)], name: &str| {
        headers.iter().any(|header| header.0.eq_ignore_ascii_case(name))
    };
    if !body.is_empty() && !has(&headers, "Content-Type") {
        headers.push(("Content-Type".to_owned(), guessed(&body).to_owned()));
    }
    if !has(&headers, "Content-Length") {
        headers.push(("Content-Length".to_owned(), body.len().to_string()));
    }
    Answer { status, headers, body }
}

fn plain(status: u16, body: &str) -> Answer {
    Answer {
        status,
        headers: vec![
            ("Content-Type".to_owned(), "text/plain; charset=utf-8".to_owned()),
            ("Content-Length".to_owned(), body.len().to_string()),
        ],
        body: body.as_bytes().to_vec(),
    }
}

/// The part of WHATWG content sniffing, as Go's `http.DetectContentType` does it, that text bodies and the archives
/// of the tests need. Reads at most the first 512 bytes.
fn guessed(body: &[u8]) -> &'static str {
    const HTML: [&str; 16] = [
        "<!doctype html",
        "<html",
        "<head",
        "<script",
        "<iframe",
        "<h1",
        "<div",
        "<font",
        "<table",
        "<a",
        "<style",
        "<title",
        "<b",
        "<body",
        "<br",
        "<p",
    ];
    let head = body.get(..body.len().min(512)).unwrap_or_default();
    if head.starts_with(b"\x1f\x8b\x08") {
        return "application/x-gzip";
    }
    if head.starts_with(b"PK\x03\x04") {
        return "application/zip";
    }
    let text = head.trim_ascii_start();
    let tag = |tag: &&str| {
        let ends = text.get(tag.len()).is_some_and(|byte| matches!(byte, b' ' | b'>'));
        ends && text
            .get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()))
    };
    if HTML.iter().any(tag) || text.starts_with(b"<!--") {
        return "text/html; charset=utf-8";
    }
    if text.starts_with(b"<?xml") {
        return "text/xml; charset=utf-8";
    }
    let binary = |byte: &u8| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    if head.iter().any(binary) { "application/octet-stream" } else { "text/plain; charset=utf-8" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(path: &str, body: &str) -> Answer {
        let wire = format!("POST {path} HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        answer(&WireRequest::parse(wire.as_bytes()), None)
    }

    #[test]
    fn reflect_answers_what_it_is_told() {
        let reflected =
            post("/reflect", r#"{"status": 501, "headers": {"X": "y"}, "body": "<?php"}"#);
        assert_eq!(reflected.status, 501);
        assert_eq!(reflected.body, b"<?php");
        assert!(reflected.headers.contains(&("X".to_owned(), "y".to_owned())));
        assert!(
            reflected
                .headers
                .contains(&("Content-Type".to_owned(), "text/plain; charset=utf-8".to_owned()))
        );
        assert_eq!(post("/reflect/x", r#"{"encodedBody": "aGk="}"#).body, b"hi");
        assert_eq!(post("/reflect", "no json").status, 400);
        assert_eq!(post("/reflect", r#"{"status": 700}"#).status, 400);
        assert_eq!(post("/other", r#"{"status": 501}"#).status, 200);
    }
}
