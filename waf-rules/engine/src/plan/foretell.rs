//! Chains that note each value in a variable of `TX` of its own and then look at what they noted: `setvar:'tx.seen_%{tx.0}=…'`
//! and `TX:/^seen_/`. Whether such a chain can match is known of each value alone, so that it is not run where it cannot.
//! What it would have noted is gone then: no other rule may be able to tell.

use std::sync::Arc;

use crate::compile::Compiled;
use crate::limits::MAX_CAPTURES;
use crate::operator::{Operator, Pattern, TextTest};
use crate::pipeline::PipelineId;
use crate::plan::fold::Step;
use crate::plan::trace::{reads_captures_of_others, setvar};
use crate::program::{Effect, Link, Part, Rule, Selector, Target, Text, TxChange, TxName};
use crate::variable::Variable;

/// What a chain of two links makes of a value that its first link matches.
#[derive(Debug, Clone)]
pub(crate) struct Foretold {
    /// The name of the variable, before it is put in lower case, and its value.
    pub(crate) name: Text,
    pub(crate) value: Text,
    /// Which variables the second link looks at.
    pub(crate) selects: Arc<Pattern>,
    /// How it tests their text.
    pub(crate) test: TextTest,
    /// The argument of the test.
    pub(crate) argument: Box<[u8]>,
    /// How other rules select variables: one that they may see is noted as it should be.
    pub(crate) others: Box<[Arc<Pattern>]>,
}

/// What the rule's chain makes of a value; `None` where that depends on more, or is seen by others.
pub(super) fn foretell(
    program: &Compiled,
    step: &Step,
    rule: &Rule,
    looks_back: bool,
) -> Option<Foretold> {
    let [first, second] = &*rule.links else { return None };
    if looks_back || !notes_each_value(first) {
        return None;
    }
    let [Effect::SetTx(TxName::Dynamic(name), TxChange::Assign(value))] = &*first.effects else {
        return None;
    };
    let ((selects, test), argument) = (looked_at(second)?, step.arguments.get(1)?.clone()?);
    if ![name, value].into_iter().all(is_of_captures) {
        return None;
    }
    let prefix = literal_prefix(selects.text())?;
    first_literal(name).filter(|own| own.starts_with(prefix.as_bytes()))?;
    let others = others(program, step.rule as usize, prefix.as_bytes(), selects)?;
    let (name, value, selects) = (name.clone(), value.clone(), Arc::clone(selects));
    Some(Foretold { name, value, selects, test, argument, others })
}

/// Whether a link captures what it matches, value by value.
fn notes_each_value(link: &Link) -> bool {
    let pattern = matches!(link.operator, Some(Operator::Rx(_)));
    pattern && link.capture && !link.negated && link.stages.is_empty() && link.views.is_some()
}

/// The variables that a link looks at and how, where it tests their text and nothing else.
fn looked_at(link: &Link) -> Option<(&Arc<Pattern>, TextTest)> {
    let plain = link.pipeline == PipelineId::NONE && link.stages.is_empty() && !link.negated;
    let [Target { variable: Variable::Tx, count: false, selector, except }] = &*link.targets else {
        return None;
    };
    match (selector, &link.operator) {
        (Selector::Regex(pattern), Some(Operator::Text(test, _))) if plain && except.is_empty() => {
            Some((pattern, *test))
        }
        _ => None,
    }
}

fn is_of_captures(text: &Text) -> bool {
    text.parts.iter().all(|part| match part {
        Part::Literal(_) => true,
        Part::Tx(slot) => (slot.0 as usize) < MAX_CAPTURES,
        Part::Variable(_) | Part::Keyed(..) | Part::Rule(_) => false,
    })
}

/// `^text`: what all names begin with that the pattern means.
fn literal_prefix(pattern: &str) -> Option<&str> {
    let literal = pattern.strip_prefix('^')?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (!literal.is_empty() && literal.bytes().all(plain)).then_some(literal)
}

/// What a name begins with, in lower case.
fn first_literal(name: &Text) -> Option<Vec<u8>> {
    match name.parts.first()? {
        Part::Literal(literal) => Some(literal.to_ascii_lowercase()),
        Part::Tx(_) | Part::Variable(_) | Part::Keyed(..) | Part::Rule(_) => None,
    }
}

/// The patterns by which other rules select variables of `TX`; `None` where some rule could tell otherwise whether variables
/// that begin with `prefix` are set, or what was captured last.
fn others(
    program: &Compiled,
    position: usize,
    prefix: &[u8],
    selects: &Arc<Pattern>,
) -> Option<Box<[Arc<Pattern>]>> {
    if program.names.tx_names().iter().any(|name| name.starts_with(prefix)) {
        return None;
    }
    let mut patterns: Vec<Arc<Pattern>> = Vec::new();
    for (at, rule) in program.rules.iter().enumerate() {
        if reads_captures_of_others(rule) {
            return None;
        }
        for target in rule.links.iter().flat_map(|link| link.targets.iter()) {
            match (&target.selector, target.variable) {
                (Selector::Regex(pattern), Variable::Tx) => {
                    let own = at == position && Arc::ptr_eq(pattern, selects);
                    patterns.extend((!own).then(|| Arc::clone(pattern)));
                }
                (Selector::All, Variable::Tx) => return None,
                _ => {}
            }
        }
        if at != position && rule.links.iter().any(|link| may_set(link, prefix)) {
            return None;
        }
    }
    let captures = (0..MAX_CAPTURES).map(|group| group.to_string());
    let seen = |name: String| patterns.iter().any(|pattern| pattern.is_match(name.as_bytes()));
    if captures.into_iter().any(seen) {
        return None;
    }
    Some(patterns.into())
}

/// Whether a link may set a variable whose name begins as another does.
fn may_set(link: &Link, prefix: &[u8]) -> bool {
    link.effects.iter().filter_map(setvar).any(|(name, _)| match name {
        TxName::Slot(_) => false,
        TxName::Dynamic(name) => first_literal(name)
            .is_none_or(|other| other.starts_with(prefix) || prefix.starts_with(&other)),
    })
}
