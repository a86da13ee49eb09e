//! All values of one transaction in one buffer. Equal bytes are one value, so a transformation, a scan or a match is
//! done once for them, however many collections and rules they appear in.

use portcullis_waf_transform::Transformation;

use crate::limits::{MAX_IDLE_WORKSPACE_BYTES, MAX_TRANSACTION_BYTES};
use crate::pipeline::{ByteClasses, PipelineId, Pipelines};
use crate::transaction::constants::Constants;

/// A value of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct ValueId(u32);

impl ValueId {
    /// The empty value.
    pub(crate) const EMPTY: Self = Self(0);

    /// The value that many places after the empty one.
    pub(crate) fn after_empty(places: usize) -> Self {
        Self(u32::try_from(places + 1).unwrap_or(0))
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    start: usize,
    length: usize,
    hash: u64,
    /// [`ByteClasses::EMPTY`] until somebody asks.
    classes: ByteClasses,
    /// Row of transformed values, 0 for none yet.
    row: u32,
    /// The value whose scan is this one's as well.
    scan: u32,
}

/// Probes of the table before equal bytes become two values: a bound for collisions on purpose.
const MAX_PROBES: usize = 32;
/// Places of the table of a transaction that begins.
const MIN_TABLE: usize = 512;
const UNKNOWN: u32 = u32::MAX;
/// One for each transformation.
const COLUMNS: usize = Transformation::ALL.len();

#[derive(Debug)]
pub(crate) struct Values {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// Open addressing; a value's number + 1, 0 is free.
    table: Vec<u32>,
    /// Rows with one transformed value a transformation.
    rows: Vec<u32>,
    scratch: Vec<u8>,
    seed: u64,
    overflowed: bool,
    /// Bytes of all values; less than [`MAX_TRANSACTION_BYTES`] in tests alone.
    pub(crate) limit: usize,
    base: Base,
}

/// What a transaction begins with: the empty value and the constants of its rule set.
#[derive(Debug, Default)]
struct Base {
    /// Of which rule set the constants are; 0 for none.
    id: u64,
    bytes: usize,
    entries: usize,
    table: Vec<u32>,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            entries: Vec::new(),
            table: Vec::new(),
            rows: Vec::new(),
            scratch: Vec::new(),
            seed: crate::memory::seed(),
            overflowed: false,
            limit: MAX_TRANSACTION_BYTES,
            base: Base::default(),
        }
    }
}

impl Values {
    /// Forgets all values but the empty one and the constants.
    pub(crate) fn reset(&mut self, constants: Option<&Constants>) {
        self.rows.clear();
        self.overflowed = false;
        self.limit = MAX_TRANSACTION_BYTES;
        let id = constants.map_or(0, |constants| constants.id);
        if self.base.id != id || self.base.table.is_empty() {
            return self.load(id, constants);
        }
        self.bytes.truncate(self.base.bytes);
        self.entries.truncate(self.base.entries);
        self.entries.iter_mut().for_each(|entry| entry.row = 0);
        if self.table.len() == self.base.table.len() {
            self.table.copy_from_slice(&self.base.table);
        } else {
            self.table.clone_from(&self.base.table);
        }
    }

    fn load(&mut self, id: u64, constants: Option<&Constants>) {
        self.bytes.clear();
        self.entries.clear();
        self.table = vec![0; MIN_TABLE];
        let _empty = self.intern(b"");
        for text in constants.iter().flat_map(|constants| &constants.texts) {
            self.intern(text);
        }
        let (bytes, entries) = (self.bytes.len(), self.entries.len());
        self.base = Base { id, bytes, entries, table: self.table.clone() };
    }

    /// Whether what is kept for the next transaction is little enough.
    pub(crate) fn is_small(&self) -> bool {
        let bytes = self.bytes.capacity() + self.scratch.capacity();
        bytes + self.rows.capacity() * 4 + self.entries.capacity() * 40 <= MAX_IDLE_WORKSPACE_BYTES
    }

    /// Whether values were left out because the transaction holds too much. Verdicts are then worth nothing.
    pub(crate) const fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    pub(crate) fn get(&self, id: ValueId) -> &[u8] {
        self.entries
            .get(id.index())
            .and_then(|entry| self.bytes.get(entry.start..entry.start + entry.length))
            .unwrap_or_default()
    }

    /// Classes of bytes in a value.
    #[inline]
    pub(crate) fn classes(&mut self, id: ValueId) -> ByteClasses {
        let Some(entry) = self.entries.get_mut(id.index()) else { return ByteClasses::EMPTY };
        if entry.classes == ByteClasses::EMPTY {
            let value = self.bytes.get(entry.start..entry.start + entry.length);
            entry.classes = ByteClasses::of(value.unwrap_or_default());
        }
        entry.classes
    }

    /// A number that is equal for equal values, and for others by chance.
    #[inline]
    pub(crate) fn hash(&self, id: ValueId) -> u64 {
        self.entries.get(id.index()).map_or(0, |entry| entry.hash)
    }

    /// The value of these bytes.
    pub(crate) fn intern(&mut self, value: &[u8]) -> ValueId {
        let hash = hash(value, self.seed);
        let mut slot = hash;
        let mask = self.table.len().wrapping_sub(1);
        for _ in 0..MAX_PROBES {
            let at = slot as usize & mask;
            match self.table.get(at).copied() {
                Some(0) => {
                    let id = self.push(value, hash);
                    if !self.overflowed
                        && let Some(free) = self.table.get_mut(at)
                    {
                        *free = id.0 + 1;
                    }
                    self.grow();
                    return id;
                }
                Some(taken) => {
                    let id = ValueId(taken - 1);
                    if self.get(id) == value {
                        return id;
                    }
                }
                None => break,
            }
            slot = slot.wrapping_add(1);
        }
        self.push(value, hash)
    }

    fn push(&mut self, value: &[u8], hash: u64) -> ValueId {
        let start = self.bytes.len();
        if start + value.len() > self.limit {
            self.overflowed = true;
            return ValueId::EMPTY;
        }
        self.bytes.extend_from_slice(value);
        let id = ValueId(u32::try_from(self.entries.len()).unwrap_or(0));
        let classes = ByteClasses::EMPTY;
        self.entries.push(Entry { start, length: value.len(), hash, classes, row: 0, scan: id.0 });
        id
    }

    /// Doubles the table when it is half full.
    fn grow(&mut self) {
        if self.entries.len() * 2 <= self.table.len() {
            return;
        }
        let length = self.table.len() * 2;
        let mut table = vec![0_u32; length];
        for index in 0..self.entries.len() {
            let id = u32::try_from(index).unwrap_or(0);
            let mut slot = self.hash(ValueId(id));
            for _ in 0..MAX_PROBES {
                match table.get_mut(slot as usize & (length - 1)) {
                    Some(free) if *free == 0 => {
                        *free = id + 1;
                        break;
                    }
                    _ => slot = slot.wrapping_add(1),
                }
            }
        }
        self.table = table;
    }

    /// A value as a pipeline leaves it. Each transformation is done once for each value it is done to, whatever way led
    /// there.
    #[inline]
    pub(crate) fn transformed(
        &mut self,
        pipelines: &Pipelines,
        pipeline: PipelineId,
        id: ValueId,
    ) -> ValueId {
        let Some(step) = pipelines.step(pipeline) else { return id };
        if !step.any_trigger.meets(self.classes(id)) {
            return id;
        }
        let mut at = id;
        for step in pipelines.path(pipeline) {
            if step.trigger.meets(self.classes(at)) {
                at = self.step(step.transformation, at);
            }
        }
        at
    }

    fn step(&mut self, transformation: Transformation, id: ValueId) -> ValueId {
        let cell = self.row(id) + transformation as usize;
        match self.rows.get(cell).copied() {
            Some(UNKNOWN) | None => {}
            Some(known) => return ValueId(known),
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut after = id;
        if transformation.apply(self.get(id), &mut scratch) {
            let known = self.entries.len();
            after = self.intern(&scratch);
            // The gate does not tell cases apart.
            if transformation == Transformation::Lowercase && after.index() == known {
                self.scan_alike(after, id);
            }
        }
        self.scratch = scratch;
        if let Some(cell) = self.rows.get_mut(cell) {
            *cell = after.0;
        }
        after
    }

    fn scan_alike(&mut self, id: ValueId, other: ValueId) {
        let scan = self.scanned(other);
        if let Some(entry) = self.entries.get_mut(id.index()) {
            entry.scan = scan.0;
        }
    }

    /// The value whose scan is this value's as well.
    #[inline]
    pub(crate) fn scanned(&self, id: ValueId) -> ValueId {
        self.entries.get(id.index()).map_or(id, |entry| ValueId(entry.scan))
    }

    /// Where the row of a value begins.
    fn row(&mut self, id: ValueId) -> usize {
        let next = u32::try_from(self.rows.len() / COLUMNS + 1).unwrap_or(u32::MAX);
        let Some(entry) = self.entries.get_mut(id.index()) else { return usize::MAX / 2 };
        if entry.row == 0 {
            entry.row = next;
            self.rows.resize(self.rows.len() + COLUMNS, UNKNOWN);
        }
        (entry.row as usize - 1) * COLUMNS
    }
}

/// Multiply and fold, eight bytes at a time; the seed keeps collisions from being made elsewhere.
fn hash(value: &[u8], seed: u64) -> u64 {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |state: u64, word: u64| {
        let product = u128::from(state ^ word) * u128::from(K);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let mut state = seed ^ value.len() as u64;
    let (words, rest) = value.as_chunks::<8>();
    for word in words {
        state = mix(state, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    mix(mix(state, u64::from_le_bytes(last)), seed)
}

#[cfg(test)]
mod tests {
    use portcullis_waf_transform::Transformation as T;

    use super::{ValueId, Values};
    use crate::pipeline::Pipelines;

    #[test]
    fn equal_bytes_are_one_value() {
        let mut values = Values::default();
        values.reset(None);
        assert_eq!(values.intern(b""), ValueId::EMPTY);
        let ids: Vec<_> = (0..5000).map(|i| values.intern(format!("v{i}").as_bytes())).collect();
        for (i, id) in ids.iter().enumerate() {
            assert_eq!(values.get(*id), format!("v{i}").as_bytes());
            assert_eq!(values.intern(format!("v{i}").as_bytes()), *id);
        }
    }

    #[test]
    fn transformations_are_shared() {
        let mut pipelines = Pipelines::default();
        let decode = pipelines.intern(&[T::UrlDecodeUni]).unwrap();
        let both = pipelines.intern(&[T::UrlDecodeUni, T::Lowercase]).unwrap();
        let mut values = Values::default();
        values.reset(None);
        let plain = values.intern(b"plain");
        assert_eq!(values.transformed(&pipelines, both, plain), plain);
        let raw = values.intern(b"%41b");
        let decoded = values.transformed(&pipelines, decode, raw);
        assert_eq!(values.get(decoded), b"Ab");
        let lower = values.transformed(&pipelines, both, raw);
        assert_eq!(values.get(lower), b"ab");
        assert_eq!(values.transformed(&pipelines, both, raw), lower);
        assert_eq!(values.len(), 5);
    }
}
