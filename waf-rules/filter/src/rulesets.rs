//! Compiled rule sets, shared by every filter that was made of the same text.
//!
//! Compiling the OWASP Core Rule Set takes a good part of a second; a reload that changes a route must not pay for
//! it again. The key is a keyed digest of everything the engine was given, so an edited rule file makes a new rule set.
//! Rule sets of different text share what their texts have in common ([`Shared`]).

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use portcullis_telemetry::Metrics;
use portcullis_telemetry::metrics::{Counter, Gauge};
use portcullis_waf_engine::{
    CollectionStore, CompileOptions, LocalCollections, RuleDiagnostic, RuleSet, Shared, Sources,
};

use crate::profile::{self, Shown};

/// Compiled rule sets that are in use, and the records their rules keep, which outlive them.
#[derive(Debug, Default)]
pub struct RuleSets {
    known: Arc<Known>,
    /// Two hashes with secret keys, because sources are too large to be kept for each rule set.
    digest: [RandomState; 2],
    /// What compiled rule sets have in common.
    shared: Arc<Shared>,
    collections: Arc<LocalCollections>,
    /// Evictions that metrics know of.
    evictions_counted: Arc<AtomicU64>,
}

/// The rule sets in use, and what metrics show of them.
#[derive(Debug, Default)]
struct Known {
    /// By digest of their sources.
    compiled: Mutex<HashMap<[u64; 2], Named>>,
    shown: Mutex<Shown>,
}

/// A rule set under the name it has in the configuration.
#[derive(Debug)]
struct Named {
    name: String,
    rules: Weak<RuleSet>,
}

fn live(compiled: &HashMap<[u64; 2], Named>) -> Vec<(String, Arc<RuleSet>)> {
    let live =
        compiled.values().filter_map(|named| Some((named.name.clone(), named.rules.upgrade()?)));
    live.collect()
}

impl RuleSets {
    /// The rule sets in use, each with the name filters call it by; those tuned on a route are one each.
    #[must_use]
    pub fn in_use(&self) -> Vec<(String, Arc<RuleSet>)> {
        live(&self.known.compiled.lock())
    }

    /// Which rules took the time of the exchanges that were sampled, as text.
    #[must_use]
    pub fn profile(&self) -> String {
        profile::text(&self.in_use())
    }

    /// What shows in metrics which rules take the time.
    pub(crate) fn rule_costs(&self, metrics: &Arc<Metrics>) -> RuleCosts {
        RuleCosts { known: Arc::clone(&self.known), metrics: Arc::clone(metrics) }
    }

    /// What shows in metrics how much is kept.
    pub(crate) fn record_counts(&self, metrics: &Metrics) -> RecordCounts {
        RecordCounts {
            collections: Arc::clone(&self.collections),
            counted: Arc::clone(&self.evictions_counted),
            held: metrics.waf_records(),
            evictions: metrics.waf_record_evictions(),
        }
    }

    /// The rule set of this name and these sources, compiled if it is not in use yet.
    ///
    /// # Errors
    /// Every problem the compiler finds.
    pub fn of(&self, name: &str, sources: &Sources) -> Result<Arc<RuleSet>, Vec<RuleDiagnostic>> {
        let digest = self.digest.each_ref().map(|hasher| hasher.hash_one(sources));
        let mut kept = self.known.compiled.lock();
        if let Some(rules) = kept.get(&digest).and_then(|named| named.rules.upgrade()) {
            return Ok(rules);
        }
        kept.retain(|_, named| named.rules.strong_count() > 0);
        let collections: Arc<dyn CollectionStore> =
            Arc::<LocalCollections>::clone(&self.collections);
        let options = CompileOptions {
            collections: Some(collections),
            shared: Arc::clone(&self.shared),
            ..CompileOptions::default()
        };
        let rules = RuleSet::compile(sources, &options)?;
        let named = Named { name: name.to_owned(), rules: Arc::downgrade(&rules) };
        kept.insert(digest, named);
        Ok(rules)
    }
}

/// Which rules of all rule sets take the time, for metrics.
#[derive(Debug)]
pub(crate) struct RuleCosts {
    known: Arc<Known>,
    metrics: Arc<Metrics>,
}

impl RuleCosts {
    /// Brings metrics up to date; while a rule set is compiled or another exchange does so, they stay as they are.
    pub(crate) fn show(&self) {
        let Some(mut shown) = self.known.shown.try_lock() else { return };
        let Some(rulesets) = self.known.compiled.try_lock().map(|compiled| live(&compiled)) else {
            return;
        };
        shown.update(&self.metrics, &rulesets);
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
