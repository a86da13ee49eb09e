//! Headers that tell an upstream who called: `X-Forwarded-*` and `Forwarded` (RFC 7239).

use std::fmt::Write as _;
use std::net::IpAddr;

use http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue};

use crate::Host;
use crate::client_ip::address;

/// `X-Forwarded-For`: the callers in line, the nearest last.
pub const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// `X-Forwarded-Proto`: `http` or `https`.
pub const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// `X-Forwarded-Host`: host and port the caller asked for.
pub const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// What this gateway adds about the hop before it.
#[derive(Debug, Clone, Copy)]
pub struct Hop<'a> {
    /// Who opened the connection.
    pub peer: IpAddr,
    /// The host asked for.
    pub host: &'a Host,
    /// Whether the connection is secured.
    pub tls: bool,
    /// Whether `Forwarded` is written beside `X-Forwarded-*`.
    pub forwarded: bool,
}

/// The headers to set, each replacing all lines of its name.
///
/// `headers` are those of the request after the ones of untrusted peers were stripped: what is left was said by
/// trusted proxies, so the peer is appended to their list, and their word on protocol and host is kept.
pub fn fields<'a>(
    headers: &'a HeaderMap,
    hop: &'a Hop<'_>,
) -> impl Iterator<Item = (HeaderName, HeaderValue)> + 'a {
    let peer = hop.peer.to_canonical();
    let for_ = joined(headers, &X_FORWARDED_FOR, |out| write!(out, "{peer}").is_ok());
    let proto = (!headers.contains_key(&X_FORWARDED_PROTO))
        .then(|| HeaderValue::from_static(if hop.tls { "https" } else { "http" }));
    let host = (!headers.contains_key(&X_FORWARDED_HOST))
        .then(|| HeaderValue::from_str(hop.host.authority()).ok())
        .flatten();
    let forwarded =
        hop.forwarded.then(|| joined(headers, &FORWARDED, |out| element(out, peer, hop))).flatten();
    [
        (X_FORWARDED_FOR, for_),
        (X_FORWARDED_PROTO, proto),
        (X_FORWARDED_HOST, host),
        (FORWARDED, forwarded),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
}

/// Sets the headers of [`fields`].
pub fn append(headers: &mut HeaderMap, hop: &Hop<'_>) {
    let fields: Vec<_> = fields(headers, hop).collect();
    for (name, value) in fields {
        headers.insert(name, value);
    }
}

/// All lines of a list header in one, with one more element.
fn joined(
    headers: &HeaderMap,
    name: &HeaderName,
    element: impl FnOnce(&mut String) -> bool,
) -> Option<HeaderValue> {
    let mut out = String::new();
    for line in headers.get_all(name) {
        if let Ok(line) = line.to_str() {
            out.push_str(line);
            out.push_str(", ");
        }
    }
    if !element(&mut out) {
        return None;
    }
    HeaderValue::try_from(out).ok()
}

/// One element of RFC 7239 section 4; an IPv6 address and a host with port need quotes.
fn element(out: &mut String, peer: IpAddr, hop: &Hop<'_>) -> bool {
    let proto = if hop.tls { "https" } else { "http" };
    let host = hop.host.authority();
    match peer {
        IpAddr::V4(peer) => write!(out, "for={peer};proto={proto};host=\"{host}\""),
        IpAddr::V6(peer) => write!(out, "for=\"[{peer}]\";proto={proto};host=\"{host}\""),
    }
    .is_ok()
}

/// The address in the `for` parameter of one `Forwarded` element. None for `unknown`, an obfuscated name, a repeated
/// or missing parameter, or anything that does not follow the grammar.
pub(crate) fn forwarded_for(element: &[u8]) -> Option<IpAddr> {
    let mut found = None;
    for pair in element.split(|&b| b == b';') {
        let equals = pair.iter().position(|&b| b == b'=')?;
        let (name, value) = pair.split_at(equals);
        if !name.trim_ascii_start().eq_ignore_ascii_case(b"for") {
            continue;
        }
        let value = value.get(1..)?.trim_ascii_end();
        let value = match value {
            [b'"', inner @ .., b'"'] => inner,
            // Outside quotes no colon and no bracket may stand (RFC 7239 section 4).
            bare if bare.iter().all(|b| b.is_ascii_digit() || *b == b'.') => bare,
            _ => return None,
        };
        // An IPv6 address is always in brackets (RFC 7239 section 6.1).
        if value.contains(&b':')
            && value.first() != Some(&b'[')
            && value.iter().filter(|&&b| b == b':').count() > 1
        {
            return None;
        }
        if found.replace(address(value)?).is_some() {
            return None;
        }
    }
    found
}
