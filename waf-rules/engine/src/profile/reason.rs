//! Why a rule takes time: what of it the gate cannot decide, and what its operators do to each value.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::operator::{Operator, Pattern};
use crate::program::{Link, Rule};
use crate::ruleset::RuleSet;

/// Literals shorter than this are found in everything.
const MIN_LITERAL_BYTES: usize = 3;
/// A list with more phrases than this finds one of them in ordinary text.
const LARGE_LIST_PHRASES: usize = 200;

/// What of a rule takes time; empty where nothing stands out.
pub(super) fn of(rules: &RuleSet, position: usize, rule: &Rule) -> String {
    let mut reasons: Vec<String> = Vec::new();
    if is_open(rules, position, rule) {
        reasons.push("asked in every exchange".to_owned());
    }
    for reason in rule.links.iter().flat_map(of_link) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.join(", ")
}

/// Whether nothing about the values of an exchange keeps the rule from being evaluated.
fn is_open(rules: &RuleSet, position: usize, rule: &Rule) -> bool {
    let Some(plan) = &rules.plan else { return true };
    let Some(phase) = plan.phases.get(rule.meta.phase.index()) else { return false };
    let step = phase.steps.iter().position(|step| step.rule as usize == position);
    step.is_some_and(|step| {
        let second = phase.guards.half * 64 + step;
        phase.guards.open.contains(step) && phase.guards.open.contains(second)
    })
}

fn of_link(link: &Link) -> Vec<String> {
    let mut reasons = Vec::new();
    let operator = link.operator.as_ref().and_then(of_operator);
    reasons.extend(operator);
    if link.stages.len() > 1 {
        reasons.push(format!("multiMatch over {} stages", link.stages.len()));
    }
    reasons
}

fn of_operator(operator: &Operator) -> Option<String> {
    match operator {
        Operator::Rx(pattern) | Operator::RxGlobal(pattern) => {
            let words = || format!("pattern without {MIN_LITERAL_BYTES} certain bytes in a row");
            (!has_literal(pattern)).then(words)
        }
        Operator::Pm(list) => {
            let phrases = list.folded.len();
            (phrases > LARGE_LIST_PHRASES).then(|| format!("list of {phrases} phrases"))
        }
        Operator::Backtracking(_) => {
            Some("lookaround or backreferences, tried step by step".to_owned())
        }
        Operator::Sqli | Operator::Xss => Some("parses each value".to_owned()),
        Operator::Schema(_) => Some("validates a whole body".to_owned()),
        Operator::Identifier(_) => Some("checks every number that looks like one".to_owned()),
        Operator::ByteRange(_) | Operator::UrlEncoding | Operator::Utf8Encoding => {
            Some("looks at every byte of each value".to_owned())
        }
        Operator::Geo(_)
        | Operator::RestPath(_)
        | Operator::Compare(..)
        | Operator::Text(..)
        | Operator::IpMatch(_)
        | Operator::Always
        | Operator::Never => None,
    }
}

fn has_literal(pattern: &Pattern) -> bool {
    pattern.tree().is_ok_and(|tree| run(&tree).certain >= MIN_LITERAL_BYTES)
}

/// Bytes in a row that stand in every match, case apart.
#[derive(Clone, Copy, Default)]
struct Run {
    /// The longest row.
    certain: usize,
    /// The row that a match consists of, where it is one.
    whole: Option<usize>,
}

fn run(tree: &Hir) -> Run {
    let literal = |bytes: usize| Run { certain: bytes, whole: Some(bytes) };
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => literal(0),
        HirKind::Literal(text) => literal(text.0.len()),
        HirKind::Class(class) if is_letter(class) => literal(1),
        HirKind::Class(_) => Run::default(),
        HirKind::Capture(group) => run(&group.sub),
        HirKind::Repetition(again) if again.min > 0 => {
            let once = run(&again.sub);
            let exact = again.max == Some(again.min);
            let whole = once.whole.map(|bytes| bytes * again.min as usize);
            Run { certain: whole.unwrap_or(0).max(once.certain), whole: whole.filter(|_| exact) }
        }
        HirKind::Repetition(_) => Run::default(),
        HirKind::Alternation(branches) => {
            let certain = branches.iter().map(|branch| run(branch).certain).min();
            Run { certain: certain.unwrap_or(0), whole: None }
        }
        HirKind::Concat(parts) => concatenated(parts),
    }
}

fn concatenated(parts: &[Hir]) -> Run {
    let (mut certain, mut row, mut all) = (0, 0, Some(0));
    for part in parts.iter().map(run) {
        row = part.whole.map_or(0, |bytes| row + bytes);
        all = all.zip(part.whole).map(|(before, bytes)| before + bytes);
        certain = certain.max(row).max(part.certain);
    }
    Run { certain, whole: all }
}

/// One byte, or a letter in either case.
fn is_letter(class: &Class) -> bool {
    class.literal().is_some() || class.maximum_len() == Some(1) && members(class) <= 2
}

fn members(class: &Class) -> usize {
    match class {
        Class::Bytes(bytes) => bytes.iter().map(|range| range.len()).sum(),
        Class::Unicode(chars) => chars.iter().map(|range| range.len()).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::{MIN_LITERAL_BYTES, run};
    use crate::operator::{Meaning, Pattern};

    #[test]
    fn literals_that_every_match_has() {
        for (pattern, has) in [
            ("select", true),
            ("(?i)select", true),
            ("union.+select", true),
            ("(?:union|select)x*", true),
            ("(?:union|or)", false),
            ("[0-9]{3}", false),
            ("a{3}", true),
            ("(?:ab)+", false),
            ("a[bc]?d", false),
            ("x*", false),
            ("ab(?:cd)ef", true),
        ] {
            let (_, tree) = Pattern::parsed(pattern, Meaning::Values).unwrap();
            assert_eq!(run(&tree).certain >= MIN_LITERAL_BYTES, has, "{pattern}");
        }
    }
}
