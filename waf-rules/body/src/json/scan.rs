//! The tokens of JSON.

use super::Problem;
use crate::percent::hex;
use std::ops::Range;

/// A value that holds no other.
pub(super) enum Scalar {
    Null,
    /// A number or boolean: where its text stands.
    Text(Range<usize>),
    /// A string, not yet read: [`Scanner::string`] reads it.
    String,
}

pub(super) struct Scanner<'a> {
    input: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self { input, at: 0 }
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.input.get(range).unwrap_or_default()
    }

    /// A byte order mark may be ignored (RFC 8259 section 8.1), and many servers do.
    pub(super) fn skip_bom(&mut self) {
        if self.input.starts_with(b"\xEF\xBB\xBF") {
            self.at = 3;
        }
    }

    pub(super) fn malformed(&self) -> Problem {
        Problem::Malformed(self.at.saturating_sub(1))
    }

    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    /// The next byte that is not whitespace, left in place.
    pub(super) fn peek_token(&mut self) -> Result<u8, Problem> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
        self.peek().ok_or(Problem::Truncated)
    }

    /// The next byte that is not whitespace.
    pub(super) fn next_token(&mut self) -> Result<u8, Problem> {
        let byte = self.peek_token()?;
        self.at += 1;
        Ok(byte)
    }

    /// Nothing but whitespace may follow.
    pub(super) fn end(&mut self) -> Result<(), Problem> {
        match self.peek_token() {
            Ok(_) => Err(Problem::TrailingData(self.at)),
            Err(_) => Ok(()),
        }
    }

    /// Reads a number, boolean or null; a string is only announced.
    pub(super) fn scalar(&mut self) -> Result<Scalar, Problem> {
        let start = self.at;
        match self.peek_token()? {
            b'"' => Ok(Scalar::String),
            b't' => self.literal(b"true").map(|()| Scalar::Text(start..self.at)),
            b'f' => self.literal(b"false").map(|()| Scalar::Text(start..self.at)),
            b'n' => self.literal(b"null").map(|()| Scalar::Null),
            b'-' | b'0'..=b'9' => self.number().map(|()| Scalar::Text(start..self.at)),
            _ => Err(Problem::Malformed(self.at)),
        }
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), Problem> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(());
        }
        Err(if word.starts_with(rest) { Problem::Truncated } else { Problem::Malformed(self.at) })
    }

    /// RFC 8259 section 6.
    fn number(&mut self) -> Result<(), Problem> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Problem> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        match self.peek() {
            _ if self.at > start => Ok(()),
            Some(_) => Err(Problem::Malformed(self.at)),
            None => Err(Problem::Truncated),
        }
    }

    /// Reads a string and writes it unescaped. What was read before a problem stays written. Control
    /// bytes inside are a problem only after the whole string was read: lenient servers accept them.
    pub(super) fn string(&mut self, out: &mut Vec<u8>) -> Result<(), Problem> {
        if self.next_token()? != b'"' {
            return Err(self.malformed());
        }
        let start = self.at;
        let mut control = false;
        loop {
            let rest = self.input.get(self.at..).unwrap_or_default();
            let Some(run) = memchr::memchr2(b'"', b'\\', rest) else {
                out.extend_from_slice(rest);
                self.at = self.input.len();
                return Err(Problem::Truncated);
            };
            let plain = rest.get(..run).unwrap_or_default();
            control |= plain.iter().fold(false, |found, &b| found | (b < 0x20));
            out.extend_from_slice(plain);
            self.at += run + 1;
            if rest.get(run) == Some(&b'"') {
                return if control { Err(Problem::Malformed(start)) } else { Ok(()) };
            }
            self.escape(out)?;
        }
    }

    /// Reads what follows a backslash.
    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), Problem> {
        let letter = self.peek().ok_or(Problem::Truncated)?;
        self.at += 1;
        let byte = match letter {
            b'"' | b'\\' | b'/' => letter,
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let unit = self.unit()?;
                self.code_point(unit, out);
                return Ok(());
            }
            _ => return Err(self.malformed()),
        };
        out.push(byte);
        Ok(())
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, Problem> {
        let Some(digits) = self.input.get(self.at..self.at + 4) else {
            return Err(Problem::Truncated);
        };
        let unit = digits
            .iter()
            .try_fold(0, |sum, &digit| Some(sum << 4 | u32::from(hex(digit)?)))
            .ok_or(Problem::Malformed(self.at))?;
        self.at += 4;
        Ok(unit)
    }

    /// Writes a UTF-16 unit, with its second half if it has one; a lone half is U+FFFD.
    fn code_point(&mut self, unit: u32, out: &mut Vec<u8>) {
        let mut code = unit;
        if (0xD800..0xDC00).contains(&unit) {
            let before = self.at;
            let follows = self.slice(before..before + 2) == br"\u";
            self.at += if follows { 2 } else { 0 };
            match if follows { self.unit() } else { Err(Problem::Truncated) } {
                Ok(low @ 0xDC00..0xE000) => {
                    code = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                }
                Ok(_) | Err(_) => self.at = before,
            }
        }
        let decoded = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(decoded.encode_utf8(&mut [0; 4]).as_bytes());
    }
}
