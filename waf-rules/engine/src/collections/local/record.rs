//! One record and what changes do to it.

use crate::collections::local::CollectionLimits;
use crate::collections::{Access, Change, Edit, Opened, Stored};
use crate::operator::integer;

/// Estimate of what keeping a record takes beside its key and variables.
const RECORD_OVERHEAD_BYTES: usize = 256;
/// Estimate of what keeping a variable takes beside its name and value.
const VARIABLE_OVERHEAD_BYTES: usize = 80;

#[derive(Debug)]
pub(super) struct Record {
    created_ms: u64,
    updated_ms: u64,
    updates: u64,
    timeout_seconds: u64,
    variables: Vec<Variable>,
    /// Estimate of the memory it takes.
    pub(super) bytes: usize,
    /// When it was last looked at, in looks at its shard.
    pub(super) look: u64,
}

#[derive(Debug)]
struct Variable {
    /// Lower case.
    name: Box<[u8]>,
    /// `None` where only its expiry is known yet.
    value: Option<Box<[u8]>>,
    expires_ms: Option<u64>,
    /// From when its decay counts.
    decays_from_ms: u64,
}

/// Whether a change was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Made,
    /// The record holds as much as it may.
    Full,
}

impl Record {
    pub(super) fn new(access: &Access<'_>, look: u64) -> Self {
        Self {
            created_ms: access.now_ms,
            updated_ms: access.now_ms,
            updates: 0,
            timeout_seconds: access.timeout_seconds,
            variables: Vec::new(),
            bytes: RECORD_OVERHEAD_BYTES + access.record.key.len(),
            look,
        }
    }

    /// Whether its time is over.
    pub(super) fn is_over(&self, now_ms: u64) -> bool {
        now_ms >= self.updated_ms.saturating_add(self.timeout_seconds.saturating_mul(1_000))
    }

    pub(super) fn opened(&self, now_ms: u64) -> Opened {
        let live = self.variables.iter().filter(|variable| !variable.is_over(now_ms));
        Opened {
            is_new: false,
            created_ms: self.created_ms,
            updated_ms: self.updated_ms,
            updates: self.updates,
            timeout_seconds: self.timeout_seconds,
            variables: live.filter_map(Variable::stored).collect(),
        }
    }

    pub(super) fn value(&self, name: &[u8], now_ms: u64) -> Option<Box<[u8]>> {
        let found = self.variables.iter().find(|variable| *variable.name == *name)?;
        found.value.clone().filter(|_| !found.is_over(now_ms))
    }

    pub(super) fn change(
        &mut self,
        now_ms: u64,
        edit: &Edit<'_>,
        limits: &CollectionLimits,
    ) -> Verdict {
        self.forget_expired(now_ms);
        if let Change::Decay { amount, seconds } = edit.change {
            self.decay(edit.name, amount, seconds, now_ms);
            return Verdict::Made;
        }
        self.updated_ms = now_ms;
        self.updates += u64::from(edit.first);
        match edit.change {
            Change::Set(value) => self.set(edit.name, value, now_ms, limits),
            Change::Add(delta) => {
                let sum = self.number(edit.name).saturating_add(delta);
                self.set(edit.name, sum.to_string().as_bytes(), now_ms, limits)
            }
            Change::Unset => {
                self.retain(|variable| *variable.name != *edit.name);
                Verdict::Made
            }
            Change::Expire { seconds } => {
                let Some(variable) = self.place(edit.name, now_ms, limits) else {
                    return Verdict::Full;
                };
                let expires_ms = now_ms.saturating_add(seconds.saturating_mul(1_000));
                variable.expires_ms = Some(expires_ms);
                Verdict::Made
            }
            Change::Timeout { seconds } => {
                self.timeout_seconds = seconds;
                Verdict::Made
            }
            Change::Decay { .. } => Verdict::Made,
        }
    }

    fn number(&self, name: &[u8]) -> i64 {
        let found = self.variables.iter().find(|variable| *variable.name == *name);
        found.and_then(|variable| variable.value.as_deref()).map_or(0, integer)
    }

    fn set(
        &mut self,
        name: &[u8],
        value: &[u8],
        now_ms: u64,
        limits: &CollectionLimits,
    ) -> Verdict {
        let old = self.variables.iter().find(|variable| *variable.name == *name);
        let old = old.and_then(|variable| variable.value.as_deref()).map_or(0, <[u8]>::len);
        if self.bytes + value.len() > limits.record_bytes + old {
            return Verdict::Full;
        }
        let Some(variable) = self.place(name, now_ms, limits) else { return Verdict::Full };
        variable.value = Some(value.into());
        self.bytes = self.bytes + value.len() - old;
        Verdict::Made
    }

    /// The variable of this name; made without a value where there is none and room for one.
    fn place(
        &mut self,
        name: &[u8],
        now_ms: u64,
        limits: &CollectionLimits,
    ) -> Option<&mut Variable> {
        let known = self.variables.iter().position(|variable| *variable.name == *name);
        let at = match known {
            Some(at) => at,
            None => {
                let bytes = self.bytes + name.len() + VARIABLE_OVERHEAD_BYTES;
                if self.variables.len() >= limits.record_variables || bytes > limits.record_bytes {
                    return None;
                }
                self.bytes = bytes;
                self.variables.push(Variable {
                    name: name.into(),
                    value: None,
                    expires_ms: None,
                    decays_from_ms: now_ms,
                });
                self.variables.len() - 1
            }
        };
        self.variables.get_mut(at)
    }

    /// Counts as a change of the record only where a number falls.
    fn decay(&mut self, name: &[u8], amount: u64, seconds: u64, now_ms: u64) {
        let found = self.variables.iter_mut().find(|variable| *variable.name == *name);
        let Some(variable) = found else { return };
        let period_ms = seconds.saturating_mul(1_000);
        let passed_ms = now_ms.saturating_sub(variable.decays_from_ms);
        let periods = passed_ms.checked_div(period_ms).unwrap_or(0);
        let Some(value) = variable.value.as_deref().filter(|_| periods > 0) else { return };
        variable.decays_from_ms += periods * period_ms;
        let fall = i64::try_from(amount.saturating_mul(periods)).unwrap_or(i64::MAX);
        let fallen = integer(value).saturating_sub(fall).max(0).to_string().into_bytes();
        self.bytes = (self.bytes + fallen.len()).saturating_sub(value.len());
        variable.value = Some(fallen.into());
        self.updated_ms = now_ms;
    }

    fn forget_expired(&mut self, now_ms: u64) {
        self.retain(|variable| !variable.is_over(now_ms));
    }

    fn retain(&mut self, keep: impl Fn(&Variable) -> bool) {
        let mut freed = 0;
        self.variables.retain(|variable| {
            let kept = keep(variable);
            if !kept {
                freed += variable.bytes();
            }
            kept
        });
        self.bytes = self.bytes.saturating_sub(freed);
    }
}

impl Variable {
    fn is_over(&self, now_ms: u64) -> bool {
        self.expires_ms.is_some_and(|expires_ms| now_ms >= expires_ms)
    }

    /// `None` where only its expiry is known.
    fn stored(&self) -> Option<Stored> {
        Some(Stored { name: self.name.clone(), value: self.value.clone()? })
    }

    fn bytes(&self) -> usize {
        let value = self.value.as_deref().map_or(0, <[u8]>::len);
        VARIABLE_OVERHEAD_BYTES + self.name.len() + value
    }
}
