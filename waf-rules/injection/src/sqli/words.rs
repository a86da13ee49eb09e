//! The words of SQL and the shapes of injections, in one hash table that is built once.

use super::token::{TEXT_BYTES, kind};
use std::sync::LazyLock;

const WORDS: &str = include_str!("words.txt");
const FINGERPRINTS: &str = include_str!("fingerprints.txt");

/// Slots of the table: a power of two, more than three times the entries.
const SLOTS: usize = 1 << 15;

/// One entry: the upper-case text and the type it stands for.
type Entry = (&'static [u8], u8);

struct Table {
    entries: Vec<Entry>,
    /// Index into `entries`, plus one; 0 is free. Collisions go to the next slot.
    slots: Vec<u16>,
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

impl Table {
    fn build() -> Self {
        let mut table = Self { entries: Vec::with_capacity(10_000), slots: vec![0; SLOTS] };
        for line in WORDS.lines().filter(|line| !line.starts_with('#')) {
            let mut letters = line.bytes();
            let (Some(letter), Some(b' ')) = (letters.next(), letters.next()) else { continue };
            for word in line.get(2..).unwrap_or_default().split(',') {
                table.insert((word.as_bytes(), letter));
            }
        }
        let shapes = FINGERPRINTS.lines().filter(|line| !line.starts_with('#'));
        for shape in shapes.flat_map(|line| line.split(' ')) {
            table.insert((shape.as_bytes(), kind::FINGERPRINT));
        }
        table
    }

    fn insert(&mut self, entry: Entry) {
        let mut slot = hash(entry.0, entry.1 == kind::FINGERPRINT);
        while self.slots.get(slot).is_some_and(|&taken| taken != 0) {
            slot = (slot + 1) % SLOTS;
        }
        self.entries.push(entry);
        if let (Some(free), Ok(index)) = (self.slots.get_mut(slot), self.entries.len().try_into()) {
            *free = index;
        }
    }

    fn find(&self, text: &[u8], shape: bool) -> Option<u8> {
        let mut slot = hash(text, shape);
        loop {
            let index = usize::from(*self.slots.get(slot)?).checked_sub(1)?;
            let &(known, letter) = self.entries.get(index)?;
            if (letter == kind::FINGERPRINT) == shape && known.eq_ignore_ascii_case(text) {
                return Some(letter);
            }
            slot = (slot + 1) % SLOTS;
        }
    }
}

/// FNV-1a over the upper-case bytes.
fn hash(text: &[u8], shape: bool) -> usize {
    let start = 0x811C_9DC5_u32 ^ u32::from(shape);
    let hash = text.iter().fold(start, |hash, byte| {
        (hash ^ u32::from(byte.to_ascii_uppercase())).wrapping_mul(0x0100_0193)
    });
    (hash ^ hash >> 15) as usize % SLOTS
}

/// The type of a word, phrase or operator, in any case.
pub(super) fn lookup(word: &[u8]) -> Option<u8> {
    if word.len() > TEXT_BYTES { None } else { TABLE.find(word, false) }
}

/// True for the shape of an injection.
pub(super) fn is_known_shape(letters: &[u8]) -> bool {
    !letters.is_empty() && TABLE.find(letters, true).is_some()
}
