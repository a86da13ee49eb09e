//! SQL injection: tokens, folded to a shape of at most five, looked up among the known shapes.

mod fold;
mod number;
mod quoted;
mod token;
mod tokenizer;
mod words;

use crate::Fingerprint;
use memchr::{memchr, memmem};
use token::{Token, kind};
use tokenizer::{Dialect, Quote, Tokenizer};

/// Tokens that a fingerprint is made of.
const MAX_TOKENS: usize = Fingerprint::LETTERS;

/// Tries the contexts in which an application may put `input`.
pub(crate) fn detect(input: &[u8]) -> Option<Fingerprint> {
    if is_plain(input) {
        return None;
    }
    let quotes = [(Quote::None, true), (Quote::Single, memchr(b'\'', input).is_some())];
    for (quote, applies) in quotes {
        if !applies {
            continue;
        }
        let standard = Attempt::new(input, quote, Dialect::Standard);
        if standard.is_injection() {
            return Some(standard.fingerprint);
        }
        // MySQL reads `#` and `--x` in another way; without either, it reads as the standard does.
        if standard.ambiguous {
            let mysql = Attempt::new(input, quote, Dialect::MySql);
            if mysql.is_injection() {
                return Some(mysql.fingerprint);
            }
        }
    }
    memchr(b'"', input)?;
    let attempt = Attempt::new(input, Quote::Double, Dialect::MySql);
    attempt.is_injection().then_some(attempt.fingerprint)
}

/// One word or one number is one token, and no shape of one token is an injection. Most values are so.
fn is_plain(input: &[u8]) -> bool {
    match input {
        [] => true,
        [b'0', b'x' | b'X' | b'b' | b'B', ..] => false,
        [b'0'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => input.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_'),
    }
}

/// One reading of the input.
struct Attempt<'a> {
    input: &'a [u8],
    fingerprint: Fingerprint,
    tokens: [Token; fold::SLOTS],
    /// Tokens read, before folding.
    read: usize,
    ambiguous: bool,
}

impl<'a> Attempt<'a> {
    fn new(input: &'a [u8], quote: Quote, dialect: Dialect) -> Self {
        let (mut tokens, count, tokenizer) = fold::fold(Tokenizer::new(input, quote, dialect));
        // PHP's back quote, open and empty at the end, starts a comment.
        if let Some(last) = count.checked_sub(1).and_then(|at| tokens.get_mut(at))
            && count > 2
            && last.kind == kind::BAREWORD
            && last.open == b'`'
            && last.text().is_empty()
            && last.close == 0
        {
            last.kind = kind::COMMENT;
        }
        let mut letters = [0; fold::SLOTS];
        letters.iter_mut().zip(&tokens).for_each(|(letter, token)| *letter = token.kind);
        let letters = letters.get(..count).unwrap_or_default();
        // What cannot be read for sure, such as a comment in a comment, is its own shape.
        let evil = letters.contains(&kind::EVIL);
        let fingerprint = Fingerprint::new(if evil { b"X" } else { letters });
        let (read, ambiguous) = (tokenizer.read, tokenizer.ambiguous);
        Self { input, fingerprint, tokens, read, ambiguous }
    }

    fn is_injection(&self) -> bool {
        words::is_known_shape(self.fingerprint.as_bytes()) && !self.is_excused()
    }

    /// Shapes that innocent text has too need a closer look.
    fn is_excused(&self) -> bool {
        let shape = self.fingerprint.as_bytes();
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
        let [first, second, ..] = &self.tokens;
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
    fn comment_follows_number(&self, number: &Token) -> bool {
        let end = number.text().len();
        let at = |at: usize| self.input.get(at).copied().unwrap_or(0);
        // Bytes above 127 are negative to the original, so they count as blank.
        matches!(
            (at(end), at(end + 1)),
            (0..=32 | 128..=255, _) | (b'/', b'*') | (b'-', b'-')
        )
    }

    fn is_excused_triple(&self, shape: &[u8]) -> bool {
        let [first, second, third, ..] = &self.tokens;
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
