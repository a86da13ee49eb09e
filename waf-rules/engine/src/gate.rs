//! The prefilter: one scan of a value tells which patterns and phrase lists can match it at all.

use crate::bits::BitSet;
use crate::compile::Compiled;

/// Built once a rule set.
#[derive(Debug)]
pub(crate) struct Gate {
    count: u32,
}

impl Gate {
    pub(crate) fn new(program: &Compiled) -> Self {
        Self { count: program.operators.count }
    }

    /// Sets the numbers of all patterns and lists that may match `value`.
    pub(crate) fn candidates(&self, _value: &[u8], _folded: &mut Vec<u8>, found: &mut BitSet) {
        (0..self.count).for_each(|id| found.insert(id as usize));
    }
}
