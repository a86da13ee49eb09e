//! What is known of `TX` at a point of a rule set, before any exchange.

use std::sync::Arc;

use crate::compile::Names;
use crate::meta::RuleMeta;
use crate::operator::integer;
use crate::program::{Number, Part, RuleField, Text, TxChange, TxName, TxSlot};

/// What a variable of `TX` is at a point of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Known {
    Unset,
    Number(i64),
    Text(Arc<[u8]>),
    /// Depends on the exchange.
    Open,
}

impl Known {
    /// `None` where it depends on the exchange.
    pub(super) fn number(&self) -> Option<i64> {
        match self {
            Self::Unset => Some(0),
            Self::Number(number) => Some(*number),
            Self::Text(text) => Some(integer(text)),
            Self::Open => None,
        }
    }

    /// The bytes as a rule sees them; unset ones are empty.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Unset => Some(Vec::new()),
            Self::Number(number) => Some(number.to_string().into_bytes()),
            Self::Text(text) => Some(text.to_vec()),
            Self::Open => None,
        }
    }
}

/// Captures, and what a pattern at its limits leaves.
fn written_by_matches(name: &[u8]) -> bool {
    name.iter().all(u8::is_ascii_digit) || name == b"msc_pcre_limits_exceeded"
}

/// All variables of `TX` that have a slot.
#[derive(Debug, Clone)]
pub(super) struct Knowledge {
    slots: Vec<Known>,
}

impl Knowledge {
    /// Nothing is set yet. What captures and limits write is never known.
    pub(super) fn start(names: &Names) -> Self {
        let slots = names.tx_names().iter().map(|name| match written_by_matches(name) {
            true => Known::Open,
            false => Known::Unset,
        });
        Self { slots: slots.collect() }
    }

    pub(super) fn slots(&self) -> &[Known] {
        &self.slots
    }

    pub(super) fn get(&self, slot: TxSlot) -> &Known {
        self.slots.get(slot.0 as usize).unwrap_or(&Known::Open)
    }

    /// A slot keeps what it is; what stays open never becomes known.
    fn set(&mut self, slot: TxSlot, names: &Names, known: Known) {
        let name = names.tx_names().get(slot.0 as usize);
        let always_open = name.is_none_or(|name| written_by_matches(name));
        if let Some(place) = self.slots.get_mut(slot.0 as usize) {
            *place = if always_open { Known::Open } else { known };
        }
    }

    /// Keeps what both ways to a point agree on.
    pub(super) fn join(&mut self, other: &Self) {
        for (mine, theirs) in self.slots.iter_mut().zip(&other.slots) {
            if mine != theirs {
                *mine = Known::Open;
            }
        }
    }

    /// Does what `setvar` does.
    pub(super) fn apply(&mut self, change: (&TxName, &TxChange), names: &Names, rule: &RuleMeta) {
        match change.0 {
            TxName::Slot(slot) => {
                let known = self.after(*slot, change.1, rule);
                self.set(*slot, names, known);
            }
            TxName::Dynamic(text) => self.forget(text, names),
        }
    }

    /// What may be after `setvar` was done some number of times, or never.
    pub(super) fn blur(&mut self, change: (&TxName, &TxChange), names: &Names, rule: &RuleMeta) {
        match change.0 {
            TxName::Slot(slot) => {
                let before = self.get(*slot).clone();
                let after = self.after(*slot, change.1, rule);
                self.set(*slot, names, if before == after { before } else { Known::Open });
            }
            TxName::Dynamic(text) => self.forget(text, names),
        }
    }

    fn after(&self, slot: TxSlot, change: &TxChange, rule: &RuleMeta) -> Known {
        let sum = |change: &Number, add: fn(i64, i64) -> i64| {
            let old = self.get(slot).number();
            match (old, self.number(change, rule)) {
                (Some(old), Some(change)) => Known::Number(add(old, change)),
                _ => Known::Open,
            }
        };
        match change {
            TxChange::Unset => Known::Unset,
            TxChange::AssignNumber(number) => Known::Number(*number),
            TxChange::Copy(from) => match self.get(*from) {
                Known::Unset => Known::Text(Arc::from(&b""[..])),
                known @ (Known::Number(_) | Known::Text(_) | Known::Open) => known.clone(),
            },
            TxChange::Assign(text) => {
                self.text(text, rule).map_or(Known::Open, |text| Known::Text(text.into()))
            }
            TxChange::Add(number) => sum(number, i64::saturating_add),
            TxChange::Subtract(number) => sum(number, i64::saturating_sub),
        }
    }

    /// A variable whose name holds macros was written: any that begins as the name does.
    fn forget(&mut self, name: &Text, names: &Names) {
        let prefix = match name.parts.first() {
            Some(Part::Literal(prefix)) => prefix.to_ascii_lowercase(),
            _ => Vec::new(),
        };
        for (slot, known) in names.tx_names().iter().zip(&mut self.slots) {
            if slot.starts_with(&prefix) {
                *known = Known::Open;
            }
        }
    }

    /// `None` where it depends on the exchange.
    pub(super) fn number(&self, number: &Number, rule: &RuleMeta) -> Option<i64> {
        match number {
            Number::Literal(number) => Some(*number),
            Number::Tx(slot) => self.get(*slot).number(),
            Number::Text(text) => self.text(text, rule).map(|text| integer(&text)),
        }
    }

    /// A text with its macros; `None` where one depends on the exchange, or the text is too long.
    pub(super) fn text(&self, text: &Text, rule: &RuleMeta) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        for part in text.parts.iter() {
            match part {
                Part::Literal(text) => out.extend_from_slice(text),
                Part::Tx(slot) => out.extend(self.get(*slot).bytes()?),
                Part::Rule(RuleField::Id) => out.extend(rule.id.to_string().into_bytes()),
                Part::Rule(
                    RuleField::Message
                    | RuleField::Severity
                    | RuleField::Revision
                    | RuleField::Version,
                )
                | Part::Variable(_)
                | Part::Keyed(..) => return None,
            }
        }
        (out.len() <= crate::limits::MAX_EXPANSION_BYTES).then_some(out)
    }
}
