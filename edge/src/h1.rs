//! HTTP/1.x on a byte stream: heads, body framing with trailers, and the two sides built from them.
//!
//! Pingora's own HTTP/1 sessions drop trailers in both directions, cannot read and write at once without losing
//! bytes when a write is given up half-way, and have no total deadlines. The framing rules here are RFC 9112's,
//! the token parser is httparse, the same one pingora uses.

mod chunked;
mod decode;
pub(crate) mod downstream;
mod encode;
mod head;
pub(crate) mod upstream;
mod wire;

pub(crate) use head::{HeadBounds, HeadError, RequestHead, parse_request};
pub(crate) use wire::Wire;
