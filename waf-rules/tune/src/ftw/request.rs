//! Builds the bytes of a test's request, as go-ftw does: traps included.
//!
//! The rules are those of go-ftw's `ftwhttp/request.go`: a body without Content-Type becomes a form; a form body that
//! unescaping would not change is escaped key by key and value by value; multipart bodies get CRLF line ends;
//! `Connection: close` and Content-Length are added; all but the line ends only with `autocomplete_headers`. The
//! request line is written as it stands, whatever it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::schema::Input;
use super::template;

const FORM: &str = "application/x-www-form-urlencoded";

/// The bytes on the wire, or why the test cannot be built.
pub(crate) fn build(input: &Input) -> Result<Vec<u8>, String> {
    if let Some(encoded) = &input.encoded_request {
        if input.data.is_some() || input.encoded_data.is_some() {
            return Err("encoded_request and data exclude each other".to_owned());
        }
        return decode(encoded);
    }
    if input.save_cookie == Some(true) || input.follow_redirect == Some(true) {
        return Err(
            "save_cookie and follow_redirect need a client; not supported in process".to_owned()
        );
    }
    let complete = input.autocomplete_headers.unwrap_or_else(|| !input.stop_magic.unwrap_or(false));
    let mut headers: Vec<(String, String)> = input
        .ordered_headers
        .iter()
        .map(|header| (header.name.clone(), header.value.clone()))
        .collect();
    headers.extend(input.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
    let mut body = body(input)?;

    if complete && !body.is_empty() {
        if value(&headers, "Content-Type").is_empty() {
            set(&mut headers, "Content-Type", FORM);
        }
        if value(&headers, "Content-Type") == FORM {
            body = escape_form(body);
        }
    }
    if value(&headers, "Content-Type").starts_with("multipart/form-data;") {
        body = crlf(&body);
    }
    let method = input.method.as_deref().unwrap_or("GET");
    if complete {
        if value(&headers, "Connection").is_empty() {
            set(&mut headers, "Connection", "close");
        }
        let with_body = ["POST", "PUT", "PATCH", "DELETE"].iter().any(|name| method.contains(name));
        if (!body.is_empty() || with_body) && value(&headers, "Content-Length").is_empty() {
            set(&mut headers, "Content-Length", &body.len().to_string());
        }
    }

    let uri = input.uri.as_deref().unwrap_or("/");
    let version = input.version.as_deref().unwrap_or("HTTP/1.1");
    let mut wire = format!("{method} {uri} {version}\r\n").into_bytes();
    for (name, value) in &headers {
        wire.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    wire.extend_from_slice(b"\r\n");
    wire.extend_from_slice(&body);
    Ok(wire)
}

fn body(input: &Input) -> Result<Vec<u8>, String> {
    match (&input.data, &input.encoded_data) {
        (Some(_), Some(_)) => Err("data and encoded_data exclude each other".to_owned()),
        (Some(data), None) => template::expand(data).map(String::into_bytes),
        (None, Some(encoded)) => decode(encoded),
        (None, None) => Ok(Vec::new()),
    }
}

fn decode(encoded: &str) -> Result<Vec<u8>, String> {
    let joined: String = encoded.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(joined).map_err(|error| format!("base64: {error}"))
}

fn value<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    headers.iter().find(|header| header.0.eq_ignore_ascii_case(name)).map_or("", |header| &header.1)
}

fn set(headers: &mut Vec<(String, String)>, name: &str, value: &str) {
    match headers.iter_mut().find(|header| header.0.eq_ignore_ascii_case(name)) {
        Some(header) => value.clone_into(&mut header.1),
        None => headers.push((name.to_owned(), value.to_owned())),
    }
}

/// Escapes keys and values when the body does not look escaped: when unescaping succeeds and changes nothing.
fn escape_form(body: Vec<u8>) -> Vec<u8> {
    if body.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return body;
    }
    let mut out = Vec::with_capacity(body.len() + 16);
    for (index, token) in body.split(|byte| *byte == b'&').enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        match token.iter().position(|byte| *byte == b'=') {
            Some(at) => {
                query_escape(&mut out, token.get(..at).unwrap_or_default());
                out.push(b'=');
                query_escape(&mut out, token.get(at + 1..).unwrap_or_default());
            }
            None => query_escape(&mut out, token),
        }
    }
    // go-ftw does not write the separator after a last empty token.
    if body.last() == Some(&b'&') {
        out.pop();
    }
    out
}

/// Go's `url.QueryEscape`: unreserved bytes stay, a space becomes `+`, the rest `%XX`.
fn query_escape(out: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(*byte),
            b' ' => out.push(b'+'),
            _ => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
}

fn crlf(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 32);
    for byte in body {
        if *byte == b'\n' {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(input: &str) -> String {
        let input: Input = serde_saphyr::from_str(input).unwrap();
        String::from_utf8(build(&input).unwrap()).unwrap()
    }

    #[test]
    fn requests_are_built_as_go_ftw_builds_them() {
        let cases = [
            ("uri: /a", "GET /a HTTP/1.1\r\nConnection: close\r\n\r\n"),
            (
                "{method: \"\\tGET\", uri: /a, version: JUNK/1.0, autocomplete_headers: false}",
                "\tGET /a JUNK/1.0\r\n\r\n",
            ),
            (
                "{method: POST, data: 'a=b c&d=<e>&f'}",
                "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\
                 Content-Length: 17\r\n\r\na=b+c&d=%3Ce%3E&f",
            ),
            (
                "{method: POST, data: 'a=%20 b'}",
                "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\
                 Content-Length: 7\r\n\r\na=%20 b",
            ),
            (
                "{method: POST, headers: {content-type: text/plain, Content-Length: 9}, data: 'a b'}",
                "POST / HTTP/1.1\r\nContent-Length: 9\r\ncontent-type: text/plain\r\nConnection: close\r\n\r\na b",
            ),
            (
                "{method: POST, stop_magic: true, headers: {Content-Type: 'multipart/form-data; boundary=x'}, data: \"a\\nb\"}",
                "POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\na\r\nb",
            ),
            (
                "{ordered_headers: [{name: B, value: '1'}, {name: A, value: '2'}, {name: B, value: '3'}], stop_magic: true}",
                "GET / HTTP/1.1\r\nB: 1\r\nA: 2\r\nB: 3\r\n\r\n",
            ),
            ("encoded_request: R0VUIC8gSFRUUC8xLjAN\n", "GET / HTTP/1.0\r"),
            (
                "{method: GET, encoded_data: YSY=}",
                concat!(
                    "GET / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n",
                    "Content-Length: 1\r\n\r\na"
                ),
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(wire(input), expected, "{input}");
        }
    }
}
