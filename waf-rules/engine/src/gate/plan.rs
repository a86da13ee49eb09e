//! What every match of a pattern fulfils, as alternatives: in one of them literals occur, between certain neighbours,
//! and bytes of certain sets. A plan may only ever be too weak.

use regex_syntax::hir::{Hir, HirKind};

use crate::gate::bytes::{ByteSet, likelihood as likelihood_of, run_likelihood};
use crate::gate::literals::{Literals, cross, exact};
use crate::gate::noise;
use crate::gate::sides::{Direction, Side, beyond, outermost};
use crate::limits::{
    MAX_GATE_ADDED_LITERALS, MAX_GATE_BRANCHES, MAX_GATE_GROUPS, MAX_GATE_LITERAL_BYTES,
    MAX_GATE_LITERALS, MAX_GATE_SETS,
};

/// Shorter literals are found in everything, unless what stands next to them is rare.
const MIN_LITERAL_BYTES: usize = 2;
/// A group with a literal of one byte is not likelier than this.
const MAX_BYTE_LIKELIHOOD: f64 = 0.3;
/// Nor than this, where the byte is a letter or digit: each of them in a value has to be looked at.
const MAX_LETTERS_LIKELIHOOD: f64 = 0.12;
/// And the letter itself is not likelier than this.
const MAX_LETTER_LIKELIHOOD: f64 = 0.03;
/// A plan that lets less through needs no literals of one byte: where they are many, they are found everywhere.
const MAX_LIKELIHOOD: f64 = 0.3;
/// A set that most values have a byte of says nothing.
const MAX_PRESENCE: f64 = 0.97;
/// From here on a set is common.
const COMMON_PRESENCE: f64 = 0.5;
/// Such a group is not likelier than this.
const MAX_ADDED_LIKELIHOOD: f64 = 0.2;
/// What one literal costs, as a likelihood: it takes room in the automaton.
const LITERAL_COST: f64 = 2e-6;

/// A literal and what may stand next to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Guard {
    pub(super) bytes: Vec<u8>,
    pub(super) before: (ByteSet, bool),
    pub(super) after: (ByteSet, bool),
}

/// Literals of which one occurs.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Group {
    pub(super) guards: Vec<Guard>,
    /// How likely an ordinary value has one of them; beyond 1 where they are common.
    likelihood: f64,
}

/// One alternative.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Branch {
    /// Of each group a literal occurs.
    pub(super) groups: Vec<Group>,
    /// Of each set a byte occurs.
    pub(super) sets: Vec<ByteSet>,
    pub(super) min_bytes: usize,
}

pub(super) type Plan = Vec<Branch>;

/// The alternatives of a whole pattern.
pub(super) fn of_pattern(tree: &Hir) -> Plan {
    let Some((rest, noise)) = noise::without(tree) else {
        return plan(tree, Side::ANY, Side::ANY);
    };
    let mut noisy = Branch { groups: Vec::new(), sets: sets(tree), min_bytes: min_bytes(tree) };
    noisy.sets.push(noise.folded());
    keep_rarest(&mut noisy);
    let mut all = plan(&rest, Side::ANY, Side::ANY);
    all.push(noisy);
    all
}

/// The alternatives of a list of phrases in lower case: one.
pub(super) fn of_phrases(phrases: &[Vec<u8>]) -> Plan {
    let mut branch =
        Branch { min_bytes: phrases.iter().map(Vec::len).min().unwrap_or(0), ..Branch::default() };
    if branch.min_bytes >= MIN_LITERAL_BYTES {
        branch.groups.push(group(phrases, Side::ANY, Side::ANY));
    } else if branch.min_bytes > 0 {
        let first: Vec<u8> = phrases.iter().filter_map(|phrase| phrase.first().copied()).collect();
        branch.sets.push(ByteSet::of(&first).folded());
    }
    vec![branch]
}

fn plan(tree: &Hir, before: Side, after: Side) -> Plan {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![Branch::default()],
        HirKind::Literal(_) | HirKind::Class(_) => {
            of_concatenation(std::slice::from_ref(tree), before, after)
        }
        HirKind::Capture(capture) => plan(&capture.sub, before, after),
        HirKind::Repetition(repetition) if repetition.min == 0 => vec![Branch::default()],
        HirKind::Repetition(repetition) => {
            let sub = &repetition.sub;
            if repetition.max == Some(1) {
                return plan(sub, before, after);
            }
            let before = before.or_itself(sub, Direction::Before);
            plan(sub, before, after.or_itself(sub, Direction::After))
        }
        HirKind::Concat(parts) => of_concatenation(parts, before, after),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(plan(part, before, after));
            }
            merged(all)
        }
    }
}

/// Either of the parts that can be spelt out, or of one part its alternatives; whichever is least likely to occur in
/// what is harmless.
fn of_concatenation(parts: &[Hir], before: Side, after: Side) -> Plan {
    let total: usize = parts.iter().map(min_bytes).sum();
    let sets: Vec<Vec<ByteSet>> = parts.iter().map(sets).collect();
    let outside = |inside: std::ops::Range<usize>| {
        let outside = sets.iter().enumerate().filter(move |(at, _)| !inside.contains(at));
        outside.flat_map(|(_, sets)| sets.iter().copied())
    };
    let side = |range: &std::ops::Range<usize>| {
        let earlier = parts.get(..range.start).unwrap_or_default().iter().rev();
        let later = parts.get(range.end..).unwrap_or_default().iter();
        (beyond(earlier, Direction::Before, before), beyond(later, Direction::After, after))
    };
    let (mut options, mut bytes): (Vec<Plan>, Vec<Plan>) = Default::default();
    let mut spelt_out = vec![false; parts.len()];
    for (range, literals) in runs(parts) {
        let (before, after) = side(&range);
        let group = group(&literals, before, after);
        let long = shortest(&literals) >= MIN_LITERAL_BYTES;
        let single = || literals.iter().filter(|literal| literal.len() == 1).flatten();
        let letters = || single().filter(|byte| byte.is_ascii_alphanumeric());
        if !long && letters().any(|byte| likelihood_of(*byte) > MAX_LETTER_LIKELIHOOD) {
            continue;
        }
        let most =
            if letters().next().is_some() { MAX_LETTERS_LIKELIHOOD } else { MAX_BYTE_LIKELIHOOD };
        if !long && group.likelihood > most {
            continue;
        }
        let options = if long { &mut options } else { &mut bytes };
        options.push(vec![Branch {
            groups: vec![group],
            sets: outside(range.clone()).collect(),
            min_bytes: total,
        }]);
        spelt_out.get_mut(range).unwrap_or_default().fill(long);
    }
    for (at, part) in parts.iter().enumerate() {
        if is_simple(part) || spelt_out.get(at) == Some(&true) {
            continue;
        }
        let range = prefix_of(parts, at)..at + 1;
        let (before, after) = side(&range);
        let mut inner = plan_prefixed(parts.get(range.clone()).unwrap_or_default(), before, after);
        let inside: usize =
            parts.get(range.clone()).unwrap_or_default().iter().map(min_bytes).sum();
        for branch in &mut inner {
            branch.sets.extend(outside(range.clone()));
            branch.min_bytes += total - inside;
        }
        options.push(inner);
    }
    options
        .retain(|plan| plan.len() <= MAX_GATE_BRANCHES && literals_of(plan) <= MAX_GATE_LITERALS);
    options.push(vec![Branch {
        groups: Vec::new(),
        sets: sets.iter().flatten().copied().collect(),
        min_bytes: total,
    }]);
    options.iter_mut().chain(&mut bytes).flatten().for_each(keep_rarest);
    let best = best(options);
    let helps = |plan: &Plan| cost(&best) > MAX_LIKELIHOOD && cost(plan) < cost(&best) / 2.0;
    bytes.into_iter().filter(helps).min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(best)
}

/// Where the letters begin that stand before a part with alternatives.
fn prefix_of(parts: &[Hir], at: usize) -> usize {
    let earlier = parts.get(..at).unwrap_or_default().iter().rev();
    let letters = earlier.take_while(|part| exact(part).is_some_and(|all| all.len() == 1));
    at - letters.take(MAX_GATE_LITERAL_BYTES).count()
}

/// The alternatives of the last part, each with the parts before it.
fn plan_prefixed(parts: &[Hir], before: Side, after: Side) -> Plan {
    let Some((last, prefix)) = parts.split_last() else { return vec![Branch::default()] };
    let HirKind::Alternation(alternatives) = last.kind() else {
        let (nearest, all) = (prefix.iter().rev(), prefix.is_empty());
        let before = if all { before } else { beyond(nearest, Direction::Before, before) };
        let mut inner = plan(last, before, after);
        let bytes: usize = prefix.iter().map(min_bytes).sum();
        inner.iter_mut().for_each(|branch| branch.min_bytes += bytes);
        return inner;
    };
    let each = alternatives.iter().flat_map(|alternative| {
        let whole = prefix.iter().chain([alternative]).cloned().collect();
        plan(&Hir::concat(whole), before, after)
    });
    merged(each.collect())
}

/// The best plan, made more precise by groups of the others.
fn best(mut options: Vec<Plan>) -> Plan {
    options.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
    let mut options = options.into_iter();
    let mut best = options.next().unwrap_or_default();
    for other in options {
        let Some(group) = as_group(other) else { continue };
        for branch in &mut best {
            let helps = group.likelihood < MAX_ADDED_LIKELIHOOD && !branch.groups.contains(&group);
            if branch.groups.len() < MAX_GATE_GROUPS && helps {
                branch.groups.push(group.clone());
            }
        }
    }
    best
}

/// A plan as one group of literals, where each of its alternatives has one.
fn as_group(plan: Plan) -> Option<Group> {
    let mut all = Group::default();
    for branch in plan {
        let group = branch.groups.into_iter().next()?;
        all.join(&group);
        if all.guards.len() > MAX_GATE_ADDED_LITERALS {
            return None;
        }
    }
    Some(all)
}

impl Group {
    fn join(&mut self, other: &Self) {
        self.guards.extend(other.guards.iter().cloned());
        self.guards.sort_unstable();
        self.guards.dedup();
        self.likelihood += other.likelihood;
    }
}

fn literals_of(plan: &Plan) -> usize {
    plan.iter().flat_map(|branch| &branch.groups).map(|group| group.guards.len()).sum()
}

/// How likely an ordinary value is let through, and what asking costs.
fn cost(plan: &Plan) -> f64 {
    let admitted: f64 = plan.iter().map(likelihood).sum();
    admitted + LITERAL_COST * f64::from(u32::try_from(literals_of(plan)).unwrap_or(u32::MAX))
}

fn likelihood(branch: &Branch) -> f64 {
    let groups: f64 = branch.groups.iter().map(|group| group.likelihood.min(1.0)).product();
    // Common sets are mostly said by the literals and what stands next to them already.
    let sets = branch.sets.iter().map(ByteSet::presence);
    groups * sets.filter(|presence| *presence < COMMON_PRESENCE).product::<f64>()
}

fn keep_rarest(branch: &mut Branch) {
    let most = if branch.groups.is_empty() { MAX_PRESENCE } else { COMMON_PRESENCE };
    branch.sets.retain(|set| set.presence() <= most);
    branch.sets.sort_by_cached_key(|set| (set.rarity(), *set));
    branch.sets.dedup();
    branch.sets.truncate(MAX_GATE_SETS);
}

/// Alternatives that differ in their literals only are one.
fn merged(plan: Plan) -> Plan {
    let mut all: Plan = Vec::new();
    for branch in plan {
        if all.contains(&branch) {
            continue;
        }
        let single = branch.groups.len() == 1;
        let same = all
            .iter_mut()
            .find(|known| single && known.groups.len() == 1 && known.sets == branch.sets);
        match (same, branch.groups.first()) {
            (Some(known), Some(more)) => {
                known.min_bytes = known.min_bytes.min(branch.min_bytes);
                if let Some(group) = known.groups.first_mut() {
                    group.join(more);
                }
            }
            _ => all.push(branch),
        }
    }
    all
}

/// Neighbours that can be spelt out together, where all literals are long enough. Classes at the ends are left to the
/// neighbours of the literals.
fn runs(parts: &[Hir]) -> Vec<(std::ops::Range<usize>, Literals)> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < parts.len() {
        let mut end = start;
        let mut literals: Literals = vec![Vec::new()];
        let mut useful = start;
        let mut kept: Option<Literals> = None;
        while let Some(part) = parts.get(end)
            && let Some(longer) = exact(part).and_then(|whole| cross(&literals, &whole))
        {
            literals = longer;
            end += 1;
            if !is_wide_class(part) && !is_empty(part) {
                useful = end;
                kept = Some(literals.clone());
            }
        }
        let begins =
            parts.get(start).is_some_and(|first| !is_wide_class(first) && !is_empty(first));
        if let Some(kept) = kept.filter(|kept| begins && shortest(kept) > 0) {
            found.push((start..useful, kept));
            start = useful;
        } else {
            start += 1;
        }
    }
    found
}

fn is_wide_class(part: &Hir) -> bool {
    matches!(part.kind(), HirKind::Class(class) if ByteSet::of_class(class).len() > 2)
}

/// Whether the part has no alternatives of its own.
fn is_simple(part: &Hir) -> bool {
    match part.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => true,
        HirKind::Repetition(repetition) => repetition.min == 0,
        HirKind::Capture(_) | HirKind::Concat(_) | HirKind::Alternation(_) => false,
    }
}

fn is_empty(part: &Hir) -> bool {
    matches!(part.kind(), HirKind::Look(_) | HirKind::Empty)
}

fn shortest(literals: &[Vec<u8>]) -> usize {
    literals.iter().map(Vec::len).min().unwrap_or(0)
}

/// `literals` between these sides.
fn group(literals: &[Vec<u8>], before: Side, after: Side) -> Group {
    let (before, after) = (Beside::new(before), Beside::new(after));
    let mut group = Group::default();
    for literal in literals {
        let (Some(first), Some(last)) = (literal.first(), literal.last()) else { continue };
        let (before, before_likelihood) = before.of(*first);
        let (after, after_likelihood) = after.of(*last);
        let kept = literal.get(..MAX_GATE_LITERAL_BYTES).unwrap_or(literal);
        // What is cut off begins with a byte that is known.
        let after = match literal.get(MAX_GATE_LITERAL_BYTES) {
            Some(next) => (ByteSet::of(&[*next]).folded(), false),
            None => after,
        };
        group.likelihood += run_likelihood(kept) * before_likelihood * after_likelihood;
        group.guards.push(Guard { bytes: kept.to_vec(), before, after });
    }
    group.guards.sort_unstable();
    group.guards.dedup();
    group
}

/// What stands beside literals that end with a letter or digit, and with another byte; and how likely that is.
struct Beside {
    word: ((ByteSet, bool), f64),
    other: ((ByteSet, bool), f64),
}

impl Beside {
    fn new(side: Side) -> Self {
        let of = |byte| {
            let side = side.next_to(byte);
            ((side.bytes.folded(), side.edge), side.likelihood())
        };
        Self { word: of(b'a'), other: of(b' ') }
    }

    fn of(&self, byte: u8) -> ((ByteSet, bool), f64) {
        if byte.is_ascii_alphanumeric() || byte == b'_' { self.word } else { self.other }
    }
}

fn min_bytes(tree: &Hir) -> usize {
    tree.properties().minimum_len().unwrap_or(0)
}

/// The rarest of the sets of which every match has a byte.
pub(super) fn rarest_set(tree: &Hir) -> Option<ByteSet> {
    sets(tree).into_iter().min_by_key(ByteSet::rarity)
}

/// Sets of which every match has a byte each.
fn sets(tree: &Hir) -> Vec<ByteSet> {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => Vec::new(),
        HirKind::Literal(literal) => {
            literal.0.iter().map(|byte| ByteSet::of(&[*byte]).folded()).collect()
        }
        HirKind::Class(class) => vec![ByteSet::of_class(class).folded()],
        HirKind::Repetition(repetition) if repetition.min == 0 => Vec::new(),
        HirKind::Repetition(repetition) => sets(&repetition.sub),
        HirKind::Capture(capture) => sets(&capture.sub),
        HirKind::Concat(parts) => {
            let mut all: Vec<ByteSet> = parts.iter().flat_map(sets).collect();
            all.sort_by_cached_key(|set| (set.rarity(), *set));
            all.dedup();
            // Enough for the alternations above to choose from.
            all.truncate(MAX_GATE_SETS * 2);
            all
        }
        HirKind::Alternation(parts) => {
            // The rarest set of each branch, united: one of them occurs.
            let mut united = ByteSet::EMPTY;
            for part in parts {
                match rarest_set(part) {
                    Some(rarest) => united = united.union(rarest),
                    None => return Vec::new(),
                }
            }
            vec![united]
        }
    }
}

/// The bytes a value must begin with where the pattern is bound to its beginning.
pub(super) fn first_bytes(tree: &Hir) -> Option<ByteSet> {
    let properties = tree.properties();
    let bound = properties.look_set_prefix().contains(regex_syntax::hir::Look::Start);
    let end = outermost(tree, Direction::Before);
    (bound && !end.nullable && !end.edge).then(|| end.bytes.folded())
}

/// The most bytes a value may have where the pattern is bound to both its ends.
pub(super) fn max_bytes(tree: &Hir) -> Option<usize> {
    let properties = tree.properties();
    let start = properties.look_set_prefix().contains(regex_syntax::hir::Look::Start);
    let end = properties.look_set_suffix().contains(regex_syntax::hir::Look::End);
    properties.maximum_len().filter(|_| start && end)
}
