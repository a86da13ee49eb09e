//! Request and response heads: finding their end, and parsing them.
//!
//! Stricter than httparse alone: lines end in CR LF and in nothing else (RFC 9112 section 2.2 lets a recipient
//! accept a bare LF, which is where two recipients begin to disagree).

use std::mem::MaybeUninit;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use pingora_http::ResponseHeader;

/// Header lines parsed without an allocation for the list of them.
const HEADERS_ON_STACK: usize = 128;

/// A request head as it came.
#[derive(Debug)]
pub(crate) struct RequestHead {
    pub(crate) method: Method,
    pub(crate) target: Bytes,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
}

/// What a head may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadBounds {
    pub(crate) bytes: usize,
    pub(crate) target_bytes: usize,
    pub(crate) lines: usize,
}

/// Why a head could not be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeadError {
    /// More bytes than allowed.
    TooLarge,
    /// More header lines than allowed.
    TooManyHeaders,
    /// A longer request target than allowed.
    TargetTooLong,
    /// A line that ends in LF without CR.
    BareLf,
    /// Not a method, a target and a version separated by single spaces.
    RequestLine,
    /// Not a version, a status and a reason.
    StatusLine,
    /// A version of HTTP other than 1.0 and 1.1.
    Version,
    /// Not a field name and a value.
    Field,
}

impl HeadError {
    /// Status of the answer (RFC 9110 sections 15.5 and 15.6, RFC 6585 section 5).
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::TooLarge | Self::TooManyHeaders => 431,
            Self::TargetTooLong => 414,
            Self::Version => 505,
            Self::BareLf | Self::RequestLine | Self::StatusLine | Self::Field => 400,
        }
    }

    /// Name in logs and metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "head_too_large",
            Self::TooManyHeaders => "too_many_headers",
            Self::TargetTooLong => "target_too_long",
            Self::BareLf => "bare_lf",
            Self::RequestLine => "request_line",
            Self::StatusLine => "status_line",
            Self::Version => "version",
            Self::Field => "field",
        }
    }
}

/// Finds the end of a head in bytes that arrive in pieces, looking at each byte once.
#[derive(Debug, Default)]
pub(crate) struct HeadScan {
    scanned: usize,
}

impl HeadScan {
    /// Length of the head with its empty line, once that is there.
    pub(crate) fn find(
        &mut self,
        input: &mut BytesMut,
        bounds: &HeadBounds,
    ) -> Result<Option<usize>, HeadError> {
        while let Some(found) = memchr::memchr(b'\n', &input[self.scanned..]) {
            let lf = self.scanned + found;
            if lf == 0 || input[lf - 1] != b'\r' {
                return Err(HeadError::BareLf);
            }
            if lf == 1 {
                // RFC 9112 section 2.2: empty lines before a request line are ignored.
                input.advance(2);
                self.scanned = 0;
                continue;
            }
            if lf > bounds.bytes {
                return Err(HeadError::TooLarge);
            }
            self.scanned = lf + 1;
            if lf >= 3 && input[lf - 2] == b'\n' {
                self.scanned = 0;
                return Ok(Some(lf + 1));
            }
        }
        self.scanned = input.len();
        if input.len() > bounds.bytes { Err(HeadError::TooLarge) } else { Ok(None) }
    }
}

/// Parses a request head that is all there.
pub(crate) fn parse_request(head: &Bytes, bounds: &HeadBounds) -> Result<RequestHead, HeadError> {
    with_lines(bounds.lines, |lines| {
        let mut request = httparse::Request::new(&mut []);
        let parser = httparse::ParserConfig::default();
        match parser.parse_request_with_uninit_headers(&mut request, head, lines) {
            Ok(httparse::Status::Complete(n)) if n == head.len() => {}
            Ok(_) => return Err(HeadError::Field),
            Err(httparse::Error::Version) if !names_a_version(head) => {
                return Err(HeadError::RequestLine);
            }
            Err(error) => return Err(request_error(error, request.version.is_some())),
        }
        let target = request.path.ok_or(HeadError::RequestLine)?;
        if target.len() > bounds.target_bytes {
            return Err(HeadError::TargetTooLong);
        }
        let method = request.method.ok_or(HeadError::RequestLine)?;
        Ok(RequestHead {
            method: Method::from_bytes(method.as_bytes()).map_err(|_| HeadError::RequestLine)?,
            target: head.slice_ref(target.as_bytes()),
            version: version(request.version)?,
            headers: header_map(head, request.headers)?,
        })
    })
}

/// Parses a response head that is all there.
pub(crate) fn parse_response(
    head: &Bytes,
    bounds: &HeadBounds,
) -> Result<ResponseHeader, HeadError> {
    with_lines(bounds.lines, |lines| {
        let mut response = httparse::Response::new(&mut []);
        let parser = httparse::ParserConfig::default();
        match parser.parse_response_with_uninit_headers(&mut response, head, lines) {
            Ok(httparse::Status::Complete(n)) if n == head.len() => {}
            Ok(_) => return Err(HeadError::Field),
            Err(error) => return Err(response_error(error, response.code.is_some())),
        }
        let code = response.code.ok_or(HeadError::StatusLine)?;
        let mut parts = http::Response::new(()).into_parts().0;
        parts.status = StatusCode::from_u16(code).map_err(|_| HeadError::StatusLine)?;
        parts.version = version(response.version)?;
        parts.headers = header_map(head, response.headers)?;
        let mut header = ResponseHeader::from(parts);
        if let Some(reason) = response.reason.filter(|r| !r.is_empty()) {
            header.set_reason_phrase(Some(reason)).map_err(|_| HeadError::StatusLine)?;
        }
        Ok(header)
    })
}

/// Parses a section of trailer fields that ends with its empty line.
pub(crate) fn parse_trailers(section: &Bytes, lines: usize) -> Result<HeaderMap, HeadError> {
    let mut fields = vec![httparse::EMPTY_HEADER; lines];
    match httparse::parse_headers(section, &mut fields) {
        Ok(httparse::Status::Complete((n, fields))) if n == section.len() => {
            header_map(section, fields)
        }
        Ok(_) => Err(HeadError::Field),
        Err(httparse::Error::TooManyHeaders) => Err(HeadError::TooManyHeaders),
        Err(_) => Err(HeadError::Field),
    }
}

fn with_lines<'b, T>(
    lines: usize,
    parse: impl FnOnce(&mut [MaybeUninit<httparse::Header<'b>>]) -> Result<T, HeadError>,
) -> Result<T, HeadError> {
    if lines <= HEADERS_ON_STACK {
        let mut stack = [const { MaybeUninit::uninit() }; HEADERS_ON_STACK];
        parse(&mut stack[..lines])
    } else {
        let mut heap: Vec<_> = (0..lines).map(|_| MaybeUninit::uninit()).collect();
        parse(&mut heap)
    }
}

fn header_map(head: &Bytes, lines: &[httparse::Header<'_>]) -> Result<HeaderMap, HeadError> {
    let mut map = HeaderMap::with_capacity(lines.len() + SPARE_FIELDS);
    for line in lines {
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| HeadError::Field)?;
        let value = HeaderValue::from_maybe_shared(head.slice_ref(line.value))
            .map_err(|_| HeadError::Field)?;
        map.try_append(name, value).map_err(|_| HeadError::TooManyHeaders)?;
    }
    Ok(map)
}

/// Room for the fields we add, so that the map is not grown for them.
const SPARE_FIELDS: usize = 8;

fn version(minor: Option<u8>) -> Result<Version, HeadError> {
    match minor {
        Some(0) => Ok(Version::HTTP_10),
        Some(1) => Ok(Version::HTTP_11),
        _ => Err(HeadError::Version),
    }
}

/// Whether the request line ends in a version of another protocol than 1.0 and 1.1, and of one that has versions:
/// `HTTP/4.0`, but not `HTTP/0.9` or `TEST`. Only that is a version not supported (RFC 9110 section 15.6.6).
fn names_a_version(head: &[u8]) -> bool {
    let line = head.split(|&b| b == b'\r').next().unwrap_or_default();
    let mut words = line.splitn(3, |&b| b == b' ');
    let Some([b'H', b'T', b'T', b'P', b'/', major, b'.', minor]) = words.nth(2) else {
        return false;
    };
    matches!(major, b'1'..=b'9') && minor.is_ascii_digit()
}

fn request_error(error: httparse::Error, line_done: bool) -> HeadError {
    error_of(error, if line_done { HeadError::Field } else { HeadError::RequestLine })
}

fn response_error(error: httparse::Error, line_done: bool) -> HeadError {
    error_of(error, if line_done { HeadError::Field } else { HeadError::StatusLine })
}

fn error_of(error: httparse::Error, otherwise: HeadError) -> HeadError {
    if error == httparse::Error::TooManyHeaders {
        HeadError::TooManyHeaders
    } else if error == httparse::Error::Version {
        HeadError::Version
    } else {
        otherwise
    }
}

#[cfg(test)]
mod tests;
