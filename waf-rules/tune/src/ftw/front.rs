//! What the gateway itself would answer before any rule runs.
//!
//! Some regression tests expect 400 from whatever stands before the engine: a tab before the method, `HTTP/0.9`, a
//! Host of nothing. In process nothing stands there, so the two gates every request of the data plane passes are asked
//! with the same bytes: the HTTP/1 token parser (httparse) and `portcullis-canonical` with its default policy. Their
//! answer counts where a test expects a status, and then no rule has run, as over a socket. Where a test names rules only,
//! the engine sees the request all the same: it is the engine that is asked, about requests no gateway lets through.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use portcullis_canonical::{Policy, RawHead, canonicalise};

/// The most header lines a test may send.
const MAX_HEADERS: usize = 200;

/// A refusal before any rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status the downstream gets.
    pub status: u16,
    /// Which gate, and why.
    pub reason: String,
}

/// The canonical path and query that would go upstream, or the gateway's own answer.
pub(crate) fn admit(wire: &[u8]) -> Result<String, Refusal> {
    let by_parser =
        |reason: String| Err(Refusal { status: 400, reason: format!("HTTP/1 parser: {reason}") });
    let mut lines = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Request::new(&mut lines);
    match head.parse(wire) {
        // go-ftw always ends the head; a head without end is a request line of HTTP/0.9.
        Ok(httparse::Status::Partial) => return by_parser("the head has no end".to_owned()),
        Err(error) => return by_parser(error.to_string()),
        Ok(httparse::Status::Complete(_)) => {}
    }
    let Ok(method) = Method::from_bytes(head.method.unwrap_or_default().as_bytes()) else {
        return by_parser("invalid method".to_owned());
    };
    let mut headers = HeaderMap::new();
    for line in head.headers.iter() {
        let name = HeaderName::from_bytes(line.name.as_bytes());
        let value = HeaderValue::from_bytes(line.value);
        match (name, value) {
            (Ok(name), Ok(value)) => headers.append(name, value),
            (Err(_), _) | (_, Err(_)) => return by_parser(format!("invalid header {}", line.name)),
        };
    }
    let raw = RawHead {
        method: &method,
        target: head.path.unwrap_or_default().as_bytes(),
        authority: None,
        version: if head.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 },
        headers: &headers,
        tls: false,
    };
    match canonicalise(&raw, &Policy::default()) {
        Ok(canonical) => Ok(canonical.path.path_and_query().to_owned()),
        Err(malformed) => {
            Err(Refusal { status: malformed.status(), reason: format!("canonical: {malformed}") })
        }
    }
}
