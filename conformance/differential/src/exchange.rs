//! One transaction as both engines are fed it.

use portcullis_waf_tune::ftw::upstream::Answer;
use portcullis_waf_tune::ftw::wire::WireRequest;

/// A request and the answer it gets. The head is text without NUL, because the binding of the reference engine takes
/// C strings; a body is bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Unique within its corpus.
    pub name: String,
    /// Method, anything.
    pub method: String,
    /// The request target in origin form: what is left of it when a gateway has routed the request.
    pub target: String,
    /// Such as `HTTP/1.1`.
    pub version: String,
    /// Header lines in order.
    pub headers: Vec<(String, String)>,
    /// The request body, chunks joined.
    pub body: Vec<u8>,
    /// What the upstream answers, if it is asked.
    pub answer: Answer,
}

impl Exchange {
    /// The exchange of a request; `None` when its head cannot be given to the reference engine.
    pub fn new(name: String, request: &WireRequest, answer: Answer) -> Option<Exchange> {
        let headers = request.headers.iter();
        Some(Exchange {
            name,
            method: text(&request.method)?,
            target: text(request.origin_form())?,
            version: text(&request.version)?,
            headers: headers
                .map(|(name, value)| Some((text(name)?, text(value)?)))
                .collect::<Option<_>>()?,
            body: request.body.clone(),
            answer,
        })
    }

    /// The first value of a header; names compare without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|header| header.0.eq_ignore_ascii_case(name)).map(|header| header.1.as_str())
    }

    /// An ordinary answer: 200 with a short text.
    pub fn ordinary_answer() -> Answer {
        Answer {
            status: 200,
            headers: vec![("Content-Type".to_owned(), "text/plain".to_owned())],
            body: b"ok".to_vec(),
        }
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then(|| text.to_owned())
}
