//! Names to numbers: keys that rules select and variables of `TX`.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::operator::Pattern;
use crate::program::{KeyId, TxSlot};

/// Variables of `TX` with a fixed place: the captures.
const CAPTURES: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// The names of a rule set. What is in the tables comes from rules; what is looked up in them by exchanges is not added,
/// so nobody can make it collide.
#[derive(Debug)]
pub(crate) struct Names {
    keys: FxHashMap<Box<[u8]>, KeyId>,
    tx: FxHashMap<Box<[u8]>, TxSlot>,
    tx_names: Vec<Box<[u8]>>,
    /// By pattern that selects variables of `TX`, the slots it means.
    tx_patterns: Vec<(Arc<Pattern>, Box<[TxSlot]>)>,
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self {
            keys: FxHashMap::default(),
            tx: FxHashMap::default(),
            tx_names: Vec::new(),
            tx_patterns: Vec::new(),
        };
        for name in CAPTURES {
            names.tx_slot(name);
        }
        names
    }
}

impl Names {
    /// The number of a key; made where there is none.
    pub(crate) fn key(&mut self, name: &str) -> KeyId {
        let next = KeyId(u32::try_from(self.keys.len() + 1).unwrap_or(u32::MAX));
        *self.keys.entry(name.to_ascii_lowercase().into_bytes().into()).or_insert(next)
    }

    /// The number of a key some rule names, or the number for none. `lower` is in lower case.
    pub(crate) fn find_key(&self, lower: &[u8]) -> KeyId {
        self.keys.get(lower).copied().unwrap_or_default()
    }

    /// The slot of a `TX` variable; made where there is none.
    pub(crate) fn tx_slot(&mut self, name: &str) -> TxSlot {
        let lower: Box<[u8]> = name.to_ascii_lowercase().into_bytes().into();
        let next = TxSlot(u32::try_from(self.tx_names.len()).unwrap_or(u32::MAX));
        let slot = *self.tx.entry(lower.clone()).or_insert(next);
        if slot == next {
            self.tx_names.push(lower);
        }
        slot
    }

    /// `lower` is in lower case.
    pub(crate) fn find_tx(&self, lower: &[u8]) -> Option<TxSlot> {
        self.tx.get(lower).copied()
    }

    /// Finds out which slots patterns mean. To be called when there are no more slots to come.
    pub(crate) fn resolve(&mut self, patterns: impl Iterator<Item = Arc<Pattern>>) {
        for pattern in patterns {
            if self.slots_of(&pattern).is_some() {
                continue;
            }
            let names = self.tx_names.iter().enumerate();
            let slots = names.filter(|(_, name)| pattern.is_match(name));
            let slots = slots.map(|(at, _)| TxSlot(u32::try_from(at).unwrap_or(u32::MAX)));
            let slots = slots.collect();
            self.tx_patterns.push((pattern, slots));
        }
    }

    /// The slots that a pattern of a rule means.
    pub(crate) fn slots_of(&self, pattern: &Arc<Pattern>) -> Option<&[TxSlot]> {
        let known = self.tx_patterns.iter().find(|(known, _)| Arc::ptr_eq(known, pattern));
        known.map(|(_, slots)| &**slots)
    }

    /// Names of the slots, lower case.
    pub(crate) fn tx_names(&self) -> &[Box<[u8]>] {
        &self.tx_names
    }
}
