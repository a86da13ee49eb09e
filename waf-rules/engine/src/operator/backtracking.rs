//! `@rx` with what no automaton can do: lookaround, backreferences, atomic groups, possessive repetitions,
//! conditions. Such a pattern is tried from each position in turn, with bounds on the steps of one attempt and on the
//! work of all attempts; a value that needs more is neither matched nor clean, and the caller has to decide.
//!
//! Bytes, case and line ends are as in every other pattern ([`super::regex`]).

mod shape;

use std::ops::Range;

use fancy_regex::{ByteSet, BytesMode, Regex, RegexInput, RegexOptionsBuilder};

use crate::limits::{
    MAX_BACKTRACKING_STEPS, MAX_BACKTRACKING_WORK_BYTES, MAX_CAPTURES, MAX_PATTERN_BYTES,
};
use crate::operator::Captures;
use crate::operator::backtracking::shape::Shape;

/// A pattern that is matched by trying.
#[derive(Debug)]
pub(crate) struct Backtracking {
    text: Box<str>,
    regex: Regex,
    shape: Shape,
    /// What a match begins with; `None` where it may begin with anything.
    starts: Option<ByteSet>,
}

/// What came of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Search {
    Found(Range<usize>),
    Missing,
    /// The limits did not allow to find out.
    Exhausted,
}

/// Where a pattern has a possessive repetition, which automata would run as a greedy one.
pub(super) fn possessive(pattern: &str) -> Option<usize> {
    Shape::of(pattern).possessive
}

impl Backtracking {
    /// `None` where the pattern has nothing that needs trying; the error is the compiler's. `pattern` is ASCII.
    pub(crate) fn new(pattern: &str) -> Option<Result<Self, String>> {
        let shape = Shape::of(pattern);
        shape.feature?;
        let mut options = RegexOptionsBuilder::new();
        options
            .bytes_mode(BytesMode::Ascii)
            .unicode_mode(false)
            .dot_matches_new_line(true)
            .backtrack_limit(MAX_BACKTRACKING_STEPS)
            .delegate_size_limit(MAX_PATTERN_BYTES)
            .max_prog_size(MAX_PATTERN_BYTES / 64);
        let built = options.build(pattern.to_owned()).and_then(|regex| {
            let starts = options.start_bytes(pattern)?;
            Ok(Self { text: pattern.into(), regex, shape, starts })
        });
        Some(built.map_err(|error| error.to_string()))
    }

    /// The pattern, in ASCII.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What makes the pattern need trying, in words.
    pub(crate) fn reason(&self) -> &'static str {
        self.shape.feature.unwrap_or("backtracking")
    }

    pub(crate) fn search(&self, input: &[u8]) -> Search {
        let last = if self.shape.anchored { 0 } else { input.len() };
        let mut work = 0_usize;
        for start in 0..=last {
            let byte = input.get(start).copied();
            if let Some(starts) = &self.starts
                && !byte.is_some_and(|byte| starts.contains(byte))
            {
                continue;
            }
            work = work.saturating_add(self.shape.work(input.len() - start));
            if work > MAX_BACKTRACKING_WORK_BYTES {
                return Search::Exhausted;
            }
            match self.regex.find_input(at(input, start)) {
                Ok(Some(found)) => return Search::Found(found.range()),
                Ok(None) => {}
                Err(_) => return Search::Exhausted,
            }
        }
        Search::Missing
    }

    pub(crate) fn find(&self, input: &[u8]) -> Option<Range<usize>> {
        match self.search(input) {
            Search::Found(range) => Some(range),
            Search::Missing | Search::Exhausted => None,
        }
    }

    pub(crate) fn capture(&self, input: &[u8], captures: &mut Captures) {
        let Some(range) = self.find(input) else { return };
        let Ok(Some(groups)) = self.regex.captures_input(at(input, range.start)) else { return };
        for index in 0..groups.len().min(MAX_CAPTURES) {
            captures.push(groups.get(index).map(|group| group.range()));
        }
    }
}

/// Matches begin here and nowhere else; what stands before is seen by lookbehind and `\b`.
fn at(input: &[u8], start: usize) -> RegexInput<'_, [u8]> {
    RegexInput::new(input).from_pos(start).anchored(true)
}

#[cfg(test)]
mod tests;
