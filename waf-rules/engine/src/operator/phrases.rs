//! `@pm` and `@pmFromFile`: any of many phrases, ASCII letters in any case.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::limits::MAX_CAPTURES;
use crate::operator::Captures;

/// A compiled list.
#[derive(Debug)]
pub(crate) struct Phrases {
    automaton: AhoCorasick,
    /// Position among the patterns and lists of the rule set, for the gate.
    pub(crate) id: u32,
    /// The phrases, ASCII letters in lower case.
    pub(crate) folded: Vec<Vec<u8>>,
}

impl Phrases {
    /// Builds the automaton; the error is the builder's.
    pub(crate) fn new(id: u32, phrases: &[Vec<u8>]) -> Result<Self, String> {
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(phrases)
            .map_err(|error| error.to_string())?;
        let folded = phrases.iter().map(|phrase| phrase.to_ascii_lowercase()).collect();
        Ok(Self { automaton, id, folded })
    }

    /// The words of an `@pm` argument: separated by whitespace, `|41 42|` is a run of bytes in hexadecimal.
    pub(crate) fn words(argument: &str) -> Vec<Vec<u8>> {
        argument.split_ascii_whitespace_with_hex().collect()
    }

    /// The lines of a data file: trimmed, comments and empty ones left out.
    pub(crate) fn lines(content: &[u8]) -> Vec<Vec<u8>> {
        content
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
            .map(<[u8]>::to_vec)
            .collect()
    }

    pub(crate) fn is_match(&self, input: &[u8]) -> bool {
        self.automaton.is_match(input)
    }

    pub(crate) fn find(&self, input: &[u8]) -> Option<Range<usize>> {
        self.automaton.find(input).map(|found| found.range())
    }

    pub(crate) fn capture(&self, input: &[u8], captures: &mut Captures) {
        for found in self.automaton.find_iter(input).take(MAX_CAPTURES) {
            captures.push(Some(found.range()));
        }
    }
}

trait HexWords {
    fn split_ascii_whitespace_with_hex(&self) -> impl Iterator<Item = Vec<u8>>;
}

impl HexWords for str {
    fn split_ascii_whitespace_with_hex(&self) -> impl Iterator<Item = Vec<u8>> {
        let mut words = Vec::new();
        let mut word = Vec::new();
        let mut rest = self;
        while let Some(c) = rest.chars().next() {
            if let Some((bytes, after)) = hex_run(rest) {
                word.extend(bytes);
                rest = after;
                continue;
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            if c.is_ascii_whitespace() {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            } else {
                let mut buffer = [0; 4];
                word.extend(c.encode_utf8(&mut buffer).bytes());
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
        words.into_iter()
    }
}

/// `|0a 0d|` at the start of `text`.
fn hex_run(text: &str) -> Option<(Vec<u8>, &str)> {
    let (inside, after) = text.strip_prefix('|')?.split_once('|')?;
    let digits: Vec<&str> = inside.split_ascii_whitespace().collect();
    if digits.is_empty() || digits.iter().any(|pair| pair.len() != 2) {
        return None;
    }
    let bytes: Option<Vec<u8>> =
        digits.iter().map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
    Some((bytes?, after))
}
