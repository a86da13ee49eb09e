//! Text with `%{...}` macros, cut into segments once.

use crate::diagnostic::{Problem, Span};
use crate::parse::targets::unknown;
use crate::variable::{Kind, Variable};

/// A parsed text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Template {
    pub(crate) segments: Vec<Segment>,
}

/// A run of text or a macro.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    /// As it is.
    Text(Vec<u8>),
    /// `%{VARIABLE}` or `%{VARIABLE.key}`, the key as written.
    Macro(Variable, Option<String>),
}

impl Template {
    /// Cuts `text`; a `%{` that is never closed is text.
    pub(crate) fn parse(text: &str, span: Span) -> Result<Self, Problem> {
        let mut segments = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("%{") {
            let Some((inside, next)) = after.split_once('}') else { break };
            push_text(&mut segments, before);
            segments.push(parse_macro(inside, span)?);
            rest = next;
        }
        push_text(&mut segments, rest);
        Ok(Self { segments })
    }

    /// The text, where there is no macro in it.
    pub(crate) fn literal(&self) -> Option<&[u8]> {
        match self.segments.as_slice() {
            [] => Some(b""),
            [Segment::Text(text)] => Some(text),
            _ => None,
        }
    }
}

fn push_text(segments: &mut Vec<Segment>, text: &str) {
    if text.is_empty() {
        return;
    }
    match segments.last_mut() {
        Some(Segment::Text(before)) => before.extend_from_slice(text.as_bytes()),
        Some(Segment::Macro(..)) | None => segments.push(Segment::Text(text.into())),
    }
}

fn parse_macro(inside: &str, span: Span) -> Result<Segment, Problem> {
    let (name, key) = match inside.split_once(['.', ':']) {
        Some((name, key)) => (name, Some(key)),
        None => (inside, None),
    };
    let Some(variable) = Variable::parse(name) else {
        return Err(unknown(name, span));
    };
    match (variable.kind(), key) {
        (Kind::Single, Some(_)) => {
            Err(Problem::new(span, format!("{} has no keys", variable.name())))
        }
        (Kind::Collection | Kind::Names | Kind::Single, key) => {
            Ok(Segment::Macro(variable, key.filter(|k| !k.is_empty()).map(str::to_owned)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Segment, Template};
    use crate::diagnostic::Span;
    use crate::variable::Variable;

    #[test]
    fn segments() {
        let parse = |text| Template::parse(text, Span::default()).map(|t| t.segments);
        assert_eq!(parse("a"), Ok(vec![Segment::Text(b"a".to_vec())]));
        assert_eq!(
            parse("a%{tx.X-1}b"),
            Ok(vec![
                Segment::Text(b"a".to_vec()),
                Segment::Macro(Variable::Tx, Some("X-1".to_owned())),
                Segment::Text(b"b".to_vec()),
            ])
        );
        assert_eq!(parse("50%{"), Ok(vec![Segment::Text(b"50%{".to_vec())]));
        assert!(parse("%{NOPE}").is_err());
        assert!(parse("%{MATCHED_VAR.x}").is_err());
    }
}
