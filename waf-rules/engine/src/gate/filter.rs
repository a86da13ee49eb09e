//! A filter over neighbouring symbols: it tells where in a value literals may end, with few false alarms and at a
//! handful of instructions a byte. Every literal leaves windows of three symbols, the last with what may stand behind
//! it, the others one symbol earlier each. Where all were seen one after the other, a literal may end. (Shift-and over
//! windows instead of bytes; with kinds as the buckets of Wang et al., "Hyperscan", NSDI 2019, section 4.)

use std::collections::BTreeSet;

use crate::gate::symbols::{SymbolSet, Symbols};
use crate::gate::trie::Sides;

/// Symbols of a window.
const WINDOW: usize = 3;
const SYMBOLS: usize = 1 << Symbols::BITS;
/// Windows there are.
const ENTRIES: usize = 1 << (WINDOW * Symbols::BITS);
/// Where there are few literals, the first symbol of a window is not looked at: the table takes 8 KiB, not 512.
const FEW_ENTRIES: usize = 1 << (2 * Symbols::BITS);
/// Literals that are few.
const MAX_FEW: usize = 100;
/// Bytes looked at before what was found in them is followed up.
const CHUNK_BYTES: usize = 64;
/// Bytes of one turn of the loop.
const GROUP_BYTES: usize = 8;

/// Literals of similar length have their bits: short ones do not spoil what is known of long ones.
struct Kind {
    max_bytes: usize,
    first_bit: usize,
    windows: usize,
}

const KINDS: [Kind; 3] = [
    Kind { max_bytes: 3, first_bit: 0, windows: 4 },
    Kind { max_bytes: 5, first_bit: 4, windows: 6 },
    Kind { max_bytes: usize::MAX, first_bit: 10, windows: 6 },
];
/// The bits of the earliest windows, and of the last ones.
const BEGIN: u16 = 1 | 1 << 4 | 1 << 10;
const END: u16 = 1 << 3 | 1 << 9 | 1 << 15;

/// By window: which windows of which kinds of literals it is.
#[derive(Debug)]
pub(super) struct Filter {
    table: Vec<u16>,
    /// Windows seen before every value.
    begin: u16,
}

impl Filter {
    /// `literals` each with what may stand beside it.
    pub(super) fn new<'l>(
        literals: impl Iterator<Item = &'l (Vec<u8>, Sides)>,
        symbols: &Symbols,
    ) -> Self {
        let mut windows = BTreeSet::new();
        let mut count = 0;
        for (literal, (before, after)) in literals {
            count += 1;
            let own = literal.iter().map(|byte| symbols.set_of(*byte));
            let shape: Vec<SymbolSet> = [*before].into_iter().chain(own).chain([*after]).collect();
            let Some(kind) = KINDS.iter().find(|kind| literal.len() <= kind.max_bytes) else {
                continue;
            };
            for earlier in 0..kind.windows {
                let bit = kind.first_bit + kind.windows - 1 - earlier;
                // What stands so far from the end; before the shape anything may.
                let set = |back: usize| {
                    let at = shape.len().checked_sub(earlier + back);
                    at.and_then(|at| shape.get(at)).copied().unwrap_or(SymbolSet::MAX)
                };
                windows.insert((bit, [set(3), set(2), set(1)]));
            }
        }
        let table = table(windows, count);
        let edges = table.last().copied().unwrap_or(u16::MAX);
        // As after so many edges that one more changes nothing.
        let begin = (0..u16::BITS).fold(0, |state, _| (state << 1 | BEGIN) & edges);
        Self { table, begin }
    }

    /// Calls `hit` with each place of the value before which a literal may end.
    #[inline]
    pub(super) fn walk(&self, value: &[u8], symbols: &Symbols, hit: impl FnMut(usize)) {
        // The size is known where the loop is compiled: no step asks whether it is inside.
        if let Some(table) = self.table.first_chunk::<ENTRIES>() {
            return self.walk_in(table, value, symbols, hit);
        }
        match self.table.first_chunk::<FEW_ENTRIES>() {
            Some(table) => self.walk_in(table, value, symbols, hit),
            None => (0..=value.len()).for_each(hit),
        }
    }

    #[inline]
    fn walk_in<const N: usize>(
        &self,
        table: &[u16; N],
        value: &[u8],
        symbols: &Symbols,
        mut hit: impl FnMut(usize),
    ) {
        let mut step = Step { last: N - 1, state: self.begin };
        for (number, chunk) in value.chunks(CHUNK_BYTES).enumerate() {
            let mut passed = 0_u64;
            let (groups, rest) = chunk.as_chunks::<GROUP_BYTES>();
            for (at, group) in groups.iter().enumerate() {
                let mut found = 0_u64;
                for (at, byte) in group.iter().enumerate() {
                    found |= step.take(table, symbols.of(*byte)) << at;
                }
                passed |= found << (at * GROUP_BYTES);
            }
            for (at, byte) in (groups.len() * GROUP_BYTES..).zip(rest) {
                passed |= step.take(table, symbols.of(*byte)) << at;
            }
            while passed != 0 {
                hit(number * CHUNK_BYTES + passed.trailing_zeros() as usize);
                passed &= passed - 1;
            }
        }
        if step.take(table, Symbols::EDGE) != 0 {
            hit(value.len());
        }
    }
}

/// Where a walk stands.
struct Step {
    /// The last window.
    last: usize,
    /// Windows that were seen one after the other.
    state: u16,
}

impl Step {
    /// 1 where a literal may end before this symbol.
    #[inline(always)]
    fn take<const N: usize>(&mut self, table: &[u16; N], symbol: u8) -> u64 {
        self.last = (self.last << Symbols::BITS | usize::from(symbol)) % N;
        let entry = table.get(self.last).copied().unwrap_or(u16::MAX);
        self.state = (self.state << 1 | BEGIN) & entry;
        u64::from(self.state & END != 0)
    }
}

type Window = [SymbolSet; WINDOW];

/// The bits of all windows, each of which stands for many.
fn table(windows: BTreeSet<(usize, Window)>, literals: usize) -> Vec<u16> {
    let few = literals <= MAX_FEW;
    // What any two symbols may stand before is the same for all of them, and nearly so what any one may.
    let (mut behind_any, mut behind) = ([0_u16; SYMBOLS], vec![[0_u16; SYMBOLS]; SYMBOLS]);
    let mut others = Vec::new();
    for (bit, [first, second, third]) in windows {
        let mark = |row: &mut [u16]| {
            for c in members(third) {
                if let Some(entry) = row.get_mut(c) {
                    *entry |= 1 << bit;
                }
            }
        };
        match (if few { SymbolSet::MAX } else { first }, second) {
            (SymbolSet::MAX, SymbolSet::MAX) => mark(&mut behind_any),
            (SymbolSet::MAX, _) => {
                for b in members(second) {
                    mark(behind.get_mut(b).map_or(&mut [], |row| row.as_mut_slice()));
                }
            }
            _ => others.push((bit, [first, second, third])),
        }
    }
    for row in &mut behind {
        row.iter_mut().zip(behind_any).for_each(|(mine, any)| *mine |= any);
    }
    let mut table = Vec::with_capacity(if few { FEW_ENTRIES } else { ENTRIES });
    for _ in 0..if few { 1 } else { SYMBOLS } {
        behind.iter().for_each(|row| table.extend_from_slice(row));
    }
    for (bit, [first, second, third]) in others {
        for a in members(first) {
            for b in members(second) {
                let start = (a << Symbols::BITS | b) << Symbols::BITS;
                let row = table.get_mut(start..start + SYMBOLS).unwrap_or_default();
                for c in members(third) {
                    if let Some(entry) = row.get_mut(c) {
                        *entry |= 1 << bit;
                    }
                }
            }
        }
    }
    table
}

/// The symbols of a set.
fn members(set: SymbolSet) -> impl Iterator<Item = usize> {
    let mut rest = set;
    std::iter::from_fn(move || {
        let symbol = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
        rest &= rest - 1;
        Some(symbol)
    })
}

#[cfg(test)]
mod tests;
