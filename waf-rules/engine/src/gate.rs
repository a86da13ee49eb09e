//! The prefilter: one scan of a value tells which patterns and phrase lists can match it at all.
//!
//! Each pattern is reduced to conditions that every match fulfils: one of its required literals occurs
//! ([`literals`]), bytes of certain sets occur ([`required`]), the value is long enough. One Aho-Corasick automaton
//! over the literals of all patterns finds candidates; patterns without a useful literal are tried by their byte sets.
//! A condition may only ever be too weak: what the gate lets through is still matched by its own automaton.

mod literals;
mod required;
mod unguarded;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex_syntax::hir::Hir;

use crate::bits::BitSet;
use crate::gate::required::{Alphabet, ByteSet, Signature};
use crate::gate::unguarded::Unguarded;
use crate::meta::Phase;
use crate::shared::SharedPart;

/// Literals shorter than this are found in everything.
const MIN_LITERAL_BYTES: usize = 3;
/// Literals are cut to this length: more bytes make the automaton larger, not much more precise.
const MAX_LITERAL_BYTES: usize = 8;

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

#[derive(Debug)]
struct Family {
    alphabet: Alphabet,
    /// `None` where no pattern has a literal.
    automaton: Option<AhoCorasick>,
    /// By literal: the conditions it stands for.
    owners: Vec<Box<[u32]>>,
    conditions: Vec<Condition>,
    unguarded: Unguarded,
}

/// What a value must fulfil for one pattern or list.
#[derive(Debug, Clone, Copy)]
struct Condition {
    needed: Signature,
    min_bytes: u32,
    matcher: u32,
}

impl Condition {
    #[inline]
    const fn admits(&self, bytes: usize, signature: Signature) -> bool {
        bytes >= self.min_bytes as usize && signature.covers(self.needed)
    }
}

impl Gate {
    /// Words of a set of patterns and lists.
    pub(crate) fn words(&self) -> usize {
        self.count.div_ceil(64)
    }

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
        Self { families: [Half::Request, Half::Response].map(|half| Family::new(inputs, half)) }
    }

    /// Adds to `found` the numbers of all its patterns and lists that may match `value`.
    fn scan(&self, half: Half, value: &[u8], scratch: &mut Scratch, found: &mut BitSet) {
        let Some(family) = self.families.get(half as usize) else { return };
        let signature = family.alphabet.signature(value);
        family.unguarded.candidates(value.len(), signature, found);
        let Some(automaton) = &family.automaton else { return };
        scratch.folded.clear();
        scratch.folded.extend_from_slice(value);
        scratch.folded.make_ascii_lowercase();
        for literal in automaton.find_overlapping_iter(&scratch.folded) {
            let owners = family.owners.get(literal.pattern().as_usize());
            for index in owners.map(AsRef::as_ref).unwrap_or_default() {
                if let Some(condition) = family.conditions.get(*index as usize)
                    && condition.admits(value.len(), signature)
                {
                    found.insert_within(condition.matcher as usize);
                }
            }
        }
    }
}

/// Buffers of a scan.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    folded: Vec<u8>,
}

/// What is known of one pattern or list before the alphabet is chosen.
struct Need {
    matcher: u32,
    sets: Vec<ByteSet>,
    min_bytes: usize,
    literals: Option<Vec<Vec<u8>>>,
}

impl Family {
    fn new(inputs: &[Input<'_>], half: Half) -> Self {
        let looked_for = |input: &&Input<'_>| input.halves.get(half as usize) == Some(&true);
        let need = |input: &Input<'_>| {
            let (literals, sets, min_bytes) = match &input.content {
                Content::Pattern(tree) => {
                    let (sets, min_bytes) = required::of_pattern(tree);
                    (literals::of_pattern(tree), sets, min_bytes)
                }
                Content::List(phrases) => (literals::of_phrases(phrases), Vec::new(), 0),
            };
            Need { matcher: input.number, sets, min_bytes, literals }
        };
        Self::of(inputs.iter().filter(looked_for).map(need).collect())
    }

    fn of(needs: Vec<Need>) -> Self {
        let sets: Vec<Vec<ByteSet>> = needs.iter().map(|need| need.sets.clone()).collect();
        let (alphabet, signatures) = Alphabet::new(&sets);
        let mut literals = BTreeMap::<Vec<u8>, Vec<u32>>::new();
        let (mut conditions, mut unguarded) = (Vec::new(), Vec::new());
        for (need, (needed, rarest)) in needs.into_iter().zip(signatures) {
            let min_bytes = u32::try_from(need.min_bytes).unwrap_or(u32::MAX);
            let condition = Condition { needed, min_bytes, matcher: need.matcher };
            let Some(guards) = need.literals else {
                unguarded.push((condition, rarest));
                continue;
            };
            let index = u32::try_from(conditions.len()).unwrap_or(u32::MAX);
            conditions.push(condition);
            for mut literal in guards {
                literal.truncate(MAX_LITERAL_BYTES);
                let owners = literals.entry(literal).or_default();
                if owners.last() != Some(&index) {
                    owners.push(index);
                }
            }
        }
        let owners = literals.values().map(|owners| owners.as_slice().into()).collect();
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .match_kind(MatchKind::Standard)
            .build(literals.keys())
            .ok()
            .filter(|_| !literals.is_empty());
        if automaton.is_none() {
            // Without the automaton every condition is tried by itself.
            unguarded.extend(conditions.drain(..).map(|condition| (condition, None)));
        }
        let unguarded = Unguarded::new(&unguarded);
        Self { alphabet, automaton, owners, conditions, unguarded }
    }
}

#[cfg(test)]
mod tests;
