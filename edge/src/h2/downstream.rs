//! One HTTP/2 stream of a downstream.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{Method, Response, Version, header};
use pingora_http::ResponseHeader;
use portcullis_filter::Protocol;

use super::send::Sender;
use crate::date;
use crate::failure::{Failure, Kind};
use crate::message::{Downstream, Frame, Length, Side};

/// One HTTP/2 stream of a downstream.
pub(crate) struct H2Downstream {
    body: RecvStream,
    reader: Reader,
    respond: SendResponse<Bytes>,
    sender: Option<Sender>,
    expected: Option<u64>,
    head_request: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    Data,
    Trailers,
    Done,
}

impl H2Downstream {
    pub(crate) fn new(method: &Method, body: RecvStream, respond: SendResponse<Bytes>) -> Self {
        let reader = if body.is_end_stream() { Reader::Done } else { Reader::Data };
        Self {
            body,
            reader,
            respond,
            sender: None,
            expected: None,
            head_request: *method == Method::HEAD,
        }
    }

    fn send_head(&mut self, head: ResponseHeader, end: bool) -> Result<(), Failure> {
        let mut parts = http::response::Parts::from(head);
        parts.version = Version::HTTP_2;
        let stream = self
            .respond
            .send_response(Response::from_parts(parts, ()), end)
            .map_err(|e| Failure::because(Kind::DownstreamGone, e))?;
        let mut sender = Sender::new(stream);
        if end {
            sender.ended_with_head();
        }
        self.sender = Some(sender);
        Ok(())
    }

    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<Failure> {
        let reset = match &mut self.sender {
            Some(sender) => ready!(sender.poll_reset(cx)),
            None => ready!(self.respond.poll_reset(cx)),
        };
        Poll::Ready(match reset {
            Ok(reason) => Failure::because(Kind::DownstreamGone, h2::Error::from(reason)),
            Err(error) => Failure::because(Kind::DownstreamGone, error),
        })
    }

    /// Ends the stream after its exchange, telling the downstream to stop where it still sends.
    pub(crate) fn finish(mut self) {
        if self.sender.as_ref().is_none_or(|s| !s.is_ended()) {
            self.respond.send_reset(Reason::INTERNAL_ERROR);
        } else if self.reader != Reader::Done {
            // RFC 9113 section 8.1: a complete response may end a request that is still being sent.
            self.respond.send_reset(Reason::NO_ERROR);
        }
    }
}

impl Side for H2Downstream {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Frame, Failure>> {
        if self.reader == Reader::Data {
            loop {
                match ready!(self.body.poll_data(cx)) {
                    Some(Ok(bytes)) if bytes.is_empty() => {}
                    Some(Ok(bytes)) => {
                        // Whoever asked for a frame has room for it.
                        let _ = self.body.flow_control().release_capacity(bytes.len());
                        return Poll::Ready(Ok(Frame::Data(bytes)));
                    }
                    Some(Err(error)) => {
                        self.reader = Reader::Done;
                        return Poll::Ready(Err(Failure::because(Kind::DownstreamGone, error)));
                    }
                    None => break,
                }
            }
            self.reader = Reader::Trailers;
        }
        if self.reader == Reader::Trailers {
            let trailers = ready!(self.body.poll_trailers(cx));
            self.reader = Reader::Done;
            return Poll::Ready(match trailers {
                Ok(Some(fields)) => Ok(Frame::Trailers(fields)),
                Ok(None) => Ok(Frame::End),
                Err(error) => Err(Failure::because(Kind::DownstreamGone, error)),
            });
        }
        self.poll_gone(cx).map(Err)
    }

    fn send(&mut self, frame: Frame) -> Result<(), Failure> {
        let Some(sender) = &mut self.sender else { return Err(Kind::Internal.into()) };
        if sender.is_ended() {
            return Ok(());
        }
        let contradiction =
            || Failure::because(Kind::UpstreamTruncated, "the body contradicts its length");
        match frame {
            Frame::Data(bytes) => {
                if let Some(left) = &mut self.expected {
                    *left = left.checked_sub(bytes.len() as u64).ok_or_else(contradiction)?;
                }
                sender.data(bytes);
            }
            Frame::Trailers(_) | Frame::End if self.expected.is_some_and(|left| left > 0) => {
                return Err(contradiction());
            }
            Frame::Trailers(fields) => sender.end(Some(fields)),
            Frame::End => sender.end(None),
        }
        Ok(())
    }

    fn queued(&self) -> usize {
        self.sender.as_ref().map_or(0, Sender::queued)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        match &mut self.sender {
            Some(sender) => {
                sender.poll_flush(cx).map_err(|e| Failure::because(Kind::DownstreamGone, e))
            }
            None => Poll::Ready(Ok(())),
        }
    }
}

impl Downstream for H2Downstream {
    fn protocol(&self) -> Protocol {
        Protocol::Http2
    }

    fn interim(&mut self, head: &ResponseHeader) -> Result<(), Failure> {
        let mut parts = head.as_owned_parts();
        parts.version = Version::HTTP_2;
        self.respond
            .send_informational(Response::from_parts(parts, ()))
            .map_err(|e| Failure::because(Kind::DownstreamGone, e))
    }

    fn respond(&mut self, mut head: ResponseHeader, length: Length) -> Result<(), Failure> {
        let failed = |e| Failure::because(Kind::Internal, e);
        if !head.headers.contains_key(header::DATE) {
            head.insert_header(header::DATE, &date::now()[..]).map_err(failed)?;
        }
        let end = match length {
            Length::None | Length::Exact(0) => true,
            Length::Exact(n) => {
                self.expected = Some(n);
                if !head.headers.contains_key(header::CONTENT_LENGTH) {
                    head.insert_header(header::CONTENT_LENGTH, n).map_err(failed)?;
                }
                self.head_request
            }
            Length::Unknown => false,
            Length::Tunnel => return Err(Kind::Internal.into()),
        };
        self.send_head(head, end)
    }

    fn responded(&self) -> bool {
        self.sender.is_some()
    }

    fn request_ended(&self) -> bool {
        self.reader == Reader::Done
    }

    fn close_after(&mut self) {
        // The connection decides with GOAWAY; a stream closes nothing but itself.
    }

    fn abort(&mut self) {
        match &mut self.sender {
            Some(sender) => sender.reset(Reason::INTERNAL_ERROR),
            None => self.respond.send_reset(Reason::INTERNAL_ERROR),
        }
    }
}
