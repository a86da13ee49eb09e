//! `VAR|VAR:key|VAR:/regex/|&VAR|!VAR:key`.

use crate::ast::{SelectorNode, TargetMode, TargetNode};
use crate::diagnostic::{Problem, Span};
use crate::lex::Word;
use crate::parse::directive::unquoted;
use crate::variable::{Kind, REFUSED, Variable};

pub(super) fn parse(word: &Word) -> Result<Vec<TargetNode>, Problem> {
    let mut targets = Vec::new();
    let mut offset = 0;
    for part in split(&word.text) {
        targets.push(target(part, word.at(offset))?);
        offset += part.len() + 1;
    }
    if targets.is_empty() {
        return Err(Problem::new(word.span, "no variable named"));
    }
    Ok(targets)
}

/// One target; also what follows `;` in `ctl:ruleRemoveTarget...`.
pub(super) fn target(text: &str, span: Span) -> Result<TargetNode, Problem> {
    let trimmed = text.trim();
    let (mode, rest) = match trimmed.as_bytes().first() {
        Some(b'!') => (TargetMode::Except, trimmed.get(1..).unwrap_or_default()),
        Some(b'&') => (TargetMode::Count, trimmed.get(1..).unwrap_or_default()),
        _ => (TargetMode::Values, trimmed),
    };
    let (name, key) = match rest.split_once(':') {
        Some((name, key)) => (name.trim(), Some(unquoted(key.trim()))),
        None => (rest, None),
    };
    let variable = variable(name, span)?;
    let selector = selector(variable, key, span)?;
    Ok(TargetNode { span, variable, mode, selector })
}

fn variable(name: &str, span: Span) -> Result<Variable, Problem> {
    match Variable::parse(name) {
        Some(Variable::Rule) => {
            return Err(Problem::new(span, "RULE is no variable to look at")
                .help("it can be used in macros such as %{RULE.id}"));
        }
        Some(variable) => return Ok(variable),
        None => {}
    }
    Err(unknown(name, span))
}

/// A variable that is not there, also in a macro.
pub(crate) fn unknown(name: &str, span: Span) -> Problem {
    match REFUSED.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((known, why)) => {
            Problem::new(span, format!("variable `{known}` is not supported")).help(*why)
        }
        None => Problem::unknown(span, "variable", name, Variable::NAMES),
    }
}

fn selector(variable: Variable, key: Option<&str>, span: Span) -> Result<SelectorNode, Problem> {
    let Some(key) = key else { return Ok(SelectorNode::All) };
    if variable.kind() == Kind::Single {
        return Err(Problem::new(span, format!("{} has no keys to select", variable.name())));
    }
    if variable.takes_xpath() {
        return match key {
            "/*" | "//@*" => Ok(SelectorNode::Key(key.to_owned())),
            _ => Err(Problem::new(span, format!("XPath `{key}` is not supported"))
                .help("`/*` is every text, `//@*` every attribute value")),
        };
    }
    if let Some(pattern) = key.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        return Ok(SelectorNode::Regex(pattern.replace("\\/", "/")));
    }
    if key.is_empty() {
        return Err(Problem::new(span, "empty key after `:`"));
    }
    Ok(SelectorNode::Key(key.to_owned()))
}

/// Splits at `|`, but not inside `/regex/` or quotes.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut inside: Option<u8> = None;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|i| bytes.get(i)).copied();
        let next = bytes.get(at + 1).copied();
        match (inside, byte) {
            (Some(close), b) if *b == close && before != Some(b'\\') => {
                if matches!(next, None | Some(b'|' | b'\'')) {
                    inside = None;
                }
            }
            // A path such as `/*` opens nothing: a pattern has its closing slash.
            (None, b'/') if before == Some(b':') && closes(bytes.get(at + 1..), b'/') => {
                inside = Some(b'/');
            }
            (None, b'\'') => inside = Some(b'\''),
            (None, b'|') => {
                parts.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// Whether an unescaped `quote` that ends its target follows before any would-be target.
fn closes(rest: Option<&[u8]>, quote: u8) -> bool {
    let Some(rest) = rest else { return false };
    if rest.starts_with(b"*") || rest.starts_with(b"/") {
        return false;
    }
    rest.windows(2).any(|pair| pair == [quote, b'|']) || rest.last() == Some(&quote)
}

#[cfg(test)]
mod tests {
    use super::{split, target};
    use crate::ast::{SelectorNode, TargetMode};
    use crate::diagnostic::Span;
    use crate::variable::Variable;

    #[test]
    fn splits() {
        for (text, expected) in [
            ("ARGS", &["ARGS"][..]),
            ("ARGS|!ARGS:a|&TX", &["ARGS", "!ARGS:a", "&TX"]),
            ("ARGS:/a|b/|XML:/*|XML://@*", &["ARGS:/a|b/", "XML:/*", "XML://@*"]),
            ("TX:/x_.*/", &["TX:/x_.*/"]),
            ("XML:/*|ARGS:/a/", &["XML:/*", "ARGS:/a/"]),
            ("ARGS:'/a|b/'|TX:x", &["ARGS:'/a|b/'", "TX:x"]),
        ] {
            assert_eq!(split(text), expected, "{text}");
        }
    }

    #[test]
    fn targets() {
        let parse = |text| target(text, Span::default());
        let found = parse("!REQUEST_COOKIES:/__utm/").unwrap();
        assert_eq!(found.variable, Variable::RequestCookies);
        assert_eq!(found.mode, TargetMode::Except);
        assert_eq!(found.selector, SelectorNode::Regex("__utm".to_owned()));
        assert_eq!(parse("xml:/*").unwrap().selector, SelectorNode::Key("/*".to_owned()));
        for bad in ["NOPE", "REQUEST_URI:x", "XML:/a/b", "ARGS:", "STREAM_INPUT_BODY:x"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
