//! Small finite languages: what a part of a pattern can be spelt out as, ASCII letters in lower case.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::limits::{
    MAX_SPELT_OUT, MAX_SPELT_OUT_BYTES, MAX_SPELT_OUT_CLASS, MAX_SPELT_OUT_MUTUALLY,
    MAX_SPELT_OUT_REPETITION,
};

pub(super) type Literals = Vec<Vec<u8>>;

/// The whole language of a node, where it is finite and small.
pub(super) fn exact(tree: &Hir) -> Option<Literals> {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => Some(vec![literal.0.to_ascii_lowercase()]),
        HirKind::Class(class) => members(class),
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Repetition(repetition) => {
            let max = repetition.max.filter(|max| *max <= MAX_SPELT_OUT_REPETITION)?;
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
            (all.len() <= MAX_SPELT_OUT_MUTUALLY).then_some(all)
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
                if all.len() > MAX_SPELT_OUT {
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
        found.len() <= MAX_SPELT_OUT_CLASS
    };
    let small = match class {
        Class::Bytes(ranges) => ranges.iter().all(|r| (r.start()..=r.end()).all(&mut add)),
        Class::Unicode(ranges) => ranges.iter().all(|r| {
            r.end().is_ascii() && (r.start()..=r.end()).all(|c| u8::try_from(c).is_ok_and(&mut add))
        }),
    };
    small.then(|| found.into_iter().map(|byte| vec![byte]).collect())
}

pub(super) fn cross(left: &Literals, right: &Literals) -> Option<Literals> {
    let product = left.len() * right.len();
    if product > MAX_SPELT_OUT
        || (product > MAX_SPELT_OUT_MUTUALLY && left.len() > 1 && right.len() > 1)
    {
        return None;
    }
    let mut all = Vec::with_capacity(product);
    for a in left {
        for b in right {
            if a.len() + b.len() > MAX_SPELT_OUT_BYTES {
                return None;
            }
            all.push([a.as_slice(), b.as_slice()].concat());
        }
    }
    Some(all)
}
