//! An HTTP/1.x connection of a downstream: one exchange after the other on one byte stream.

use std::io;
use std::task::{Context, Poll, ready};

use bytes::{BufMut, Bytes, BytesMut};
use http::{Method, StatusCode, Version, header};
use pingora_http::ResponseHeader;
use portcullis_filter::Protocol;

use super::decode::Decoder;
use super::encode::Encoder;
use super::head::{HeadBounds, HeadError, HeadScan, RequestHead};
use super::wire::Wire;
use crate::date;
use crate::failure::{Failure, Kind};
use crate::message::{Downstream, Frame, Length, Side};

/// Most bytes of a following request that are read while an exchange runs.
const PIPELINED_BYTES: usize = 16 * 1024;

/// Why no request head came.
#[derive(Debug)]
pub(crate) enum NoHead {
    /// The downstream closed between two requests.
    Closed,
    /// The transport failed, or the downstream closed in the middle of a head.
    Broken,
    /// The head is not one.
    Malformed(HeadError),
}

/// An HTTP/1.x connection of a downstream.
pub(crate) struct H1Downstream {
    wire: Wire,
    scan: HeadScan,
    decoder: Decoder,
    encoder: Encoder,
    version: Version,
    head_request: bool,
    keep_alive: bool,
    responded: bool,
    tunnel: bool,
    aborted: bool,
    refused: bool,
}

impl H1Downstream {
    pub(crate) fn new(wire: Wire) -> Self {
        Self {
            wire,
            scan: HeadScan::default(),
            decoder: Decoder::Done,
            encoder: Encoder::Done,
            version: Version::HTTP_11,
            head_request: false,
            keep_alive: false,
            responded: false,
            tunnel: false,
            aborted: false,
            refused: false,
        }
    }

    /// Whether the head was refused, so that nobody knows what of the input belongs to a body.
    pub(crate) fn was_refused(&self) -> bool {
        self.refused
    }

    /// Whether any byte of the next request is there.
    pub(crate) fn has_input(&self) -> bool {
        !self.wire.input.is_empty()
    }

    /// Gives buffers back while the connection waits for its next request.
    pub(crate) fn relax(&mut self) {
        self.wire.relax();
    }

    /// Waits for the first byte of a request.
    pub(crate) fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NoHead>> {
        if self.has_input() {
            return Poll::Ready(Ok(()));
        }
        match ready!(self.wire.poll_fill(cx)) {
            Ok(0) | Err(_) => Poll::Ready(Err(NoHead::Closed)),
            Ok(_) => Poll::Ready(Ok(())),
        }
    }

    /// Reads a request head to its end.
    pub(crate) fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        bounds: &HeadBounds,
    ) -> Poll<Result<Bytes, NoHead>> {
        loop {
            match self.scan.find(&mut self.wire.input, bounds) {
                Ok(Some(end)) => return Poll::Ready(Ok(self.wire.input.split_to(end).freeze())),
                Ok(None) => {}
                Err(error) => return Poll::Ready(Err(NoHead::Malformed(error))),
            }
            let begun = !self.wire.input.is_empty();
            match ready!(self.wire.poll_fill(cx)) {
                Ok(0) if !begun => return Poll::Ready(Err(NoHead::Closed)),
                Ok(0) | Err(_) => return Poll::Ready(Err(NoHead::Broken)),
                Ok(_) => {}
            }
        }
    }

    /// Begins an exchange whose head has been found sound.
    pub(crate) fn begin(&mut self, head: &RequestHead, body: Length, keep_alive: bool) {
        self.decoder = match body {
            Length::None => Decoder::Done,
            Length::Exact(0) => Decoder::Done,
            Length::Exact(n) => Decoder::Length(n),
            Length::Unknown => Decoder::chunked(),
            Length::Tunnel => Decoder::Close,
        };
        self.encoder = Encoder::Done;
        self.version = head.version;
        self.head_request = head.method == Method::HEAD;
        self.keep_alive = keep_alive;
        self.responded = false;
    }

    /// Begins an exchange that will only be told what is wrong with its head.
    pub(crate) fn begin_refused(&mut self) {
        self.decoder = Decoder::Done;
        self.encoder = Encoder::Done;
        self.version = Version::HTTP_11;
        self.head_request = false;
        self.keep_alive = false;
        self.responded = false;
        self.refused = true;
    }

    /// Whether another exchange may follow on this connection.
    pub(crate) fn reusable(&self) -> bool {
        self.keep_alive
            && self.responded
            && !self.aborted
            && !self.tunnel
            && self.decoder.is_done()
            && self.encoder == Encoder::Done
    }

    /// Whether the response is complete and the connection closes in order.
    pub(crate) fn closes_in_order(&self) -> bool {
        self.responded && !self.aborted && self.encoder == Encoder::Done
    }

    /// Closes the sending half.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.poll_shutdown(cx)
    }

    /// Reads and forgets; ready when the downstream has closed.
    pub(crate) fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            self.wire.input.clear();
            if ready!(self.wire.poll_fill(cx))? == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Bytes read from the downstream so far.
    pub(crate) fn received(&self) -> u64 {
        self.wire.received()
    }

    fn write_head(&mut self, head: &ResponseHeader, framing: &[u8], final_head: bool) {
        let keep_alive = self.keep_alive;
        let old = self.version == Version::HTTP_10;
        self.wire.write_with(|out| {
            write_status_line(out, head);
            head.header_to_h1_wire(out);
            if final_head && !head.headers.contains_key(header::DATE) {
                out.put_slice(b"Date: ");
                out.put_slice(&date::now());
                out.put_slice(b"\r\n");
            }
            out.put_slice(framing);
            if final_head && !keep_alive {
                out.put_slice(b"Connection: close\r\n");
            } else if final_head && old {
                out.put_slice(b"Connection: keep-alive\r\n");
            }
            out.put_slice(b"\r\n");
        });
    }

    fn write_exact_head(&mut self, head: &ResponseHeader, length: u64) {
        if head.headers.contains_key(header::CONTENT_LENGTH) {
            return self.write_head(head, b"", true);
        }
        let mut line = BytesMut::with_capacity(40);
        line.put_slice(b"Content-Length: ");
        line.put_slice(itoa::Buffer::new().format(length).as_bytes());
        line.put_slice(b"\r\n");
        self.write_head(head, &line, true);
    }
}

fn write_status_line(out: &mut BytesMut, head: &ResponseHeader) {
    if head.status == StatusCode::OK && head.get_reason_phrase() == Some("OK") {
        return out.put_slice(b"HTTP/1.1 200 OK\r\n");
    }
    out.put_slice(b"HTTP/1.1 ");
    out.put_slice(head.status.as_str().as_bytes());
    out.put_slice(b" ");
    out.put_slice(head.get_reason_phrase().unwrap_or_default().as_bytes());
    out.put_slice(b"\r\n");
}

impl Side for H1Downstream {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Frame, Failure>> {
        loop {
            if !self.decoder.is_done() {
                match self.decoder.decode(&mut self.wire.input) {
                    Ok(Some(frame)) => return Poll::Ready(Ok(frame)),
                    Ok(None) => {}
                    Err(error) => {
                        self.keep_alive = false;
                        return Poll::Ready(Err(Failure::because(
                            Kind::RequestBodyMalformed,
                            error.0,
                        )));
                    }
                }
            } else if self.tunnel || self.wire.input.len() >= PIPELINED_BYTES {
                return Poll::Pending;
            }
            match ready!(self.wire.poll_fill(cx)) {
                Ok(0) => {
                    self.keep_alive = false;
                    let end = self.decoder.at_eof();
                    return Poll::Ready(end.ok_or_else(|| Kind::DownstreamGone.into()));
                }
                Ok(_) => {}
                Err(error) => {
                    self.keep_alive = false;
                    return Poll::Ready(Err(Failure::because(Kind::DownstreamGone, error)));
                }
            }
        }
    }

    fn send(&mut self, frame: Frame) -> Result<(), Failure> {
        self.encoder.encode(frame, &mut self.wire).map_err(|_| {
            Failure::because(Kind::UpstreamTruncated, "the body contradicts its length")
        })
    }

    fn queued(&self) -> usize {
        self.wire.queued()
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.wire.poll_drain(cx).map_err(|e| Failure::because(Kind::DownstreamGone, e))
    }
}

impl Downstream for H1Downstream {
    fn protocol(&self) -> Protocol {
        if self.version == Version::HTTP_10 { Protocol::Http10 } else { Protocol::Http11 }
    }

    fn interim(&mut self, head: &ResponseHeader) -> Result<(), Failure> {
        // RFC 9110 section 15.2: a server must not send a 1xx response to an HTTP/1.0 client.
        if self.version != Version::HTTP_10 {
            self.write_head(head, b"", false);
        }
        Ok(())
    }

    fn respond(&mut self, head: ResponseHeader, length: Length) -> Result<(), Failure> {
        self.responded = true;
        // What is left of the request body would be taken for the next request.
        self.keep_alive &= self.decoder.is_done() && length != Length::Tunnel;
        match length {
            Length::Tunnel => {
                self.tunnel = true;
                self.decoder = Decoder::Close;
                self.encoder = Encoder::Close;
                self.keep_alive = true;
                self.write_head(&head, b"Connection: Upgrade\r\n", true);
                self.keep_alive = false;
            }
            Length::None => {
                self.encoder = Encoder::Done;
                self.write_head(&head, b"", true);
            }
            Length::Exact(n) => {
                self.write_exact_head(&head, n);
                self.encoder = if self.head_request { Encoder::Done } else { Encoder::Length(n) };
            }
            Length::Unknown if self.version == Version::HTTP_10 => {
                self.keep_alive = false;
                self.encoder = Encoder::Close;
                self.write_head(&head, b"", true);
            }
            Length::Unknown => {
                self.encoder = Encoder::Chunked;
                self.write_head(&head, b"Transfer-Encoding: chunked\r\n", true);
            }
        }
        Ok(())
    }

    fn responded(&self) -> bool {
        self.responded
    }

    fn request_ended(&self) -> bool {
        self.decoder.is_done()
    }

    fn close_after(&mut self) {
        self.keep_alive = false;
    }

    fn abort(&mut self) {
        if self.responded && self.encoder == Encoder::Close {
            // Only a reset tells a response that ends with its connection from one that was cut short.
            self.wire.reset_when_dropped();
        }
        self.aborted = true;
        self.keep_alive = false;
    }
}
