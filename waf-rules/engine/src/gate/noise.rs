//! Noise: parts of a pattern that may be missing and are made of rare bytes, such as the quotes and backslashes that
//! may stand between any two letters of a command. A value without these bytes can only match what is left of the
//! pattern when its noise is taken out, and that has whole words.

use std::collections::BTreeMap;

use regex_syntax::hir::{Capture, Hir, HirKind, Repetition};

use crate::gate::bytes::ByteSet;
use crate::gate::plan::rarest_set;

/// A set that more ordinary values have a byte of is no noise.
const MAX_PRESENCE: f64 = 0.6;
/// Bytes that are noise in fewer places are taken for part of the pattern.
const MIN_PLACES: usize = 16;

/// The pattern without its noise, and the bytes of which every noise has one.
pub(super) fn without(tree: &Hir) -> Option<(Hir, ByteSet)> {
    let mut places = BTreeMap::new();
    count(tree, &mut places);
    places.retain(|_, places| *places >= MIN_PLACES);
    let bytes = places.keys().fold(ByteSet::EMPTY, |all, bytes| all.union(*bytes));
    let noise = Noise { kinds: places.into_keys().collect() };
    (bytes != ByteSet::EMPTY).then(|| (noise.take_out(tree), bytes))
}

/// Counts for each set of rare bytes the parts that may be missing and have one of them.
fn count(tree: &Hir, places: &mut BTreeMap<ByteSet, usize>) {
    if let HirKind::Repetition(repetition) = tree.kind()
        && repetition.min == 0
        && let Some(bytes) = of_part(&repetition.sub)
    {
        *places.entry(bytes).or_default() += 1;
        return;
    }
    tree.kind().subs().iter().for_each(|part| count(part, places));
}

struct Noise {
    kinds: Vec<ByteSet>,
}

impl Noise {
    fn take_out(&self, tree: &Hir) -> Hir {
        match tree.kind() {
            HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {
                tree.clone()
            }
            HirKind::Capture(capture) => Hir::capture(Capture {
                sub: Box::new(self.take_out(&capture.sub)),
                ..capture.clone()
            }),
            HirKind::Repetition(repetition) => {
                if repetition.min == 0
                    && let Some(bytes) = of_part(&repetition.sub)
                    && self.kinds.contains(&bytes)
                {
                    return Hir::empty();
                }
                let sub = Box::new(self.take_out(&repetition.sub));
                Hir::repetition(Repetition { sub, ..repetition.clone() })
            }
            HirKind::Concat(parts) => {
                Hir::concat(parts.iter().map(|part| self.take_out(part)).collect())
            }
            HirKind::Alternation(parts) => {
                Hir::alternation(parts.iter().map(|part| self.take_out(part)).collect())
            }
        }
    }
}

/// The rare bytes of which every match of the part has one.
fn of_part(part: &Hir) -> Option<ByteSet> {
    rarest_set(part).filter(|set| set.presence() < MAX_PRESENCE)
}
