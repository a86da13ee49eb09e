//! The host a request is for.

use std::fmt;
use std::net::Ipv6Addr;
use std::sync::Arc;

use crate::Problem;

/// Longest host name in bytes (RFC 1035 section 2.3.4, as text).
const NAME_BYTES: usize = 253;
/// Longest label of a host name in bytes (RFC 1035 section 2.3.4).
const LABEL_BYTES: usize = 63;

/// A host in lower case, without trailing dot; IPv6 in brackets and in the form of RFC 5952. A port that is
/// the default of the scheme is left out. Two hosts are equal if name and port are.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Host {
    authority: Arc<str>,
    name_bytes: u16,
    port: Option<u16>,
}

impl Host {
    /// Reads `host` or `host:port` as in a Host header (RFC 9110 section 7.2).
    ///
    /// # Errors
    /// One of the `Host...` problems.
    pub fn parse(authority: &[u8], tls: bool) -> Result<Self, Problem> {
        if authority.is_empty() {
            return Err(Problem::HostEmpty);
        }
        if authority.first() == Some(&b'[') {
            return Self::parse_ipv6(authority, tls);
        }
        let (name, port) = match authority.iter().position(|&b| b == b':') {
            Some(colon) => split(authority, colon, tls)?,
            None => (authority, None),
        };
        let lower = check_name(name).map_err(|problem| cause(authority, problem))?;
        let name = name.strip_suffix(b".").unwrap_or(name);
        let name = std::str::from_utf8(name).map_err(|_| Problem::HostInvalid)?;
        if lower {
            Ok(Self::new(name, port))
        } else {
            Ok(Self::new(&name.to_ascii_lowercase(), port))
        }
    }

    /// The host without port: `shop.example.com`, `192.0.2.1`, `[2001:db8::1]`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.authority.get(..usize::from(self.name_bytes)).unwrap_or_default()
    }

    /// The port, unless it is the default one of the scheme.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Host and port as in a Host header: what goes upstream.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    fn new(name: &str, port: Option<u16>) -> Self {
        // `check_name` bounds the length of a name far below 65,535.
        let name_bytes = u16::try_from(name.len()).unwrap_or(u16::MAX);
        let authority = match port {
            Some(port) => format!("{name}:{port}").into(),
            None => name.into(),
        };
        Self { authority, name_bytes, port }
    }

    fn parse_ipv6(authority: &[u8], tls: bool) -> Result<Self, Problem> {
        let invalid = || cause(authority, Problem::HostInvalid);
        let end = authority.iter().position(|&b| b == b']').ok_or_else(invalid)?;
        let address = authority.get(1..end).ok_or_else(invalid)?;
        let address = std::str::from_utf8(address).map_err(|_| invalid())?;
        let address: Ipv6Addr = address.parse().map_err(|_| invalid())?;
        let port = match authority.get(end + 1..) {
            None | Some([]) => None,
            Some([b':', ..]) => split(authority, end + 1, tls)?.1,
            Some(_) => return Err(invalid()),
        };
        Ok(Self::new(&format!("[{address}]"), port))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Host({})", self.authority())
    }
}

/// Splits at the colon before the port.
fn split(authority: &[u8], colon: usize, tls: bool) -> Result<(&[u8], Option<u16>), Problem> {
    let (name, rest) = authority.split_at_checked(colon).ok_or(Problem::HostPort)?;
    let digits = rest.get(1..).unwrap_or_default();
    let problem = || cause(authority, Problem::HostPort);
    if digits.is_empty() || digits.len() > 5 || digits.first() == Some(&b'0') {
        return Err(problem());
    }
    let mut port = 0u32;
    for &b in digits {
        if !b.is_ascii_digit() {
            return Err(problem());
        }
        port = port * 10 + u32::from(b - b'0');
    }
    let port = u16::try_from(port).map_err(|_| problem())?;
    let default = if tls { 443 } else { 80 };
    Ok((name, (port != default).then_some(port)))
}

/// User information is the more telling cause of a host that does not parse.
fn cause(authority: &[u8], otherwise: Problem) -> Problem {
    if authority.contains(&b'@') { Problem::HostUserinfo } else { otherwise }
}

/// Checks a name and tells whether it is in lower case already.
fn check_name(name: &[u8]) -> Result<bool, Problem> {
    let name = name.strip_suffix(b".").unwrap_or(name);
    if name.is_empty() {
        return Err(Problem::HostEmpty);
    }
    if name.len() > NAME_BYTES {
        return Err(Problem::HostTooLong);
    }
    let mut lower = true;
    let mut label = 0;
    for &b in name {
        match b {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => label += 1,
            b'A'..=b'Z' => {
                lower = false;
                label += 1;
            }
            b'.' if label > 0 => label = 0,
            _ => return Err(Problem::HostInvalid),
        }
        if label > LABEL_BYTES {
            return Err(Problem::HostTooLong);
        }
    }
    if label == 0 { Err(Problem::HostInvalid) } else { Ok(lower) }
}
