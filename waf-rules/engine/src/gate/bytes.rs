//! Sets of bytes, and how common bytes are.

use regex_syntax::hir::Class;

/// Bytes of the value that likelihoods are reckoned for.
const TYPICAL_BYTES: i32 = 40;

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct ByteSet {
    words: [u64; 4],
}

impl ByteSet {
    pub(super) const EMPTY: Self = Self { words: [0; 4] };
    pub(super) const ALL: Self = Self { words: [u64::MAX; 4] };

    pub(super) fn of(value: &[u8]) -> Self {
        let mut set = Self::EMPTY;
        value.iter().for_each(|byte| set.insert(*byte));
        set
    }

    /// What `\w` means.
    pub(super) fn word() -> Self {
        let mut set = Self::EMPTY;
        (0..=u8::MAX)
            .filter(|b| b.is_ascii_alphanumeric() || *b == b'_')
            .for_each(|b| set.insert(b));
        set
    }

    /// The bytes a class consists of. Of a character beyond ASCII every byte is: each is one of those above ASCII.
    pub(super) fn of_class(class: &Class) -> Self {
        let mut set = Self::EMPTY;
        let mut add = |start: u32, end: u32| {
            for byte in start..=end.min(0x7f) {
                set.insert(u8::try_from(byte).unwrap_or(0));
            }
            if end > 0x7f {
                (0x80..=u8::MAX).for_each(|byte| set.insert(byte));
            }
        };
        match class {
            Class::Bytes(ranges) => {
                for range in ranges.iter() {
                    (range.start()..=range.end()).for_each(|byte| set.insert(byte));
                }
            }
            Class::Unicode(ranges) => {
                ranges.iter().for_each(|range| add(range.start().into(), range.end().into()));
            }
        }
        set
    }

    #[inline]
    pub(super) fn insert(&mut self, byte: u8) {
        if let Some(word) = self.words.get_mut(usize::from(byte / 64)) {
            *word |= 1 << (byte % 64);
        }
    }

    #[inline]
    pub(super) fn contains(&self, byte: u8) -> bool {
        self.words.get(usize::from(byte / 64)).is_some_and(|word| word >> (byte % 64) & 1 == 1)
    }

    pub(super) fn union(mut self, other: Self) -> Self {
        self.words.iter_mut().zip(other.words).for_each(|(mine, theirs)| *mine |= theirs);
        self
    }

    pub(super) fn intersection(mut self, other: Self) -> Self {
        self.words.iter_mut().zip(other.words).for_each(|(mine, theirs)| *mine &= theirs);
        self
    }

    pub(super) fn complement(mut self) -> Self {
        self.words.iter_mut().for_each(|word| *word = !*word);
        self
    }

    pub(super) fn len(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// The set with every ASCII letter in both cases.
    pub(super) fn folded(self) -> Self {
        let mut folded = self;
        for letter in b'a'..=b'z' {
            let capital = letter.to_ascii_uppercase();
            if self.contains(letter) || self.contains(capital) {
                folded.insert(letter);
                folded.insert(capital);
            }
        }
        folded
    }

    /// How likely one byte of an ordinary value is in the set.
    pub(super) fn likelihood(&self) -> f64 {
        if *self == Self::ALL {
            return 1.0;
        }
        self.folded()
            .members()
            .filter(|byte| !byte.is_ascii_uppercase())
            .map(likelihood)
            .sum::<f64>()
            .min(1.0)
    }

    fn members(self) -> impl Iterator<Item = u8> {
        [0_u8, 64, 128, 192].into_iter().zip(self.words).flat_map(|(base, word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(base | u8::try_from(bit).unwrap_or(0))
            })
        })
    }

    /// Orders sets by [`Self::presence`].
    pub(super) fn rarity(&self) -> u64 {
        // For numbers that are not negative the order of the bits is theirs.
        self.likelihood().to_bits()
    }

    /// How likely an ordinary value has a byte of the set.
    pub(super) fn presence(&self) -> f64 {
        1.0 - (1.0 - self.likelihood()).powi(TYPICAL_BYTES)
    }
}

/// How likely one byte of an ordinary value is this one, a letter in either case.
pub(super) fn likelihood(byte: u8) -> f64 {
    match byte {
        b' ' => 0.15,
        b'a' | b'e' | b'i' | b'n' | b'o' | b'r' | b's' | b't' => 0.07,
        b'a'..=b'z' | b'A'..=b'Z' => 0.025,
        b'0'..=b'9' => 0.02,
        b'-' | b'_' | b'.' | b'/' | b':' | b',' | b'=' => 0.015,
        b'&' | b';' | b'?' | b'(' | b')' | b'+' | b'\'' | b'"' | b'%' => 0.004,
        b'\t' | b'\n' | b'\r' => 0.002,
        0..=0x1f => 0.000_3,
        b'!'..=b'~' => 0.001,
        0x7f..=u8::MAX => 0.000_5,
    }
}

/// How likely an ordinary value has these bytes, one after the other. Bytes of a word are not independent.
pub(super) fn run_likelihood(bytes: &[u8]) -> f64 {
    let each = bytes.iter().enumerate().map(|(at, byte)| {
        let once = likelihood(*byte);
        if at >= 3 && byte.is_ascii_alphanumeric() { once.max(0.25) } else { once }
    });
    each.product::<f64>() * f64::from(TYPICAL_BYTES)
}
