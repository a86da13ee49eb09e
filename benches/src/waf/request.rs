//! One request as an engine gets it, and the file in which all engines find the same ones.
//!
//! The file is made so that a driver in any language reads it in a few lines: a line `METHOD TARGET HEADERS BODY` with
//! the number of header lines and of body bytes, the header lines `Name: value`, the body, a line feed.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use portcullis_waf_engine::{Interruption, RuleSet, Transaction, TransactionId};

/// A request of HTTP/1.1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Request {
    /// Such as `GET`.
    pub method: String,
    /// As on the wire, without blanks.
    pub target: String,
    /// Names and values in order.
    pub headers: Vec<(String, String)>,
    /// The body, empty for none.
    pub body: String,
}

impl Request {
    /// Runs the request through phases 1 and 2 of this engine, as the exchange `id`; how it was stopped.
    pub fn through(&self, rules: &Arc<RuleSet>, id: u128) -> Option<Interruption> {
        let mut tx = Transaction::new(Arc::clone(rules), TransactionId::from(id));
        let client = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
        tx.connection(client, 50_000, IpAddr::V4(Ipv4Addr::LOCALHOST), 80);
        let target = self.target.as_bytes();
        tx.request_line(self.method.as_bytes(), target, target, b"HTTP/1.1");
        for (name, value) in &self.headers {
            tx.request_header(name.as_bytes(), value.as_bytes());
        }
        tx.request_headers_done().or_else(|| tx.request_body(self.body.as_bytes(), true))
    }

    /// The bytes on the wire, with `more` behind the target and further header lines, each with its end.
    pub fn wire(&self, more: &str, lines: &str) -> String {
        let Self { method, target, headers, body } = self;
        let mut text = format!("{method} {target}{more} HTTP/1.1\r\n");
        for (name, value) in headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text.push_str(lines);
        text.push_str("\r\n");
        text.push_str(body);
        text
    }
}

/// Writes requests one after the other.
pub fn write(requests: &[Request]) -> String {
    let mut text = String::new();
    for request in requests {
        let Request { method, target, headers, body } = request;
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{method} {target} {} {}", headers.len(), body.len());
        for (name, value) in headers {
            let _ = writeln!(text, "{name}: {value}");
        }
        text.push_str(body);
        text.push('\n');
    }
    text
}

/// Reads what [`write`] wrote.
///
/// # Errors
/// When the text is something else; says where.
pub fn read(text: &str) -> Result<Vec<Request>, String> {
    let mut requests = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let wrong = || format!("request {}: not in the format", requests.len());
        requests.push(one(&mut rest).ok_or_else(wrong)?);
    }
    Ok(requests)
}

fn one(rest: &mut &str) -> Option<Request> {
    let head: Vec<&str> = line(rest)?.split(' ').collect();
    let [method, target, headers, body] = head.as_slice() else { return None };
    let (headers, body): (usize, usize) = (headers.parse().ok()?, body.parse().ok()?);
    let headers = (0..headers)
        .map(|_| {
            line(rest)?.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()))
        })
        .collect::<Option<Vec<_>>>()?;
    let (body, after) = rest.split_at_checked(body)?;
    *rest = after.strip_prefix('\n')?;
    Some(Request {
        method: (*method).to_owned(),
        target: (*target).to_owned(),
        headers,
        body: body.to_owned(),
    })
}

fn line<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let (line, after) = rest.split_once('\n')?;
    *rest = after;
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let headers = vec![("Host".to_owned(), "a: b".to_owned()), ("X".to_owned(), String::new())];
        let get = Request {
            method: "GET".to_owned(),
            target: "/?a".to_owned(),
            headers,
            body: String::new(),
        };
        let post = Request { method: "POST".to_owned(), body: "a\n\nb".to_owned(), ..get.clone() };
        let all = vec![get, post.clone(), post];
        assert_eq!(read(&write(&all)), Ok(all));
        for wrong in ["GET /\n", "GET / 1 0\n\n", "GET / 0 9\nshort\n", "GET / 0 0\nx"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
