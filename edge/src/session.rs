//! The upstream side of an exchange, of either protocol.

use http::header::{HOST, HeaderValue};
use pingora_http::RequestHeader;

use crate::failure::{Failure, Kind};
use crate::h1::upstream::H1Upstream;
use crate::h2::upstream::H2Upstream;
use crate::message::{Length, Upstream};
use crate::pool::{ClusterPool, Connected, H2Place};

/// The upstream side of an exchange, of either protocol.
pub(crate) enum Session {
    H1(Box<H1Upstream>),
    H2(Box<H2Upstream>, #[expect(dead_code, reason = "counts the stream while held")] H2Place),
}

impl Session {
    /// Queues a request on a connection.
    pub(crate) fn ask(
        connected: Connected,
        pool: &ClusterPool,
        head: &RequestHeader,
        length: Length,
        upgrade: Option<&HeaderValue>,
    ) -> Result<Self, Failure> {
        match connected {
            Connected::H1(wire, _) => {
                let mut side = H1Upstream::new(wire, pool.bounds);
                side.request(head, length, upgrade);
                Ok(Self::H1(Box::new(side)))
            }
            Connected::H2(sender, place) => {
                let uri = absolute(head, pool.tls)?;
                let side = H2Upstream::request(sender, head.clone(), uri, length)?;
                Ok(Self::H2(Box::new(side), place))
            }
        }
    }

    pub(crate) fn side(&mut self) -> &mut dyn Upstream {
        match self {
            Self::H1(side) => &mut **side,
            Self::H2(side, _) => &mut **side,
        }
    }

    /// Whether the upstream may have begun to work on the request and to answer it.
    pub(crate) fn response_begun(&self) -> bool {
        match self {
            Self::H1(side) => side.response_begun(),
            Self::H2(..) => false,
        }
    }
}

fn absolute(head: &RequestHeader, tls: bool) -> Result<http::Uri, Failure> {
    let mut parts = http::uri::Parts::default();
    let failed = |e: http::Error| Failure::because(Kind::Internal, e);
    parts.scheme = Some(if tls { http::uri::Scheme::HTTPS } else { http::uri::Scheme::HTTP });
    let host = head.headers.get(HOST).map_or(&b""[..], |host| host.as_bytes());
    let authority = http::uri::Authority::try_from(host).map_err(|e| failed(e.into()))?;
    parts.authority = Some(authority);
    parts.path_and_query = head.uri.path_and_query().cloned();
    http::Uri::from_parts(parts).map_err(|e| failed(e.into()))
}
