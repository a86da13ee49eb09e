//! The one shape in which both sides of an exchange are seen: a source of frames and a sink for frames.

use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use pingora_http::ResponseHeader;
use portcullis_filter::Protocol;

use crate::failure::Failure;

/// A piece of a message body.
#[derive(Debug)]
pub(crate) enum Frame {
    /// Some bytes; never empty.
    Data(Bytes),
    /// The end, with trailer fields.
    Trailers(HeaderMap),
    /// The end.
    End,
}

/// How a message body is delimited, as far as it is known when its head goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// There is no body.
    None,
    /// Exactly this many bytes.
    Exact(u64),
    /// As many as come.
    Unknown,
    /// Not HTTP any more: bytes until either side closes.
    Tunnel,
}

/// One side of an exchange. Nothing here blocks: what cannot go out at once is queued, and the relay asks for
/// more input only while the queue of the other side is short.
pub(crate) trait Side {
    /// The next frame this side sends. After the end, pending for as long as the side stays, and an error when
    /// it goes away.
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Frame, Failure>>;

    /// Queues a frame for this side.
    ///
    /// # Errors
    /// The frame contradicts the length that the head promised.
    fn send(&mut self, frame: Frame) -> Result<(), Failure>;

    /// Bytes queued and not yet taken by the transport.
    fn queued(&self) -> usize;

    /// Ready once the transport has taken everything that was queued.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>>;
}

/// Whom we answer.
pub(crate) trait Downstream: Side + Send {
    /// The protocol of this exchange.
    fn protocol(&self) -> Protocol;

    /// Queues an informational response.
    fn interim(&mut self, head: &ResponseHeader) -> Result<(), Failure>;

    /// Queues the final response head.
    fn respond(&mut self, head: ResponseHeader, length: Length) -> Result<(), Failure>;

    /// Whether a final response head has been queued.
    fn responded(&self) -> bool;

    /// Whether the request body has been read to its end.
    fn request_ended(&self) -> bool;

    /// The connection carries no further exchange after this one.
    fn close_after(&mut self);

    /// Gives up: whatever the downstream has seen of the response must look broken, not complete.
    fn abort(&mut self);
}

/// Whom we ask.
pub(crate) trait Upstream: Side + Send {
    /// The next response head, informational ones included.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<ResponseHeader, Failure>>;

    /// How the body of the final response head is delimited.
    fn response_length(&self) -> Length;

    /// From here on the connection carries bytes, not messages. Called after a 101.
    fn tunnel(&mut self);

    /// Gives up the exchange at once, so that the upstream stops working on it.
    fn cancel(&mut self);
}
