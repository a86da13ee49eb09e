//! What earlier exchanges of a thread found out about values that come again: header values, names of headers and
//! parameters. For each, the conditions of a phase that it fulfils where it stands; mostly none. The same value in the same
//! place is then neither transformed nor scanned nor matched again.
//!
//! What is kept depends on nothing but the rules, the place and the bytes, all of which are compared: an exchange finds
//! the same with and without it. A condition is forgotten when the pattern behind it turned out not to match the value.
//! When the memory is full it begins anew, so that a flood of values costs no more than not remembering.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use crate::limits::{
    MAX_REMEMBERED_BYTES, MAX_REMEMBERED_MARKS, MAX_REMEMBERED_VALUE_BYTES, MAX_REMEMBERED_VALUES,
};
use crate::view::ViewId;

thread_local! {
    /// Of all rule sets of the thread.
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// Places of the table: twice as many as values at most.
const PLACES: usize = MAX_REMEMBERED_VALUES * 2;
/// Places looked at for one question.
const MAX_PROBES: usize = 8;
/// Conditions of one value; one with more is not remembered.
const MAX_MARKS: usize = 64;

/// A condition that a value of a view fulfils.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) condition: u32,
    pub(crate) view: ViewId,
}

/// Whose conditions a value fulfils.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// Rule set, phase, collection and key, as a number that stands for no other of the process.
    pub(crate) place: Place,
    /// The key the value stands under where rules tell keys apart by patterns, otherwise empty.
    pub(crate) key: &'a [u8],
    pub(crate) value: &'a [u8],
    /// Of both.
    pub(crate) hash: u64,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Number of the plan.
    pub(crate) plan: u64,
    /// Phase and collection or variable.
    pub(crate) list: u32,
    /// The key as rules know it.
    pub(crate) key: u32,
}

/// An answer that is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordId {
    index: u32,
    /// How often the memory had begun anew: a number of an older one means nothing.
    generation: u32,
}

#[derive(Debug, Clone, Copy)]
struct Record {
    hash: u64,
    place: Place,
    /// Where key and value stand.
    start: u32,
    key_bytes: u16,
    value_bytes: u16,
    marks: u32,
    mark_count: u16,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Open addressing; a record's position + 1, 0 is free.
    table: Vec<u32>,
    records: Vec<Record>,
    bytes: Vec<u8>,
    marks: Vec<Mark>,
    generation: u32,
}

/// The seed of hashes of values: the same for all threads, as an exchange may change its thread, and unknown outside.
pub(crate) fn seed() -> u64 {
    static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0_u64) | 1);
    *SEED
}

/// Lends the memory of the thread.
pub(crate) fn with<R>(borrow: impl FnOnce(&mut Memory) -> R) -> R {
    MEMORY.with_borrow_mut(borrow)
}

impl Question<'_> {
    fn fits(&self) -> bool {
        self.key.len().max(self.value.len()) <= MAX_REMEMBERED_VALUE_BYTES
    }

    fn spread(&self) -> u64 {
        let Place { plan, list, key } = self.place;
        let place =
            plan.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (u64::from(list) << 32 | u64::from(key));
        let mixed = u128::from(self.hash ^ place) * 0x2d35_8dcc_aa6c_78a5;
        (mixed as u64) ^ ((mixed >> 64) as u64)
    }
}

impl Memory {
    /// What is known of a value at its place.
    #[inline]
    pub(crate) fn recall(&self, question: &Question<'_>) -> Option<(RecordId, &[Mark])> {
        let mut slot = question.spread() as usize;
        for _ in 0..MAX_PROBES {
            let at = *self.table.get(slot % PLACES)?;
            let index = at.checked_sub(1)?;
            let record = self.records.get(index as usize)?;
            if record.hash == question.hash
                && record.place == question.place
                && self.text(record) == (question.key, question.value)
            {
                let id = RecordId { index, generation: self.generation };
                return Some((id, self.marks_of(record)));
            }
            slot = slot.wrapping_add(1);
        }
        None
    }

    fn text(&self, record: &Record) -> (&[u8], &[u8]) {
        let start = record.start as usize;
        let middle = start + usize::from(record.key_bytes);
        let key = self.bytes.get(start..middle).unwrap_or_default();
        let end = middle + usize::from(record.value_bytes);
        (key, self.bytes.get(middle..end).unwrap_or_default())
    }

    fn marks_of(&self, record: &Record) -> &[Mark] {
        let start = record.marks as usize;
        self.marks.get(start..start + usize::from(record.mark_count)).unwrap_or_default()
    }

    /// Keeps what was found out, where it is small enough.
    pub(crate) fn keep(&mut self, question: &Question<'_>, marks: &[Mark]) -> Option<RecordId> {
        if !question.fits() || marks.len() > MAX_MARKS {
            return None;
        }
        let bytes = question.key.len() + question.value.len();
        let full = self.records.len() >= MAX_REMEMBERED_VALUES
            || self.bytes.len() + bytes > MAX_REMEMBERED_BYTES
            || self.marks.len() + marks.len() > MAX_REMEMBERED_MARKS;
        if full || self.table.is_empty() {
            self.begin_anew();
        }
        let place = self.free_place(question)?;
        let record = Record {
            hash: question.hash,
            place: question.place,
            start: u32::try_from(self.bytes.len()).ok()?,
            key_bytes: u16::try_from(question.key.len()).ok()?,
            value_bytes: u16::try_from(question.value.len()).ok()?,
            marks: u32::try_from(self.marks.len()).ok()?,
            mark_count: u16::try_from(marks.len()).ok()?,
        };
        self.bytes.extend_from_slice(question.key);
        self.bytes.extend_from_slice(question.value);
        self.marks.extend_from_slice(marks);
        self.records.push(record);
        let index = u32::try_from(self.records.len()).ok()?;
        *self.table.get_mut(place)? = index;
        Some(RecordId { index: index - 1, generation: self.generation })
    }

    fn free_place(&self, question: &Question<'_>) -> Option<usize> {
        let slot = question.spread() as usize;
        let mut places = (0..MAX_PROBES).map(|probe| slot.wrapping_add(probe) % PLACES);
        places.find(|place| self.table.get(*place) == Some(&0))
    }

    fn begin_anew(&mut self) {
        self.table.clear();
        self.table.resize(PLACES, 0);
        self.records.clear();
        self.bytes.clear();
        self.marks.clear();
        self.generation = self.generation.wrapping_add(1);
    }

    /// Forgets a condition that a value does not fulfil after all.
    pub(crate) fn strike(&mut self, record: RecordId, mark: Mark) {
        if record.generation != self.generation {
            return;
        }
        let Some(record) = self.records.get_mut(record.index as usize) else { return };
        let start = record.marks as usize;
        let end = start + usize::from(record.mark_count);
        let Some(marks) = self.marks.get_mut(start..end) else { return };
        if let Some(at) = marks.iter().position(|known| *known == mark) {
            marks.swap(at, marks.len() - 1);
            record.mark_count -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark { condition: 7, view: ViewId(1) };

    fn ask<'a>(value: &'a [u8], key: &'a [u8], number: u32) -> Question<'a> {
        let place = Place { plan: 1, list: 2, key: number };
        Question { place, key, value, hash: 5 }
    }

    /// All these have one hash: the place and every byte are compared.
    #[test]
    fn only_the_same_value_at_the_same_place_is_known() {
        let mut memory = Memory::default();
        assert!(memory.recall(&ask(b"a", b"", 0)).is_none());
        memory.keep(&ask(b"ab", b"", 0), &[MARK]).unwrap();
        memory.keep(&ask(b"c", b"ab", 0), &[]).unwrap();
        assert_eq!(memory.recall(&ask(b"ab", b"", 0)).unwrap().1, [MARK]);
        assert_eq!(memory.recall(&ask(b"c", b"ab", 0)).unwrap().1, []);
        for other in
            [ask(b"ab", b"", 1), ask(b"b", b"a", 0), ask(b"", b"ab", 0), ask(b"abc", b"", 0)]
        {
            assert!(memory.recall(&other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn what_is_struck_out_is_gone_and_old_numbers_mean_nothing() {
        let mut memory = Memory::default();
        let other = Mark { condition: 8, ..MARK };
        let old = memory.keep(&ask(b"a", b"", 0), &[MARK, other]).unwrap();
        memory.strike(old, MARK);
        assert_eq!(memory.recall(&ask(b"a", b"", 0)).unwrap().1, [other]);
        memory.begin_anew();
        memory.keep(&ask(b"b", b"", 0), &[other]).unwrap();
        memory.strike(old, other);
        assert_eq!(memory.recall(&ask(b"b", b"", 0)).unwrap().1, [other]);
    }

    #[test]
    fn at_each_limit_it_begins_anew_or_leaves_out() {
        let long = vec![b'x'; MAX_REMEMBERED_VALUE_BYTES + 1];
        let mut memory = Memory::default();
        assert!(memory.keep(&ask(&long, b"", 0), &[]).is_none());
        assert!(memory.keep(&ask(b"v", &long, 0), &[]).is_none());
        assert!(memory.keep(&ask(b"v", b"", 0), &[MARK; MAX_MARKS + 1]).is_none());
        let longest = &long[1..];
        for (value, marks, most) in [
            (&b"v"[..], 0, MAX_REMEMBERED_VALUES),
            (longest, 0, MAX_REMEMBERED_BYTES / MAX_REMEMBERED_VALUE_BYTES),
            (b"v", MAX_MARKS, MAX_REMEMBERED_MARKS / MAX_MARKS),
        ] {
            let mut memory = Memory::default();
            let mut kept = 0;
            for number in 0..most as u32 + 1 {
                let hash = u64::from(number) << 20;
                let question = Question { hash, ..ask(value, b"", number) };
                // A place of the table may be taken by others.
                kept += usize::from(memory.keep(&question, &vec![MARK; marks]).is_some());
                assert!(memory.records.len() <= MAX_REMEMBERED_VALUES);
                assert!(memory.bytes.len() <= MAX_REMEMBERED_BYTES);
                assert!(memory.marks.len() <= MAX_REMEMBERED_MARKS);
            }
            assert!(kept > most * 9 / 10, "{kept} of {most}");
        }
        let (mut memory, mut most) = (Memory::default(), 0);
        let mut number = 0;
        while memory.generation < 2 {
            most = memory.records.len();
            let question = Question { hash: number << 20, ..ask(b"v", b"", number as u32) };
            memory.keep(&question, &[MARK; MAX_MARKS]);
            number += 1;
        }
        // The one beyond the limit is all there is.
        assert_eq!((most, memory.records.len()), (MAX_REMEMBERED_MARKS / MAX_MARKS, 1));
    }
}
