//! Compiled rule sets, shared by every filter that was made of the same text.
//!
//! Compiling the OWASP Core Rule Set takes a good part of a second; a reload that changes a route must not pay for
//! it again. The key is what the engine was given, byte for byte, so an edited rule file makes a new rule set.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use portcullis_waf_engine::{
    CollectionStore, CompileOptions, LocalCollections, RuleDiagnostic, RuleSet, Sources,
};

/// Compiled rule sets that are in use, and the records their rules keep, which outlive them.
#[derive(Debug, Default)]
pub struct RuleSets {
    compiled: Mutex<HashMap<Sources, Weak<RuleSet>>>,
    collections: Arc<LocalCollections>,
}

impl RuleSets {
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
