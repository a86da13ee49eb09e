//! Addresses, networks and host patterns as an operator writes them.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;

use crate::text::text_value;

/// Address of an endpoint: `10.0.0.7:8080`, `[fd00::7]:8080` or `shop.internal:8080`.
///
/// A name is resolved when documents are loaded, each of its addresses becoming an endpoint; a reload resolves
/// again. Nothing is resolved while requests wait.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    host: String,
    port: u16,
    socket: Option<SocketAddr>,
}

impl Address {
    /// The name or the IP address (an IPv6 address without brackets) as written.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where to connect to. Always there for an IP address, and for a name once documents are loaded.
    #[must_use]
    pub fn socket(&self) -> Option<SocketAddr> {
        self.socket
    }

    /// The same address with what its name was resolved to.
    #[must_use]
    pub fn resolved(&self, socket: SocketAddr) -> Self {
        Self { socket: Some(socket), ..self.clone() }
    }
}

impl From<SocketAddr> for Address {
    fn from(socket: SocketAddr) -> Self {
        Self { host: socket.ip().to_string(), port: socket.port(), socket: Some(socket) }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(socket) = text.parse::<SocketAddr>() {
            return match socket.port() {
                0 => Err(format!("`{text}` has port 0; an endpoint needs a port")),
                _ => Ok(socket.into()),
            };
        }
        let problem = || {
            format!(
                "`{text}` is not an address; write for example 10.0.0.7:8080, [fd00::7]:8080 or shop.internal:8080"
            )
        };
        let (host, port) = text.rsplit_once(':').ok_or_else(problem)?;
        let port = port.parse::<u16>().ok().filter(|port| *port != 0).ok_or_else(problem)?;
        if !is_dns_name(host) || looks_like_ip(host) {
            return Err(problem());
        }
        Ok(Self { host: host.to_ascii_lowercase(), port, socket: None })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.parse::<IpAddr>() {
            Ok(ip) => SocketAddr::new(ip, self.port).fmt(f),
            Err(_) => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

text_value!(Address, "address", "`10.0.0.7:8080`, `[fd00::7]:8080` or `shop.internal:8080`.");

/// Address to listen on: an IP address and a port, `0.0.0.0:8080` or `[::]:8443`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BindAddress(SocketAddr);

impl BindAddress {
    /// As the standard library's type.
    #[must_use]
    pub fn get(self) -> SocketAddr {
        self.0
    }
}

impl From<SocketAddr> for BindAddress {
    fn from(socket: SocketAddr) -> Self {
        Self(socket)
    }
}

impl FromStr for BindAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| {
            format!("`{text}` is not an address to listen on; write an IP address and a port, for example 0.0.0.0:8080 or [::]:8443")
        })
    }
}

impl fmt::Display for BindAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_value!(
    BindAddress,
    "bind-address",
    "An IP address and a port: `0.0.0.0:8080` or `[::]:8443`."
);

/// A network: `10.0.0.0/8`, `fd00::/8`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

impl Network {
    /// As `ipnet`'s type.
    #[must_use]
    pub fn get(self) -> IpNet {
        self.0
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        let net = net.map_err(|_| {
            format!(
                "`{text}` is not a network; write for example 10.0.0.0/8, fd00::/8 or 192.0.2.7"
            )
        })?;
        if net.addr() != net.network() {
            return Err(format!("`{text}` has bits set after its prefix; write {}", net.trunc()));
        }
        Ok(Self(net))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_value!(Network, "network", "`10.0.0.0/8`, `fd00::/8` or one address.");

/// Which hosts: `shop.example.com`, `*.example.com` (one or more labels before the rest), an IP address, or `*`.
/// Lower case, without a port and without a trailing dot; an IPv6 address stands in brackets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostPattern(String);

impl HostPattern {
    /// Canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let v6 = lower.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(v6) = v6 {
            return match v6.parse::<std::net::Ipv6Addr>() {
                Ok(ip) => Ok(Self(format!("[{ip}]"))),
                Err(_) => Err(format!("`{text}` is not an IPv6 address in brackets")),
            };
        }
        if lower.contains(':') {
            return Err(format!("`{text}` is not a host; hosts are written without a port"));
        }
        let name = lower.strip_suffix('.').unwrap_or(&lower);
        let rest = name.strip_prefix("*.").unwrap_or(name);
        if lower == "*" || is_dns_name(rest) {
            return Ok(Self(name.to_owned()));
        }
        Err(format!(
            "`{text}` is not a host; write for example shop.example.com, *.example.com or *"
        ))
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value!(HostPattern, "host-pattern", "`shop.example.com`, `*.example.com` or `*`; no port.");

/// Labels of letters, digits, hyphens and underscores, at most 63 bytes each and 253 together (RFC 1123 section 2.1;
/// the underscore because service names use it).
pub(crate) fn is_dns_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// A last label of digits only is an IPv4 address or a mistake in one (WHATWG URL, "ends in a number").
fn looks_like_ip(host: &str) -> bool {
    host.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
