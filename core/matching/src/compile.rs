//! What is shared while matches are compiled: the regular expressions, and the problems found.

use std::collections::HashMap;

use portcullis_config::Diagnostic;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;

/// Most bytes one compiled regular expression may take; a pattern beyond it is refused.
pub(crate) const REGEX_BYTES: usize = 1024 * 1024;

#[derive(Default)]
pub(crate) struct Compiler {
    regexes: HashMap<String, Result<Regex, String>>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Compiler {
    /// Compiles a pattern, each different one once. None, with a diagnostic, if it is no regular expression.
    pub(crate) fn regex(&mut self, pattern: &str, place: impl FnOnce() -> String) -> Option<Regex> {
        if !self.regexes.contains_key(pattern) {
            self.regexes.insert(pattern.to_owned(), build(pattern));
        }
        match self.regexes.get(pattern)? {
            Ok(regex) => Some(regex.clone()),
            Err(message) => {
                let message = format!("`{pattern}` is not a regular expression: {message}");
                self.error(place(), message);
                None
            }
        }
    }

    pub(crate) fn error(&mut self, place: String, message: String) {
        self.diagnostics.push(Diagnostic::error(place, message));
    }
}

/// Byte by byte and ASCII only: canonical paths have nothing else, and Unicode classes would make each expression
/// hundreds of times as large. Matching takes linear time whatever the pattern.
fn build(pattern: &str) -> Result<Regex, String> {
    Regex::builder()
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .configure(
            Regex::config()
                .utf8_empty(false)
                .nfa_size_limit(Some(REGEX_BYTES))
                .onepass_size_limit(Some(REGEX_BYTES))
                .hybrid_cache_capacity(REGEX_BYTES),
        )
        .build(pattern)
        .map_err(|error| match error.size_limit() {
            Some(_) => format!("it takes more than {REGEX_BYTES} bytes when compiled"),
            None => error
                .syntax_error()
                .map_or_else(|| error.to_string(), |cause| last_line(&cause.to_string())),
        })
}

/// The parser draws the pattern with a caret below it; the cause stands in the last line.
fn last_line(text: &str) -> String {
    let line = text.lines().last().unwrap_or(text);
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
