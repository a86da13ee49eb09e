//! How a value of a header or query parameter must be.

use portcullis_config::ValueMatch;
use regex_automata::Input;
use regex_automata::meta::Regex;

use crate::compile::Compiler;

/// A compiled value match.
#[derive(Debug, Clone)]
pub(crate) enum ValueMatcher {
    /// Any value.
    Present,
    /// These bytes.
    Exact(Box<[u8]>),
    /// These bytes at the beginning.
    Prefix(Box<[u8]>),
    /// A regular expression found anywhere in it.
    Regex(Regex),
}

impl ValueMatcher {
    pub(crate) fn compile(
        value: ValueMatch<'_>,
        compiler: &mut Compiler,
        place: impl FnOnce() -> String,
    ) -> Option<Self> {
        Some(match value {
            ValueMatch::Present => Self::Present,
            ValueMatch::Exact(text) => Self::Exact(text.as_bytes().into()),
            ValueMatch::Prefix(text) => Self::Prefix(text.as_bytes().into()),
            ValueMatch::Regex(pattern) => Self::Regex(compiler.regex(pattern, place)?),
        })
    }

    pub(crate) fn matches(&self, value: &[u8]) -> bool {
        match self {
            Self::Present => true,
            Self::Exact(text) => **text == *value,
            Self::Prefix(text) => value.starts_with(text),
            Self::Regex(regex) => regex.is_match(Input::new(value)),
        }
    }
}
