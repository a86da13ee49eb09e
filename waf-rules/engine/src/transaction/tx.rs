//! `TX`: variables that rules write. Names known at load have a slot; others are found by their name.

use crate::compile::Names;
use crate::limits::MAX_TX_VARIABLES;
use crate::operator::integer;
use crate::program::TxSlot;
use crate::transaction::constants::Constants;
use crate::transaction::values::{ValueId, Values};

/// A number, or bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Datum {
    Number(i64),
    Value(ValueId),
}

impl Datum {
    pub(crate) fn number(self, values: &Values) -> i64 {
        match self {
            Self::Number(number) => number,
            Self::Value(id) => integer(values.get(id)),
        }
    }

    /// The bytes as a value; a number is written out.
    pub(crate) fn value(self, values: &mut Values) -> ValueId {
        match self {
            Self::Value(id) => id,
            Self::Number(number) => {
                let mut digits = Digits::default();
                values.intern(digits.write(number))
            }
        }
    }

    pub(crate) fn write(self, values: &Values, out: &mut Vec<u8>) {
        match self {
            Self::Value(id) => out.extend_from_slice(values.get(id)),
            Self::Number(number) => out.extend_from_slice(Digits::default().write(number)),
        }
    }
}

/// Room for the longest number.
#[derive(Debug, Default)]
struct Digits {
    buffer: [u8; 20],
}

impl Digits {
    fn write(&mut self, number: i64) -> &[u8] {
        let mut rest = number.unsigned_abs();
        let mut start = self.buffer.len();
        loop {
            start -= 1;
            if let Some(digit) = self.buffer.get_mut(start) {
                *digit = b'0' + (rest % 10) as u8;
            }
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if number < 0 {
            start -= 1;
            if let Some(sign) = self.buffer.get_mut(start) {
                *sign = b'-';
            }
        }
        self.buffer.get(start..).unwrap_or_default()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Tx {
    slots: Vec<Option<Datum>>,
    /// Name in lower case.
    others: Vec<(ValueId, Option<Datum>)>,
}

impl Tx {
    /// Holds what is known at load.
    pub(crate) fn reset(&mut self, names: &Names, constants: Option<&Constants>) {
        self.slots.clear();
        if let Some(constants) = constants {
            self.slots.extend_from_slice(&constants.image);
        }
        self.slots.resize(names.tx_names().len(), None);
        self.others.clear();
    }

    #[inline]
    pub(crate) fn get(&self, slot: TxSlot) -> Option<Datum> {
        self.slots.get(slot.0 as usize).copied().flatten()
    }

    pub(crate) fn set(&mut self, slot: TxSlot, datum: Option<Datum>) {
        if let Some(place) = self.slots.get_mut(slot.0 as usize) {
            *place = datum;
        }
    }

    /// The place of a variable by its name in lower case; made where there is none, unless there are too many.
    pub(crate) fn place(
        &mut self,
        name: &[u8],
        names: &Names,
        values: &mut Values,
    ) -> Option<&mut Option<Datum>> {
        if let Some(slot) = names.find_tx(name) {
            return self.slots.get_mut(slot.0 as usize);
        }
        let name = values.intern(name);
        let at = match self.others.iter().position(|(known, _)| *known == name) {
            Some(at) => at,
            None if self.others.len() >= MAX_TX_VARIABLES => return None,
            None => {
                self.others.push((name, None));
                self.others.len() - 1
            }
        };
        self.others.get_mut(at).map(|(_, datum)| datum)
    }

    /// A variable by its name in lower case.
    pub(crate) fn find(&self, name: &[u8], names: &Names, values: &Values) -> Option<Datum> {
        if let Some(slot) = names.find_tx(name) {
            return self.get(slot);
        }
        self.others.iter().find(|(known, _)| values.get(*known) == name).and_then(|(_, d)| *d)
    }

    /// Variables without a slot that are set.
    pub(crate) fn others(&self) -> impl Iterator<Item = (ValueId, Datum)> {
        self.others.iter().filter_map(|(name, datum)| datum.map(|datum| (*name, datum)))
    }
}

#[cfg(test)]
mod tests {
    use super::Digits;

    #[test]
    fn digits() {
        for number in [0, 7, -1, 10, i64::MAX, i64::MIN] {
            assert_eq!(Digits::default().write(number), number.to_string().as_bytes());
        }
    }
}
