//! Flat lists of byte strings in one buffer each: two allocations, however many entries.

use std::ops::Range;

/// Names and values in the order they were found. Equal names stay apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    bytes: Vec<u8>,
    entries: Vec<(Range<usize>, Range<usize>)>,
}

/// Entries that the first allocation has room for.
const FIRST_ENTRIES: usize = 8;

impl Fields {
    /// An empty list with room for `bytes` of names and values.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        if bytes == 0 {
            return Self::default();
        }
        Self { bytes: Vec::with_capacity(bytes), entries: Vec::with_capacity(FIRST_ENTRIES) }
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The bytes that all names and values take together.
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// Name and value of each entry.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.entries.iter().map(|(name, value)| (self.slice(name), self.slice(value)))
    }

    /// The first value of a name; byte-exact.
    pub fn first(&self, name: &[u8]) -> Option<&[u8]> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    pub(crate) fn push(&mut self, name: &[u8], value: &[u8]) {
        self.push_with(|bytes| bytes.extend_from_slice(name), |b| b.extend_from_slice(value));
    }

    /// Adds an entry that `name` and `value` write to the buffer.
    pub(crate) fn push_with(
        &mut self,
        name: impl FnOnce(&mut Vec<u8>),
        value: impl FnOnce(&mut Vec<u8>),
    ) {
        let start = self.bytes.len();
        name(&mut self.bytes);
        let middle = self.bytes.len();
        value(&mut self.bytes);
        self.entries.push((start..middle, middle..self.bytes.len()));
    }
}

/// Values without names, in the order they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Values {
    /// The number of values.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True when there is no value.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Each value.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(self.ends.iter().copied())
            .map(|(start, end)| self.bytes.get(start..end).unwrap_or_default())
    }

    pub(crate) fn push(&mut self, value: &[u8]) {
        self.push_with(|bytes| bytes.extend_from_slice(value));
    }

    /// Adds a value that `value` writes to the buffer; its length.
    pub(crate) fn push_with(&mut self, value: impl FnOnce(&mut Vec<u8>)) -> usize {
        let start = self.bytes.len();
        value(&mut self.bytes);
        self.ends.push(self.bytes.len());
        self.bytes.len() - start
    }
}
