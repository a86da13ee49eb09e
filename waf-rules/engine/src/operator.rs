//! Operators: what makes a value match. One file an operator, or a family with one semantics.

mod backtracking;
mod byte_range;
mod caches;
mod compare;
mod geo;
mod identifier;
mod injection;
mod ip_match;
mod names;
mod phrases;
mod regex;
mod rest_path;
mod schema;
mod text;
mod url_encoding;
mod utf8;

use std::ops::Range;
use std::sync::Arc;

pub(crate) use backtracking::{Backtracking, Search};
pub(crate) use byte_range::ByteRange;
pub(crate) use compare::{Comparison, integer};
pub(crate) use geo::GeoDatabase;
pub(crate) use identifier::{Identifier, Scheme};
pub(crate) use ip_match::Networks;
pub(crate) use names::{ALL as KNOWN, Known, refusal, supported};
pub(crate) use phrases::Phrases;
pub(crate) use regex::{Meaning, Pattern, PatternError, ascii};
pub(crate) use rest_path::RestPath;
pub(crate) use schema::Schema;
pub(crate) use text::TextTest;

use crate::limits::MAX_CAPTURES;
use crate::program::{Number, Text};

/// A compiled operator with its argument.
#[derive(Debug)]
pub(crate) enum Operator {
    Rx(Arc<Pattern>),
    RxGlobal(Arc<Pattern>),
    Backtracking(Arc<Backtracking>),
    Geo(Arc<GeoDatabase>),
    Identifier(Identifier),
    RestPath(RestPath),
    Schema(Arc<Schema>),
    Pm(Arc<Phrases>),
    Compare(Comparison, Number),
    Text(TextTest, Text),
    IpMatch(Networks),
    ByteRange(ByteRange),
    UrlEncoding,
    Utf8Encoding,
    Sqli,
    Xss,
    Always,
    Never,
}

/// A pattern or list, whichever rules carry it.
#[derive(Debug, Clone)]
pub(crate) enum Matcher {
    Pattern(Arc<Pattern>),
    List(Arc<Phrases>),
}

/// Tells matchers apart as long as they live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MatcherKey(usize);

impl Matcher {
    pub(crate) fn key(&self) -> MatcherKey {
        MatcherKey(match self {
            Self::Pattern(pattern) => Arc::as_ptr(pattern).addr(),
            Self::List(list) => Arc::as_ptr(list).addr(),
        })
    }
}

/// What a match leaves for `TX.0` to `TX.9` (beyond them for `@rxGlobal`) and for the match record.
#[derive(Debug, Default)]
pub(crate) struct Captures {
    /// Ranges of the input; a group that took no part is `None`.
    pub(crate) groups: Vec<Option<Range<usize>>>,
    /// `TX.0` where it is no part of the input.
    pub(crate) text: Option<String>,
}

impl Captures {
    pub(crate) fn clear(&mut self) {
        self.groups.clear();
        self.text = None;
    }

    pub(crate) fn push(&mut self, group: Option<Range<usize>>) {
        if self.groups.len() < MAX_CAPTURES {
            self.groups.push(group);
        }
    }
}

impl Operator {
    /// What the gate may know of the operator.
    pub(crate) fn matcher(&self) -> Option<Matcher> {
        match self {
            Self::Rx(pattern) | Self::RxGlobal(pattern) => {
                Some(Matcher::Pattern(Arc::clone(pattern)))
            }
            Self::Identifier(identifier) => Some(Matcher::Pattern(Arc::clone(&identifier.pattern))),
            Self::RestPath(path) => Some(Matcher::Pattern(Arc::clone(&path.pattern))),
            Self::Pm(phrases) => Some(Matcher::List(Arc::clone(phrases))),
            Self::Backtracking(_)
            | Self::Geo(_)
            | Self::Schema(_)
            | Self::Compare(..)
            | Self::Text(..)
            | Self::IpMatch(_)
            | Self::ByteRange(_)
            | Self::UrlEncoding
            | Self::Utf8Encoding
            | Self::Sqli
            | Self::Xss
            | Self::Always
            | Self::Never => None,
        }
    }

    /// Whether `input` satisfies the operator. `argument` is the expanded argument of a text test.
    pub(crate) fn matches(&self, input: &[u8], argument: &[u8]) -> bool {
        match self {
            Self::Rx(pattern) | Self::RxGlobal(pattern) => pattern.is_match(input),
            Self::Identifier(identifier) => identifier.find(input).is_some(),
            Self::RestPath(path) => path.pattern.is_match(input),
            Self::Geo(database) => database.knows(input),
            Self::Schema(schema) => schema.violated_by(input),
            // What cannot be found out is decided where the rule is known.
            Self::Backtracking(pattern) => pattern.search(input) != Search::Missing,
            Self::Pm(phrases) => phrases.is_match(input),
            Self::Text(test, _) => test.matches(input, argument),
            Self::IpMatch(networks) => networks.contains(input),
            Self::ByteRange(range) => range.violated_by(input),
            Self::UrlEncoding => url_encoding::is_invalid(input),
            Self::Utf8Encoding => utf8::is_invalid(input),
            Self::Sqli => injection::is_sqli(input),
            Self::Xss => injection::is_xss(input),
            Self::Always => true,
            Self::Never => false,
            // Numbers are compared where the numbers are.
            Self::Compare(..) => false,
        }
    }

    /// Fills `captures` for an input that matched.
    pub(crate) fn capture(&self, input: &[u8], captures: &mut Captures) {
        captures.clear();
        match self {
            Self::Rx(pattern) => pattern.capture(input, captures),
            Self::RxGlobal(pattern) => pattern.capture_all(input, captures),
            Self::Identifier(identifier) => identifier.capture(input, captures),
            Self::RestPath(path) => path.pattern.capture(input, captures),
            Self::Backtracking(pattern) => pattern.capture(input, captures),
            Self::Pm(phrases) => phrases.capture(input, captures),
            Self::Sqli => captures.text = injection::fingerprint(input),
            Self::Compare(..)
            | Self::Geo(_)
            | Self::Schema(_)
            | Self::Text(..)
            | Self::IpMatch(_)
            | Self::ByteRange(_)
            | Self::UrlEncoding
            | Self::Utf8Encoding
            | Self::Xss
            | Self::Always
            | Self::Never => captures.push(Some(0..input.len())),
        }
    }

    /// Where in the input it matched, for operators that match in a place.
    pub(crate) fn find(&self, input: &[u8]) -> Option<Range<usize>> {
        match self {
            Self::Rx(pattern) | Self::RxGlobal(pattern) => pattern.find(input),
            Self::Identifier(identifier) => identifier.find(input),
            Self::RestPath(path) => path.pattern.find(input),
            Self::Backtracking(pattern) => pattern.find(input),
            Self::Pm(phrases) => phrases.find(input),
            Self::Text(..)
            | Self::Geo(_)
            | Self::Schema(_)
            | Self::Compare(..)
            | Self::IpMatch(_)
            | Self::ByteRange(_)
            | Self::UrlEncoding
            | Self::Utf8Encoding
            | Self::Sqli
            | Self::Xss
            | Self::Always
            | Self::Never => None,
        }
    }
}

#[cfg(test)]
mod tests;
