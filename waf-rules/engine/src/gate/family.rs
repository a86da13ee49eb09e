//! The patterns and lists of one half of an exchange: from their plans to one walk over a value.

use std::collections::BTreeMap;

use regex_syntax::hir::Hir;

use crate::bits::BitSet;
use crate::gate::alphabet::{Alphabet, Classes};
use crate::gate::automaton::Automaton;
use crate::gate::bytes::ByteSet;
use crate::gate::conditions::{Conditions, Draft, Traits};
use crate::gate::hits::Hits;
use crate::gate::plan::{self, Guard, Plan};

/// What is known of one pattern or list.
pub(super) struct Need {
    matcher: u32,
    plan: Plan,
    /// The first byte is one of these.
    first: Option<ByteSet>,
    max_bytes: Option<usize>,
}

impl Need {
    pub(super) fn of_pattern(matcher: u32, tree: &Hir) -> Self {
        let (first, max_bytes) = (plan::first_bytes(tree), plan::max_bytes(tree));
        Self { matcher, plan: plan::of_pattern(tree), first, max_bytes }
    }

    /// `phrases` are in lower case.
    pub(super) fn of_phrases(matcher: u32, phrases: &[Vec<u8>]) -> Self {
        Self { matcher, plan: plan::of_phrases(phrases), first: None, max_bytes: None }
    }
}

#[derive(Debug)]
pub(super) struct Family {
    alphabet: Alphabet,
    automaton: Automaton,
    outputs: Vec<Output>,
    /// By match state.
    beside: Vec<Beside>,
    /// Groups of literals.
    groups: usize,
    conditions: Conditions,
}

/// What a literal says where it occurs between its neighbours.
#[derive(Debug, Clone, Copy)]
struct Output {
    group: u32,
    bytes: u32,
    before: Classes,
    after: Classes,
}

impl Family {
    pub(super) fn new(needs: &[Need]) -> Self {
        let alphabet = Alphabet::new(&sets(needs));
        let mut groups = BTreeMap::<&[Guard], u32>::new();
        let mut drafts = Vec::new();
        for need in needs {
            let first = need.first.map_or(Classes::ANY, |set| alphabet.of_set(set));
            for branch in &need.plan {
                let own = branch.groups.iter().map(|group| {
                    let next = u32::try_from(groups.len()).unwrap_or(u32::MAX);
                    *groups.entry(&group.guards).or_insert(next)
                });
                drafts.push(Draft {
                    matcher: need.matcher,
                    min_bytes: branch.min_bytes,
                    max_bytes: need.max_bytes,
                    first,
                    groups: own.collect(),
                    sets: branch.sets.iter().map(|set| alphabet.of_set(*set)).collect(),
                });
            }
        }
        let side = |(bytes, edge): (ByteSet, bool)| match (bytes == ByteSet::ALL, edge) {
            (true, true) => Classes::ANY,
            (_, true) => alphabet.of_set(bytes).union(Classes::EDGE),
            (_, false) => alphabet.of_set(bytes),
        };
        let mut literals = BTreeMap::<Vec<u8>, Vec<u32>>::new();
        let mut outputs = Vec::new();
        for (group, number) in &groups {
            for guard in *group {
                let output = u32::try_from(outputs.len()).unwrap_or(u32::MAX);
                literals.entry(guard.bytes.clone()).or_default().push(output);
                outputs.push(Output {
                    group: *number,
                    bytes: u32::try_from(guard.bytes.len()).unwrap_or(u32::MAX),
                    before: side(guard.before),
                    after: side(guard.after),
                });
            }
        }
        let automaton = Automaton::new(&literals);
        let conditions = Conditions::new(&drafts, groups.len());
        let groups = groups.len();
        let beside = (0..automaton.matches()).map(|state| {
            let own = automaton.outputs(state).iter();
            Beside::of(own.filter_map(|at| outputs.get(*at as usize)))
        });
        let beside = beside.collect();
        Self { alphabet, automaton, outputs, beside, groups, conditions }
    }

    /// Adds to `found` the numbers of all patterns and lists that may match `value`.
    pub(super) fn candidates(&self, value: &[u8], hits: &mut Hits, found: &mut BitSet) {
        hits.begin(self.automaton.matches(), self.groups, value.len());
        let classes = self.automaton.walk(value, &self.alphabet, |state, at| {
            let next = value.get(at + 1).map_or(Classes::EDGE, |byte| self.alphabet.of(*byte));
            let Some(beside) = self.beside.get(state) else { return };
            if beside.after.meets(next)
                && beside.before.meets(self.class_before(value, at, beside.bytes))
                && !hits.is_done(state)
            {
                self.hit(value, (state, at), next, hits);
            }
        });
        let first = value.first().map_or(Classes::NONE, |byte| self.alphabet.of(*byte));
        let traits = Traits {
            bytes: u32::try_from(value.len()).unwrap_or(u32::MAX),
            classes: classes.union(Classes::EDGE),
            first: first.union(Classes::EDGE),
        };
        self.conditions.admitted(traits, hits, found);
    }

    /// The class of the byte before the last `bytes` ones that end at `last`.
    #[inline]
    fn class_before(&self, value: &[u8], last: usize, bytes: u32) -> Classes {
        let before = last.checked_sub(bytes as usize).and_then(|at| value.get(at));
        before.map_or(Classes::EDGE, |byte| self.alphabet.of(*byte))
    }

    /// Notes the groups whose literals end at a byte of the value.
    #[inline(never)]
    fn hit(&self, value: &[u8], (state, at): (usize, usize), next: Classes, hits: &mut Hits) {
        let mut done = true;
        for index in self.automaton.outputs(state) {
            let Some(output) = self.outputs.get(*index as usize) else { continue };
            if hits.contains(output.group) {
                continue;
            }
            if hits.may_check() && !self.fits(value, (at, next), output) {
                done = false;
                continue;
            }
            hits.insert(output.group);
        }
        if done {
            hits.set_done(state);
        }
    }

    #[inline]
    fn fits(&self, value: &[u8], (last, next): (usize, Classes), output: &Output) -> bool {
        output.after.meets(next)
            && output.before.meets(self.class_before(value, last, output.bytes))
    }
}

/// What may stand beside any of the literals of a match state.
#[derive(Debug, Clone, Copy)]
struct Beside {
    after: Classes,
    /// Before the last `bytes` bytes.
    before: Classes,
    bytes: u32,
}

impl Beside {
    fn of<'o>(outputs: impl Iterator<Item = &'o Output>) -> Self {
        let mut all: Option<Self> = None;
        for Output { before, after, bytes, .. } in outputs.copied() {
            let known = all.unwrap_or(Self { after, before, bytes });
            // Literals of several lengths do not begin at the same byte.
            let same = known.bytes == bytes;
            let before = if same { known.before.union(before) } else { Classes::ANY };
            all = Some(Self { after: known.after.union(after), before, bytes: known.bytes });
            if !same {
                all = all.map(|all| Self { bytes: 0, ..all });
            }
        }
        all.unwrap_or(Self { after: Classes::ANY, before: Classes::ANY, bytes: 0 })
    }
}

/// All sets that are asked for.
fn sets(needs: &[Need]) -> Vec<ByteSet> {
    let mut all = Vec::new();
    for need in needs {
        all.extend(need.first);
        for branch in &need.plan {
            all.extend_from_slice(&branch.sets);
            for guard in branch.groups.iter().flat_map(|group| &group.guards) {
                all.extend([guard.before.0, guard.after.0]);
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}
