//! The path and query a request is for.

mod class;
mod normalise;
mod query;

use std::fmt;
use std::sync::Arc;

use crate::{PathPolicy, Problem};
use class::{Class, class};

/// A canonical path with its query as it came: what policies decide on and what goes upstream.
///
/// The path starts with `/` and has no dot segments; unreserved characters are not escaped, all that RFC 3986
/// section 3.3 does not allow is, with upper-case hex digits. The one exception is `*`, the target of a server-wide
/// OPTIONS.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path {
    text: Arc<str>,
    path_bytes: usize,
}

impl Path {
    /// Brings an origin-form target, `/path?query`, into canonical form.
    ///
    /// # Errors
    /// One of the `Target...`, `Percent...` and dot segment problems.
    pub fn parse(target: &[u8], policy: &PathPolicy) -> Result<Self, Problem> {
        if target.first() != Some(&b'/') {
            return Err(form_problem(target));
        }
        match canonical_path_bytes(target, policy) {
            Some(path_bytes) => {
                let query = target.get(path_bytes..).unwrap_or_default();
                if query::is_canonical(query) {
                    let text = std::str::from_utf8(target).map_err(|_| Problem::TargetNonAscii)?;
                    return Ok(Self { text: text.into(), path_bytes });
                }
                normalise::normalise(target, policy)
            }
            None => normalise::normalise(target, policy),
        }
        .map(|(text, path_bytes)| Self { text: text.into(), path_bytes })
    }

    /// The target of a server-wide OPTIONS (RFC 9112 section 3.2.4).
    #[must_use]
    pub fn asterisk() -> Self {
        Self { text: "*".into(), path_bytes: 1 }
    }

    /// Another path with the query of this one, for rewrites. `path` may hold no `?`.
    ///
    /// # Errors
    /// As [`Path::parse`]; a rewrite cannot make what a caller could not have sent.
    pub fn with_path(&self, path: &str, policy: &PathPolicy) -> Result<Self, Problem> {
        if path.contains('?') {
            return Err(Problem::TargetForm);
        }
        match self.query() {
            Some(query) => Self::parse(format!("{path}?{query}").as_bytes(), policy),
            None => Self::parse(path.as_bytes(), policy),
        }
    }

    /// The path without query.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.get(..self.path_bytes).unwrap_or_default()
    }

    /// The query without `?`, as it came but for `"`, `<` and `>`, which are escaped.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.text.get(self.path_bytes + 1..)
    }

    /// Path and query: the request target that goes upstream.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.text
    }

    /// Whether this is the `*` of a server-wide OPTIONS.
    #[must_use]
    pub fn is_asterisk(&self) -> bool {
        &*self.text == "*"
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Path({})", self.text)
    }
}

/// The length of the path in a target whose path is canonical as it stands, by one scan with one table look-up a
/// byte. None where normalising has to look closer, which may still find it canonical or refuse it.
fn canonical_path_bytes(target: &[u8], policy: &PathPolicy) -> Option<usize> {
    let mut after_slash = false;
    let mut bytes = target.iter().enumerate();
    while let Some((at, &b)) = bytes.next() {
        match class(b) {
            Class::Plain => after_slash = false,
            Class::Slash if !(after_slash && policy.merge_slashes) => after_slash = true,
            Class::Dot if !after_slash => {}
            Class::Percent => {
                let (high, low) = (bytes.next()?.1, bytes.next()?.1);
                if !class::is_canonical_escape(*high, *low) {
                    return None;
                }
                after_slash = false;
            }
            Class::Question => return Some(at),
            Class::Slash | Class::Dot | Class::Escape | Class::Refused => return None,
        }
    }
    Some(target.len())
}

fn form_problem(target: &[u8]) -> Problem {
    target.iter().find_map(|&b| class::refusal(b)).unwrap_or(Problem::TargetForm)
}
