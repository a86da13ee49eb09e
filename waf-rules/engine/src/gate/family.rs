//! The patterns and lists of one half of an exchange: from their plans to one walk over a value.

use std::collections::{BTreeMap, BTreeSet};

use regex_syntax::hir::Hir;

use crate::bits::BitSet;
use crate::gate::alphabet::{Alphabet, Classes};
use crate::gate::bytes::ByteSet;
use crate::gate::conditions::{Conditions, Draft, Traits};
use crate::gate::filter::Filter;
use crate::gate::hits::{self, Hits};
use crate::gate::plan::{self, Group, Guard, Plan};
use crate::gate::symbols::Symbols;
use crate::gate::tail::{self, Tail};
use crate::gate::trie::{self, Node, Trie};

/// What ordinary values are made of, letters in both cases: words, and what encodes and joins them.
const TIERS: [&[u8]; 2] = [
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-",
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-+%=&_/:",
];

/// Fewer literals are looked for in all values alike.
const MIN_TIERED: usize = 500;

/// Shorter values are not asked whether they say the same again.
const MIN_REPEATING: usize = 1_000;

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
    symbols: Symbols,
    /// By what the values are made of, the last one for any value.
    tiers: Vec<Tier>,
    trie: Trie,
    /// By node, one after the other.
    outputs: Vec<Output>,
    /// What stands beside literals.
    sides: Vec<Sides>,
    /// Groups of literals.
    groups: usize,
    conditions: Conditions,
}

/// Values of few kinds of bytes can have few of the literals that matter.
#[derive(Debug)]
struct Tier {
    /// Bytes that these values have not.
    foreign: Classes,
    filter: Filter,
}

/// What a literal says where it occurs between its neighbours.
#[derive(Debug, Clone, Copy)]
struct Output {
    literal: Tail,
    group: u32,
    sides: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sides {
    before: Classes,
    after: Classes,
}

/// Where a literal was found.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: usize,
    end: usize,
}

impl Family {
    pub(super) fn new(needs: &[Need]) -> Self {
        let mut sets = sets(needs);
        sets.extend(TIERS.map(ByteSet::of));
        let alphabet = Alphabet::new(&sets);
        let (groups, conditions) = conditions(needs, &alphabet);
        let guards =
            groups.iter().flat_map(|(group, n)| group.iter().map(move |guard| (guard, *n)));
        let guards: Vec<(&Guard, u32)> = guards.collect();
        let symbols = Symbols::new(guards.iter().map(|(guard, _)| &guard.bytes));
        let mut sides = AllSides::default();
        let (mut literals, mut outputs) = (Vec::new(), Vec::new());
        for (guard, group) in &guards {
            let (sides, beside) = sides.of(guard, &alphabet, &symbols);
            literals.push((guard.bytes.clone(), beside));
            outputs.push(Output { literal: tail::of_literal(&guard.bytes), group: *group, sides });
        }
        let special = if literals.len() >= MIN_TIERED { &TIERS[..] } else { &[] };
        let tiers = special.iter().map(|own| ByteSet::of(own)).chain([ByteSet::ALL]);
        let tiers = tiers.map(|own| {
            let wanted = feasible(needs, own);
            let wanted = guards.iter().zip(&literals).filter(|((g, _), _)| wanted.contains(g));
            Tier {
                foreign: alphabet.of_set(own.complement()),
                filter: Filter::new(wanted.map(|(_, literal)| literal), &symbols),
            }
        });
        let tiers = tiers.collect();
        let (trie, order) = Trie::new(&literals, &symbols);
        let outputs = order.iter().filter_map(|at| outputs.get(*at as usize).copied()).collect();
        let (sides, groups) = (sides.sides, groups.len());
        Self { alphabet, symbols, tiers, trie, outputs, sides, groups, conditions }
    }

    /// Adds to `found` the numbers of all patterns and lists that may match `value`.
    pub(super) fn candidates(&self, value: &[u8], hits: &mut Hits, found: &mut BitSet) {
        hits.begin(self.trie.len(), self.groups, value.len());
        let classes = self.alphabet.of_value(value);
        let Some(tier) = self.tiers.iter().find(|tier| !tier.foreign.meets(classes)) else {
            return;
        };
        tier.filter.walk(value, &self.symbols, |end| {
            if value.len() >= MIN_REPEATING
                && let Some(place) = place(value, end)
                && !hits.is_new(place)
            {
                return;
            }
            self.trie.ending(value, end, &self.symbols, |node, number, start| {
                if !hits.is_done(number) {
                    self.hit(value, (node, number), Place { start, end }, hits);
                }
            });
        });
        let traits = Traits {
            bytes: u32::try_from(value.len()).unwrap_or(u32::MAX),
            classes: classes.union(Classes::EDGE),
            first: self.class_at(value, Some(0)).union(Classes::EDGE),
        };
        self.conditions.admitted(traits, hits, found);
    }

    #[inline]
    fn class_at(&self, value: &[u8], at: Option<usize>) -> Classes {
        let byte = at.and_then(|at| value.get(at));
        byte.map_or(Classes::EDGE, |byte| self.alphabet.of(*byte))
    }

    /// Notes the groups that have a node's literals.
    #[inline(never)]
    fn hit(&self, value: &[u8], (node, number): (&Node, usize), place: Place, hits: &mut Hits) {
        let (start, end) = node.outputs;
        let outputs = self.outputs.get(start as usize..end as usize).unwrap_or_default();
        let literal = tail::before(value, place.end) & tail::mask(place.end - place.start);
        let before = self.class_at(value, place.start.checked_sub(1));
        let after = self.class_at(value, Some(place.end));
        let mut done = true;
        for output in outputs {
            if hits.contains(output.group) {
                continue;
            }
            let fits = || {
                let sides = self.sides.get(output.sides as usize);
                output.literal == literal
                    && sides.is_none_or(|s| s.before.meets(before) && s.after.meets(after))
            };
            if hits.may_check() && !fits() {
                done = false;
                continue;
            }
            hits.insert(output.group);
        }
        if done {
            hits.set_done(number);
        }
    }
}

/// Numbers for the groups of all needs, and the conditions over them.
fn conditions<'n>(
    needs: &'n [Need],
    alphabet: &Alphabet,
) -> (BTreeMap<&'n [Guard], u32>, Conditions) {
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
    let conditions = Conditions::new(&drafts, groups.len());
    (groups, conditions)
}

/// What decides about literals that end before `end`; `None` near the ends of a value.
#[inline]
fn place(value: &[u8], end: usize) -> Option<hits::Place> {
    let before = value.get(end.checked_sub(tail::BYTES + 1)?)?.to_ascii_lowercase();
    let after = value.get(end)?.to_ascii_lowercase();
    Some(hits::Place { tail: tail::before(value, end), before, after })
}

/// The guards that can matter to a value of these bytes alone.
fn feasible(needs: &[Need], bytes: ByteSet) -> BTreeSet<&Guard> {
    let meets = |set: ByteSet| set.intersection(bytes) != ByteSet::EMPTY;
    let side = |(set, edge): (ByteSet, bool)| edge || meets(set);
    let fits = |guard: &Guard| {
        let inside = guard.bytes.iter().all(|byte| bytes.contains(*byte));
        inside && side(guard.before) && side(guard.after)
    };
    let branches = needs.iter().flat_map(|need| &need.plan);
    let possible = branches.filter(|branch| {
        let has_one = |group: &Group| group.guards.iter().any(fits);
        branch.sets.iter().all(|set| meets(*set)) && branch.groups.iter().all(has_one)
    });
    let guards = possible.flat_map(|b| &b.groups).flat_map(|group| &group.guards);
    guards.filter(|guard| fits(guard)).collect()
}

/// What stands beside literals, each once.
#[derive(Default)]
struct AllSides {
    sides: Vec<Sides>,
    known: BTreeMap<Neighbours, (u32, trie::Sides)>,
}

type Neighbours = ((ByteSet, bool), (ByteSet, bool));

impl AllSides {
    fn of(&mut self, guard: &Guard, alphabet: &Alphabet, symbols: &Symbols) -> (u32, trie::Sides) {
        let next = u32::try_from(self.sides.len()).unwrap_or(u32::MAX);
        let known = self.known.entry((guard.before, guard.after)).or_insert_with(|| {
            let side = |(bytes, edge): (ByteSet, bool)| match (bytes == ByteSet::ALL, edge) {
                (true, true) => Classes::ANY,
                (_, true) => alphabet.of_set(bytes).union(Classes::EDGE),
                (_, false) => alphabet.of_set(bytes),
            };
            self.sides.push(Sides { before: side(guard.before), after: side(guard.after) });
            (next, (symbols.set(guard.before), symbols.set(guard.after)))
        });
        *known
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
