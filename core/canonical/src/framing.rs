//! Where the body of a request ends.

use http::{HeaderMap, HeaderValue, Version, header};

use crate::Problem;
use crate::fields::Fields;

/// How the end of a request body is told. Anything two recipients could read differently is refused, never
/// repaired: a repaired head has shown what its sender is after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// There is no body.
    None,
    /// The body has this many bytes.
    Length(u64),
    /// The body comes in chunks (HTTP/1.1).
    Chunked,
    /// The body, which may be empty, ends with its stream (HTTP/2 without Content-Length).
    Stream,
}

/// Decides the framing (RFC 9112 section 6.3, RFC 9113 section 8.1.1).
pub(crate) fn framing(
    fields: &Fields<'_>,
    headers: &HeaderMap,
    version: Version,
) -> Result<Framing, Problem> {
    let http2 = version == Version::HTTP_2;
    if http2 {
        check_http2(fields, headers)?;
    } else if fields.connection {
        check_nominations(headers)?;
    }
    match (fields.content_length, fields.transfer_encoding) {
        (Some(_), Some(_)) => Err(Problem::LengthAndCoding),
        (Some(length), None) => length_of(length.as_bytes()).map(Framing::Length),
        (None, Some(coding)) => {
            if version == Version::HTTP_10 {
                return Err(Problem::CodingOnHttp10);
            }
            check_coding(coding).map(|()| Framing::Chunked)
        }
        (None, None) if http2 => Ok(Framing::Stream),
        (None, None) => Ok(Framing::None),
    }
}

/// A plain decimal number without sign, list, white space or leading zero.
fn length_of(value: &[u8]) -> Result<u64, Problem> {
    let plain =
        value.iter().all(u8::is_ascii_digit) && (value.len() == 1 || value.first() != Some(&b'0'));
    let text = std::str::from_utf8(value).map_err(|_| Problem::LengthInvalid)?;
    if !plain {
        return Err(Problem::LengthInvalid);
    }
    text.parse().map_err(|_| Problem::LengthInvalid)
}

fn check_coding(value: &HeaderValue) -> Result<(), Problem> {
    let value = value.as_bytes();
    if value.eq_ignore_ascii_case(b"chunked") {
        return Ok(());
    }
    let mut codings = value.split(|&b| b == b',').map(|c| c.trim_ascii().to_ascii_lowercase());
    let last_is_chunked = codings.next_back().is_some_and(|c| c == b"chunked");
    if last_is_chunked && codings.all(|c| c != b"chunked" && !c.is_empty()) && value.contains(&b',')
    {
        return Err(Problem::CodingUnknown);
    }
    Err(Problem::CodingInvalid)
}

fn check_http2(fields: &Fields<'_>, headers: &HeaderMap) -> Result<(), Problem> {
    if fields.connection || fields.connection_specific || fields.transfer_encoding.is_some() {
        return Err(Problem::ConnectionSpecific);
    }
    let trailers_only = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"trailers");
    if fields.te && !headers.get_all(header::TE).iter().all(trailers_only) {
        return Err(Problem::ConnectionSpecific);
    }
    Ok(())
}

/// A header nominated by Connection is removed on the way (RFC 9110 section 7.6.1). If a caller could nominate
/// `Content-Type` or `X-Forwarded-For`, a filter would have decided on a header that the upstream never sees.
fn check_nominations(headers: &HeaderMap) -> Result<(), Problem> {
    const OF_THE_CONNECTION: [&[u8]; 9] = [
        b"close",
        b"keep-alive",
        b"upgrade",
        b"te",
        b"trailer",
        b"proxy-connection",
        b"http2-settings",
        b"proxy-authenticate",
        b"proxy-authorization",
    ];
    let options = headers.get_all(header::CONNECTION).iter();
    for option in options.flat_map(|value| value.as_bytes().split(|&b| b == b',')) {
        let option = option.trim_ascii();
        if option.is_empty() || OF_THE_CONNECTION.iter().any(|o| o.eq_ignore_ascii_case(option)) {
            continue;
        }
        match http::HeaderName::from_bytes(option) {
            Ok(name) if !headers.contains_key(&name) && !crate::spoofable(&name) => {}
            Ok(_) | Err(_) => return Err(Problem::ConnectionNominates),
        }
    }
    Ok(())
}
