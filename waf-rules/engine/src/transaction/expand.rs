//! Text with its macros replaced. What is not set is empty.

use crate::compile::Names;
use crate::limits::MAX_EXPANSION_BYTES;
use crate::meta::RuleMeta;
use crate::program::{Number, Part, RuleField, Selector, Target, Text};
use crate::transaction::state::State;
use crate::variable::{Kind, Variable};

impl State {
    /// Appends the expanded text to `out`, cut at the limit.
    pub(crate) fn expand(
        &mut self,
        text: &Text,
        names: &Names,
        rule: &RuleMeta,
        out: &mut Vec<u8>,
    ) {
        let start = out.len();
        for part in text.parts.iter() {
            self.expand_part(part, names, rule, out);
            if out.len() - start > MAX_EXPANSION_BYTES {
                out.truncate(start + MAX_EXPANSION_BYTES);
                return;
            }
        }
    }

    fn expand_part(&mut self, part: &Part, names: &Names, rule: &RuleMeta, out: &mut Vec<u8>) {
        match part {
            Part::Literal(text) => out.extend_from_slice(text),
            Part::Tx(slot) => {
                if let Some(datum) = self.tx.get(*slot) {
                    datum.write(&self.values, out);
                }
            }
            Part::Variable(variable) if variable.kind() == Kind::Single => {
                let datum = self.single(*variable);
                datum.write(&self.values, out);
            }
            Part::Variable(variable) => self.expand_first(*variable, Selector::All, names, out),
            Part::Keyed(variable, key) => {
                self.expand_first(*variable, Selector::Key(*key), names, out);
            }
            Part::Rule(field) => match field {
                RuleField::Id => out.extend_from_slice(rule.id.to_string().as_bytes()),
                RuleField::Message => out.extend_from_slice(rule.message.as_bytes()),
                RuleField::Revision => out.extend_from_slice(rule.revision.as_bytes()),
                RuleField::Version => out.extend_from_slice(rule.version.as_bytes()),
                RuleField::Severity => {
                    let number = rule.severity.map(|severity| severity.number().to_string());
                    out.extend_from_slice(number.unwrap_or_default().as_bytes());
                }
            },
        }
    }

    /// The first value of a collection.
    fn expand_first(
        &mut self,
        variable: Variable,
        selector: Selector,
        names: &Names,
        out: &mut Vec<u8>,
    ) {
        let target = Target { variable, count: false, selector, except: Box::default() };
        let mut found = Vec::new();
        self.collect(&target, names, &mut found);
        if let Some(first) = found.first() {
            first.datum.write(&self.values, out);
        }
    }

    pub(crate) fn number(&mut self, number: &Number, names: &Names, rule: &RuleMeta) -> i64 {
        match number {
            Number::Literal(number) => *number,
            Number::Tx(slot) => self.tx.get(*slot).map_or(0, |datum| datum.number(&self.values)),
            Number::Text(text) => {
                let mut out = std::mem::take(&mut self.work.text);
                out.clear();
                self.expand(text, names, rule, &mut out);
                let number = crate::operator::integer(&out);
                self.work.text = out;
                number
            }
        }
    }
}
