//! One address of a cluster, with its load and its health.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use portcullis_config as config;

use crate::health::EndpointHealth;

/// Position of an endpoint in its cluster's configuration, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointId(pub usize);

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One address of a cluster.
#[derive(Debug)]
pub struct Endpoint {
    id: EndpointId,
    written: config::Address,
    label: Box<str>,
    weight: u32,
    in_flight: AtomicU32,
    pub(crate) health: EndpointHealth,
}

impl Endpoint {
    pub(crate) fn new(id: EndpointId, config: &config::Endpoint, health: EndpointHealth) -> Self {
        let written = &config.address;
        // Several endpoints may come from one name; the label tells them apart.
        let label = match written.socket() {
            Some(socket) => socket.to_string(),
            None => written.to_string(),
        };
        Self {
            id,
            written: written.clone(),
            label: label.into_boxed_str(),
            weight: config.weight.max(1),
            in_flight: AtomicU32::new(0),
            health,
        }
    }

    /// Which endpoint of its cluster it is.
    #[must_use]
    pub fn id(&self) -> EndpointId {
        self.id
    }

    /// Where to connect to; none while a name has no address.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.written.socket()
    }

    /// The address as the operator wrote it, for the Host header of health checks and the TLS name.
    #[must_use]
    pub fn written(&self) -> &config::Address {
        &self.written
    }

    /// What logs and metrics call it: its socket address, else what was written.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Its share of requests relative to the other endpoints.
    #[must_use]
    pub fn weight(&self) -> u32 {
        self.weight
    }

    /// Requests in flight.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(crate) fn enter(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn leave(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether it takes part in balancing: known by address, not unhealthy and not ejected.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.address().is_some() && self.health.is_good()
    }
}
