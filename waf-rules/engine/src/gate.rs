//! The prefilter: one scan of a value tells which patterns and phrase lists can match it at all.
//!
//! Each pattern is reduced to conditions that every match fulfils: one of its required literals occurs
//! ([`literals`]), bytes of certain sets occur ([`required`]), the value is long enough. One Aho-Corasick automaton
//! over the literals of all patterns finds candidates; patterns without a useful literal are tried by their byte sets.
//! A condition may only ever be too weak: what the gate lets through is still matched by its own automaton.

mod literals;
mod required;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::bits::BitSet;
use crate::compile::Compiled;
use crate::gate::required::{ByteSet, Required};
use crate::meta::Phase;
use crate::operator::Operator;
use crate::program::Rule;

/// Literals shorter than this are found in everything.
const MIN_LITERAL_BYTES: usize = 2;
/// Literals are cut to this length: more bytes make the automaton larger, not much more precise.
const MAX_LITERAL_BYTES: usize = 8;

/// Built once a rule set.
#[derive(Debug)]
pub(crate) struct Gate {
    /// For values seen in phases 1 and 2, and for those of phases 3 to 5.
    families: [Family; 2],
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

#[derive(Debug, Default)]
struct Family {
    /// `None` where no pattern has a literal.
    automaton: Option<AhoCorasick>,
    /// By literal: the conditions it stands for.
    owners: Vec<Vec<u32>>,
    conditions: Vec<Condition>,
    /// Positions of conditions that no literal guards.
    unguarded: Vec<u32>,
}

/// What a value must fulfil for one pattern or list.
#[derive(Debug)]
struct Condition {
    matcher: u32,
    required: Required,
}

impl Gate {
    pub(crate) fn new(program: &Compiled) -> Self {
        let mut used = [BitSet::default(), BitSet::default()];
        for rule in &program.rules {
            if let Some(used) = used.get_mut(Half::of(rule.meta.phase) as usize) {
                matchers(rule).for_each(|matcher| used.insert(matcher));
            }
        }
        Self { families: used.map(|used| Family::new(program, &used)) }
    }

    /// Sets the numbers of all patterns and lists that may match `value`.
    pub(crate) fn candidates(
        &self,
        half: Half,
        value: &[u8],
        scratch: &mut Scratch,
        found: &mut BitSet,
    ) {
        let Some(family) = self.families.get(half as usize) else { return };
        let bytes = ByteSet::of(value);
        let mut try_condition = |index: u32| {
            if let Some(condition) = family.conditions.get(index as usize)
                && condition.required.admits(value.len(), &bytes)
            {
                found.insert(condition.matcher as usize);
            }
        };
        family.unguarded.iter().for_each(|index| try_condition(*index));
        let Some(automaton) = &family.automaton else { return };
        scratch.folded.clear();
        scratch.folded.extend_from_slice(value);
        scratch.folded.make_ascii_lowercase();
        scratch.seen.clear();
        for literal in automaton.find_overlapping_iter(&scratch.folded) {
            let literal = literal.pattern().as_usize();
            if scratch.seen.contains(literal) {
                continue;
            }
            scratch.seen.insert(literal);
            let owners = family.owners.get(literal).map(Vec::as_slice).unwrap_or_default();
            owners.iter().for_each(|index| try_condition(*index));
        }
    }
}

/// Buffers of a scan.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    folded: Vec<u8>,
    /// Literals seen in the value.
    seen: BitSet,
}

/// Numbers of the patterns and lists of a rule.
fn matchers(rule: &Rule) -> impl Iterator<Item = usize> {
    rule.links.iter().filter_map(|link| link.operator.as_ref().and_then(Operator::matcher))
}

impl Family {
    fn new(program: &Compiled, used: &BitSet) -> Self {
        let mut family = Self::default();
        let mut literals = std::collections::BTreeMap::<Vec<u8>, Vec<u32>>::new();
        for (matcher, tree) in &program.operators.trees {
            if used.contains(*matcher as usize) {
                let required = Required::of_pattern(tree);
                let needed = literals::of_pattern(tree);
                family.add(*matcher, required, needed, &mut literals);
            }
        }
        for list in &program.operators.lists {
            if used.contains(list.id as usize) {
                let needed = literals::of_phrases(&list.folded);
                family.add(list.id, Required::nothing(), needed, &mut literals);
            }
        }
        if !literals.is_empty() {
            let (words, owners): (Vec<_>, Vec<_>) = literals.into_iter().unzip();
            family.automaton = AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::DFA))
                .match_kind(MatchKind::Standard)
                .build(&words)
                .ok();
            family.owners = owners;
            if family.automaton.is_none() {
                // Without the automaton every condition is tried by itself.
                let all = 0..u32::try_from(family.conditions.len()).unwrap_or(u32::MAX);
                family.unguarded = all.collect();
            }
        }
        family
    }

    fn add(
        &mut self,
        matcher: u32,
        required: Required,
        needed: Option<Vec<Vec<u8>>>,
        literals: &mut std::collections::BTreeMap<Vec<u8>, Vec<u32>>,
    ) {
        let index = u32::try_from(self.conditions.len()).unwrap_or(u32::MAX);
        self.conditions.push(Condition { matcher, required });
        let Some(needed) = needed else {
            self.unguarded.push(index);
            return;
        };
        for mut literal in needed {
            literal.truncate(MAX_LITERAL_BYTES);
            let owners = literals.entry(literal).or_default();
            if owners.last() != Some(&index) {
                owners.push(index);
            }
        }
    }
}

#[cfg(test)]
mod tests;
