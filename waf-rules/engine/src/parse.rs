//! From lines of words to the syntax tree.

pub(crate) mod actions;
mod audit;
pub(crate) mod ctl;
pub(crate) mod directive;
mod setvar;
pub(crate) mod targets;

use crate::ast::Directive;
use crate::diagnostic::Problem;
use crate::lex::{Line, lines};

/// Parses one file. Every directive that can be read is there; problems name the others.
pub(crate) fn parse(text: &[u8], problems: &mut Vec<Problem>) -> Vec<Directive> {
    let text = match std::str::from_utf8(text) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let before = text.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|b| **b == b'\n').count() + 1;
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            let span = crate::diagnostic::Span { line, column: 1 };
            problems.push(Problem::new(span, "rule text is not UTF-8"));
            return Vec::new();
        }
    };
    lines(text, problems)
        .iter()
        .filter_map(|line| match directive_of(line) {
            Ok(directive) => Some(directive),
            Err(found) => {
                problems.extend(found);
                None
            }
        })
        .collect()
}

fn directive_of(line: &Line) -> Result<Directive, Vec<Problem>> {
    let directive = directive::parse(&line.words)?;
    Ok(Directive { raw: line.raw.clone(), ..directive })
}
