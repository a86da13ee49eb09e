//! Bytes to tokens. Which reader takes a token depends on its first byte alone.

use super::token::{TEXT_BYTES, Token, kind};
use super::words::lookup;
use super::{number, quoted};
use memchr::{memchr, memmem};

/// The quotes the application has put before the input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    None,
    Single,
    Double,
}

/// Whose comments count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Standard,
    MySql,
}

/// A place in the input, and what was seen on the way there.
pub(super) struct Tokenizer<'a> {
    pub input: &'a [u8],
    pub at: usize,
    quote: Quote,
    dialect: Dialect,
    /// Tokens read.
    pub read: usize,
    /// Something that the dialects read in different ways was seen.
    pub ambiguous: bool,
}

/// A byte that ends or separates words; NUL is blank to Oracle, 0xA0 in Latin-1.
pub(super) fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r' | 0 | 0xA0)
}

/// Bytes that no word has.
const fn ends_word(byte: u8) -> bool {
    ends_variable(byte) || matches!(byte, b'[' | b']' | b'{' | b'}' | 0xA0)
}

const fn ends_variable(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'<'
            | b'>'
            | b':'
            | b'\\'
            | b'?'
            | b'='
            | b'@'
            | b'!'
            | b'#'
            | b'~'
            | b'+'
            | b'-'
            | b'*'
            | b'/'
            | b'&'
            | b'|'
            | b'^'
            | b'%'
            | b'('
            | b')'
            | b','
            | b'\''
            | b';'
            | b'\t'..=b'\r' | b'"' | 0
    )
}

/// What a byte does to the word it stands in.
const IN_WORD: [Effect; 256] = {
    let mut table = [Effect::None; 256];
    let mut byte = 0;
    while byte < 256 {
        if ends_word(byte as u8) {
            table[byte] = Effect::Ends;
        } else if matches!(byte as u8, b'.' | b'`') {
            table[byte] = Effect::MayEnd;
        }
        byte += 1;
    }
    table
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    None,
    /// Ends a word before it that is known.
    MayEnd,
    Ends,
}

impl<'a> Tokenizer<'a> {
    pub(super) fn new(input: &'a [u8], quote: Quote, dialect: Dialect) -> Self {
        Self { input, at: 0, quote, dialect, read: 0, ambiguous: false }
    }

    /// The next token; none at the end.
    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        if self.at == 0 && self.quote != Quote::None && !self.input.is_empty() {
            self.read += 1;
            let quote = if self.quote == Quote::Single { b'\'' } else { b'"' };
            return Some(quoted::simulated(self, quote));
        }
        while let Some(&first) = self.input.get(self.at) {
            if let Some(token) = self.token(first) {
                self.read += 1;
                return Some(token);
            }
        }
        None
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.input.get(self.at..).unwrap_or_default()
    }

    /// The byte `ahead` of the present place; 0 past the end.
    pub(super) fn peek(&self, ahead: usize) -> Option<u8> {
        self.input.get(self.at + ahead).copied()
    }

    /// Takes `length` bytes as a token.
    pub(super) fn take(&mut self, kind: u8, length: usize) -> Token<'a> {
        let token = Token::new(kind, self.rest().get(..length).unwrap_or(self.rest()));
        self.at += length;
        token
    }

    fn token(&mut self, first: u8) -> Option<Token<'a>> {
        Some(match first {
            0..=32 | 127 | 160 => {
                self.at += 1;
                return None;
            }
            b'!' | b'&' | b'*' | b':' | b'<'..=b'>' | b'|' => self.operator(),
            b'\'' | b'"' => quoted::string(self, first),
            b'#' => self.hash(),
            b'$' => quoted::money(self),
            b'%' | b'+' | b'^' | b'~' => self.take(kind::OPERATOR, 1),
            b'(' | b')' | b',' | b';' | b'{' | b'}' => self.take(first, 1),
            b'-' => self.dash(),
            b'.' | b'0'..=b'9' => return number::number(self),
            b'/' => self.slash(),
            b'?' | b']' => self.take(kind::UNKNOWN, 1),
            b'@' => self.variable(),
            b'[' => {
                let rest = self.rest();
                let length = memchr(b']', rest).map_or(rest.len(), |close| close + 1);
                self.take(kind::BAREWORD, length)
            }
            b'\\' if self.peek(1) == Some(b'N') => self.take(kind::NUMBER, 2),
            b'\\' => self.take(kind::BACKSLASH, 1),
            b'`' => quoted::tick(self),
            b'b' | b'B' => quoted::literal(self, |b| matches!(b, b'0' | b'1')),
            b'x' | b'X' => quoted::literal(self, |b| b.is_ascii_hexdigit()),
            b'e' | b'E' => quoted::prefixed(self),
            b'n' | b'N' => quoted::national(self),
            b'q' | b'Q' => quoted::oracle(self, 0),
            b'u' | b'U' => quoted::unicode(self),
            _ => self.word(),
        })
    }

    pub(super) fn word(&mut self) -> Token<'a> {
        let mut known = None;
        let length = self.word_length(|head, ends| {
            known = lookup(head);
            // `SELECT.1` and SELECT`column` are a keyword and something else.
            !ends && known.is_some_and(|kind| kind != kind::BAREWORD)
        });
        self.take(known.unwrap_or(kind::BAREWORD), length)
    }

    /// Passes a word that the table does not know, or stays in one that it knows: true then.
    pub(super) fn skip_unknown_word(&mut self) -> bool {
        let mut known = false;
        let length = self.word_length(|head, _| {
            known = lookup(head).is_some();
            known
        });
        self.at += length;
        known
    }

    /// The length of the word at the present place. `stop` is asked at each mark that may end a word that is
    /// known, and at the end, which is true then; it is given what stands before.
    fn word_length(&self, mut stop: impl FnMut(&'a [u8], bool) -> bool) -> usize {
        let rest = self.rest();
        let head = rest.get(..TEXT_BYTES).unwrap_or(rest);
        let mut length = 0;
        for (at, &byte) in head.iter().enumerate() {
            let effect = IN_WORD[usize::from(byte)];
            if effect == Effect::Ends {
                stop(rest.get(..at).unwrap_or_default(), true);
                return at;
            }
            if effect == Effect::MayEnd && stop(rest.get(..at).unwrap_or_default(), false) {
                return at;
            }
            length = at + 1;
        }
        // Longer words are not known, but end in the same way.
        let tail = rest.get(length..).unwrap_or_default();
        let more = tail.iter().position(|&b| IN_WORD[usize::from(b)] == Effect::Ends);
        length += more.unwrap_or(tail.len());
        stop(rest.get(..length).unwrap_or_default(), true);
        length
    }

    fn operator(&mut self) -> Token<'a> {
        let rest = self.rest();
        if rest.starts_with(b"<=>") {
            return self.take(kind::OPERATOR, 3);
        }
        if let Some(kind) = rest.get(..2).and_then(lookup) {
            return self.take(kind, 2);
        }
        let colon = rest.len() > 1 && rest.first() == Some(&b':');
        self.take(if colon { kind::COLON } else { kind::OPERATOR }, 1)
    }

    /// A comment to the end of the line.
    fn line_comment(&mut self) -> Token<'a> {
        let rest = self.rest();
        let length = memchr(b'\n', rest).unwrap_or(rest.len());
        let token = self.take(kind::COMMENT, length);
        self.at = (self.at + 1).min(self.input.len());
        token
    }

    /// A comment in MySQL, an operator elsewhere.
    fn hash(&mut self) -> Token<'a> {
        self.ambiguous = true;
        match self.dialect {
            Dialect::MySql => self.line_comment(),
            Dialect::Standard => self.take(kind::OPERATOR, 1),
        }
    }

    /// `--` before a blank or the end is a comment everywhere; before anything else it is none in MySQL.
    fn dash(&mut self) -> Token<'a> {
        match (self.peek(1), self.peek(2)) {
            (Some(b'-'), None) => self.line_comment(),
            (Some(b'-'), Some(next)) if is_white(next) => self.line_comment(),
            (Some(b'-'), _) if self.dialect == Dialect::Standard => {
                self.ambiguous = true;
                self.line_comment()
            }
            _ => self.take(kind::OPERATOR, 1),
        }
    }

    /// A C comment, or a division. A comment inside, which only PostgreSQL nests, and MySQL's `/*!` are
    /// too ambiguous to be read.
    fn slash(&mut self) -> Token<'a> {
        if self.peek(1) != Some(b'*') {
            return self.take(kind::OPERATOR, 1);
        }
        let rest = self.rest();
        let body = rest.get(2..).unwrap_or_default();
        let close = memmem::find(body, b"*/");
        let nested = close.is_some_and(|close| {
            memmem::find(body.get(..=close).unwrap_or_default(), b"/*").is_some()
        });
        let evil = nested || self.peek(2) == Some(b'!');
        let length = close.map_or(rest.len(), |close| close + 4);
        self.take(if evil { kind::EVIL } else { kind::COMMENT }, length)
    }

    /// `@name`, `@@name`, and either in quotes.
    fn variable(&mut self) -> Token<'a> {
        self.at += if self.peek(1) == Some(b'@') { 2 } else { 1 };
        match self.peek(0) {
            Some(b'`') => quoted::tick(self).with_kind(kind::VARIABLE),
            Some(quote @ (b'\'' | b'"')) => quoted::string(self, quote).with_kind(kind::VARIABLE),
            _ => {
                let ends = |b: &u8| ends_variable(*b) || *b == b'`';
                let length = self.rest().iter().position(ends).unwrap_or(self.rest().len());
                self.take(kind::VARIABLE, length)
            }
        }
    }
}
