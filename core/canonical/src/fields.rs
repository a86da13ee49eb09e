//! One pass over the header lines that picks out those which decide about host and framing.

use http::{HeaderMap, HeaderValue};

use crate::{HeadLimits, Problem};

/// What the checks need of the header lines.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a> {
    pub(crate) host: Option<&'a HeaderValue>,
    pub(crate) content_length: Option<&'a HeaderValue>,
    pub(crate) transfer_encoding: Option<&'a HeaderValue>,
    pub(crate) connection: bool,
    pub(crate) te: bool,
    /// Keep-Alive, Proxy-Connection or Upgrade, which are as connection-specific as Connection.
    pub(crate) connection_specific: bool,
}

impl<'a> Fields<'a> {
    pub(crate) fn collect(headers: &'a HeaderMap, limits: &HeadLimits) -> Result<Self, Problem> {
        if headers.len() > limits.headers_count {
            return Err(Problem::HeadersTooMany);
        }
        let mut fields = Self::default();
        let mut bytes = 0;
        for (name, value) in headers {
            let name = name.as_str();
            bytes += name.len() + value.len() + ": \r\n".len();
            match name {
                "host" => once(&mut fields.host, value, Problem::HostRepeated)?,
                "content-length" => {
                    once(&mut fields.content_length, value, Problem::LengthRepeated)?
                }
                "transfer-encoding" => {
                    once(&mut fields.transfer_encoding, value, Problem::CodingInvalid)?;
                }
                "connection" => fields.connection = true,
                "te" => fields.te = true,
                "keep-alive" | "proxy-connection" | "upgrade" => fields.connection_specific = true,
                "expect" if !value.as_bytes().eq_ignore_ascii_case(b"100-continue") => {
                    return Err(Problem::Expectation);
                }
                _ => {}
            }
        }
        if bytes > limits.headers_bytes {
            return Err(Problem::HeadersTooLarge);
        }
        Ok(fields)
    }
}

fn once<'a>(
    slot: &mut Option<&'a HeaderValue>,
    value: &'a HeaderValue,
    otherwise: Problem,
) -> Result<(), Problem> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(otherwise),
    }
}
