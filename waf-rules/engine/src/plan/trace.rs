//! What a rule leaves behind and what it sees of others.

use crate::limits::MAX_CAPTURES;
use crate::operator::Operator;
use crate::program::{
    Effect, Flow, Link, Number, OpenRecord, Outcome, Part, RecordChange, Rule, Selector, Target,
    Text, TxChange, TxName, TxSlot,
};
use crate::variable::Variable;

/// Whether a match of a link changes anything, even where a later link of its chain fails. Where some rule looks back at
/// the last match, every match does.
pub(super) fn leaves_traces(link: &Link, looks_back: bool) -> bool {
    let by_operator = matches!(
        link.operator,
        Some(Operator::Backtracking(_) | Operator::RestPath(_) | Operator::Geo(_))
    );
    looks_back || by_operator || link.capture || !link.effects.is_empty()
}

/// Whether a match writes `TX` and nothing else, from what it does not itself find.
pub(super) fn does_only_setvar(link: &Link) -> bool {
    !link.capture
        && link.effects.iter().all(|effect| setvar(effect).is_some())
        && !texts(&link.effects).any(|text| mentions(text, is_last_match))
}

/// Whether a match is recorded nowhere and ends nothing.
pub(super) fn is_quiet(rule: &Rule) -> bool {
    let passes = matches!(rule.outcome, Outcome::Pass);
    passes && !rule.log && !rule.audit && rule.meta.severity.is_none()
}

/// Whether a rule neither looks at `TX` nor writes to it, nor decides what runs after it.
pub(super) fn is_neutral(rule: &Rule) -> bool {
    let about_tx = |variable| variable == Variable::Tx;
    let reads = |text: &Text| mentions(text, about_tx);
    let neutral = |link: &Link| {
        !link.targets.iter().any(|target| about_tx(target.variable))
            && !link.operator.as_ref().is_some_and(|operator| operator_texts(operator).any(reads))
            && !reads_number(link)
            && !texts(&link.effects).any(reads)
            && !link.effects.iter().any(|e| matches!(e, Effect::SetTx(..) | Effect::Engine(_)))
    };
    matches!(rule.outcome, Outcome::Pass)
        && rule.flow == Flow::Next
        && !reads(&rule.message)
        && !reads(&rule.log_data)
        && rule.links.iter().all(neutral)
}

fn reads_number(link: &Link) -> bool {
    let operator = matches!(&link.operator, Some(Operator::Compare(_, Number::Tx(_))));
    let records = link.effects.iter().any(|effect| {
        matches!(
            effect,
            Effect::SetRecord(
                _,
                _,
                RecordChange::Add(Number::Tx(_))
                    | RecordChange::Subtract(Number::Tx(_))
                    | RecordChange::Expire(Number::Tx(_))
            )
        )
    });
    operator || records
}

/// Whether a rule reads `TX.0` to `TX.9` where none of its own links has written them.
pub(super) fn reads_captures_of_others(rule: &Rule) -> bool {
    let is_capture = |slot: TxSlot| (slot.0 as usize) < MAX_CAPTURES;
    let of_text = |text: &Text| {
        text.parts.iter().any(|part| matches!(part, Part::Tx(slot) if is_capture(*slot)))
    };
    let of_number = |number: &Number| match number {
        Number::Tx(slot) => is_capture(*slot),
        Number::Text(text) => of_text(text),
        Number::Literal(_) => false,
    };
    for link in &rule.links {
        let target =
            |target: &Target| matches!(target.selector, Selector::Tx(slot) if is_capture(slot));
        let argument = match &link.operator {
            Some(Operator::Compare(_, number)) => of_number(number),
            Some(Operator::Text(_, text)) => of_text(text),
            _ => false,
        };
        if argument || link.targets.iter().any(target) {
            return true;
        }
        if link.capture && !link.negated && link.operator.is_some() {
            return false;
        }
        let numbers = link.effects.iter().any(|effect| {
            if let Effect::SetTx(_, TxChange::Add(number) | TxChange::Subtract(number))
            | Effect::SetRecord(
                _,
                _,
                RecordChange::Add(number)
                | RecordChange::Subtract(number)
                | RecordChange::Expire(number),
            ) = effect
            {
                of_number(number)
            } else {
                matches!(effect, Effect::SetTx(_, TxChange::Copy(slot)) if is_capture(*slot))
            }
        });
        if numbers || texts(&link.effects).any(of_text) {
            return true;
        }
    }
    if let Outcome::Redirect(url) = &rule.outcome
        && of_text(url)
    {
        return true;
    }
    of_text(&rule.message) || of_text(&rule.log_data)
}

/// Whether a rule looks at what the rule before it matched.
pub(super) fn sees_last_match(rule: &Rule) -> bool {
    let Some(first) = rule.links.first() else { return false };
    let target = first.targets.iter().any(|target| is_last_match(target.variable));
    let argument = first
        .operator
        .as_ref()
        .is_some_and(|operator| operator_texts(operator).any(|text| mentions(text, is_last_match)));
    // An action has no match of its own that its texts could mean.
    let action = first.operator.is_none()
        && (texts(&first.effects).any(|text| mentions(text, is_last_match))
            || first.effects.iter().any(|effect| matches!(effect, Effect::Sanitise(_)))
            || mentions(&rule.message, is_last_match)
            || mentions(&rule.log_data, is_last_match));
    target || argument || action
}

fn is_last_match(variable: Variable) -> bool {
    matches!(variable, Variable::MatchedVar | Variable::MatchedVarName)
}

fn mentions(text: &Text, means: impl Fn(Variable) -> bool) -> bool {
    text.parts.iter().any(|part| match part {
        Part::Tx(_) => means(Variable::Tx),
        Part::Variable(variable) | Part::Keyed(variable, _) => means(*variable),
        Part::Literal(_) | Part::Rule(_) => false,
    })
}

/// `setvar` of a variable of `TX`.
pub(super) fn setvar(effect: &Effect) -> Option<(&TxName, &TxChange)> {
    if let Effect::SetTx(name, change) = effect { Some((name, change)) } else { None }
}

fn operator_texts(operator: &Operator) -> impl Iterator<Item = &Text> {
    let text = if let Operator::Text(_, text) | Operator::Compare(_, Number::Text(text)) = operator
    {
        Some(text)
    } else {
        None
    };
    text.into_iter()
}

/// Texts with macros that effects expand.
fn texts(effects: &[Effect]) -> impl Iterator<Item = &Text> {
    effects.iter().flat_map(|effect| {
        let (first, second) = if let Effect::SetTx(name, change) = effect {
            (of_name(name), of_change(change))
        } else if let Effect::SetEnv(name, value) = effect {
            (Some(name), Some(value))
        } else if let Effect::Open(OpenRecord { key, .. }) = effect {
            (Some(key), None)
        } else if let Effect::SetRecord(_, name, change) = effect {
            (Some(name), of_record(change))
        } else {
            (None, None)
        };
        first.into_iter().chain(second)
    })
}

fn of_name(name: &TxName) -> Option<&Text> {
    match name {
        TxName::Slot(_) => None,
        TxName::Dynamic(text) => Some(text),
    }
}

fn of_change(change: &TxChange) -> Option<&Text> {
    match change {
        TxChange::Assign(text) => Some(text),
        TxChange::Add(number) | TxChange::Subtract(number) => of_number(number),
        TxChange::AssignNumber(_) | TxChange::Copy(_) | TxChange::Unset => None,
    }
}

fn of_record(change: &RecordChange) -> Option<&Text> {
    match change {
        RecordChange::Assign(text) => Some(text),
        RecordChange::Add(number)
        | RecordChange::Subtract(number)
        | RecordChange::Expire(number) => of_number(number),
        RecordChange::Unset | RecordChange::Decay { .. } => None,
    }
}

fn of_number(number: &Number) -> Option<&Text> {
    match number {
        Number::Text(text) => Some(text),
        Number::Literal(_) | Number::Tx(_) => None,
    }
}
