//! An exchange with an HTTP/1.x upstream.

use std::task::{Context, Poll, ready};

use bytes::BufMut;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use pingora_http::{RequestHeader, ResponseHeader};

use super::decode::Decoder;
use super::encode::Encoder;
use super::head::{HeadBounds, HeadScan, parse_response};
use super::wire::Wire;
use crate::failure::{Failure, Kind};
use crate::message::{Frame, Length, Side, Upstream};

/// One exchange on a connection to an HTTP/1.x upstream.
pub(crate) struct H1Upstream {
    wire: Box<Wire>,
    scan: HeadScan,
    bounds: HeadBounds,
    decoder: Decoder,
    encoder: Encoder,
    head_request: bool,
    asked_upgrade: bool,
    begun: bool,
    answered: bool,
    keep_alive: bool,
    tunnel: bool,
    shut: bool,
    length: Length,
}

impl H1Upstream {
    pub(crate) fn new(wire: Box<Wire>, bounds: HeadBounds) -> Self {
        Self {
            wire,
            scan: HeadScan::default(),
            bounds,
            decoder: Decoder::Done,
            encoder: Encoder::Done,
            head_request: false,
            asked_upgrade: false,
            begun: false,
            answered: false,
            keep_alive: true,
            tunnel: false,
            shut: false,
            length: Length::None,
        }
    }

    /// Queues the request head.
    pub(crate) fn request(
        &mut self,
        head: &RequestHeader,
        body: Length,
        upgrade: Option<&HeaderValue>,
    ) {
        self.head_request = head.method == Method::HEAD;
        self.asked_upgrade = upgrade.is_some();
        self.encoder = match body {
            Length::None | Length::Tunnel => Encoder::Done,
            Length::Exact(n) => Encoder::Length(n),
            Length::Unknown => Encoder::Chunked,
        };
        self.wire.write_with(|out| {
            out.put_slice(head.method.as_str().as_bytes());
            out.put_slice(b" ");
            out.put_slice(head.raw_path());
            out.put_slice(b" HTTP/1.1\r\n");
            head.header_to_h1_wire(out);
            match body {
                Length::Exact(n) => {
                    out.put_slice(b"Content-Length: ");
                    out.put_slice(itoa::Buffer::new().format(n).as_bytes());
                    out.put_slice(b"\r\n");
                }
                Length::Unknown => out.put_slice(b"Transfer-Encoding: chunked\r\n"),
                Length::None | Length::Tunnel => {}
            }
            if head.headers.contains_key(header::TE) && upgrade.is_none() {
                // RFC 9110 section 10.1.4: TE is for the next hop only, and says so.
                out.put_slice(b"Connection: TE\r\n");
            }
            if let Some(protocol) = upgrade {
                out.put_slice(b"Connection: Upgrade\r\nUpgrade: ");
                out.put_slice(protocol.as_bytes());
                out.put_slice(b"\r\n");
            }
            out.put_slice(b"\r\n");
        });
    }

    /// Whether any byte of a response has come.
    pub(crate) fn response_begun(&self) -> bool {
        self.begun
    }

    /// The connection, when another exchange may follow on it.
    pub(crate) fn into_reusable(self) -> Option<Box<Wire>> {
        let reusable = self.keep_alive
            && self.answered
            && !self.tunnel
            && self.decoder.is_done()
            && self.encoder == Encoder::Done
            && self.wire.queued() == 0
            && self.wire.input.is_empty();
        reusable.then_some(self.wire)
    }

    fn broken(&self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
        let kind = if self.answered { Kind::UpstreamTruncated } else { Kind::UpstreamReset };
        Failure::because(kind, cause)
    }

    fn accept_head(&mut self, head: &ResponseHeader) -> Result<(), Failure> {
        let malformed = |cause: &'static str| Failure::because(Kind::UpstreamMalformed, cause);
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            if !self.asked_upgrade {
                return Err(malformed("101 without an upgrade having been asked for"));
            }
            self.answered = true;
            self.keep_alive = false;
            self.length = Length::Tunnel;
            return Ok(());
        }
        if head.status.is_informational() {
            return Ok(());
        }
        self.answered = true;
        self.keep_alive = keeps_alive(head.version, &head.headers);
        self.length = if self.head_request
            || head.status == StatusCode::NO_CONTENT
            || head.status == StatusCode::NOT_MODIFIED
        {
            Length::None
        } else {
            response_length(&head.headers).map_err(malformed)?
        };
        self.decoder = match self.length {
            Length::None => Decoder::Done,
            Length::Exact(n) => Decoder::Length(n),
            Length::Unknown if head.headers.contains_key(header::TRANSFER_ENCODING) => {
                Decoder::chunked()
            }
            Length::Unknown | Length::Tunnel => {
                self.keep_alive = false;
                Decoder::Close
            }
        };
        Ok(())
    }
}

/// RFC 9112 section 6.3, for responses. Where it lets a recipient be generous, two recipients can disagree; such
/// responses are refused.
fn response_length(headers: &HeaderMap) -> Result<Length, &'static str> {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    if let Some(coding) = codings.next() {
        if headers.contains_key(header::CONTENT_LENGTH) {
            return Err("both Transfer-Encoding and Content-Length");
        }
        let chunked = coding.as_bytes().eq_ignore_ascii_case(b"chunked");
        return if chunked && codings.next().is_none() {
            Ok(Length::Unknown)
        } else {
            Err("a transfer coding other than chunked")
        };
    }
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let Some(first) = lengths.next() else { return Ok(Length::Unknown) };
    if lengths.any(|other| other != first) {
        return Err("different Content-Length fields");
    }
    let digits = first.as_bytes();
    if digits.is_empty() || digits.len() > 18 || !digits.iter().all(u8::is_ascii_digit) {
        return Err("a Content-Length that is not a number");
    }
    Ok(Length::Exact(digits.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0'))))
}

/// RFC 9112 section 9.3.
pub(crate) fn keeps_alive(version: Version, headers: &HeaderMap) -> bool {
    let mut keep_alive = version == Version::HTTP_11;
    for value in headers.get_all(header::CONNECTION) {
        for option in value.as_bytes().split(|b| *b == b',') {
            let option = option.trim_ascii();
            if option.eq_ignore_ascii_case(b"close") {
                return false;
            }
            keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }
    keep_alive
}

impl Side for H1Upstream {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Frame, Failure>> {
        loop {
            if self.decoder.is_done() {
                return Poll::Pending;
            }
            match self.decoder.decode(&mut self.wire.input) {
                Ok(Some(frame)) => return Poll::Ready(Ok(frame)),
                Ok(None) => {}
                Err(error) => {
                    return Poll::Ready(Err(Failure::because(Kind::UpstreamTruncated, error.0)));
                }
            }
            match ready!(self.wire.poll_fill(cx)) {
                Ok(0) => {
                    let end = self.decoder.at_eof();
                    let failure = || self.broken("the connection closed within the body");
                    return Poll::Ready(end.ok_or_else(failure));
                }
                Ok(_) => {}
                Err(error) => return Poll::Ready(Err(self.broken(error))),
            }
        }
    }

    fn send(&mut self, frame: Frame) -> Result<(), Failure> {
        self.encoder.encode(frame, &mut self.wire).map_err(|_| {
            Failure::because(Kind::RequestBodyMalformed, "the body contradicts its length")
        })
    }

    fn queued(&self) -> usize {
        self.wire.queued()
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        if self.tunnel && self.encoder == Encoder::Done && !self.shut {
            // The downstream has closed its half of a tunnel; so do we.
            if ready!(self.wire.poll_shutdown(cx)).is_ok() {
                self.shut = true;
            }
            return Poll::Ready(Ok(()));
        }
        self.wire.poll_drain(cx).map_err(|e| self.broken(e))
    }
}

impl Upstream for H1Upstream {
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<ResponseHeader, Failure>> {
        loop {
            let found = self.scan.find(&mut self.wire.input, &self.bounds);
            let malformed =
                |error: super::HeadError| Failure::because(Kind::UpstreamMalformed, error.name());
            if let Some(end) = found.map_err(malformed)? {
                let bytes = self.wire.input.split_to(end).freeze();
                let head = parse_response(&bytes, &self.bounds).map_err(malformed)?;
                self.accept_head(&head)?;
                return Poll::Ready(Ok(head));
            }
            match ready!(self.wire.poll_fill(cx)) {
                Ok(0) => {
                    let failure = self.broken("the connection closed before a response");
                    return Poll::Ready(Err(failure));
                }
                Ok(_) => self.begun = true,
                Err(error) => return Poll::Ready(Err(self.broken(error))),
            }
        }
    }

    fn response_length(&self) -> Length {
        self.length
    }

    fn tunnel(&mut self) {
        self.tunnel = true;
        self.decoder = Decoder::Close;
        self.encoder = Encoder::Close;
    }

    fn cancel(&mut self) {
        // Dropping the connection is how HTTP/1 tells an upstream to stop.
        self.keep_alive = false;
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, Version};

    use super::{keeps_alive, response_length};
    use crate::message::Length;

    fn map(lines: &str) -> HeaderMap {
        let mut map = HeaderMap::new();
        for line in lines.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        map
    }

    #[test]
    fn lengths_of_responses() {
        for (lines, length) in [
            ("", Some(Length::Unknown)),
            ("content-length: 0", Some(Length::Exact(0))),
            ("content-length: 17", Some(Length::Exact(17))),
            ("content-length: 17\ncontent-length: 17", Some(Length::Exact(17))),
            ("transfer-encoding: Chunked", Some(Length::Unknown)),
            ("content-length: 17\ncontent-length: 18", None),
            ("content-length: 17, 17", None),
            ("content-length: +17", None),
            ("content-length: -1", None),
            ("content-length: 1e3", None),
            ("content-length: 9999999999999999999", None),
            ("content-length: 1\ntransfer-encoding: chunked", None),
            ("transfer-encoding: gzip", None),
            ("transfer-encoding: gzip, chunked", None),
            ("transfer-encoding: chunked\ntransfer-encoding: chunked", None),
        ] {
            assert_eq!(response_length(&map(lines)).ok(), length, "{lines}");
        }
    }

    #[test]
    fn connections_that_stay() {
        for (version, lines, stays) in [
            (Version::HTTP_11, "", true),
            (Version::HTTP_11, "connection: close", false),
            (Version::HTTP_11, "connection: Keep-Alive, CLOSE", false),
            (Version::HTTP_11, "connection: upgrade", true),
            (Version::HTTP_10, "", false),
            (Version::HTTP_10, "connection: x, keep-alive", true),
        ] {
            assert_eq!(keeps_alive(version, &map(lines)), stays, "{version:?} {lines}");
        }
    }
}
