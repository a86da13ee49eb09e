//! Classes of bytes that no pattern tells apart.

use std::collections::BTreeMap;

use crate::gate::bytes::ByteSet;

/// A set of classes; one more stands for the edge of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Classes(u128);

impl Classes {
    pub(super) const NONE: Self = Self(0);
    pub(super) const EDGE: Self = Self(1 << Self::MAX);
    /// Every class and the edge.
    pub(super) const ANY: Self = Self(u128::MAX);
    /// How many classes there are at most.
    pub(super) const MAX: usize = 127;

    #[inline]
    pub(super) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline]
    pub(super) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The numbers of the classes that are in both.
    #[inline]
    pub(super) fn common(self, other: Self) -> impl Iterator<Item = usize> {
        let mut rest = self.0 & other.0;
        std::iter::from_fn(move || {
            let class = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(class)
        })
    }
}

/// By byte: its class.
#[derive(Debug)]
pub(super) struct Alphabet {
    classes: Box<[Classes; 256]>,
}

impl Alphabet {
    /// Classes for sets that have every letter in both cases.
    ///
    /// Where there would be too many, the last of them share one: a set then seems to have bytes that it has not,
    /// which only makes conditions weaker.
    pub(super) fn new(sets: &[ByteSet]) -> Self {
        let mut known = BTreeMap::<Vec<u64>, usize>::new();
        let mut classes = Box::new([Classes::NONE; 256]);
        for (byte, class) in (0..=u8::MAX).zip(classes.iter_mut()) {
            let folded = byte.to_ascii_lowercase();
            let mut memberships = vec![0_u64; sets.len().div_ceil(64)];
            for (at, set) in sets.iter().enumerate() {
                if let Some(word) = memberships.get_mut(at / 64) {
                    *word |= u64::from(set.contains(folded)) << (at % 64);
                }
            }
            let next = known.len();
            let number = *known.entry(memberships).or_insert(next);
            *class = Classes(1 << number.min(Classes::MAX - 1));
        }
        Self { classes }
    }

    #[inline(always)]
    pub(super) fn of(&self, byte: u8) -> Classes {
        self.classes.get(usize::from(byte)).copied().unwrap_or(Classes::NONE)
    }

    /// The classes of the bytes of a value.
    #[inline]
    pub(super) fn of_value(&self, value: &[u8]) -> Classes {
        value.iter().fold(Classes::NONE, |all, byte| all.union(self.of(*byte)))
    }

    /// The classes of all bytes of a set.
    pub(super) fn of_set(&self, set: ByteSet) -> Classes {
        let members = (0..=u8::MAX).filter(|byte| set.contains(*byte));
        members.fold(Classes::NONE, |all, byte| all.union(self.of(byte)))
    }
}
