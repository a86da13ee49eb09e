//! The prefilter: one scan of a value tells which patterns and phrase lists can match it at all.
//!
//! Each pattern is reduced to alternatives of conditions that every match fulfils ([`plan`]): certain literals occur
//! between certain neighbours, bytes of certain sets occur, the value is long enough. One walk ([`filter`]) tells where
//! literals of any pattern may end, and a trie ([`trie`]) which ones do; patterns without literals are tried by their
//! byte sets.
//! A condition may only ever be too weak: what the gate lets through is still matched by its own automaton. A value
//! has the same candidates as the same value in lower case.

mod alphabet;
mod bytes;
mod conditions;
mod family;
mod filter;
mod hits;
mod literals;
mod noise;
mod plan;
mod scope;
mod sides;
mod symbols;
mod tail;
mod trie;

use std::borrow::Cow;
use std::sync::Arc;

use regex_syntax::hir::Hir;

use crate::bits::BitSet;
use crate::gate::family::{Family, Need};
use crate::gate::hits::Hits;
use crate::shared::SharedPart;

pub(crate) use crate::gate::scope::{Scope, Scopes};

/// What a rule set asks: a part that other rule sets ask as well, and one for what only this rule set has.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) shared: Arc<SharedPart>,
    /// `None` where the shared part knows everything.
    pub(crate) own: Option<Part>,
    /// Patterns and lists of both.
    pub(crate) count: usize,
}

/// A scan for some patterns and lists.
#[derive(Debug)]
pub(crate) struct Part {
    families: [Family; Scope::ALL.len()],
}

/// A pattern or list that a part is built for.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    /// Its number in `found`.
    pub(crate) number: u32,
    pub(crate) scopes: Scopes,
    pub(crate) content: Content<'a>,
}

/// What is looked for.
#[derive(Debug)]
pub(crate) enum Content<'a> {
    Pattern(Cow<'a, Hir>),
    /// Phrases in lower case.
    List(&'a [Vec<u8>]),
}

impl Gate {
    /// Sets `found` to the numbers of all patterns and lists that may match `value`.
    pub(crate) fn candidates(
        &self,
        scope: Scope,
        value: &[u8],
        scratch: &mut Scratch,
        found: &mut BitSet,
    ) {
        found.reset(self.count);
        self.shared.part.scan(scope, value, scratch, found);
        if let Some(own) = &self.own {
            own.scan(scope, value, scratch, found);
        }
    }
}

impl Part {
    pub(crate) fn new(inputs: &[Input<'_>]) -> Self {
        let family = |scope: Scope| {
            let looked_for = |input: &&Input<'_>| input.scopes.contain(scope);
            let needs: Vec<Need> = inputs.iter().filter(looked_for).map(need).collect();
            Family::new(&needs)
        };
        Self { families: Scope::ALL.map(family) }
    }

    /// Adds to `found` the numbers of all its patterns and lists that may match `value`.
    fn scan(&self, scope: Scope, value: &[u8], scratch: &mut Scratch, found: &mut BitSet) {
        if let Some(family) = self.families.get(scope as usize) {
            family.candidates(value, &mut scratch.hits, found);
        }
    }
}

/// Buffers of a scan.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    hits: Hits,
}

fn need(input: &Input<'_>) -> Need {
    let matcher = input.number;
    match &input.content {
        Content::Pattern(tree) => Need::of_pattern(matcher, tree),
        Content::List(phrases) => Need::of_phrases(matcher, phrases),
    }
}

#[cfg(test)]
mod tests;
