//! Conditions of patterns without literals. Each waits under one byte set it needs, the one that ordinary values are
//! least likely to have a byte of, and is looked at only for values that do.

use crate::bits::BitSet;
use crate::gate::Condition;
use crate::gate::required::Signature;

#[derive(Debug)]
pub(super) struct Unguarded {
    /// Conditions that need no set.
    always: Vec<Condition>,
    /// The others, in order of the set they wait under.
    waiting: Vec<Condition>,
    /// By bit of a signature: where its conditions begin; one more at the end.
    starts: Vec<u32>,
    /// The sets some condition waits under.
    used: Signature,
}

impl Unguarded {
    /// With each condition comes the bit of the set it waits under.
    pub(super) fn new(conditions: &[(Condition, Option<usize>)]) -> Self {
        let under = |wanted: Option<usize>| {
            conditions
                .iter()
                .filter(move |(_, bit)| *bit == wanted)
                .map(|(condition, _)| *condition)
        };
        let mut waiting = Vec::new();
        let mut starts = Vec::new();
        let mut used = Signature::default();
        for bit in 0..Signature::BITS {
            let start = waiting.len();
            starts.push(u32::try_from(start).unwrap_or(u32::MAX));
            waiting.extend(under(Some(bit)));
            if waiting.len() > start {
                used = used.with(bit);
            }
        }
        starts.push(u32::try_from(waiting.len()).unwrap_or(u32::MAX));
        Self { always: under(None).collect(), waiting, starts, used }
    }

    /// Adds the matchers whose conditions a value of this length and signature fulfils.
    pub(super) fn candidates(&self, length: usize, signature: Signature, found: &mut BitSet) {
        let mut look_at = |conditions: &[Condition]| {
            for condition in conditions {
                if condition.admits(length, signature) {
                    found.insert_within(condition.matcher as usize);
                }
            }
        };
        look_at(&self.always);
        for bit in signature.and(self.used).bits() {
            if let Some([start, end]) = self.starts.get(bit..bit + 2) {
                let range = *start as usize..*end as usize;
                look_at(self.waiting.get(range).unwrap_or_default());
            }
        }
    }
}
