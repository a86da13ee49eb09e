//! `@pm` and `@pmFromFile`: any of many phrases, ASCII letters in any case.

use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::limits::MAX_CAPTURES;
use crate::operator::Captures;

/// A list, shared by all rules of all rule sets that carry it, and compiled when a rule that runs has it.
#[derive(Debug)]
pub(crate) struct Phrases {
    automaton: OnceLock<AhoCorasick>,
    /// The phrases, ASCII letters in lower case.
    pub(crate) folded: Vec<Vec<u8>>,
}

impl Phrases {
    pub(crate) fn new(phrases: &[Vec<u8>]) -> Self {
        let folded = phrases.iter().map(|phrase| phrase.to_ascii_lowercase()).collect();
        Self { automaton: OnceLock::new(), folded }
    }

    /// Builds the automaton where there is none yet; the error is the builder's.
    pub(crate) fn compile(&self) -> Result<(), String> {
        if self.automaton.get().is_none() {
            let automaton = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::LeftmostLongest)
                .build(&self.folded)
                .map_err(|error| error.to_string())?;
            // Where another thread was quicker, its result is as good.
            let _known = self.automaton.set(automaton);
        }
        Ok(())
    }

    /// Every list of a rule that runs was compiled with it.
    #[inline]
    fn automaton(&self) -> Option<&AhoCorasick> {
        self.automaton.get().or_else(|| self.late())
    }

    #[cold]
    fn late(&self) -> Option<&AhoCorasick> {
        self.compile().ok()?;
        self.automaton.get()
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

    /// A list that cannot be compiled keeps its rule set from being loaded; if one were asked, it would match.
    pub(crate) fn is_match(&self, input: &[u8]) -> bool {
        self.automaton().is_none_or(|automaton| automaton.is_match(input))
    }

    pub(crate) fn find(&self, input: &[u8]) -> Option<Range<usize>> {
        self.automaton()?.find(input).map(|found| found.range())
    }

    pub(crate) fn capture(&self, input: &[u8], captures: &mut Captures) {
        let Some(automaton) = self.automaton() else { return };
        for found in automaton.find_iter(input).take(MAX_CAPTURES) {
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
