//! An edge in this process, in front of upstreams of the test.

use std::net::SocketAddr;
use std::sync::Arc;

use portcullis_edge::Edge;
use portcullis_pipeline::{Loaded, Registry, SnapshotHandle, compile};
use portcullis_telemetry::Metrics;
use portcullis_telemetry::metrics::MetricLimits;

/// An edge and what it was made of.
pub(crate) struct Stage {
    pub(crate) edge: Edge,
    registry: Registry,
}

/// A document with two listeners, one cluster `up` and one route to it.
pub(crate) fn document(up: SocketAddr, cluster: &str, rest: &str) -> String {
    format!(
        "telemetry: {{ access_log: {{ to: off }}, waf_log: {{ to: off }} }}\n\
         runtime: {{ threads: 1 }}\n\
         listeners:\n  - {{ name: http, address: \"127.0.0.1:0\" }}\n  \
         - {{ name: h2c, address: \"127.0.0.1:0\", h2c: true }}\n\
         clusters:\n  - name: up\n    endpoints: [{{ address: \"{up}\" }}]\n{cluster}\
         routes:\n  - {{ name: all, cluster: up }}\n{rest}"
    )
}

impl Stage {
    /// Starts an edge from a document.
    pub(crate) fn start(document: &str) -> Self {
        let metrics = Metrics::new(MetricLimits::default(), "test");
        let registry = Registry::new(Arc::clone(&metrics));
        let snapshot = snapshot(document, &registry, 1);
        let edge = Edge::start(SnapshotHandle::new(snapshot), metrics).unwrap();
        Self { edge, registry }
    }

    /// In front of an upstream, with nothing else.
    pub(crate) fn before(up: SocketAddr) -> Self {
        Self::start(&document(up, "", ""))
    }

    /// Applies another document.
    pub(crate) fn apply(&self, document: &str, revision: u64) {
        self.edge.apply(snapshot(document, &self.registry, revision)).unwrap();
    }

    pub(crate) fn address(&self, name: &str) -> SocketAddr {
        self.edge.listeners().into_iter().find(|(own, _)| &**own == name).unwrap().1
    }

    pub(crate) fn http(&self) -> SocketAddr {
        self.address("http")
    }

    pub(crate) fn h2c(&self) -> SocketAddr {
        self.address("h2c")
    }
}

fn snapshot(
    document: &str,
    registry: &Registry,
    revision: u64,
) -> Arc<portcullis_pipeline::Snapshot> {
    let loaded = portcullis_config::parse_str("test.yaml", document);
    let gateway = loaded.unwrap_or_else(|problems| panic!("{problems:#?}")).gateway;
    let made = Loaded { revision, closed_at: None };
    let snapshot = compile(Arc::new(gateway), registry, made);
    Arc::new(snapshot.unwrap_or_else(|problems| panic!("{problems:#?}")))
}
