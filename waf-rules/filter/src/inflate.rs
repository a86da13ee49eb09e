//! Bodies as rules see them: with content codings removed, within the inspection limit.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, StatusCode};
use portcullis_filter::{LocalReply, WholeBody};
use portcullis_waf_body::inflate::{Limits, Problem, inflate as decode, is_encoded};

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
    limit_bytes: usize,
) -> Result<Inflated, Refusal> {
    let as_it_came = || Inflated { bytes: body.bytes().clone(), complete: body.is_complete() };
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    let Some(first) = codings.next() else { return Ok(as_it_came()) };
    // Several fields are one list (RFC 9110 section 5.3).
    let mut list = Cow::Borrowed(first.as_bytes());
    for more in codings {
        let list = list.to_mut();
        list.extend_from_slice(b",");
        list.extend_from_slice(more.as_bytes());
    }
    if body.bytes().is_empty() || !is_encoded(&list) {
        return Ok(as_it_came());
    }
    let limits = Limits { output_bytes: limit_bytes, ..Limits::default() };
    let inflated = decode(&list, body.bytes(), &limits);
    let complete = match inflated.problem {
        None => body.is_complete(),
        Some(Problem::OutputBytes | Problem::Ratio) => false,
        Some(Problem::UnknownCoding | Problem::Codings) => return Err(Refusal::UnknownCoding),
        // The first part of an encoded body ends where the limit cut it.
        Some(Problem::Corrupt) if !body.is_complete() => false,
        Some(Problem::Corrupt | Problem::TrailingData) => return Err(Refusal::Corrupt),
    };
    Ok(Inflated { bytes: inflated.bytes.into(), complete })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::{HeaderMap, HeaderValue};
    use portcullis_filter::WholeBody;

    use super::{Refusal, inflate};

    const LIMIT_BYTES: usize = 1000;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Content-Encoding fields, body, whether it is all there; length and completeness of what rules see.
    #[test]
    fn bodies_are_shown_as_they_are_meant() {
        let small = gzip(&[b'x'; 100]);
        let (cut, mut trailing) = (small[..small.len() - 4].to_vec(), small.clone());
        trailing.extend_from_slice(b"more");
        let large = gzip(&[b'x'; 2000]);
        let twice = gzip(&small);
        for (codings, body, complete, shown) in [
            (&[][..], b"abc".to_vec(), true, Ok((3, true))),
            (&[], b"abc".to_vec(), false, Ok((3, false))),
            (&["identity"], b"abc".to_vec(), true, Ok((3, true))),
            (&["gzip"], Vec::new(), true, Ok((0, true))),
            (&["gzip"], small.clone(), true, Ok((100, true))),
            (&["gzip, gzip"], twice.clone(), true, Ok((100, true))),
            (&["gzip", "gzip"], twice.clone(), true, Ok((100, true))),
            (&["gzip"], large, true, Ok((LIMIT_BYTES, false))),
            (&["gzip"], cut.clone(), false, Ok((100, false))),
            (&["gzip"], cut, true, Err(Refusal::Corrupt)),
            (&["gzip"], trailing, true, Err(Refusal::Corrupt)),
            (&["gzip"], b"abc".to_vec(), true, Err(Refusal::Corrupt)),
            (&["compress"], b"abc".to_vec(), true, Err(Refusal::UnknownCoding)),
            (&["gzip, gzip, gzip"], twice, true, Err(Refusal::UnknownCoding)),
        ] {
            let mut headers = HeaderMap::new();
            for coding in codings {
                headers.append("content-encoding", HeaderValue::from_static(coding));
            }
            let body = if complete { WholeBody::complete(body) } else { WholeBody::partial(body) };
            let inflated = inflate(&headers, &body, LIMIT_BYTES);
            let got = inflated.map(|inflated| (inflated.bytes.len(), inflated.complete));
            assert_eq!(got, shown, "{codings:?}");
        }
    }
}
