//! One automaton over the literals of all patterns, ASCII letters in either case (Aho and Corasick, 1975), as a dense
//! table. The same walk tells which classes of bytes a value has.

use std::collections::BTreeMap;

use crate::gate::alphabet::{Alphabet, Classes};

/// Values longer than this are walked over in several places at once: one step waits for the memory of the step
/// before, those of other places do not.
const MIN_SPLIT_BYTES: usize = 256;
/// Places.
const LANES: usize = 4;

/// By state and column: where the state's next row begins in the table.
#[derive(Debug)]
pub(super) struct Automaton {
    /// By byte: the column.
    columns: Box<[u8; 256]>,
    table: Vec<u32>,
    /// States whose rows begin here or later have literals.
    first_match: u32,
    /// Columns of a row: one a byte that literals have, one for the others, and one for which match state it is.
    stride: u32,
    /// By match state: where its outputs begin; one more at the end.
    starts: Vec<u32>,
    outputs: Vec<u32>,
    /// Bytes of the longest literal.
    longest: usize,
}

/// Not yet a state.
const MISSING: u32 = u32::MAX;

impl Automaton {
    /// `literals` in lower case, each with its outputs.
    pub(super) fn new(literals: &BTreeMap<Vec<u8>, Vec<u32>>) -> Self {
        let columns = columns(literals.keys());
        let other = columns.iter().copied().max().unwrap_or(0);
        let mut trie =
            Trie { width: usize::from(other) + 1, rows: Vec::new(), outputs: Vec::new() };
        trie.add_state();
        for (literal, outputs) in literals {
            trie.insert(literal, outputs, &columns);
        }
        let order = trie.close();
        Self::of(&trie, &order, columns, literals.keys().map(Vec::len).max().unwrap_or(0))
    }

    /// Lays the states out in `order`, those with literals last.
    fn of(trie: &Trie, order: &[u32], columns: Box<[u8; 256]>, longest: usize) -> Self {
        let has_outputs = |state: &&u32| trie.outputs_of(**state).is_some_and(|o| !o.is_empty());
        let plain = order.iter().filter(|state| !has_outputs(state));
        let matching = order.iter().filter(has_outputs);
        let sorted: Vec<u32> = plain.chain(matching).copied().collect();
        let stride = trie.width + 1;
        let offset = |position: usize| u32::try_from(position * stride).unwrap_or(0);
        let mut offsets = vec![0_u32; sorted.len()];
        for (position, state) in sorted.iter().enumerate() {
            if let Some(place) = offsets.get_mut(*state as usize) {
                *place = offset(position);
            }
        }
        let mut table = Vec::with_capacity(sorted.len() * stride);
        let (mut starts, mut outputs) = (Vec::new(), Vec::new());
        let mut first_match = u32::MAX;
        for (position, state) in sorted.iter().enumerate() {
            let row = trie.row(*state).iter();
            table.extend(row.map(|next| offsets.get(*next as usize).copied().unwrap_or(0)));
            table.push(u32::try_from(starts.len()).unwrap_or(u32::MAX));
            let own = trie.outputs_of(*state).map(Vec::as_slice).unwrap_or_default();
            if !own.is_empty() {
                first_match = first_match.min(offset(position));
                starts.push(u32::try_from(outputs.len()).unwrap_or(u32::MAX));
                outputs.extend_from_slice(own);
            }
        }
        starts.push(u32::try_from(outputs.len()).unwrap_or(u32::MAX));
        let stride = u32::try_from(stride).unwrap_or(u32::MAX);
        Self { columns, table, first_match, stride, starts, outputs, longest }
    }

    /// States with literals.
    pub(super) fn matches(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn outputs(&self, matching: usize) -> &[u32] {
        let Some([start, end]) = self.starts.get(matching..matching + 2) else { return &[] };
        self.outputs.get(*start as usize..*end as usize).unwrap_or_default()
    }

    #[inline(always)]
    fn next(&self, state: u32, byte: u8) -> u32 {
        let column = self.columns.get(usize::from(byte)).copied().unwrap_or(0);
        self.table.get(state as usize + usize::from(column)).copied().unwrap_or(0)
    }

    /// Calls `hit` with each match state that is come to and the position of the last byte of its literals. The
    /// classes of the value's bytes are the result.
    #[inline]
    pub(super) fn walk(
        &self,
        value: &[u8],
        alphabet: &Alphabet,
        mut hit: impl FnMut(usize, usize),
    ) -> Classes {
        if value.len() >= MIN_SPLIT_BYTES && value.len() / LANES > self.longest {
            return self.walk_split(value, alphabet, hit);
        }
        let mut classes = Classes::NONE;
        let mut state = 0;
        for (at, byte) in value.iter().enumerate() {
            classes = classes.union(alphabet.of(*byte));
            state = self.next(state, *byte);
            if state >= self.first_match {
                hit(self.match_of(state), at);
            }
        }
        classes
    }

    #[inline]
    fn match_of(&self, state: u32) -> usize {
        let at = state + self.stride - 1;
        self.table.get(at as usize).copied().unwrap_or(0) as usize
    }

    /// The quarters of a value side by side. Each but the first begins a literal's length early, so that none that
    /// crosses the border is missed.
    fn walk_split(
        &self,
        value: &[u8],
        alphabet: &Alphabet,
        mut hit: impl FnMut(usize, usize),
    ) -> Classes {
        let quarter = value.len() / LANES;
        let overlap = self.longest.saturating_sub(1);
        let starts: [usize; LANES] =
            std::array::from_fn(|lane| (lane * quarter).saturating_sub(overlap));
        let [a, b, c, d] =
            starts.map(|start| value.get(start..start + quarter).unwrap_or_default());
        let (mut p, mut q, mut r, mut s) = (0, 0, 0, 0);
        let mut classes = Classes::NONE;
        for (at, (((a, b), c), d)) in a.iter().zip(b).zip(c).zip(d).enumerate() {
            (p, q) = (self.next(p, *a), self.next(q, *b));
            (r, s) = (self.next(r, *c), self.next(s, *d));
            let (left, right) =
                (alphabet.of(*a).union(alphabet.of(*b)), alphabet.of(*c).union(alphabet.of(*d)));
            classes = classes.union(left).union(right);
            if p.max(q).max(r.max(s)) >= self.first_match {
                for (state, start) in [p, q, r, s].into_iter().zip(starts) {
                    if state >= self.first_match {
                        hit(self.match_of(state), start + at);
                    }
                }
            }
        }
        let states = [p, q, r, s];
        // What is left of each: up to the border, the last to the end.
        for (lane, (start, mut state)) in starts.into_iter().zip(states).enumerate() {
            let end = if lane + 1 == LANES { value.len() } else { (lane + 1) * quarter };
            let rest = value.get(start + quarter..end).unwrap_or_default();
            for (at, byte) in (start + quarter..).zip(rest) {
                classes = classes.union(alphabet.of(*byte));
                state = self.next(state, *byte);
                if state >= self.first_match {
                    hit(self.match_of(state), at);
                }
            }
        }
        classes
    }
}

/// By byte: its column, the same for both cases of a letter.
fn columns<'l>(literals: impl Iterator<Item = &'l Vec<u8>>) -> Box<[u8; 256]> {
    let mut used = [false; 256];
    for byte in literals.flatten() {
        if let Some(used) = used.get_mut(usize::from(*byte)) {
            *used = true;
        }
    }
    let other = u8::try_from(used.iter().filter(|used| **used).count()).unwrap_or(u8::MAX);
    let mut columns = Box::new([other; 256]);
    let mut next = 0;
    for (column, used) in columns.iter_mut().zip(used) {
        if used {
            *column = next;
            next = next.saturating_add(1);
        }
    }
    for capital in b'A'..=b'Z' {
        let small = columns.get(usize::from(capital.to_ascii_lowercase())).copied();
        if let (Some(column), Some(small)) = (columns.get_mut(usize::from(capital)), small) {
            *column = small;
        }
    }
    columns
}

/// The automaton while it grows.
struct Trie {
    /// Columns of a row.
    width: usize,
    rows: Vec<u32>,
    /// By state.
    outputs: Vec<Vec<u32>>,
}

impl Trie {
    fn add_state(&mut self) -> u32 {
        let state = u32::try_from(self.outputs.len()).unwrap_or(MISSING);
        self.rows.resize(self.rows.len() + self.width, MISSING);
        self.outputs.push(Vec::new());
        state
    }

    fn outputs_of(&self, state: u32) -> Option<&Vec<u32>> {
        self.outputs.get(state as usize)
    }

    fn row(&self, state: u32) -> &[u32] {
        let start = state as usize * self.width;
        self.rows.get(start..start + self.width).unwrap_or_default()
    }

    fn place(&mut self, state: u32, column: usize) -> Option<&mut u32> {
        self.rows.get_mut(state as usize * self.width + column)
    }

    fn insert(&mut self, literal: &[u8], outputs: &[u32], columns: &[u8; 256]) {
        let mut state = 0;
        for byte in literal {
            let column = usize::from(columns.get(usize::from(*byte)).copied().unwrap_or(0));
            let next = self.place(state, column).map_or(MISSING, |next| *next);
            state = if next == MISSING {
                let added = self.add_state();
                if let Some(place) = self.place(state, column) {
                    *place = added;
                }
                added
            } else {
                next
            };
        }
        if let Some(own) = self.outputs.get_mut(state as usize) {
            own.extend_from_slice(outputs);
        }
    }

    /// Gives every state its missing ways, those of the longest suffix that is a state too. The states in the order
    /// of their depth are the result.
    fn close(&mut self) -> Vec<u32> {
        let mut suffixes = vec![0_u32; self.outputs.len()];
        let mut order = vec![0_u32];
        let mut at = 0;
        while let Some(state) = order.get(at).copied() {
            at += 1;
            let suffix = suffixes.get(state as usize).copied().unwrap_or(0);
            if state != 0 {
                let inherited = self.outputs_of(suffix).cloned().unwrap_or_default();
                if let Some(own) = self.outputs.get_mut(state as usize) {
                    own.extend(inherited);
                    own.sort_unstable();
                    own.dedup();
                }
            }
            for column in 0..self.width {
                // The root is its own suffix, and what it has no way for leads back to it.
                let fallback = match state {
                    0 => 0,
                    _ => self.row(suffix).get(column).copied().unwrap_or(0),
                };
                let Some(place) = self.place(state, column) else { continue };
                let next = *place;
                if next == MISSING {
                    *place = fallback;
                    continue;
                }
                if let Some(suffix) = suffixes.get_mut(next as usize) {
                    *suffix = fallback;
                }
                order.push(next);
            }
        }
        order
    }
}

#[cfg(test)]
mod tests;
