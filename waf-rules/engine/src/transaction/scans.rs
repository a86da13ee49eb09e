//! What the gate said of each value, kept for the transaction.

use crate::bits::BitSet;
use crate::cost::Watch;
use crate::gate::{Gate, Scope, Scratch};
use crate::transaction::values::{ValueId, Values};

#[derive(Debug, Default)]
pub(crate) struct Scans {
    /// By scope and value: position in `sets` + 1, 0 for not scanned.
    of: [Vec<u32>; Scope::ALL.len()],
    sets: Vec<BitSet>,
    used: usize,
    /// Never seen: a scan always makes its set.
    nothing: BitSet,
    scratch: Scratch,
    /// Counts scans of a sampled transaction.
    pub(crate) watch: Watch,
}

impl Scans {
    pub(crate) fn reset(&mut self) {
        self.of.iter_mut().for_each(Vec::clear);
        self.used = 0;
        self.watch = Watch::default();
    }

    /// Whether a pattern or list may match a value; the value is scanned the first time it is asked for.
    #[inline]
    pub(crate) fn admits(
        &mut self,
        (gate, scope): (&Gate, Scope),
        values: &Values,
        id: ValueId,
        matcher: usize,
    ) -> bool {
        self.candidates((gate, scope), values, id).contains(matcher)
    }

    /// All patterns and lists that may match a value.
    #[inline]
    pub(crate) fn candidates(
        &mut self,
        (gate, scope): (&Gate, Scope),
        values: &Values,
        id: ValueId,
    ) -> &BitSet {
        let id = values.scanned(id);
        let known = self.of.get(scope as usize).and_then(|of| of.get(id.index())).copied();
        let at = match known {
            Some(known) if known > 0 => known as usize - 1,
            Some(_) | None => self.scan((gate, scope), values, id),
        };
        self.sets.get(at).unwrap_or(&self.nothing)
    }

    fn scan(&mut self, (gate, scope): (&Gate, Scope), values: &Values, id: ValueId) -> usize {
        let began = self.watch.scan_begins();
        let at = self.used;
        self.used += 1;
        if self.sets.len() <= at {
            self.sets.push(BitSet::default());
        }
        if let Some(set) = self.sets.get_mut(at) {
            gate.candidates(scope, values.get(id), &mut self.scratch, set);
        }
        if let Some(of) = self.of.get_mut(scope as usize) {
            if of.len() <= id.index() {
                of.resize(values.len().max(id.index() + 1), 0);
            }
            if let Some(of) = of.get_mut(id.index()) {
                *of = u32::try_from(at + 1).unwrap_or(0);
            }
        }
        self.watch.scan_ended(began);
        at
    }
}
