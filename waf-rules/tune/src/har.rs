//! Recorded traffic: HAR 1.2, as browsers and proxies save it.
//!
//! Only what rules look at is read: the request as it was sent, and status, headers and body of the answer where they
//! were recorded. A body of the answer is the decoded one in a HAR, whatever its headers say.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::ftw::upstream::Answer;
use crate::ftw::wire::WireRequest;

/// Bytes of a file.
const MAX_HAR_BYTES: u64 = 512 << 20;

#[derive(Debug, Deserialize)]
struct Document {
    log: Log,
}

#[derive(Debug, Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    request: Request,
    #[serde(default)]
    response: Response,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    #[serde(default)]
    http_version: String,
    #[serde(default)]
    headers: Vec<Pair>,
    #[serde(default)]
    post_data: Option<PostData>,
}

#[derive(Debug, Deserialize)]
struct Pair {
    name: String,
    #[serde(default)]
    value: String,
}

#[derive(Debug, Deserialize)]
struct PostData {
    #[serde(default)]
    text: String,
}

#[derive(Debug, Default, Deserialize)]
struct Response {
    #[serde(default)]
    status: u16,
    #[serde(default)]
    headers: Vec<Pair>,
    #[serde(default)]
    content: Content,
}

#[derive(Debug, Default, Deserialize)]
struct Content {
    #[serde(default)]
    text: String,
    #[serde(default)]
    encoding: Option<String>,
}

/// Requests and answers of a file, in order.
///
/// # Errors
/// Says why the file cannot be read, or which entry is wrong.
pub(crate) fn read(path: &Path) -> Result<Vec<(WireRequest, Answer)>, String> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| named(&error))?;
    let mut text = Vec::new();
    file.take(MAX_HAR_BYTES + 1).read_to_end(&mut text).map_err(|error| named(&error))?;
    if text.len() as u64 > MAX_HAR_BYTES {
        return Err(named(&format!("larger than {MAX_HAR_BYTES} bytes")));
    }
    parse(&text).map_err(|error| named(&error))
}

fn parse(text: &[u8]) -> Result<Vec<(WireRequest, Answer)>, String> {
    // Some tools begin the file with a byte order mark.
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let document: Document = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let entries = document.log.entries.into_iter().enumerate();
    entries
        .map(|(number, entry)| {
            exchange(entry).map_err(|problem| format!("entry {}: {problem}", number + 1))
        })
        .collect()
}

fn exchange(entry: Entry) -> Result<(WireRequest, Answer), String> {
    let Request { method, url, http_version, headers, post_data } = entry.request;
    let (authority, target) = split(&url).ok_or_else(|| format!("{url} is not an absolute URL"))?;
    let bytes = |pair: Pair| (pair.name.into_bytes(), pair.value.into_bytes());
    // HTTP/2 has its request line among the headers.
    let sent = headers.into_iter().filter(|pair| !pair.name.starts_with(':'));
    let mut headers: Vec<_> = sent.map(bytes).collect();
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"host")) {
        headers.insert(0, (b"Host".to_vec(), authority.into()));
    }
    let request = WireRequest {
        method: method.into_bytes(),
        target: target.into_bytes(),
        version: version(&http_version).into(),
        headers,
        body: post_data.map(|data| data.text.into_bytes()).unwrap_or_default(),
    };
    let Response { status, headers, content } = entry.response;
    let body = match content.encoding.as_deref() {
        Some("base64") => STANDARD.decode(&content.text).map_err(|error| error.to_string())?,
        _ => content.text.into_bytes(),
    };
    let headers = headers.into_iter().filter(|pair| !pair.name.starts_with(':'));
    let headers = headers.map(|pair| (pair.name, pair.value)).collect();
    // 0 stands for an answer that never came.
    let status = if status == 0 { 200 } else { status };
    Ok((request, Answer { status, headers, body }))
}

/// Authority and origin form of an absolute URL; what stands behind `#` is not sent.
fn split(url: &str) -> Option<(&str, String)> {
    let rest = url.split_once("://")?.1;
    let sent = rest.split_once('#').map_or(rest, |(sent, _)| sent);
    let at = sent.find(['/', '?']).unwrap_or(sent.len());
    let (authority, path) = sent.split_at_checked(at)?;
    let slash = if path.starts_with('/') { "" } else { "/" };
    (!authority.is_empty()).then(|| (authority, format!("{slash}{path}")))
}

/// As rules see it: `h2` and the like are what browsers write.
fn version(written: &str) -> &str {
    match written.to_ascii_lowercase().as_str() {
        "http/1.0" => "HTTP/1.0",
        "h2" | "http/2" | "http/2.0" => "HTTP/2.0",
        "h3" | "http/3" | "http/3.0" => "HTTP/3.0",
        _ => "HTTP/1.1",
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, split};

    #[test]
    fn entries_become_exchanges() {
        let text = r##"{"log": {"version": "1.2", "entries": [
            {"request": {"method": "POST", "url": "https://a.example:8443?b=%20c#d", "httpVersion": "h2",
                "headers": [{"name": ":method", "value": "POST"}, {"name": "content-type", "value": "text/plain"}],
                "postData": {"mimeType": "text/plain", "text": "x=1"}},
             "response": {"status": 404, "headers": [{"name": "Server", "value": "s"}],
                "content": {"text": "aGk=", "encoding": "base64"}}},
            {"request": {"method": "GET", "url": "http://b/p", "headers": [{"name": "host", "value": "c"}]}}
        ]}}"##;
        let exchanges = parse(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()).unwrap();
        let [(post, missing), (get, none)] = exchanges.as_slice() else { panic!("{exchanges:?}") };
        assert_eq!((&*post.method, &*post.target), (&b"POST"[..], &b"/?b=%20c"[..]));
        assert_eq!((&*post.version, &*post.body), (&b"HTTP/2.0"[..], &b"x=1"[..]));
        assert_eq!(post.header("host"), Some(&b"a.example:8443"[..]));
        assert_eq!(post.headers.len(), 2);
        assert_eq!((missing.status, &*missing.body), (404, &b"hi"[..]));
        assert_eq!(missing.headers, [("Server".to_owned(), "s".to_owned())]);
        assert_eq!((&*get.target, &*get.version), (&b"/p"[..], &b"HTTP/1.1"[..]));
        assert_eq!(get.headers, [(b"host".to_vec(), b"c".to_vec())]);
        assert_eq!((none.status, none.body.len()), (200, 0));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(parse(b"{}").unwrap_err().contains("log"));
        let relative = r#"{"log":{"entries":[{"request":{"method":"GET","url":"/a"}}]}}"#;
        assert_eq!(parse(relative.as_bytes()).unwrap_err(), "entry 1: /a is not an absolute URL");
        assert_eq!(split("https:///a"), None);
    }
}
