//! What the gate said of each value, kept for the transaction.

use crate::bits::BitSet;
use crate::gate::Gate;
use crate::transaction::values::{ValueId, Values};

#[derive(Debug, Default)]
pub(crate) struct Scans {
    /// By value: position in `sets` + 1, 0 for not scanned.
    of: Vec<u32>,
    sets: Vec<BitSet>,
    used: usize,
    folded: Vec<u8>,
}

impl Scans {
    pub(crate) fn reset(&mut self) {
        self.of.clear();
        self.used = 0;
    }

    /// Patterns and lists that may match a value; the value is scanned the first time it is asked for.
    pub(crate) fn candidates(&mut self, gate: &Gate, values: &Values, id: ValueId) -> &BitSet {
        if self.of.len() <= id.index() {
            self.of.resize(values.len().max(id.index() + 1), 0);
        }
        let known = self.of.get(id.index()).copied().unwrap_or(0);
        let at = if known == 0 { self.scan(gate, values, id) } else { known as usize - 1 };
        self.sets.get(at).unwrap_or(&NOTHING)
    }

    fn scan(&mut self, gate: &Gate, values: &Values, id: ValueId) -> usize {
        let at = self.used;
        self.used += 1;
        if self.sets.len() <= at {
            self.sets.push(BitSet::default());
        }
        if let Some(set) = self.sets.get_mut(at) {
            set.clear();
            gate.candidates(values.get(id), &mut self.folded, set);
        }
        if let Some(of) = self.of.get_mut(id.index()) {
            *of = u32::try_from(at + 1).unwrap_or(0);
        }
        at
    }
}

/// Never reached: a scan always makes its set.
static NOTHING: BitSet = BitSet::empty();
