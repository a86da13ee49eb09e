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
    fn of(value: &[u8]) -> Self {
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

    /// How likely an ordinary value has one of the bytes: letters and digits are everywhere.
    fn commonness(&self) -> u32 {
        let ordinary = (0..=u8::MAX).filter(|b| b.is_ascii_alphanumeric() && self.contains(*b));
        self.len() + 20 * u32::try_from(ordinary.count()).unwrap_or(u32::MAX / 32)
    }

    fn contains(&self, byte: u8) -> bool {
        self.words.get(usize::from(byte / 64)).is_some_and(|word| word >> (byte % 64) & 1 == 1)
    }
}

/// Which of the interesting sets have a byte in a value: one bit a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Signature(u128);

/// The byte sets that patterns need, each with a bit; at most as many as a signature has.
#[derive(Debug)]
pub(super) struct Alphabet {
    /// By byte: the sets it is in.
    table: Box<[u128; 256]>,
}

impl Alphabet {
    /// Chooses the sets that most patterns need.
    ///
    /// The second part of the result has for each pattern the signature it needs, and the bit of its rarest set.
    pub(super) fn new(patterns: &[Vec<ByteSet>]) -> (Self, Vec<(Signature, Option<usize>)>) {
        let mut uses = std::collections::BTreeMap::<ByteSet, usize>::new();
        for set in patterns.iter().flatten() {
            *uses.entry(*set).or_default() += 1;
        }
        let mut sets: Vec<(ByteSet, usize)> = uses.into_iter().collect();
        sets.sort_by_key(|(set, uses)| (std::cmp::Reverse(*uses), set.len()));
        sets.truncate(Signature::BITS);
        let mut table = Box::new([0_u128; 256]);
        for (bit, (set, _)) in sets.iter().enumerate() {
            for (byte, row) in table.iter_mut().enumerate() {
                if u8::try_from(byte).is_ok_and(|byte| set.contains(byte)) {
                    *row |= 1 << bit;
                }
            }
        }
        let bit = |set: &ByteSet| sets.iter().position(|(known, _)| known == set);
        let needed = |pattern: &Vec<ByteSet>| {
            let bits = pattern.iter().filter_map(bit);
            (bits.clone().fold(Signature::default(), Signature::with), bits.clone().next())
        };
        let needed = patterns.iter().map(needed).collect();
        (Self { table }, needed)
    }

    /// The signature of a value.
    pub(super) fn signature(&self, value: &[u8]) -> Signature {
        let sets = |byte: &u8| self.table.get(usize::from(*byte)).copied().unwrap_or(0);
        Signature(value.iter().fold(0, |all, byte| all | sets(byte)))
    }
}

impl Signature {
    /// How many sets there are at most.
    pub(super) const BITS: usize = 128;

    pub(super) const fn with(self, bit: usize) -> Self {
        Self(self.0 | 1 << bit)
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn bits(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(bit)
        })
    }

    /// Whether a value with this signature has a byte of every set in `needed`.
    #[inline]
    pub(super) const fn covers(self, needed: Self) -> bool {
        needed.0 & !self.0 == 0
    }
}

/// The most telling sets of a pattern, the rarest first, and the fewest bytes a match has.
pub(super) fn of_pattern(tree: &Hir) -> (Vec<ByteSet>, usize) {
    let mut sets = sets(tree);
    sets.sort_by_key(|set| (set.commonness(), *set));
    sets.dedup();
    sets.truncate(MAX_SETS);
    (sets, tree.properties().minimum_len().unwrap_or(0))
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
