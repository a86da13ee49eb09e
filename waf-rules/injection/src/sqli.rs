//! SQL injection: tokens, folded to a shape of at most five, looked up among the known shapes.

mod fold;
pub(crate) mod gate;
mod number;
mod quoted;
mod token;
mod tokenizer;
mod words;

use crate::Fingerprint;
use fold::Folder;
use memchr::{memchr, memchr2, memmem};
use token::{Token, kind};
use tokenizer::{Dialect, Quote, Tokenizer};

/// Tokens that a fingerprint is made of.
const MAX_TOKENS: usize = Fingerprint::LETTERS;

/// Tries the contexts in which an application may put `input`.
pub(crate) fn detect(input: &[u8]) -> Option<Fingerprint> {
    if !gate::may_be(input) {
        return None;
    }
    detect_ungated(input)
}

fn detect_ungated(input: &[u8]) -> Option<Fingerprint> {
    let found = in_quote(input, Quote::None);
    if found.is_some() || memchr2(b'\'', b'"', input).is_none() {
        return found;
    }
    let found = memchr(b'\'', input).and_then(|_| in_quote(input, Quote::Single));
    if found.is_some() {
        return found;
    }
    memchr(b'"', input)?;
    Attempt::new(input, Quote::Double, Dialect::MySql).shape()
}

/// Reads the input after a quote of the application, in standard SQL and in MySQL's.
fn in_quote(input: &[u8], quote: Quote) -> Option<Fingerprint> {
    let mut standard = Attempt::new(input, quote, Dialect::Standard);
    let found = standard.shape();
    // MySQL reads `#` and `--x` in another way; without either, it reads as the standard does.
    if found.is_some() || !standard.folder.tokenizer.ambiguous {
        return found;
    }
    Attempt::new(input, quote, Dialect::MySql).shape()
}

/// One reading of the input.
struct Attempt<'a> {
    input: &'a [u8],
    folder: Folder<'a>,
    /// Tokens read, before folding.
    read: usize,
}

impl<'a> Attempt<'a> {
    fn new(input: &'a [u8], quote: Quote, dialect: Dialect) -> Self {
        Self { input, folder: Folder::new(Tokenizer::new(input, quote, dialect)), read: 0 }
    }

    /// Reads the input; its shape if that is one of an injection.
    fn shape(&mut self) -> Option<Fingerprint> {
        let count = self.folder.run();
        self.read = self.folder.tokenizer.read;
        // PHP's back quote, open and empty at the end, starts a comment.
        if let Some(last) = count.checked_sub(1).and_then(|at| self.folder.tokens.get_mut(at))
            && count > 2
            && last.kind == kind::BAREWORD
            && last.open == b'`'
            && last.text().is_empty()
            && last.close == 0
        {
            last.kind = kind::COMMENT;
        }
        let mut letters = [0; fold::SLOTS];
        letters
            .iter_mut()
            .zip(&self.folder.tokens)
            .for_each(|(letter, token)| *letter = token.kind);
        let letters = letters.get(..count).unwrap_or_default();
        // What cannot be read for sure, such as a comment in a comment, is its own shape.
        let evil = letters.contains(&kind::EVIL);
        let letters = if evil { b"X" } else { letters };
        let known = words::is_known_shape(letters) && !self.is_excused(letters);
        known.then(|| Fingerprint::new(letters))
    }

    /// Shapes that innocent text has too need a closer look.
    fn is_excused(&self, shape: &[u8]) -> bool {
        // SQL Server does not log a statement with this word in it.
        if shape.len() > 1
            && shape.last() == Some(&kind::COMMENT)
            && memmem::find(self.input, b"sp_password").is_some()
        {
            return false;
        }
        match shape.len() {
            2 => self.is_excused_pair(shape),
            3 => self.is_excused_triple(shape),
            _ => false,
        }
    }

    fn is_excused_pair(&self, shape: &[u8]) -> bool {
        let [first, second, ..] = &self.folder.tokens;
        if shape.get(1) == Some(&kind::UNION) {
            // A number and "union", nothing folded away, is text.
            return self.read == 2;
        }
        let mark = second.byte(0);
        if mark == b'#' {
            return true;
        }
        let comment = second.kind == kind::COMMENT;
        if first.kind == kind::BAREWORD && comment && mark != b'/' {
            return true;
        }
        if first.kind == kind::NUMBER && comment {
            return mark != b'/' && self.read <= 2 && !self.comment_follows_number(first);
        }
        second.text().len() > 2 && mark == b'-'
    }

    /// `1234 --` and `1234--` may be injections; `1234-abc--` is somebody's random identifier.
    fn comment_follows_number(&self, number: &Token<'_>) -> bool {
        let end = number.text().len();
        let at = |at: usize| self.input.get(at).copied().unwrap_or(0);
        // Bytes above 127 are negative to the original, so they count as blank.
        matches!(
            (at(end), at(end + 1)),
            (0..=32 | 128..=255, _) | (b'/', b'*') | (b'-', b'-')
        )
    }

    fn is_excused_triple(&self, shape: &[u8]) -> bool {
        let [first, second, third, ..] = &self.folder.tokens;
        match shape {
            b"sos" | b"s&s" => {
                // `foo" + "bar` ends one string of the application and opens another.
                !(first.open == 0 && third.close == 0 && first.close == third.open)
            }
            b"s&n" | b"n&1" | b"1&1" | b"1&v" | b"1&s" => self.read == 3,
            _ if second.kind == kind::KEYWORD => {
                // INTO OUTFILE and INTO DUMPFILE.
                let word = second.text();
                let into = word.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"INTO"));
                word.len() < 5 || !into
            }
            _ => false,
        }
    }
}
