//! `id:1,phase:2,msg:'a, b',t:none`.

use portcullis_waf_transform::Transformation;

use crate::ast::{Action, ActionNode, AllowScope, DisruptNode};
use crate::collections::Collection;
use crate::diagnostic::{Problem, Span};
use crate::lex::Word;
use crate::meta::{Phase, Severity};
use crate::parse::{audit, ctl, setvar};
use crate::template::Template;
use crate::variable::Variable;

pub(crate) const NAMES: &[&str] = &[
    "accuracy",
    "allow",
    "auditlog",
    "block",
    "capture",
    "chain",
    "ctl",
    "deny",
    "deprecatevar",
    "drop",
    "expirevar",
    "id",
    "initcol",
    "log",
    "logdata",
    "maturity",
    "msg",
    "multiMatch",
    "noauditlog",
    "nolog",
    "pass",
    "phase",
    "redirect",
    "rev",
    "sanitiseArg",
    "sanitiseMatched",
    "sanitiseMatchedBytes",
    "sanitiseRequestHeader",
    "sanitiseResponseHeader",
    "setenv",
    "setrsc",
    "setsid",
    "setuid",
    "setvar",
    "severity",
    "skip",
    "skipAfter",
    "status",
    "t",
    "tag",
    "ver",
];

/// Actions of other engines, and why they are errors here.
pub(crate) const REFUSED: &[(&str, &str)] = &[
    ("append", BODIES),
    ("exec", "the gateway starts no programs"),
    ("pause", "waiting on purpose holds the gateway's own memory; limit the rate instead"),
    ("prepend", BODIES),
    ("proxy", "routes say where a request goes"),
    ("xmlns", "XPath is not supported: XML:/* is every text, XML://@* every attribute value"),
];

const BODIES: &str = "bodies are not rewritten by rules";

pub(super) fn parse(word: &Word) -> Result<Vec<ActionNode>, Vec<Problem>> {
    let mut actions = Vec::new();
    let mut problems = Vec::new();
    for (offset, part) in split(&word.text) {
        let span = word.at(offset);
        match action(part, span) {
            Ok(action) => actions.push(ActionNode { span, action }),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(actions) } else { Err(problems) }
}

/// Parts between commas outside single quotes, trimmed, with their offsets.
fn split(text: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut quoted = false;
    let mut escaped = false;
    let mut push = |start: usize, end: usize| {
        let part = text.get(start..end).unwrap_or_default();
        let indent = part.len() - part.trim_start().len();
        let part = part.trim();
        if !part.is_empty() {
            parts.push((start + indent, part));
        }
    };
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\'' if !escaped => quoted = !quoted,
            b',' if !quoted => {
                push(start, at);
                start = at + 1;
            }
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    push(start, text.len());
    parts
}

fn action(text: &str, span: Span) -> Result<Action, Problem> {
    let (name, value) = match text.split_once(':') {
        Some((name, value)) => (name.trim(), Some(value.trim())),
        None => (text, None),
    };
    let value = value.map(unquote);
    let name = name.to_ascii_lowercase();
    if let Some((known, why)) = REFUSED.iter().find(|(known, _)| *known == name) {
        return Err(Problem::new(span, format!("action `{known}` is not supported")).help(*why));
    }
    if let Some(sanitise) = audit::sanitise(&name, value.as_deref(), span)? {
        return Ok(Action::Sanitise(sanitise));
    }
    match value {
        Some(value) => with_value(&name, &value, span),
        None => alone(&name, span),
    }
}

/// Actions without a value.
fn alone(name: &str, span: Span) -> Result<Action, Problem> {
    Ok(match name {
        "log" => Action::Log(true),
        "nolog" => Action::Log(false),
        "auditlog" => Action::AuditLog(true),
        "noauditlog" => Action::AuditLog(false),
        "capture" => Action::Capture,
        "multimatch" => Action::MultiMatch,
        "chain" => Action::Chain,
        "block" => Action::Disrupt(DisruptNode::Block),
        "pass" => Action::Disrupt(DisruptNode::Pass),
        "deny" => Action::Disrupt(DisruptNode::Deny),
        "drop" => Action::Disrupt(DisruptNode::Drop),
        "allow" => Action::Disrupt(DisruptNode::Allow(AllowScope::All)),
        known if NAMES.iter().any(|name| name.eq_ignore_ascii_case(known)) => {
            return Err(Problem::new(span, format!("action `{known}` needs a value")));
        }
        other => return Err(Problem::unknown(span, "action", other, NAMES)),
    })
}

/// Actions with a value.
fn with_value(name: &str, value: &str, span: Span) -> Result<Action, Problem> {
    Ok(match name {
        "id" => Action::Id(number(name, value, span)?),
        "phase" => Action::Phase(Phase::parse(&value.to_ascii_lowercase()).ok_or_else(|| {
            Problem::new(span, format!("unknown phase `{value}`")).help("phases are 1 to 5")
        })?),
        "msg" => Action::Message(Template::parse(value, span)?, value.to_owned()),
        "logdata" => Action::LogData(Template::parse(value, span)?),
        "tag" => Action::Tag(value.to_owned()),
        "severity" => Action::Severity(Severity::parse(value).ok_or_else(|| {
            let names: Vec<&str> = Severity::ALL.iter().map(|(_, name)| *name).collect();
            Problem::unknown(span, "severity", value, &names)
        })?),
        "ver" => Action::Version(value.to_owned()),
        "rev" => Action::Revision(value.to_owned()),
        "maturity" => Action::Maturity(one_to_nine(name, value, span)?),
        "accuracy" => Action::Accuracy(one_to_nine(name, value, span)?),
        "t" => Action::Transform(transformation(value, span)?),
        "setvar" => Action::SetVar(setvar::set_var(value, span)?),
        "expirevar" => Action::SetVar(setvar::expire_var(value, span)?),
        "deprecatevar" => Action::SetVar(setvar::deprecate_var(value, span)?),
        "initcol" => Action::Open(setvar::init_col(value, span)?),
        "setsid" => session(value, span)?,
        "setuid" => user(value, span)?,
        "setrsc" => resource(value, span)?,
        "setenv" => {
            let (key, value) = value.split_once('=').unwrap_or((value, "1"));
            Action::SetEnv(key.to_owned(), Template::parse(value, span)?)
        }
        "ctl" => Action::Ctl(ctl::parse(value, span)?),
        "allow" => Action::Disrupt(DisruptNode::Allow(match value {
            "phase" => AllowScope::Phase,
            "request" => AllowScope::Request,
            _ => {
                return Err(Problem::unknown(span, "scope of allow", value, &["phase", "request"]));
            }
        })),
        "redirect" => Action::Disrupt(DisruptNode::Redirect(Template::parse(value, span)?)),
        "status" => {
            let status: u16 = number(name, value, span)?;
            if !(100..=599).contains(&status) {
                return Err(Problem::new(span, format!("status {status} is not an HTTP status")));
            }
            Action::Status(status)
        }
        "skip" => match number(name, value, span)? {
            0 => return Err(Problem::new(span, "skip leaves out at least one rule")),
            count => Action::Skip(count),
        },
        "skipafter" => Action::SkipAfter(value.to_owned()),
        known if NAMES.iter().any(|name| name.eq_ignore_ascii_case(known)) => {
            return Err(Problem::new(span, format!("action `{known}` takes no value")));
        }
        other => return Err(Problem::unknown(span, "action", other, NAMES)),
    })
}

fn one_to_nine(name: &str, value: &str, span: Span) -> Result<u8, Problem> {
    match number(name, value, span)? {
        level @ 1..=9 => Ok(level),
        _ => Err(Problem::new(span, format!("`{value}` is not a valid number for `{name}`"))
            .help("it is 1 to 9")),
    }
}

fn number<N: std::str::FromStr>(name: &str, value: &str, span: Span) -> Result<N, Problem> {
    value
        .parse()
        .map_err(|_| Problem::new(span, format!("`{value}` is not a valid number for `{name}`")))
}

fn transformation(value: &str, span: Span) -> Result<Option<Transformation>, Problem> {
    if value.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    Transformation::from_name(value).map(Some).ok_or_else(|| {
        let names: Vec<&str> = Transformation::ALL.iter().map(|t| t.name()).collect();
        Problem::unknown(span, "transformation", value, &names)
    })
}

fn session(value: &str, span: Span) -> Result<Action, Problem> {
    setvar::set_id(Collection::Session, Some(Variable::Sessionid), value, span).map(Action::Open)
}

fn user(value: &str, span: Span) -> Result<Action, Problem> {
    setvar::set_id(Collection::User, Some(Variable::Userid), value, span).map(Action::Open)
}

fn resource(value: &str, span: Span) -> Result<Action, Problem> {
    setvar::set_id(Collection::Resource, None, value, span).map(Action::Open)
}

/// Takes surrounding single quotes off and `\'` to `'`.
fn unquote(value: &str) -> String {
    let inner = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    inner.unwrap_or(value).replace("\\'", "'")
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn splits() {
        for (text, expected) in [
            ("", &[][..]),
            ("id:1, phase:2", &[(0, "id:1"), (6, "phase:2")]),
            ("msg:'a, b',log", &[(0, "msg:'a, b'"), (11, "log")]),
            ("msg:'it\\'s, x',log", &[(0, "msg:'it\\'s, x'"), (15, "log")]),
            ("setvar:'tx.a=b,c'", &[(0, "setvar:'tx.a=b,c'")]),
        ] {
            assert_eq!(split(text), expected, "{text}");
        }
    }
}
