//! Does a configuration make sense as a whole? Only what needs no compiler of another crate: regular expressions and
//! rules are checked where they are compiled.

use std::collections::HashMap;

use crate::{Diagnostic, Gateway, Spans, suggest};

mod clusters;
mod filters;
mod headers;
mod limits;
mod listeners;
mod plugins;
mod routes;
mod telemetry;

/// What is known besides what could be read.
pub(crate) struct Known<'a> {
    /// Names of things that were dropped because something in them was wrong.
    pub(crate) dropped: &'a [String],
    /// Whether a whole document was dropped, so that any name may be in it.
    pub(crate) incomplete: bool,
}

/// Every problem of a configuration, with paths.
pub(crate) fn check(gateway: &Gateway, known: &Known<'_>, spans: &Spans) -> Vec<Diagnostic> {
    let mut report = Report { problems: Vec::new(), known, spans };
    limits::check(gateway, &mut report);
    telemetry::check(gateway, &mut report);
    listeners::check(gateway, &mut report);
    clusters::check(gateway, &mut report);
    filters::check(gateway, &mut report);
    plugins::check(gateway, &mut report);
    routes::check(gateway, &mut report);
    report.problems
}

/// Collects problems.
struct Report<'a> {
    problems: Vec<Diagnostic>,
    known: &'a Known<'a>,
    spans: &'a Spans,
}

impl Report<'_> {
    fn error(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Diagnostic::error(path, message));
    }

    fn error_help(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems.push(Diagnostic::error(path, message).with_help(help));
    }

    fn warning(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems.push(Diagnostic::warning(path, message).with_help(help));
    }

    /// Every value after the first equal one, naming the place of the first.
    fn unique<T: Eq + std::hash::Hash>(
        &mut self,
        what: &str,
        values: impl IntoIterator<Item = (String, T)>,
        show: impl Fn(&T) -> String,
    ) {
        let mut first: HashMap<T, String> = HashMap::new();
        for (path, value) in values {
            if let Some(before) = first.get(&value) {
                let help = self.place_of(before);
                self.error_help(path, format!("{what} `{}` is there twice", show(&value)), help);
            } else {
                first.insert(value, path);
            }
        }
    }

    /// `first at file:line:column`.
    fn place_of(&self, path: &str) -> String {
        match self.spans.find(path) {
            Some((file, line, column)) => format!("first at {}:{line}:{column}", file.display()),
            None => format!("first at {path}"),
        }
    }

    /// A name that must be one of those that exist.
    fn reference<'n>(
        &mut self,
        path: String,
        what: &str,
        name: &str,
        names: impl Iterator<Item = &'n str> + Clone,
    ) {
        let dropped = self.known.incomplete || self.known.dropped.iter().any(|other| other == name);
        if dropped || names.clone().any(|other| other == name) {
            return;
        }
        let help = match suggest(name, names.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => match names.collect::<Vec<_>>().as_slice() {
                [] => format!("there is no {what} at all"),
                names => format!("there are: {}", names.join(", ")),
            },
        };
        self.error_help(path, format!("there is no {what} `{name}`"), help);
    }

    /// Names are labels of metrics and fields of logs.
    fn name(&mut self, path: String, name: &str) {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        if name.is_empty() || name.len() > 128 || !name.chars().all(plain) {
            let help = "letters, digits, `-`, `_`, `.` and `/`, at most 128";
            self.error_help(path, format!("`{name}` is not a name"), help);
        }
    }
}

/// A token (RFC 9110 section 5.6.2): names of headers and methods.
fn is_token(text: &str) -> bool {
    let special = |b: u8| b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || special(b))
}
