//! Required literals: every match of a pattern contains one of them, ASCII letters in lower case.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::gate::MIN_LITERAL_BYTES;

/// Bytes of a literal that is still worth crossing with what follows.
const MAX_CROSSED_BYTES: usize = 24;
/// Literals of one product.
const MAX_CROSSED: usize = 400;
/// Literals one pattern may need; beyond it costs more than it saves.
const MAX_LITERALS: usize = 3_000;
/// Members of a class that is spelt out.
const MAX_CLASS: usize = 12;
/// Copies of a repetition that are spelt out.
const MAX_REPETITION: u32 = 3;

type Literals = Vec<Vec<u8>>;

/// `None` where there is no set of literals that are long enough.
pub(super) fn of_pattern(tree: &Hir) -> Option<Literals> {
    required(tree).filter(|literals| shortest(literals) >= MIN_LITERAL_BYTES)
}

/// `phrases` are in lower case.
pub(super) fn of_phrases(phrases: &[Vec<u8>]) -> Option<Literals> {
    (shortest(phrases) >= MIN_LITERAL_BYTES).then(|| phrases.to_vec())
}

fn shortest(literals: &[Vec<u8>]) -> usize {
    literals.iter().map(Vec::len).min().unwrap_or(usize::MAX)
}

/// The whole language of a node, where it is finite and small.
fn exact(tree: &Hir) -> Option<Literals> {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => Some(vec![literal.0.to_ascii_lowercase()]),
        HirKind::Class(class) => members(class),
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Repetition(repetition) => {
            let max = repetition.max.filter(|max| *max <= MAX_REPETITION)?;
            let once = exact(&repetition.sub)?;
            let mut all = Vec::new();
            let mut power = vec![Vec::new()];
            for count in 0..=max {
                if count >= repetition.min {
                    all.extend(power.iter().cloned());
                }
                if count < max {
                    power = cross(&power, &once)?;
                }
            }
            (all.len() <= 64).then_some(all)
        }
        HirKind::Concat(parts) => {
            let mut all = vec![Vec::new()];
            for part in parts {
                all = cross(&all, &exact(part)?)?;
            }
            Some(all)
        }
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(exact(part)?);
                if all.len() > MAX_CROSSED {
                    return None;
                }
            }
            Some(all)
        }
    }
}

fn members(class: &Class) -> Option<Literals> {
    let mut found = BTreeSet::new();
    let mut add = |byte: u8| {
        found.insert(byte.to_ascii_lowercase());
        found.len() <= MAX_CLASS
    };
    let small = match class {
        Class::Bytes(ranges) => ranges.iter().all(|r| (r.start()..=r.end()).all(&mut add)),
        Class::Unicode(ranges) => ranges.iter().all(|r| {
            r.end().is_ascii() && (r.start()..=r.end()).all(|c| u8::try_from(c).is_ok_and(&mut add))
        }),
    };
    small.then(|| found.into_iter().map(|byte| vec![byte]).collect())
}

fn cross(left: &Literals, right: &Literals) -> Option<Literals> {
    let product = left.len() * right.len();
    if product > MAX_CROSSED || (product > 64 && left.len() > 1 && right.len() > 1) {
        return None;
    }
    let mut all = Vec::with_capacity(product);
    for a in left {
        for b in right {
            if a.len() + b.len() > MAX_CROSSED_BYTES {
                return None;
            }
            all.push([a.as_slice(), b.as_slice()].concat());
        }
    }
    Some(all)
}

/// Literals of which every match has one.
fn required(tree: &Hir) -> Option<Literals> {
    if let Some(all) = exact(tree).filter(|all| shortest(all) > 0) {
        return Some(all);
    }
    match tree.kind() {
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min >= 1 => required(&repetition.sub),
        HirKind::Concat(parts) => of_concatenation(parts),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(required(part)?);
                if all.len() > MAX_LITERALS {
                    return None;
                }
            }
            Some(all)
        }
        HirKind::Empty
        | HirKind::Look(_)
        | HirKind::Literal(_)
        | HirKind::Class(_)
        | HirKind::Repetition(_) => None,
    }
}

/// The best of the runs of a concatenation: neighbours that can be spelt out are joined.
fn of_concatenation(parts: &[Hir]) -> Option<Literals> {
    let mut best: Option<Literals> = None;
    let mut consider = |candidate: Literals| {
        if shortest(&candidate) == 0 || candidate.is_empty() {
            return;
        }
        if best.as_ref().is_none_or(|best| worth(&candidate) > worth(best)) {
            best = Some(candidate);
        }
    };
    let mut run: Literals = vec![Vec::new()];
    for part in parts {
        let whole = exact(part);
        if let Some(longer) = whole.as_ref().and_then(|whole| cross(&run, whole)) {
            run = longer;
            continue;
        }
        consider(std::mem::replace(&mut run, vec![Vec::new()]));
        match whole {
            Some(whole) => run = whole,
            None => {
                if let Some(inner) = required(part) {
                    consider(inner);
                }
            }
        }
    }
    consider(run);
    best
}

/// Longer is better, then fewer.
fn worth(literals: &Literals) -> (usize, isize) {
    let count = isize::try_from(literals.len()).unwrap_or(isize::MAX);
    (shortest(literals).min(4), -count)
}
