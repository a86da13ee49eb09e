//! An exchange with an HTTP/2 upstream.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, RecvStream};
use http::{Request, StatusCode, Uri, Version};
use pingora_http::{RequestHeader, ResponseHeader};

use super::send::Sender;
use crate::failure::{Failure, Kind};
use crate::message::{Frame, Length, Side, Upstream};

/// One stream on a connection to an HTTP/2 upstream.
pub(crate) struct H2Upstream {
    response: ResponseFuture,
    sender: Sender,
    body: Option<RecvStream>,
    reader: Reader,
    length: Length,
    expected: Option<u64>,
    head_request: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    Head,
    Data,
    Trailers,
    Done,
}

impl H2Upstream {
    /// Sends the request head on a connection that is ready for another stream.
    pub(crate) fn request(
        mut connection: SendRequest<Bytes>,
        head: RequestHeader,
        uri: Uri,
        body: Length,
    ) -> Result<Self, Failure> {
        let mut parts = http::request::Parts::from(head);
        parts.version = Version::HTTP_2;
        parts.uri = uri;
        parts.headers.remove(http::header::HOST);
        let expected = match body {
            Length::None => Some(0),
            Length::Exact(n) => {
                parts.headers.insert(http::header::CONTENT_LENGTH, n.into());
                Some(n)
            }
            Length::Unknown | Length::Tunnel => None,
        };
        let end = body == Length::None;
        let head_request = parts.method == http::Method::HEAD;
        let (response, stream) = connection
            .send_request(Request::from_parts(parts, ()), end)
            .map_err(|e| Failure::because(Kind::UpstreamReset, e))?;
        let mut sender = Sender::new(stream);
        if end {
            sender.ended_with_head();
        }
        let (reader, length) = (Reader::Head, Length::Unknown);
        Ok(Self { response, sender, body: None, reader, length, expected, head_request })
    }

    fn accept_head(&mut self, head: &ResponseHeader, ended: bool) -> Result<(), Failure> {
        let lengths = head.headers.get_all(http::header::CONTENT_LENGTH).iter();
        let mut exact = None;
        for value in lengths {
            let n = value.to_str().ok().and_then(|v| v.parse::<u64>().ok());
            if n.is_none() || exact.is_some_and(|before| Some(before) != n) {
                return Err(Failure::because(Kind::UpstreamMalformed, "a bad content-length"));
            }
            exact = n;
        }
        let bodiless = self.head_request
            || head.status == StatusCode::NO_CONTENT
            || head.status == StatusCode::NOT_MODIFIED;
        self.length = match exact {
            _ if bodiless => Length::None,
            Some(0) | None if ended => Length::Exact(0),
            Some(_) if ended => {
                return Err(Failure::because(Kind::UpstreamTruncated, "the body is missing"));
            }
            Some(n) => Length::Exact(n),
            None => Length::Unknown,
        };
        Ok(())
    }

    fn truncated(error: h2::Error) -> Failure {
        Failure::because(Kind::UpstreamTruncated, error)
    }
}

impl Side for H2Upstream {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Frame, Failure>> {
        let Some(body) = &mut self.body else { return Poll::Pending };
        if self.reader == Reader::Data {
            loop {
                match ready!(body.poll_data(cx)) {
                    Some(Ok(bytes)) if bytes.is_empty() => {}
                    Some(Ok(bytes)) => {
                        let _ = body.flow_control().release_capacity(bytes.len());
                        return Poll::Ready(Ok(Frame::Data(bytes)));
                    }
                    Some(Err(error)) => return Poll::Ready(Err(Self::truncated(error))),
                    None => break,
                }
            }
            self.reader = Reader::Trailers;
        }
        if self.reader == Reader::Trailers {
            let trailers = ready!(body.poll_trailers(cx)).map_err(Self::truncated)?;
            self.reader = Reader::Done;
            return Poll::Ready(Ok(trailers.map_or(Frame::End, Frame::Trailers)));
        }
        Poll::Pending
    }

    fn send(&mut self, frame: Frame) -> Result<(), Failure> {
        let contradiction =
            || Failure::because(Kind::RequestBodyMalformed, "the body contradicts its length");
        match frame {
            Frame::Data(bytes) => {
                if let Some(left) = &mut self.expected {
                    *left = left.checked_sub(bytes.len() as u64).ok_or_else(contradiction)?;
                }
                self.sender.data(bytes);
            }
            Frame::Trailers(_) | Frame::End if self.sender.is_ended() => {}
            Frame::Trailers(_) | Frame::End if self.expected.is_some_and(|left| left > 0) => {
                return Err(contradiction());
            }
            Frame::Trailers(fields) => self.sender.end(Some(fields)),
            Frame::End => self.sender.end(None),
        }
        Ok(())
    }

    fn queued(&self) -> usize {
        self.sender.queued()
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.sender.poll_flush(cx).map_err(|e| Failure::because(Kind::UpstreamReset, e))
    }
}

impl Upstream for H2Upstream {
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<ResponseHeader, Failure>> {
        if let Poll::Ready(Some(informational)) = self.response.poll_informational(cx) {
            let head = informational.map_err(|e| Failure::because(Kind::UpstreamReset, e))?;
            return Poll::Ready(Ok(ResponseHeader::from(head.into_parts().0)));
        }
        let response = ready!(Pin::new(&mut self.response).poll(cx));
        let response = response.map_err(|e| Failure::because(Kind::UpstreamReset, e))?;
        let (parts, body) = response.into_parts();
        let ended = body.is_end_stream();
        let head = ResponseHeader::from(parts);
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            return Poll::Ready(Err(Failure::because(Kind::UpstreamMalformed, "101 on HTTP/2")));
        }
        self.accept_head(&head, ended)?;
        self.body = Some(body);
        self.reader = Reader::Data;
        Poll::Ready(Ok(head))
    }

    fn response_length(&self) -> Length {
        self.length
    }

    fn tunnel(&mut self) {
        // Unreachable: a 101 on HTTP/2 is a malformed response.
    }

    fn cancel(&mut self) {
        if self.reader != Reader::Done || !self.sender.is_ended() {
            self.sender.reset(Reason::CANCEL);
        }
    }
}
