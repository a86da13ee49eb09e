//! The words of SQL and the shapes of injections, in hash tables that are built once.
//!
//! Most words of most values mean nothing to SQL, so a filter of bits, which costs a few instructions
//! whatever the length of the word, answers for them; the rest goes on to the table.

use super::token::{TEXT_BYTES, kind};
use std::sync::LazyLock;

const WORDS: &str = include_str!("words.txt");
const FINGERPRINTS: &str = include_str!("fingerprints.txt");

/// Slots of the table of words: a power of two, four times the words.
const WORD_SLOTS: usize = 1 << 12;
/// Slots of the table of shapes: a power of two, twice the shapes.
const SHAPE_SLOTS: usize = 1 << 14;
/// Bits of the filter, of which the words set one in 33: a power of two.
const FILTER_BITS: usize = 1 << 15;

/// One entry: the upper-case text and the type it stands for.
type Entry = (&'static [u8], u8);

struct Tables {
    words: Vec<Entry>,
    /// Index into `words`, plus one; 0 is free. Collisions go to the next slot.
    word_slots: Vec<u16>,
    filter: [u64; FILTER_BITS / 64],
    /// Upper-case shapes as numbers; 0 is free. Collisions go to the next slot.
    shapes: Vec<u64>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(Tables::build);

impl Tables {
    fn build() -> Self {
        let mut tables = Self {
            words: Vec::with_capacity(1_000),
            word_slots: vec![0; WORD_SLOTS],
            filter: [0; FILTER_BITS / 64],
            shapes: vec![0; SHAPE_SLOTS],
        };
        for line in WORDS.lines().filter(|line| !line.starts_with('#')) {
            let mut letters = line.bytes();
            let (Some(letter), Some(b' ')) = (letters.next(), letters.next()) else { continue };
            for word in line.get(2..).unwrap_or_default().split(',') {
                tables.insert_word((word.as_bytes(), letter));
            }
        }
        tables.insert_starts();
        let shapes = FINGERPRINTS.lines().filter(|line| !line.starts_with('#'));
        for shape in shapes.flat_map(|line| line.split(' ')) {
            tables.insert_shape(shape_number(shape.as_bytes()));
        }
        tables
    }

    fn insert_word(&mut self, entry: Entry) {
        let Some(ends) = Ends::of(entry.0) else { return };
        let bit = ends.filter_bit();
        if let Some(bits) = self.filter.get_mut(bit / 64) {
            *bits |= 1 << (bit % 64);
        }
        let mut slot = ends.slot();
        while self.word_slots.get(slot).is_some_and(|&taken| taken != 0) {
            slot = (slot + 1) % WORD_SLOTS;
        }
        self.words.push(entry);
        if let (Some(free), Ok(index)) =
            (self.word_slots.get_mut(slot), self.words.len().try_into())
        {
            *free = index;
        }
    }

    /// The first word of a phrase that is none by itself is a name like any other; knowing it tells the gate
    /// that it may become a phrase.
    fn insert_starts(&mut self) {
        for at in 0..self.words.len() {
            let phrase = self.words.get(at).map(|&(word, _)| word).unwrap_or_default();
            let start = phrase.split(|&b| b == b' ').next().unwrap_or_default();
            if !start.is_empty() && self.find_word(start).is_none() {
                self.insert_word((start, kind::BAREWORD));
            }
        }
    }

    fn insert_shape(&mut self, shape: u64) {
        let mut slot = shape_hash(shape);
        while self.shapes.get(slot).is_some_and(|&taken| taken != 0) {
            slot = (slot + 1) % SHAPE_SLOTS;
        }
        if let Some(free) = self.shapes.get_mut(slot) {
            *free = shape;
        }
    }

    #[inline]
    fn may_have(&self, ends: Ends) -> bool {
        let bit = ends.filter_bit();
        self.filter[bit / 64 % (FILTER_BITS / 64)] >> (bit % 64) & 1 != 0
    }

    fn find_word(&self, word: &[u8]) -> Option<Entry> {
        let mut slot = Ends::of(word)?.slot();
        loop {
            let index = usize::from(*self.word_slots.get(slot)?).checked_sub(1)?;
            let entry = *self.words.get(index)?;
            if entry.0.eq_ignore_ascii_case(word) {
                return Some(entry);
            }
            slot = (slot + 1) % WORD_SLOTS;
        }
    }

    fn has_shape(&self, shape: u64) -> bool {
        let mut slot = shape_hash(shape);
        loop {
            match self.shapes.get(slot) {
                None | Some(0) => return false,
                Some(&known) if known == shape => return true,
                Some(_) => slot = (slot + 1) % SHAPE_SLOTS,
            }
        }
    }
}

/// What the filter looks at of a word or phrase.
#[derive(Clone, Copy)]
struct Ends {
    first: u8,
    second: u8,
    last: u8,
    length: usize,
}

impl Ends {
    #[inline]
    fn of(word: &[u8]) -> Option<Self> {
        let (&first, &last) = (word.first()?, word.last()?);
        let second = word.get(1).copied().unwrap_or(0);
        Some(Self { first, second, last, length: word.len() })
    }

    /// Letters count in any case.
    #[inline]
    fn hash(self) -> u32 {
        let key = [self.first | 0x20, self.second | 0x20, self.last | 0x20, self.length as u8];
        u32::from_le_bytes(key).wrapping_mul(0x9E37_79B1)
    }

    /// The bit of the filter.
    #[inline]
    fn filter_bit(self) -> usize {
        (self.hash() >> (32 - FILTER_BITS.trailing_zeros())) as usize
    }

    /// The first slot to look at.
    fn slot(self) -> usize {
        (self.hash() >> (32 - WORD_SLOTS.trailing_zeros())) as usize
    }
}

/// The letters of a shape, which are less than eight, upper-case, as one number; none is 0.
fn shape_number(letters: &[u8]) -> u64 {
    letters
        .iter()
        .take(8)
        .fold(0, |number, letter| number << 8 | u64::from(letter.to_ascii_uppercase()))
}

fn shape_hash(shape: u64) -> usize {
    (shape.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - SHAPE_SLOTS.trailing_zeros())) as usize
}

/// The type of a word or operator, in any case.
#[inline]
pub(super) fn lookup(word: &[u8]) -> Option<u8> {
    let ends = Ends::of(word).filter(|ends| ends.length <= TEXT_BYTES)?;
    let tables = &*TABLES;
    if !tables.may_have(ends) {
        return None;
    }
    tables.find_word(word).map(|(_, letter)| letter)
}

/// The phrase of two words with a space between, in any case, and its type.
pub(super) fn lookup_phrase(first: &[u8], second: &[u8]) -> Option<Entry> {
    let length = first.len() + 1 + second.len();
    let start = Ends::of(first)?;
    let second_byte = first.get(1).copied().unwrap_or(b' ');
    // A name of nothing, in back quotes, leaves the space at the end.
    let last = second.last().copied().unwrap_or(b' ');
    let ends = Ends { first: start.first, second: second_byte, last, length };
    let tables = &*TABLES;
    if length > TEXT_BYTES || !tables.may_have(ends) {
        return None;
    }
    let mut phrase = [b' '; TEXT_BYTES];
    phrase.get_mut(..first.len())?.copy_from_slice(first);
    phrase.get_mut(first.len() + 1..length)?.copy_from_slice(second);
    tables.find_word(phrase.get(..length)?)
}

/// True for the shape of an injection.
pub(super) fn is_known_shape(letters: &[u8]) -> bool {
    !letters.is_empty() && TABLES.has_shape(shape_number(letters))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The gate relies on it: a word that is not known starts no phrase.
    #[test]
    fn the_start_of_every_phrase_is_known() {
        let phrases = TABLES.words.iter().filter_map(|(word, _)| {
            let space = word.iter().position(|&b| b == b' ')?;
            word.get(..space)
        });
        let mut count = 0;
        for start in phrases {
            assert!(lookup(start).is_some(), "{}", start.escape_ascii());
            count += 1;
        }
        assert!(count > 100);
    }
}
