//! Compiled rule sets, shared by every filter that was made of the same text.
//!
//! Compiling the OWASP Core Rule Set takes a good part of a second; a reload that changes a route must not pay for
//! it again. The key is what the engine was given, byte for byte, so an edited rule file makes a new rule set.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use portcullis_telemetry::Metrics;
use portcullis_telemetry::metrics::{Counter, Gauge};
use portcullis_waf_engine::{
    CollectionStore, CompileOptions, LocalCollections, RuleDiagnostic, RuleSet, Sources,
};

/// Compiled rule sets that are in use, and the records their rules keep, which outlive them.
#[derive(Debug, Default)]
pub struct RuleSets {
    compiled: Mutex<HashMap<Sources, Weak<RuleSet>>>,
    collections: Arc<LocalCollections>,
    /// Evictions that metrics know of.
    evictions_counted: Arc<AtomicU64>,
}

impl RuleSets {
    /// What shows in metrics how much is kept.
    pub(crate) fn record_counts(&self, metrics: &Metrics) -> RecordCounts {
        RecordCounts {
            collections: Arc::clone(&self.collections),
            counted: Arc::clone(&self.evictions_counted),
            held: metrics.waf_records(),
            evictions: metrics.waf_record_evictions(),
        }
    }

    /// The rule set of these sources, compiled if it is not in use yet.
    ///
    /// # Errors
    /// Every problem the compiler finds.
    pub fn of(&self, sources: Sources) -> Result<Arc<RuleSet>, Vec<RuleDiagnostic>> {
        let mut kept = self.compiled.lock();
        if let Some(rules) = kept.get(&sources).and_then(Weak::upgrade) {
            return Ok(rules);
        }
        kept.retain(|_, rules| rules.strong_count() > 0);
        let collections: Arc<dyn CollectionStore> =
            Arc::<LocalCollections>::clone(&self.collections);
        let options =
            CompileOptions { collections: Some(collections), ..CompileOptions::default() };
        let rules = RuleSet::compile(&sources, &options)?;
        kept.insert(sources, Arc::downgrade(&rules));
        Ok(rules)
    }
}

/// How much the rules of all rule sets keep, for metrics.
#[derive(Debug)]
pub(crate) struct RecordCounts {
    collections: Arc<LocalCollections>,
    /// Evictions that metrics know of.
    counted: Arc<AtomicU64>,
    held: Gauge,
    evictions: Counter,
}

impl RecordCounts {
    /// Brings metrics up to date.
    pub(crate) fn show(&self) {
        let counts = self.collections.counts();
        self.held.set(i64::try_from(counts.records).unwrap_or(i64::MAX));
        let known = self.counted.fetch_max(counts.evictions, Ordering::Relaxed);
        self.evictions.add(counts.evictions.saturating_sub(known));
    }
}
