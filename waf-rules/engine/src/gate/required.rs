//! Required bytes and length: conditions that cost a few instructions each.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Sets kept for one pattern, the smallest ones.
const MAX_SETS: usize = 4;
/// A set with more members says nothing.
const MAX_MEMBERS: u32 = 140;

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct ByteSet {
    words: [u64; 4],
}

impl ByteSet {
    /// The bytes that occur in a value.
    pub(super) fn of(value: &[u8]) -> Self {
        let mut set = Self::default();
        value.iter().for_each(|byte| set.insert(*byte));
        set
    }

    #[inline]
    fn insert(&mut self, byte: u8) {
        if let Some(word) = self.words.get_mut(usize::from(byte / 64)) {
            *word |= 1 << (byte % 64);
        }
    }

    fn union(mut self, other: Self) -> Self {
        self.words.iter_mut().zip(other.words).for_each(|(mine, theirs)| *mine |= theirs);
        self
    }

    fn len(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    #[inline]
    fn meets(&self, other: &Self) -> bool {
        let ([a, b, c, d], [e, f, g, h]) = (self.words, other.words);
        (a & e) | (b & f) | (c & g) | (d & h) != 0
    }
}

/// What a value must have.
#[derive(Debug)]
pub(super) struct Required {
    min_bytes: usize,
    /// A byte of each.
    sets: Vec<ByteSet>,
}

impl Required {
    pub(super) const fn nothing() -> Self {
        Self { min_bytes: 0, sets: Vec::new() }
    }

    pub(super) fn of_pattern(tree: &Hir) -> Self {
        let mut sets = sets(tree);
        sets.sort_by_key(|set| (set.len(), *set));
        sets.dedup();
        sets.truncate(MAX_SETS);
        Self { min_bytes: tree.properties().minimum_len().unwrap_or(0), sets }
    }

    #[inline]
    pub(super) fn admits(&self, length: usize, bytes: &ByteSet) -> bool {
        length >= self.min_bytes && self.sets.iter().all(|set| set.meets(bytes))
    }
}

/// Sets of which every match has a byte each.
fn sets(tree: &Hir) -> Vec<ByteSet> {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => Vec::new(),
        HirKind::Literal(literal) => literal.0.iter().map(|byte| ByteSet::of(&[*byte])).collect(),
        HirKind::Class(class) => of_class(class).into_iter().collect(),
        HirKind::Repetition(repetition) if repetition.min == 0 => Vec::new(),
        HirKind::Repetition(repetition) => sets(&repetition.sub),
        HirKind::Capture(capture) => sets(&capture.sub),
        HirKind::Concat(parts) => {
            let mut all: Vec<ByteSet> = parts.iter().flat_map(sets).collect();
            all.sort_by_key(|set| (set.len(), *set));
            all.dedup();
            // Enough for the alternations above to choose from.
            all.truncate(MAX_SETS * 4);
            all
        }
        HirKind::Alternation(parts) => {
            // The smallest set of each branch, united: one of them occurs.
            let mut united = ByteSet::default();
            for part in parts {
                match sets(part).into_iter().min_by_key(ByteSet::len) {
                    Some(smallest) => united = united.union(smallest),
                    None => return Vec::new(),
                }
            }
            (united.len() <= MAX_MEMBERS).then_some(united).into_iter().collect()
        }
    }
}

fn of_class(class: &Class) -> Option<ByteSet> {
    let mut set = ByteSet::default();
    match class {
        Class::Bytes(ranges) => {
            for range in ranges.iter() {
                (range.start()..=range.end()).for_each(|byte| set.insert(byte));
            }
        }
        Class::Unicode(ranges) => {
            for range in ranges.iter() {
                for c in range.start()..=range.end() {
                    // A character beyond ASCII is several bytes: its set would be of no use.
                    set.insert(u8::try_from(c).ok().filter(u8::is_ascii)?);
                }
            }
        }
    }
    (set.len() <= MAX_MEMBERS && set.len() > 0).then_some(set)
}
