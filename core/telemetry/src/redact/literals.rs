//! Bytes that are hidden wherever they stand.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::REDACTED;

/// Fewer bytes than this say too little to be looked for: hiding every `1` would hide nothing but the rest of the log.
pub const LITERAL_BYTES_MIN: usize = 4;

/// Stars that stand for the middle of what is shown in part, at most.
const STARS_MAX: usize = 32;

/// Bytes to hide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenBytes {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Bytes at the beginning that may be shown.
    pub first: usize,
    /// Bytes at the end that may be shown.
    pub last: usize,
}

impl HiddenBytes {
    /// All of these bytes.
    #[must_use]
    pub fn whole(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), first: 0, last: 0 }
    }

    fn shown(&self) -> Vec<u8> {
        let hidden = self.bytes.len().saturating_sub(self.first + self.last);
        if self.first + self.last == 0 || hidden == 0 {
            return REDACTED.as_bytes().to_vec();
        }
        let begin = self.bytes.get(..self.first).unwrap_or_default();
        let end = self.bytes.get(self.bytes.len() - self.last..).unwrap_or_default();
        [begin, &b"*".repeat(hidden.min(STARS_MAX)), end].concat()
    }
}

/// Finds all of them in one pass.
#[derive(Debug)]
pub(super) struct Literals {
    finder: AhoCorasick,
    shown: Vec<Vec<u8>>,
}

impl Literals {
    /// None where there is nothing to look for.
    pub(super) fn new(bytes: &[HiddenBytes]) -> Option<Self> {
        let long = || bytes.iter().filter(|hidden| hidden.bytes.len() >= LITERAL_BYTES_MIN);
        long().next()?;
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            // Quick to build: it is used for one exchange.
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .build(long().map(|hidden| &hidden.bytes))
            .ok()?;
        Some(Self { finder, shown: long().map(HiddenBytes::shown).collect() })
    }

    /// The text without them; none where there is none in it.
    pub(super) fn hide(&self, text: &[u8]) -> Option<Vec<u8>> {
        self.finder.find(text)?;
        Some(self.finder.replace_all_bytes(text, &self.shown))
    }
}
