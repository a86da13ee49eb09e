//! How one path must be.

use portcullis_canonical::{EscapedSlashes, NonAscii, Path, PathPolicy};
use portcullis_config::PathMatch;
use regex_automata::Input;
use regex_automata::meta::Regex;

use crate::PathRank;
use crate::compile::Compiler;
use crate::specificity::rank;

/// A compiled path match.
#[derive(Debug, Clone)]
pub(crate) enum PathMatcher {
    /// Any path.
    Any,
    /// A regular expression found anywhere in the path.
    Regex(Regex, u16),
    /// This, or below it by segments; without a slash at the end.
    Prefix(Box<str>),
    /// Exactly this.
    Exact(Box<str>),
}

impl PathMatcher {
    /// `place` is the path of the match in the configuration.
    pub(crate) fn compile(
        written: Option<&PathMatch>,
        place: &str,
        compiler: &mut Compiler,
    ) -> Option<Self> {
        Some(match written {
            None => Self::Any,
            Some(PathMatch::Exact(text)) => {
                Self::Exact(canonical(text, || format!("{place}.path.exact"), compiler)?)
            }
            Some(PathMatch::Prefix(text)) => {
                let text = canonical(text, || format!("{place}.path.prefix"), compiler)?;
                match text.strip_suffix('/').unwrap_or(&text) {
                    "" => Self::Any,
                    prefix => Self::Prefix(prefix.into()),
                }
            }
            Some(PathMatch::Regex(pattern)) => {
                let regex = compiler.regex(pattern, || format!("{place}.path.regex"))?;
                Self::Regex(regex, rank(pattern.len()))
            }
        })
    }

    pub(crate) fn rank(&self) -> PathRank {
        match self {
            Self::Any => PathRank::Any,
            Self::Regex(_, bytes) => PathRank::Regex(*bytes),
            Self::Prefix(prefix) => PathRank::Prefix(rank(prefix.len())),
            Self::Exact(_) => PathRank::Exact,
        }
    }

    pub(crate) fn matches(&self, path: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Regex(regex, _) => regex.is_match(Input::new(path)),
            Self::Prefix(prefix) => path
                .strip_prefix(&**prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            Self::Exact(text) => **text == *path,
        }
    }
}

/// A written path in the form in which requests come: `/über uns` is written so by people, and `/%C3%BCber%20uns` on
/// the wire. What no request can have is a diagnostic, as such a route would never be reached.
fn canonical(
    text: &str,
    place: impl FnOnce() -> String,
    compiler: &mut Compiler,
) -> Option<Box<str>> {
    let policy = PathPolicy {
        merge_slashes: false,
        escaped_slashes: EscapedSlashes::Keep,
        non_ascii: NonAscii::Encode,
    };
    if text == "*" {
        return Some(text.into());
    }
    match Path::parse(text.replace(' ', "%20").as_bytes(), &policy) {
        Ok(path) if path.query().is_none() => Some(path.as_str().into()),
        Ok(_) => {
            compiler.error(place(), format!("`{text}` has a query: give `query`"));
            None
        }
        Err(problem) => {
            compiler.error(place(), format!("`{text}` is no path: {}", problem.message()));
            None
        }
    }
}
