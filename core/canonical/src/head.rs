//! The one entrance: a raw request head comes in, its canonical parts come out.

use http::{HeaderMap, Method, Version};

use crate::fields::Fields;
use crate::framing::framing;
use crate::target::{self, Target};
use crate::{Framing, Host, Malformed, MethodPolicy, Path, Policy, Problem};

/// Longest method in bytes; the longest registered one has 17 (UPDATEREDIRECTREF).
const METHOD_BYTES: usize = 32;

/// A request head as it came. Header names are tokens by their type (RFC 9110 section 5.1).
#[derive(Debug, Clone, Copy)]
pub struct RawHead<'a> {
    /// Method, case kept.
    pub method: &'a Method,
    /// Request target as on the wire; `:path` of HTTP/2.
    pub target: &'a [u8],
    /// `:authority` of HTTP/2.
    pub authority: Option<&'a str>,
    /// Version of the protocol.
    pub version: Version,
    /// Header lines.
    pub headers: &'a HeaderMap,
    /// Whether the connection is secured, which decides the default port.
    pub tls: bool,
}

/// What policies decide on and what goes upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canonical {
    /// The host the request is for.
    pub host: Host,
    /// Path and query.
    pub path: Path,
    /// Where the body ends.
    pub framing: Framing,
}

/// Brings a request head into canonical form.
///
/// # Errors
/// [`Malformed`] where the head allows more than one reading; the exchange is to be answered with its status and
/// the connection closed.
pub fn canonicalise(head: &RawHead<'_>, policy: &Policy) -> Result<Canonical, Malformed> {
    check_version(head.version)?;
    check_method(head, &policy.methods)?;
    if head.target.len() > policy.limits.uri_bytes {
        return Err(Problem::TargetTooLong.into());
    }
    let fields = Fields::collect(head.headers, &policy.limits)?;
    let framing = framing(&fields, head.headers, head.version)?;
    let target = target::split(head.target, head.method, head.tls)?;
    let host = host(head, &fields, &target)?;
    let path = match target {
        Target::Origin(path) => Path::parse(path, &policy.path)?,
        Target::Absolute { path: Some(path), .. } => Path::parse(&path, &policy.path)?,
        Target::Absolute { path: None, .. } | Target::Asterisk => Path::asterisk(),
    };
    Ok(Canonical { host, path, framing })
}

fn check_version(version: Version) -> Result<(), Problem> {
    match version {
        Version::HTTP_11 | Version::HTTP_2 | Version::HTTP_10 => Ok(()),
        _ => Err(Problem::Version),
    }
}

fn check_method(head: &RawHead<'_>, methods: &MethodPolicy) -> Result<(), Problem> {
    match *head.method {
        Method::CONNECT if head.version != Version::HTTP_2 || !methods.extended_connect => {
            Err(connect(head))
        }
        Method::TRACE if !methods.trace => Err(Problem::TraceRefused),
        ref method if method.as_str().len() > METHOD_BYTES => Err(Problem::MethodTooLong),
        _ => Ok(()),
    }
}

/// CONNECT of HTTP/1 names `host:port`; without a valid port it is malformed before it is refused (RFC 9110 section
/// 9.3.6). In HTTP/2 the target is in `:authority`, and the refusal comes first.
fn connect(head: &RawHead<'_>) -> Problem {
    if head.version == Version::HTTP_2 {
        return Problem::ConnectRefused;
    }
    let port = head.target.rsplit(|byte| *byte == b':').next().unwrap_or_default();
    let named = port.len() < head.target.len() && port.iter().all(u8::is_ascii_digit);
    match std::str::from_utf8(port).map(str::parse::<u16>) {
        Ok(Ok(1..)) if named => Problem::ConnectRefused,
        Ok(Ok(_) | Err(_)) | Err(_) => Problem::ConnectPort,
    }
}

/// The host, which every place that names one must agree on. RFC 9112 section 3.2.2 lets the target win over Host;
/// whoever sends two different ones wants two recipients to differ.
fn host(head: &RawHead<'_>, fields: &Fields<'_>, target: &Target<'_>) -> Result<Host, Problem> {
    let parse = |authority: &[u8]| Host::parse(authority, head.tls);
    let header = fields.host.map(|value| parse(value.as_bytes())).transpose()?;
    if header.is_none() && head.version != Version::HTTP_2 {
        return Err(Problem::HostMissing);
    }
    let pseudo = head.authority.map(|authority| parse(authority.as_bytes())).transpose()?;
    let absolute = match target {
        Target::Absolute { .. } if head.version == Version::HTTP_2 => {
            return Err(Problem::TargetForm);
        }
        Target::Absolute { authority, .. } => Some(parse(authority)?),
        Target::Origin(_) | Target::Asterisk => None,
    };
    let mut named = [absolute, pseudo, header].into_iter().flatten();
    let host = named.next().ok_or(Problem::HostMissing)?;
    if named.all(|other| other == host) { Ok(host) } else { Err(Problem::HostConflict) }
}
