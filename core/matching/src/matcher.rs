//! One match on its own.

use portcullis_config::{Diagnostic, Match};

use crate::Query;
use crate::compile::Compiler;
use crate::conditions::Conditions;
use crate::path::PathMatcher;

/// A compiled match, for whatever selects requests one by one.
#[derive(Debug, Clone)]
pub struct Matcher {
    path: PathMatcher,
    conditions: Conditions,
}

impl Matcher {
    /// Compiles a match. `place` is its path in the configuration, `routes[2].match`.
    ///
    /// # Errors
    /// Every regular expression, path, method and header name that is none.
    pub fn new(written: &Match, place: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut compiler = Compiler::default();
        let path = PathMatcher::compile(written.path.as_ref(), place, &mut compiler);
        let conditions = Conditions::compile(written, place, &mut compiler);
        match path {
            Some(path) if compiler.diagnostics.is_empty() => Ok(Self { path, conditions }),
            Some(_) | None => Err(compiler.diagnostics),
        }
    }

    /// Whether all that is asked for holds. The host is not part of a match.
    #[must_use]
    pub fn matches(&self, query: &Query<'_>) -> bool {
        self.path.matches(query.path.as_str()) && self.conditions.hold(query)
    }
}
