//! Actions that write variables: `setvar`, `expirevar`, `deprecatevar`; and those that open a record to write to:
//! `initcol`, `setsid`, `setuid`, `setrsc`.

use crate::ast::{Change, OpenRecord, SetVar};
use crate::collections::{Collection, KEPT_NAMES};
use crate::diagnostic::{Problem, Span};
use crate::template::Template;
use crate::variable::Variable;

/// `tx.name=value`, `tx.name=+value`, `tx.name=-value`, `tx.name`, `!tx.name`; also with `ip` and its like for `tx`.
pub(super) fn set_var(text: &str, span: Span) -> Result<SetVar, Problem> {
    let (unset, rest) = match text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (collection, name, value) = parts(rest, span)?;
    let template = |text: &str| Template::parse(text, span);
    let change = match (unset, value) {
        (true, _) => Change::Unset,
        (false, None) => Change::Assign(template("1")?),
        // A sign before what can be no number is text.
        (false, Some(value)) if is_text(value) => Change::Assign(template(value)?),
        (false, Some(value)) => match value.as_bytes().first() {
            Some(b'+') => Change::Add(template(value.get(1..).unwrap_or_default())?),
            Some(b'-') => Change::Subtract(template(value.get(1..).unwrap_or_default())?),
            _ => Change::Assign(template(value)?),
        },
    };
    if collection.is_some() {
        refuse_kept(name, unset, span)?;
    }
    Ok(SetVar { collection, name: template(name)?, change })
}

/// Whether a value with a sign is neither a number nor has a macro that may become one.
fn is_text(value: &str) -> bool {
    value.strip_prefix(['+', '-']).is_some_and(|rest| {
        !rest.is_empty() && !rest.contains("%{") && rest.trim().parse::<i64>().is_err()
    })
}

/// `ip.name=seconds`.
pub(super) fn expire_var(text: &str, span: Span) -> Result<SetVar, Problem> {
    let (collection, name, value) = record_parts("expirevar", text, span)?;
    let change = Change::Expire(Template::parse(value, span)?);
    Ok(SetVar { collection: Some(collection), name: Template::parse(name, span)?, change })
}

/// `session.name=amount/seconds`.
pub(super) fn deprecate_var(text: &str, span: Span) -> Result<SetVar, Problem> {
    let (collection, name, value) = record_parts("deprecatevar", text, span)?;
    let numbers = value
        .split_once('/')
        .and_then(|(amount, seconds)| Some((amount.parse().ok()?, seconds.parse().ok()?)));
    let Some((amount, seconds)) = numbers.filter(|(_, seconds)| *seconds > 0_u64) else {
        return Err(Problem::new(span, format!("`{value}` is not an amount and its seconds"))
            .help("write deprecatevar:session.name=60/300 for 60 less each 300 seconds"));
    };
    let change = Change::Decay(amount, seconds);
    Ok(SetVar { collection: Some(collection), name: Template::parse(name, span)?, change })
}

/// `ip=%{REMOTE_ADDR}`.
pub(super) fn init_col(text: &str, span: Span) -> Result<OpenRecord, Problem> {
    let Some((name, key)) = text.split_once('=') else {
        return Err(Problem::new(span, "initcol needs collection=key")
            .help("write initcol:ip=%{REMOTE_ADDR}"));
    };
    let name = name.trim();
    let Some(collection) = Collection::parse(name) else {
        return Err(Problem::unknown(span, "collection", name, &Collection::NAMES));
    };
    Ok(OpenRecord { collection, key: Template::parse(key.trim(), span)?, shown: None })
}

/// `setsid:key` and its like.
pub(super) fn set_id(
    collection: Collection,
    shown: Option<Variable>,
    key: &str,
    span: Span,
) -> Result<OpenRecord, Problem> {
    Ok(OpenRecord { collection, key: Template::parse(key, span)?, shown })
}

/// Collection, name and what follows `=`.
fn parts(text: &str, span: Span) -> Result<(Option<Collection>, &str, Option<&str>), Problem> {
    let (target, value) = match text.split_once('=') {
        Some((target, value)) => (target.trim(), Some(value)),
        None => (text.trim(), None),
    };
    let Some((collection, name)) = target.split_once('.') else {
        return Err(Problem::new(span, format!("`{target}` names no collection"))
            .help("write setvar:tx.name=value"));
    };
    if name.is_empty() {
        return Err(Problem::new(span, format!("`{target}` names no variable")));
    }
    if collection.eq_ignore_ascii_case("tx") {
        return Ok((None, name, value));
    }
    let Some(found) = Collection::parse(collection) else {
        return Err(Problem::new(span, format!("variables of `{collection}` cannot be set"))
            .help("`tx`, `ip`, `session`, `global`, `user` and `resource` can be written"));
    };
    Ok((Some(found), name, value))
}

fn record_parts<'a>(
    action: &str,
    text: &'a str,
    span: Span,
) -> Result<(Collection, &'a str, &'a str), Problem> {
    match parts(text, span)? {
        (Some(collection), name, Some(value)) => {
            refuse_kept(name, true, span)?;
            Ok((collection, name, value.trim()))
        }
        (None, ..) => Err(Problem::new(span, format!("{action} is not about `tx`"))
            .help("variables of `tx` end with the exchange")),
        (Some(_), name, None) => {
            Err(Problem::new(span, format!("{action} needs a value for `{name}`")))
        }
    }
}

/// What every record has is not written by rules, but for how long it is kept.
fn refuse_kept(name: &str, timeout_too: bool, span: Span) -> Result<(), Problem> {
    let kept = KEPT_NAMES.iter().any(|kept| kept.eq_ignore_ascii_case(name));
    if kept && (timeout_too || !name.eq_ignore_ascii_case("timeout")) {
        return Err(Problem::new(span, format!("`{name}` of a record cannot be written"))
            .help("the store keeps it; only TIMEOUT can be set"));
    }
    Ok(())
}
