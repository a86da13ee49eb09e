//! An answer made by the gateway itself.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

/// Why the gateway answered itself. The name goes into the access log and the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplyReason(pub &'static str);

/// A local reply: status, headers and a body that is already in memory.
#[derive(Debug, Clone)]
pub struct LocalReply {
    /// Status of the response.
    pub status: StatusCode,
    /// Headers beside Content-Length and Date, which the edge adds.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Whole body; empty for none.
    pub body: Bytes,
    /// Why, as a name with a bounded number of values.
    pub reason: ReplyReason,
    /// Whether nothing at all is sent: an HTTP/1 connection is closed, an HTTP/2 stream reset.
    pub silent: bool,
}

impl LocalReply {
    /// A reply without a body of its own; the edge renders the standard one for its status and reason.
    #[must_use]
    pub fn new(status: StatusCode, reason: &'static str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            reason: ReplyReason(reason),
            silent: false,
        }
    }

    /// No reply: the caller is left without one. The logs show it with this status; nginx writes 444.
    #[must_use]
    pub fn silence(status: StatusCode, reason: &'static str) -> Self {
        Self { silent: true, ..Self::new(status, reason) }
    }

    /// The same reply with a body of the given media type.
    #[must_use]
    pub fn with_body(mut self, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.headers.push((http::header::CONTENT_TYPE, HeaderValue::from_static(media_type)));
        self.body = body.into();
        self
    }

    /// The same reply with one more header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}
