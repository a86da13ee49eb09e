//! Tries links on single values, before their rules are asked.

use crate::limits::MAX_EXPANSION_BYTES;
use crate::operator::{Captures, Operator};
use crate::plan::{Foretold, Trial};
use crate::program::{Link, Number, Part, Text};
use crate::ruleset::RuleSet;
use crate::transaction::state::State;
use crate::transaction::values::ValueId;

impl State {
    /// Whether a value satisfies what is tried; true also where only the rule itself can find that out.
    pub(super) fn succeeds(&mut self, rules: &RuleSet, trial: &Trial, value: ValueId) -> bool {
        let Some(link) = trial.tried(&rules.program.rules) else { return true };
        let Some(operator) = &link.operator else { return true };
        let pipelines = &rules.program.pipelines;
        let stages = match &*link.stages {
            [] => std::slice::from_ref(&link.pipeline),
            stages => stages,
        };
        for pipeline in stages {
            let value = self.values.transformed(pipelines, *pipeline, value);
            if self.holds((link, operator), &trial.argument, value) {
                return match &trial.foretold {
                    Some(foretold) => self.comes_true(operator, foretold, value),
                    None => true,
                };
            }
        }
        false
    }

    fn holds(&self, (link, operator): (&Link, &Operator), argument: &[u8], value: ValueId) -> bool {
        let bytes = self.values.get(value);
        let matched = if let Operator::Compare(comparison, Number::Literal(number)) = operator {
            comparison.holds(crate::operator::integer(bytes), *number)
        } else {
            operator.matches(bytes, argument)
        };
        matched != link.negated
    }

    /// Whether the second link of a chain matches what the first one notes of a value, or some other rule may see it.
    fn comes_true(&mut self, operator: &Operator, foretold: &Foretold, value: ValueId) -> bool {
        let mut captures = std::mem::take(&mut self.work.captures);
        let bytes = self.values.get(value);
        operator.capture(bytes, &mut captures);
        let noted = written(&foretold.name, bytes, &captures).zip(written(
            &foretold.value,
            bytes,
            &captures,
        ));
        self.work.captures = captures;
        let Some((mut name, text)) = noted else { return true };
        name.make_ascii_lowercase();
        let matches = match (&foretold.test, foretold.selects.is_match(&name)) {
            (test, true) => test.matches(&text, &foretold.argument),
            (_, false) => false,
        };
        matches || foretold.others.iter().any(|pattern| pattern.is_match(&name))
    }
}

/// A text of captures; `None` where it is too long to be sure of.
fn written(text: &Text, value: &[u8], captures: &Captures) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for part in text.parts.iter() {
        match part {
            Part::Literal(literal) => out.extend_from_slice(literal),
            Part::Tx(slot) => {
                let range = captures.groups.get(slot.0 as usize).cloned().flatten();
                let group = range.and_then(|range| value.get(range));
                out.extend_from_slice(group.unwrap_or_default());
            }
            Part::Variable(_) | Part::Keyed(..) | Part::Rule(_) => return None,
        }
    }
    (out.len() < MAX_EXPANSION_BYTES).then_some(out)
}
