//! The address of the caller, through trusted proxies only.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::HeaderMap;
use http::header::{FORWARDED, HeaderName};
use ipnet::IpNet;

use crate::CidrSet;
use crate::forwarded::{X_FORWARDED_FOR, forwarded_for};

/// The address an exchange is judged by: that of the connection, or one that a trusted proxy vouches for. An
/// IPv4-mapped IPv6 address is IPv4.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientIp(IpAddr);

impl ClientIp {
    /// The address of a connection itself, when nobody vouches for another.
    #[must_use]
    pub fn of_peer(peer: IpAddr) -> Self {
        Self(peer.to_canonical())
    }

    /// The address.
    #[must_use]
    pub fn addr(&self) -> IpAddr {
        self.0
    }
}

impl fmt::Display for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientIp({})", self.0)
    }
}

/// The header in which trusted proxies tell who called them.
///
/// One only: a proxy that writes `X-Forwarded-For` passes a caller's own `Forwarded` on unread, and the other way
/// round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ForwardedSource {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The proxies whose word about the caller is taken. By default there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TrustedProxies {
    proxies: CidrSet,
    source: ForwardedSource,
    hops: Option<u32>,
}

impl TrustedProxies {
    /// Trusts the proxies within the given networks, and of each request at most `hops` of them in line; none: as
    /// many as are trusted.
    #[must_use]
    pub fn new(
        nets: impl IntoIterator<Item = IpNet>,
        source: ForwardedSource,
        hops: Option<u32>,
    ) -> Self {
        Self { proxies: nets.into_iter().collect(), source, hops }
    }

    /// Whether headers about the caller are taken from this peer.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.proxies.contains(peer)
    }

    /// The address of the caller: from the peer on, each trusted proxy vouches for the one before it. The walk ends
    /// at the first address that is no trusted proxy, and where a proxy's word is no address.
    #[must_use]
    pub fn client_ip(&self, peer: IpAddr, headers: &HeaderMap) -> ClientIp {
        let peer = ClientIp::of_peer(peer);
        if self.proxies.is_empty() || !self.trusts(peer.0) {
            return peer;
        }
        match self.source {
            ForwardedSource::XForwardedFor => {
                self.walk(peer, from_the_right(headers, &X_FORWARDED_FOR, split_commas), address)
            }
            ForwardedSource::Forwarded => {
                self.walk(peer, from_the_right(headers, &FORWARDED, split_elements), forwarded_for)
            }
        }
    }

    fn walk<'a>(
        &self,
        peer: ClientIp,
        words: impl Iterator<Item = &'a [u8]>,
        read: impl Fn(&[u8]) -> Option<IpAddr>,
    ) -> ClientIp {
        let mut client = peer;
        let hops = self.hops.map_or(usize::MAX, |hops| hops as usize);
        for word in words.take(hops) {
            let Some(addr) = read(word) else { break };
            client = ClientIp::of_peer(addr);
            if !self.trusts(client.0) {
                break;
            }
        }
        client
    }
}

/// The elements of a list header, the last one first, over all its lines.
fn from_the_right<'a, I>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    split: impl Fn(&'a [u8]) -> I,
) -> impl Iterator<Item = &'a [u8]>
where
    I: DoubleEndedIterator<Item = &'a [u8]>,
{
    headers.get_all(name).iter().rev().flat_map(move |line| split(line.as_bytes()).rev())
}

fn split_commas(line: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    line.split(|&b| b == b',')
}

/// Splits at commas outside quotes. A line whose quotes do not pair is one element, which no reader understands.
fn split_elements(line: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    let plain = !line.contains(&b'"');
    let mut quoted = false;
    let paired = line.iter().filter(|&&b| b == b'"').count() % 2 == 0 && !line.contains(&b'\\');
    // From the right, a quote opens where from the left it closes: pairs are the same either way.
    line.split(move |&b| {
        quoted ^= b == b'"';
        b == b',' && (plain || (paired && !quoted))
    })
    .collect::<Vec<_>>()
    .into_iter()
}

/// An address with or without port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
pub(crate) fn address(word: &[u8]) -> Option<IpAddr> {
    let word = std::str::from_utf8(word.trim_ascii()).ok()?;
    if let Ok(addr) = word.parse::<IpAddr>() {
        return Some(addr);
    }
    if let Ok(addr) = word.parse::<SocketAddr>() {
        return Some(addr.ip());
    }
    let inner = word.strip_prefix('[')?.strip_suffix(']')?;
    inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}
