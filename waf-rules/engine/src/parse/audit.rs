//! Arguments of the directives and actions about the audit log.

use crate::ast::{Sanitise, Setting};
use crate::audit::{AuditFormat, AuditParts};
use crate::diagnostic::{Problem, Span};
use crate::lex::Word;

/// `SecAuditLogParts`.
pub(super) fn parts(word: &Word) -> Result<Setting, Problem> {
    let parts = AuditParts::parse(&word.text).map_err(|text| Problem::new(word.span, text))?;
    Ok(Setting::AuditParts(parts))
}

/// `SecAuditLog`.
pub(super) fn path(word: &Word) -> Result<Setting, Problem> {
    match word.text.as_bytes().first() {
        None => Err(Problem::new(word.span, "SecAuditLog needs a file")),
        Some(b'|') => Err(Problem::new(word.span, "the audit log cannot be piped to a program")
            .help("the gateway starts no programs; write a file or `/dev/stdout`")),
        Some(_) if word.text.starts_with("http") => {
            Err(Problem::new(word.span, "SecAuditLog names a file, not a URL")
                .help("records go over HTTP with `telemetry.audit_log.to.otlp`"))
        }
        Some(_) => Ok(Setting::AuditLog(word.text.clone())),
    }
}

/// `SecAuditLogFormat`.
pub(super) fn format(word: &Word) -> Result<Setting, Problem> {
    let known = AuditFormat::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(&word.text));
    known.map(|(_, format)| Setting::AuditFormat(*format)).ok_or_else(|| {
        let names = AuditFormat::NAMES.map(|(name, _)| name);
        Problem::unknown(word.span, "audit log format", &word.text, &names)
    })
}

/// `sanitiseArg:name` and its kin; `None` where the action is none of them. Both spellings are known.
pub(super) fn sanitise(
    action: &str,
    value: Option<&str>,
    span: Span,
) -> Result<Option<Sanitise>, Problem> {
    let Some(kind) = action.strip_prefix("saniti").and_then(|rest| rest.get(2..)) else {
        return Ok(None);
    };
    if !action.starts_with("sanitise") && !action.starts_with("sanitize") {
        return Ok(None);
    }
    let named = |make: fn(Vec<u8>) -> Sanitise| match value {
        Some(name) if !name.is_empty() => Ok(Some(make(name.as_bytes().to_vec()))),
        Some(_) | None => Err(Problem::new(span, format!("action `{action}` needs a name"))),
    };
    match (kind, value) {
        ("arg", _) => named(Sanitise::Argument),
        ("requestheader", _) => named(Sanitise::RequestHeader),
        ("responseheader", _) => named(Sanitise::ResponseHeader),
        ("matched", None) => Ok(Some(Sanitise::Matched)),
        ("matched", Some(_)) => {
            Err(Problem::new(span, format!("action `{action}` takes no value")))
        }
        ("matchedbytes", None) => Ok(Some(Sanitise::MatchedBytes { first: 0, last: 0 })),
        ("matchedbytes", Some(kept)) => {
            let (first, last) = kept.split_once('/').unwrap_or(("", ""));
            match (first.trim().parse(), last.trim().parse()) {
                (Ok(first), Ok(last)) => Ok(Some(Sanitise::MatchedBytes { first, last })),
                _ => Err(Problem::new(span, format!("`{kept}` is not `FIRST/LAST` bytes to keep"))),
            }
        }
        _ => Ok(None),
    }
}
