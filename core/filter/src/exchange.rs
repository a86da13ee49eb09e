//! One request and its response, as filters see it.

use std::any::Any;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use portcullis_canonical::{ClientIp, Host, Path};

/// The number of an exchange: unique within a process, unguessable between processes. Shown as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExchangeId(pub u128);

impl fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExchangeId({self})")
    }
}

/// The protocol spoken with the downstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1.
    Http11,
    /// HTTP/2.
    Http2,
}

impl Protocol {
    /// As in a request line: `HTTP/1.1`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
            Self::Http2 => "HTTP/2.0",
        }
    }
}

/// What is known of a TLS connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// `TLSv1.3` or `TLSv1.2`.
    pub version: &'static str,
    /// The server name the downstream asked for, lower case.
    pub sni: Option<Arc<str>>,
}

/// The connection an exchange came in on.
#[derive(Debug, Clone)]
pub struct Downstream {
    /// Address of whoever opened the connection, after PROXY protocol from trusted peers.
    pub peer: SocketAddr,
    /// Our address of the connection.
    pub local: SocketAddr,
    /// Name of the listener.
    pub listener: Arc<str>,
    /// TLS facts, none on cleartext.
    pub tls: Option<Arc<Tls>>,
    /// Protocol of this exchange.
    pub protocol: Protocol,
}

/// The request line as it came, before canonicalisation. Only for inspection and logs: no policy routes by it.
#[derive(Debug, Clone)]
pub struct Received {
    /// Method as sent.
    pub method: http::Method,
    /// Request target as sent: origin form, absolute form or `*`.
    pub target: Bytes,
}

/// A named caller that authentication has proven.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Consumer {
    /// Its name in configuration.
    pub name: Arc<str>,
}

/// A short fact that a filter leaves for the access log, under a name of its own.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// A whole number.
    Number(i64),
    /// A text from a bounded set.
    Name(&'static str),
    /// Any other text; kept short by whoever leaves it.
    Text(String),
}

/// What no log may show of an exchange, beside what none ever shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Names of headers of both messages.
    pub headers: Vec<Vec<u8>>,
    /// Names of arguments and cookies.
    pub arguments: Vec<Vec<u8>>,
    /// Bytes that are hidden wherever they stand, and how many may be shown at their beginning and end.
    pub bytes: Vec<(Vec<u8>, usize, usize)>,
    /// Nothing a caller or an upstream sent may be shown.
    pub everything: bool,
}

/// One request and its response, as filters see it. Made by the edge after canonicalisation and routing.
pub struct Exchange {
    /// Number of the exchange, also the event id shown to a blocked caller.
    pub id: ExchangeId,
    /// Revision of the snapshot this exchange sees from beginning to end.
    pub revision: u64,
    /// When the request head was complete.
    pub started: Instant,
    /// The connection.
    pub downstream: Arc<Downstream>,
    /// The caller's address, through trusted proxies only.
    pub client: ClientIp,
    /// The canonical host.
    pub host: Host,
    /// The canonical path and query: byte for byte what goes upstream, unless a route rewrites it.
    pub path: Path,
    /// The request line as it came.
    pub received: Received,
    /// Name of the chosen route; empty when none matched.
    pub route: Arc<str>,
    /// The proven caller.
    pub consumer: Option<Consumer>,
    /// Facts for the access log.
    pub notes: Vec<(&'static str, Note)>,
    /// What a filter wants hidden in every log; none for nothing.
    pub hidden: Option<Box<Hidden>>,
    hold_response_bytes: Option<usize>,
    states: Vec<Option<Box<dyn Any + Send>>>,
    position: usize,
}

impl Exchange {
    /// An exchange at its beginning.
    #[must_use]
    pub fn new(parts: ExchangeParts) -> Self {
        let ExchangeParts { id, revision, downstream, client, host, path, received, route } = parts;
        Self {
            id,
            revision,
            started: Instant::now(),
            downstream,
            client,
            host,
            path,
            received,
            route,
            consumer: None,
            notes: Vec::new(),
            hidden: None,
            hold_response_bytes: None,
            states: Vec::new(),
            position: 0,
        }
    }

    /// Tells the exchange which filter of the chain is asked next, so that each has a state of its own. Called
    /// by the pipeline only.
    pub fn enter(&mut self, position: usize) {
        self.position = position;
    }

    /// Keeps a value of the calling filter for the later phases of this exchange.
    pub fn set_state<T: Any + Send>(&mut self, state: T) {
        if self.states.len() <= self.position {
            self.states.resize_with(self.position + 1, || None);
        }
        self.states[self.position] = Some(Box::new(state));
    }

    /// The value the calling filter kept in an earlier phase.
    pub fn state_mut<T: Any + Send>(&mut self) -> Option<&mut T> {
        self.states.get_mut(self.position)?.as_mut()?.downcast_mut()
    }

    /// Takes the value the calling filter kept in an earlier phase.
    pub fn take_state<T: Any + Send>(&mut self) -> Option<T> {
        let slot = self.states.get_mut(self.position)?;
        match slot.take()?.downcast() {
            Ok(state) => Some(*state),
            Err(other) => {
                *slot = Some(other);
                None
            }
        }
    }

    /// Asks that the response head is kept back until this many bytes of the body, or all of it, have been shown
    /// to the chain. The largest wish of the chain counts.
    pub fn hold_response(&mut self, limit_bytes: usize) {
        let wish = self.hold_response_bytes.unwrap_or(0).max(limit_bytes);
        self.hold_response_bytes = Some(wish);
    }

    /// How many bytes of the response body are held before the head goes out; none for a stream.
    #[must_use]
    pub fn held_response_bytes(&self) -> Option<usize> {
        self.hold_response_bytes
    }

    /// Leaves a fact for the access log.
    pub fn note(&mut self, name: &'static str, note: Note) {
        self.notes.push((name, note));
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("id", &self.id)
            .field("host", &self.host)
            .field("path", &self.path)
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}

/// What an [`Exchange`] starts from.
#[derive(Debug)]
pub struct ExchangeParts {
    /// See [`Exchange::id`].
    pub id: ExchangeId,
    /// See [`Exchange::revision`].
    pub revision: u64,
    /// See [`Exchange::downstream`].
    pub downstream: Arc<Downstream>,
    /// See [`Exchange::client`].
    pub client: ClientIp,
    /// See [`Exchange::host`].
    pub host: Host,
    /// See [`Exchange::path`].
    pub path: Path,
    /// See [`Exchange::received`].
    pub received: Received,
    /// See [`Exchange::route`].
    pub route: Arc<str>,
}
