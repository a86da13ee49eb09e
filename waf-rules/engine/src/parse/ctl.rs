//! `ctl:option=value`.

use crate::ast::{AuditMode, Ctl, IdRange, Processor, RuleQuery};
use crate::audit::PartsChange;
use crate::diagnostic::{Problem, Span};
use crate::parse::directive::id_range;
use crate::parse::targets;
use crate::ruleset::EngineMode;

pub(crate) const NAMES: &[&str] = &[
    "auditEngine",
    "auditLogParts",
    "debugLogLevel",
    "forceRequestBodyVariable",
    "forceResponseBodyVariable",
    "hashEnforcement",
    "hashEngine",
    "requestBodyAccess",
    "requestBodyLimit",
    "requestBodyProcessor",
    "responseBodyAccess",
    "responseBodyLimit",
    "responseBodyProcessor",
    "ruleEngine",
    "ruleRemoveById",
    "ruleRemoveByMsg",
    "ruleRemoveByTag",
    "ruleRemoveTargetById",
    "ruleRemoveTargetByMsg",
    "ruleRemoveTargetByTag",
];

/// Those of [`NAMES`] that change nothing.
pub(crate) const WITHOUT_EFFECT: &[&str] = &["debugLogLevel", "hashEnforcement", "hashEngine"];

pub(super) fn parse(text: &str, span: Span) -> Result<Ctl, Problem> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(Problem::new(span, "ctl needs option=value"));
    };
    let (name, value) = (name.trim(), value.trim());
    Ok(match name.to_ascii_lowercase().as_str() {
        "auditengine" => Ctl::AuditEngine(match value.to_ascii_lowercase().as_str() {
            "on" => AuditMode::On,
            "off" => AuditMode::Off,
            "relevantonly" => AuditMode::RelevantOnly,
            _ => return Err(bad(span, name, value)),
        }),
        "auditlogparts" => {
            Ctl::AuditParts(PartsChange::parse(value).map_err(|text| Problem::new(span, text))?)
        }
        "debugloglevel" => Ctl::Accepted,
        "hashengine" | "hashenforcement" if !switch(span, name, value)? => Ctl::Accepted,
        "hashengine" | "hashenforcement" => {
            let message = format!("ctl `{name}` is not supported with `{value}`");
            return Err(Problem::new(span, message).help("the gateway does not sign links"));
        }
        "forcerequestbodyvariable" => Ctl::ForceRequestBody(switch(span, name, value)?),
        "forceresponsebodyvariable" => Ctl::ForceResponseBody(switch(span, name, value)?),
        "requestbodyaccess" => Ctl::RequestBodyAccess(switch(span, name, value)?),
        "requestbodylimit" => {
            Ctl::RequestBodyLimit(value.parse().map_err(|_| bad(span, name, value))?)
        }
        "requestbodyprocessor" => Ctl::RequestBodyProcessor(processor(span, value)?),
        "responsebodyaccess" => Ctl::ResponseBodyAccess(switch(span, name, value)?),
        "responsebodylimit" => {
            Ctl::ResponseBodyLimit(value.parse().map_err(|_| bad(span, name, value))?)
        }
        "responsebodyprocessor" => Ctl::ResponseBodyProcessor(processor(span, value)?),
        "ruleengine" => {
            Ctl::RuleEngine(EngineMode::parse(value).ok_or_else(|| bad(span, name, value))?)
        }
        "ruleremovebyid" => Ctl::Remove(RuleQuery::Ids(ids(span, name, value)?)),
        "ruleremovebytag" => Ctl::Remove(RuleQuery::Tag(value.to_owned())),
        "ruleremovebymsg" => Ctl::Remove(RuleQuery::Message(value.to_owned())),
        "ruleremovetargetbyid" => {
            let (ids_text, target) = halves(span, name, value)?;
            remove_target(RuleQuery::Ids(ids(span, name, ids_text)?), target, span)?
        }
        "ruleremovetargetbytag" => {
            let (tag, target) = halves(span, name, value)?;
            remove_target(RuleQuery::Tag(tag.to_owned()), target, span)?
        }
        "ruleremovetargetbymsg" => {
            let (message, target) = halves(span, name, value)?;
            remove_target(RuleQuery::Message(message.to_owned()), target, span)?
        }
        _ => return Err(Problem::unknown(span, "ctl option", name, NAMES)),
    })
}

fn remove_target(query: RuleQuery, target: &str, span: Span) -> Result<Ctl, Problem> {
    let target = targets::target(target, span)?;
    Ok(Ctl::RemoveTarget(query, target.variable, target.selector))
}

fn halves<'a>(span: Span, name: &str, value: &'a str) -> Result<(&'a str, &'a str), Problem> {
    value
        .split_once(';')
        .ok_or_else(|| Problem::new(span, format!("ctl `{name}` needs `rules;VARIABLE`")))
}

fn ids(span: Span, name: &str, value: &str) -> Result<Vec<IdRange>, Problem> {
    value
        .split([',', ' '])
        .filter(|part| !part.is_empty())
        .map(|part| id_range(part).ok_or_else(|| bad(span, name, part)))
        .collect()
}

fn switch(span: Span, name: &str, value: &str) -> Result<bool, Problem> {
    match value.to_ascii_lowercase().as_str() {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(bad(span, name, value)),
    }
}

fn processor(span: Span, value: &str) -> Result<Processor, Problem> {
    Processor::ALL
        .iter()
        .find(|(_, name)| name.eq_ignore_ascii_case(value))
        .map(|(processor, _)| *processor)
        .ok_or_else(|| {
            let names: Vec<&str> = Processor::ALL.iter().map(|(_, name)| *name).collect();
            Problem::unknown(span, "body processor", value, &names)
        })
}

fn bad(span: Span, name: &str, value: &str) -> Problem {
    Problem::new(span, format!("`{value}` is not a value of ctl `{name}`"))
}
