//! Compiled configuration, which never changes, and the handle through which the running one is found.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use arc_swap::{ArcSwap, Guard};
use portcullis_canonical::{Policy, TrustedProxies};
use portcullis_config as config;
use portcullis_telemetry::{LogSink, Redactor};
use portcullis_upstream::Cluster;

use crate::{Certificates, Routes};

/// Compiled configuration of one revision. Made by [`crate::compile`] only.
#[derive(Debug)]
pub struct Snapshot {
    /// Its number; grows by one with every change that compiled.
    pub revision: u64,
    /// What it was compiled from.
    pub gateway: Arc<config::Gateway>,
    /// Where downstreams connect.
    pub listeners: Vec<Arc<Listener>>,
    /// All clusters, for health checks and the admin API.
    pub clusters: Vec<Arc<Cluster>>,
    /// Whose word on the caller's address is taken.
    pub trusted_proxies: TrustedProxies,
    /// Where exchanges are reported; none when the access log is off.
    pub access_log: Option<Arc<LogSink>>,
    /// What compiling it brought up that is no error, such as rules that are dear to match.
    pub warnings: Vec<config::Diagnostic>,
    /// What logs hide.
    pub redactor: Redactor,
    pub(crate) closed_at: Option<Instant>,
    pub(crate) seen: AtomicBool,
}

/// A listener with everything an exchange on it needs.
#[derive(Debug)]
pub struct Listener {
    /// Its name.
    pub name: Arc<str>,
    /// What it binds.
    pub address: SocketAddr,
    /// Whether HTTP/2 without TLS is accepted.
    pub h2c: bool,
    /// TLS; none for cleartext.
    pub tls: Option<ListenerTls>,
    /// Its own limits, else the gateway's.
    pub limits: config::Limits,
    /// How heads are made canonical, with this listener's limits.
    pub policy: Policy,
    /// Which requests go where.
    pub routes: Arc<Routes>,
}

/// TLS of a listener.
#[derive(Debug, Clone)]
pub struct ListenerTls {
    /// What rustls needs for a handshake.
    pub server: Arc<rustls::ServerConfig>,
    /// Which certificate answers for which name.
    pub certificates: Arc<Certificates>,
}

impl Snapshot {
    /// The listener of this name, in this revision.
    #[must_use]
    pub fn listener(&self, name: &str) -> Option<&Arc<Listener>> {
        self.listeners.iter().find(|listener| &*listener.name == name)
    }

    /// For the first exchange that sees this snapshot, and only for it: when the files it came from were closed.
    pub fn first_seen(&self) -> Option<Instant> {
        // The plain load keeps the common case free of writes to a line all workers share.
        if self.seen.load(Ordering::Relaxed) || self.seen.swap(true, Ordering::Relaxed) {
            return None;
        }
        self.closed_at
    }
}

/// Where the running snapshot is found. Clones share it.
#[derive(Debug, Clone)]
pub struct SnapshotHandle(Arc<ArcSwap<Snapshot>>);

impl SnapshotHandle {
    /// A handle that begins with this snapshot.
    #[must_use]
    pub fn new(snapshot: Arc<Snapshot>) -> Self {
        Self(Arc::new(ArcSwap::new(snapshot)))
    }

    /// The running snapshot, to be kept for as long as an exchange lasts.
    #[must_use]
    pub fn load(&self) -> Arc<Snapshot> {
        self.0.load_full()
    }

    /// A look at the running snapshot, for less than an await.
    #[must_use]
    pub fn peek(&self) -> Guard<Arc<Snapshot>> {
        self.0.load()
    }

    /// Makes a snapshot the running one.
    pub fn publish(&self, snapshot: Arc<Snapshot>) {
        self.0.store(snapshot);
    }
}
