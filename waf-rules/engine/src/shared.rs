//! What rule sets compiled from the same text have in common.
//!
//! Routes are tuned one by one, so a gateway compiles the same rules fifty times with small differences. Patterns, phrase
//! lists, schemas, what rules say of themselves and the gate over them depend on their text alone: each is made once and
//! found again as long as some rule set has it. Nothing here keeps a rule set or a part of it alive.

mod gates;
mod pool;

use std::sync::Arc;

use regex_syntax::hir::Hir;

use crate::limits::{MAX_SHARED_GATES, MAX_SHARED_PARTS};
use crate::meta::RuleMeta;
use crate::operator::{Backtracking, Meaning, Pattern, PatternError, Phrases, Schema, ascii};
use crate::program::{Effect, Part, Target};
pub(crate) use crate::shared::gates::{SharedPart, Wanted};
use crate::shared::pool::Pool;

/// Parts of rule sets by what they are made of. Rule sets that shall share are compiled with the same one
/// ([`crate::CompileOptions::shared`]).
#[derive(Debug)]
pub struct Shared {
    patterns: Pool<Pattern>,
    lists: Pool<Phrases>,
    tried: Pool<Backtracking>,
    schemas: Pool<Schema>,
    metas: Pool<RuleMeta>,
    strings: Pool<str>,
    texts: Pool<[Part]>,
    targets: Pool<[Target]>,
    effects: Pool<[Effect]>,
    gates: Pool<SharedPart>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            patterns: Pool::new(MAX_SHARED_PARTS),
            lists: Pool::new(MAX_SHARED_PARTS),
            tried: Pool::new(MAX_SHARED_PARTS),
            schemas: Pool::new(MAX_SHARED_PARTS),
            metas: Pool::new(MAX_SHARED_PARTS),
            strings: Pool::new(MAX_SHARED_PARTS),
            texts: Pool::new(MAX_SHARED_PARTS),
            targets: Pool::new(MAX_SHARED_PARTS),
            effects: Pool::new(MAX_SHARED_PARTS),
            gates: Pool::new(MAX_SHARED_GATES),
        }
    }
}

impl Shared {
    /// Forgets parts that no rule set has any more.
    pub(crate) fn sweep(&self) {
        // What holds others first.
        self.gates.sweep();
        self.effects.sweep();
        self.targets.sweep();
        self.texts.sweep();
        self.patterns.sweep();
        self.lists.sweep();
        self.tried.sweep();
        self.schemas.sweep();
        self.metas.sweep();
        self.strings.sweep();
    }

    /// A pattern, parsed now or before; `finish` gets one that is parsed now.
    pub(crate) fn pattern(
        &self,
        text: &str,
        meaning: Meaning,
        finish: impl FnOnce(Pattern, Hir) -> Result<Pattern, PatternError>,
    ) -> Result<Arc<Pattern>, PatternError> {
        let is = |known: &Pattern| known.is(text, meaning);
        self.patterns.find_or(&(text, meaning), is, || {
            let (pattern, tree) = Pattern::parsed(text, meaning)?;
            finish(pattern, tree).map(Arc::new)
        })
    }

    /// A list of phrases.
    pub(crate) fn list(&self, words: &[Vec<u8>]) -> Arc<Phrases> {
        let list = Arc::new(Phrases::new(words));
        let is = |known: &Phrases| known.folded == list.folded;
        self.lists.find_or_make(&list.folded, is, || Arc::clone(&list))
    }

    /// `None` where nothing in the pattern needs trying.
    pub(crate) fn backtracking(&self, text: &str) -> Option<Result<Arc<Backtracking>, String>> {
        let text = ascii(text);
        let is = |known: &Backtracking| known.text() == text;
        let found = self.tried.find_or(text.as_str(), is, || {
            let built = Backtracking::new(&text).ok_or(None)?;
            built.map(Arc::new).map_err(Some)
        });
        match found {
            Ok(pattern) => Some(Ok(pattern)),
            Err(problem) => problem.map(Err),
        }
    }

    /// A schema by its text.
    pub(crate) fn schema(&self, text: &[u8]) -> Result<Arc<Schema>, String> {
        let is = |known: &Schema| known.text() == text;
        self.schemas.find_or(text, is, || Schema::new(text).map(Arc::new))
    }

    /// What a rule says of itself.
    pub(crate) fn meta(&self, meta: RuleMeta) -> Arc<RuleMeta> {
        self.metas.keep(meta)
    }

    /// The parts of a text.
    pub(crate) fn text(&self, parts: Vec<Part>) -> Arc<[Part]> {
        self.texts.keep_all(parts)
    }

    /// The targets of a link.
    pub(crate) fn targets(&self, targets: Vec<Target>) -> Arc<[Target]> {
        self.targets.keep_all(targets)
    }

    /// What a link does.
    pub(crate) fn effects(&self, effects: Vec<Effect>) -> Arc<[Effect]> {
        self.effects.keep_all(effects)
    }

    /// A text that many rules carry.
    pub(crate) fn string(&self, text: &str) -> Arc<str> {
        self.strings.find_or_make(text, |known| known == text, || Arc::from(text))
    }
}

#[cfg(test)]
mod tests;
