//! The prefilter: one scan of a value tells which patterns and phrase lists can match it at all.
//!
//! Each pattern is reduced to alternatives of conditions that every match fulfils ([`plan`]): certain literals occur
//! between certain neighbours, bytes of certain sets occur, the value is long enough. One automaton over the literals
//! of all patterns ([`automaton`]) finds what occurs; patterns without literals are tried by their byte sets.
//! A condition may only ever be too weak: what the gate lets through is still matched by its own automaton. A value
//! has the same candidates as the same value in lower case.

mod alphabet;
mod automaton;
mod bytes;
mod conditions;
mod family;
mod hits;
mod literals;
mod noise;
mod plan;
mod sides;

use std::borrow::Cow;
use std::sync::Arc;

use regex_syntax::hir::Hir;

use crate::bits::BitSet;
use crate::gate::family::{Family, Need};
use crate::gate::hits::Hits;
use crate::meta::Phase;
use crate::shared::SharedPart;

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
    /// For values seen in phases 1 and 2, and for those of phases 3 to 5.
    families: [Family; 2],
}

/// A pattern or list that a part is built for.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    /// Its number in `found`.
    pub(crate) number: u32,
    /// Whether it is looked for, by half.
    pub(crate) halves: [bool; 2],
    pub(crate) content: Content<'a>,
}

/// What is looked for.
#[derive(Debug)]
pub(crate) enum Content<'a> {
    Pattern(Cow<'a, Hir>),
    /// Phrases in lower case.
    List(&'a [Vec<u8>]),
}

/// Which half of an exchange a value is looked at in: they have little in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Half {
    Request,
    Response,
}

impl Half {
    pub(crate) fn of(phase: Phase) -> Self {
        if phase <= Phase::RequestBody { Self::Request } else { Self::Response }
    }
}

impl Gate {
    /// Sets `found` to the numbers of all patterns and lists that may match `value`.
    pub(crate) fn candidates(
        &self,
        half: Half,
        value: &[u8],
        scratch: &mut Scratch,
        found: &mut BitSet,
    ) {
        found.reset(self.count);
        self.shared.part.scan(half, value, scratch, found);
        if let Some(own) = &self.own {
            own.scan(half, value, scratch, found);
        }
    }
}

impl Part {
    pub(crate) fn new(inputs: &[Input<'_>]) -> Self {
        let family = |half: Half| {
            let looked_for = |input: &&Input<'_>| input.halves.get(half as usize) == Some(&true);
            let needs: Vec<Need> = inputs.iter().filter(looked_for).map(need).collect();
            Family::new(&needs)
        };
        Self { families: [Half::Request, Half::Response].map(family) }
    }

    /// Adds to `found` the numbers of all its patterns and lists that may match `value`.
    fn scan(&self, half: Half, value: &[u8], scratch: &mut Scratch, found: &mut BitSet) {
        if let Some(family) = self.families.get(half as usize) {
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
