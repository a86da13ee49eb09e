//! Which values made a difference: what each engine's operators matched, rule by rule.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_waf_engine::RuleMatch;

use crate::value::{Value, surplus};
use crate::verdict::{Difference, Verdict};

/// Rules that only sum up what others found: their matches follow from other differences.
const SUMS: [u64; 3] = [949, 959, 980];

/// The rules that say that a body could not be read: CRS's, and that of generated rule sets.
const BODY_ERROR: [u64; 2] = [200_002, 4];

/// What both engines matched for one rule that differs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleValues {
    /// Values that satisfied its operators here.
    pub here: Vec<Value>,
    /// Values that satisfied its operators there.
    pub there: Vec<Value>,
}

impl RuleValues {
    /// Values that matched here and not there.
    pub fn only_here(&self) -> Vec<&Value> {
        surplus(&self.here, &self.there)
    }

    /// Values that matched there and not here.
    pub fn only_there(&self) -> Vec<&Value> {
        surplus(&self.there, &self.here)
    }
}

/// One difference with all that is known about it.
#[derive(Debug, Clone, Default)]
pub struct Explained {
    /// The difference; none when the reference engine changed its mind.
    pub difference: Difference,
    /// Rules whose matches or matched values differ and do not follow from others.
    pub rules: BTreeMap<u64, RuleValues>,
    /// Whether this engine found the request body wrong.
    pub body_error_here: bool,
    /// What the reference engine found wrong with the request body.
    pub body_error_there: Option<String>,
}

/// Values of matched rules here, as the engine keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept(BTreeMap<u64, RuleValues>);

impl Kept {
    /// Takes the values of a match.
    pub fn keep(&mut self, found: &RuleMatch) {
        let values = self.0.entry(found.rule.id).or_default();
        values.here.extend(found.matched.iter().map(|matched| Value {
            variable: matched.variable.to_owned(),
            bytes: matched.value.clone(),
        }));
    }
}

/// Puts both engines' values side by side.
pub fn explain(
    here: (&Verdict, Kept),
    there: (&Verdict, Vec<(u64, Value)>),
    body_error_there: Option<String>,
) -> Explained {
    let logged: BTreeSet<u64> =
        here.0.matched.keys().chain(there.0.matched.keys()).copied().collect();
    let mut rules = here.1.0;
    for (rule, value) in there.1 {
        if logged.contains(&rule) {
            rules.entry(rule).or_default().there.push(value);
        }
    }
    let difference = here.0.difference(there.0).unwrap_or_default();
    rules.retain(|rule, values| {
        let matched = difference.more.contains(rule) || difference.less.contains(rule);
        let differs = !values.only_here().is_empty() || !values.only_there().is_empty();
        logged.contains(rule) && !SUMS.contains(&(rule / 1_000)) && (matched || differs)
    });
    Explained {
        difference,
        rules,
        body_error_here: BODY_ERROR.iter().any(|rule| here.0.matched.contains_key(rule)),
        body_error_there,
    }
}
