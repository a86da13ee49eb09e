//! What outlives a snapshot, keyed by the equality of its configuration.
//!
//! An unchanged cluster keeps its health, its budgets and its place in the rotation; an unchanged filter is not
//! compiled again. Entries are weak: what no snapshot uses any more goes when its last exchange ends.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use portcullis_config as config;
use portcullis_config::Diagnostic;
use portcullis_telemetry::metrics::LogName;
use portcullis_telemetry::{Destination, LogSink, Metrics, SinkLimits};
use portcullis_traffic::HeadersFilter;
use portcullis_upstream::Cluster;
use portcullis_waf::RuleSets;

/// What outlives a snapshot.
#[derive(Debug)]
pub struct Registry {
    /// Where filters count.
    pub metrics: Arc<Metrics>,
    pub(crate) logs: Kept<LogKey, LogSink>,
    clusters: Mutex<Vec<Weak<Cluster>>>,
    pub(crate) headers: Kept<config::Headers, HeadersFilter>,
    /// Compiled rule sets.
    pub rulesets: RuleSets,
}

impl Registry {
    /// A registry with nothing in it yet.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            metrics,
            logs: Kept::default(),
            clusters: Mutex::default(),
            headers: Kept::default(),
            rulesets: RuleSets::default(),
        }
    }
}

/// What a log is opened from; a log whose key is unchanged stays open over a reload.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct LogKey {
    pub(crate) name: LogName,
    pub(crate) destination: Destination,
    pub(crate) queue_lines: usize,
    pub(crate) rotate: Option<config::Rotate>,
}

impl Registry {
    /// The cluster of this configuration: the running one where nothing changed, else a new one that takes over
    /// the health of the endpoints it shares with the running one of its name.
    ///
    /// # Errors
    /// Every problem; paths begin at the cluster.
    pub(crate) fn cluster(
        &self,
        written: &config::Cluster,
    ) -> Result<Arc<Cluster>, Vec<Diagnostic>> {
        let mut kept = self.clusters.lock();
        kept.retain(|cluster| cluster.strong_count() > 0);
        let running: Vec<_> = kept.iter().filter_map(Weak::upgrade).collect();
        if let Some(same) = running.iter().rev().find(|cluster| cluster.config() == written) {
            return Ok(Arc::clone(same));
        }
        let predecessor = running.iter().rev().find(|cluster| **cluster.name() == *written.name);
        let cluster = match predecessor {
            Some(predecessor) => predecessor.successor(written)?,
            None => Cluster::new(written)?,
        };
        kept.push(Arc::downgrade(&cluster));
        Ok(cluster)
    }

    /// The log of this name, open.
    ///
    /// # Errors
    /// The file cannot be opened, or the authorities of a collector cannot be read.
    pub(crate) fn log(
        &self,
        name: LogName,
        destination: Destination,
        rotate: Option<config::Rotate>,
        limits: &config::Limits,
    ) -> std::io::Result<Arc<LogSink>> {
        let key = LogKey { name, destination, queue_lines: limits.log_queue as usize, rotate };
        let open = |key: &LogKey| {
            let limits = SinkLimits {
                queue_lines: key.queue_lines,
                rotate: key.rotate,
                ..SinkLimits::default()
            };
            LogSink::open(key.destination.clone(), limits, self.metrics.log(key.name))
        };
        self.logs.of(&key, open)
    }
}

/// Values by the configuration they were made of, for as long as somebody uses them.
#[derive(Debug)]
pub(crate) struct Kept<K, V>(Mutex<HashMap<K, Weak<V>>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Eq + Hash + Clone, V> Kept<K, V> {
    /// The value made of this configuration, or a new one.
    pub(crate) fn of<E>(
        &self,
        key: &K,
        make: impl FnOnce(&K) -> Result<V, E>,
    ) -> Result<Arc<V>, E> {
        let mut kept = self.0.lock();
        if let Some(value) = kept.get(key).and_then(Weak::upgrade) {
            return Ok(value);
        }
        kept.retain(|_, value| value.strong_count() > 0);
        let value = Arc::new(make(key)?);
        kept.insert(key.clone(), Arc::downgrade(&value));
        Ok(value)
    }
}
