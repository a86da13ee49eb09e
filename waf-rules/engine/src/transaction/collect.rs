//! From a target to the values it means at this moment.

use crate::compile::Names;
use crate::program::{Selector, Target, TxSlot};
use crate::transaction::bag::{Bag, Entry, selects};
use crate::transaction::clock;
use crate::transaction::state::{Found, State};
use crate::transaction::tx::Datum;
use crate::transaction::values::ValueId;
use crate::variable::{Kind, Variable};

impl State {
    /// Adds the values of a target to `found`.
    pub(crate) fn collect(&mut self, target: &Target, names: &Names, found: &mut Vec<Found>) {
        let before = found.len();
        self.collect_values(target, names, found);
        if target.count {
            count(target, found, before);
        }
    }

    /// What a target means before it is counted.
    pub(crate) fn collect_values(
        &mut self,
        target: &Target,
        names: &Names,
        found: &mut Vec<Found>,
    ) {
        match (target.variable, target.variable.kind()) {
            (Variable::Tx, _) => self.collect_tx(target, names, found),
            (Variable::MatchedVars | Variable::MatchedVarsNames, _) => {
                self.collect_matched(target, names, found);
            }
            (variable, Kind::Single) => {
                let datum = self.single(variable);
                found.push(Found { variable, key: ValueId::EMPTY, datum });
            }
            (_, kind) => self.collect_entries(target, kind == Kind::Names, found),
        }
    }

    fn collect_entries(&mut self, target: &Target, keys: bool, found: &mut Vec<Found>) {
        let variable = target.variable;
        let chosen = self.bags.select(variable, &target.selector, &target.except, &self.values);
        found.extend(chosen.map(|entry| Found {
            variable,
            key: entry.key,
            datum: Datum::Value(if keys { entry.key } else { entry.value }),
        }));
    }

    fn collect_tx(&mut self, target: &Target, names: &Names, found: &mut Vec<Found>) {
        let variable = Variable::Tx;
        let regex = match &target.selector {
            Selector::Tx(slot) => return self.collect_slot(*slot, names, found),
            Selector::Regex(regex) => Some(regex),
            Selector::All => None,
            Selector::Key(_) => return,
        };
        let means = |name: &[u8]| regex.is_none_or(|regex| regex.is_match(name));
        let start = found.len();
        match regex.and_then(|regex| names.slots_of(regex)) {
            Some(slots) => slots.iter().for_each(|slot| self.collect_slot(*slot, names, found)),
            None => {
                for (at, name) in names.tx_names().iter().enumerate() {
                    if means(name) {
                        self.collect_slot(TxSlot(at as u32), names, found);
                    }
                }
            }
        }
        for (key, datum) in self.tx.others() {
            if means(self.values.get(key)) {
                found.push(Found { variable, key, datum });
            }
        }
        if !target.except.is_empty() {
            let mut at = start;
            while let Some(candidate) = found.get(at).copied() {
                if target.except.iter().any(|except| self.excepts(except, candidate, names)) {
                    found.remove(at);
                } else {
                    at += 1;
                }
            }
        }
    }

    fn collect_slot(&mut self, slot: TxSlot, names: &Names, found: &mut Vec<Found>) {
        if let Some(datum) = self.tx.get(slot) {
            let name = names.tx_names().get(slot.0 as usize);
            let key = self.values.intern(name.map(AsRef::as_ref).unwrap_or_default());
            found.push(Found { variable: Variable::Tx, key, datum });
        }
    }

    fn collect_matched(&mut self, target: &Target, names: &Names, found: &mut Vec<Found>) {
        let hits = std::mem::take(&mut self.hits);
        for hit in &hits {
            let key = self.name_of(hit.found);
            let key_id = match (&target.selector, target.except.is_empty()) {
                (Selector::All | Selector::Regex(_) | Selector::Tx(_), true) => Default::default(),
                (_, _) => names.find_key(&self.values.get(key).to_ascii_lowercase()),
            };
            let entry = Entry { key, value: key, key_id };
            if !selects(&target.selector, &entry, &self.values)
                || target.except.iter().any(|except| selects(except, &entry, &self.values))
            {
                continue;
            }
            let names = target.variable == Variable::MatchedVarsNames;
            let datum = if names { Datum::Value(key) } else { hit.found.datum };
            found.push(Found { variable: target.variable, key, datum });
        }
        self.hits = hits;
    }

    /// Whether an exception means this value.
    pub(crate) fn excepts(&self, selector: &Selector, found: Found, names: &Names) -> bool {
        match selector {
            Selector::All => true,
            Selector::Regex(regex) => regex.is_match(self.values.get(found.key)),
            Selector::Key(key) => {
                let folded = self.values.get(found.key).to_ascii_lowercase();
                names.find_key(&folded) == *key
            }
            Selector::Tx(slot) => names
                .tx_names()
                .get(slot.0 as usize)
                .is_some_and(|name| **name == *self.values.get(found.key)),
        }
    }

    /// The value of a variable without keys; unset ones are empty.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most variables are stored, not computed")]
    pub(crate) fn single(&mut self, variable: Variable) -> Datum {
        if let Some(datum) = self.singles.get(variable.index()).copied().flatten() {
            return datum;
        }
        match variable {
            Variable::MatchedVar => self.last_hit.map_or(EMPTY, |found| found.datum),
            Variable::MatchedVarName => {
                self.last_hit.map_or(EMPTY, |found| Datum::Value(self.name_of(found)))
            }
            Variable::ArgsCombinedSize => Datum::Number(self.arguments_size()),
            Variable::HighestSeverity => {
                Datum::Number(self.worst.map_or(255, |severity| i64::from(severity.number())))
            }
            other => match clock::read(other, &mut self.started) {
                Some(datum) => datum.map_or(EMPTY, |text| Datum::Value(self.values.intern(&text))),
                None => EMPTY,
            },
        }
    }

    fn arguments_size(&self) -> i64 {
        let bags = Bag::of(Variable::Args).iter();
        let size: usize = bags
            .flat_map(|bag| self.bags.get(*bag))
            .map(|entry| self.values.get(entry.key).len() + self.values.get(entry.value).len())
            .sum();
        i64::try_from(size).unwrap_or(i64::MAX)
    }

    /// `ARGS:id` as a value.
    pub(crate) fn name_of(&mut self, found: Found) -> ValueId {
        let mut name = std::mem::take(&mut self.work.name);
        name.clear();
        name.extend_from_slice(found.variable.name().as_bytes());
        if found.key != ValueId::EMPTY {
            name.push(b':');
            name.extend_from_slice(self.values.get(found.key));
        }
        let id = self.values.intern(&name);
        self.work.name = name;
        id
    }
}

/// Puts the number of values from `start` on in their place.
pub(crate) fn count(target: &Target, found: &mut Vec<Found>, start: usize) {
    let count = i64::try_from(found.len() - start).unwrap_or(i64::MAX);
    let key = match found.get(start) {
        Some(first) if matches!(target.selector, Selector::Key(_)) => first.key,
        _ => ValueId::EMPTY,
    };
    found.truncate(start);
    found.push(Found { variable: target.variable, key, datum: Datum::Number(count) });
}

const EMPTY: Datum = Datum::Value(ValueId::EMPTY);
