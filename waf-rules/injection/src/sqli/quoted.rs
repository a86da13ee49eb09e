//! Strings, in the quotes of all servers, and words that only look like their prefixes.

use super::token::{Token, kind};
use super::tokenizer::Tokenizer;
use super::words::lookup;
use memchr::{memchr_iter, memmem};

/// Reads from `start` (the first byte inside) to the closing quote, which a backslash or its own double
/// keeps from closing.
fn read<'a>(from: &mut Tokenizer<'a>, start: usize, quote: u8, open: u8) -> Token<'a> {
    let body = from.input.get(start..).unwrap_or_default();
    let mut skip = 0;
    let close = memchr_iter(quote, body).find(|&at| {
        if at < skip {
            return false;
        }
        let before = body.get(..at).unwrap_or_default();
        let slashes = before.iter().rev().take_while(|&&b| b == b'\\').count();
        if slashes % 2 == 1 {
            return false;
        }
        if body.get(at + 1) == Some(&quote) {
            skip = at + 2;
            return false;
        }
        true
    });
    let length = close.unwrap_or(body.len());
    from.at = start + length + usize::from(close.is_some());
    let token = Token::new(kind::STRING, body.get(..length).unwrap_or_default());
    token.with_quotes(open, if close.is_some() { quote } else { 0 })
}

/// The rest of a string that the application has opened.
pub(super) fn simulated<'a>(from: &mut Tokenizer<'a>, quote: u8) -> Token<'a> {
    read(from, 0, quote, 0)
}

/// A string whose quote stands at the present place.
pub(super) fn string<'a>(from: &mut Tokenizer<'a>, quote: u8) -> Token<'a> {
    read(from, from.at + 1, quote, quote)
}

/// MySQL's back quotes: a name, or a function that is called by its quoted name.
pub(super) fn tick<'a>(from: &mut Tokenizer<'a>) -> Token<'a> {
    let token = string(from, b'`');
    let function = lookup(token.text()) == Some(kind::FUNCTION);
    token.with_kind(if function { kind::FUNCTION } else { kind::BAREWORD })
}

/// `e'...'` of PostgreSQL.
pub(super) fn prefixed<'a>(from: &mut Tokenizer<'a>) -> Token<'a> {
    match (from.peek(1), from.peek(2)) {
        (Some(b'\''), Some(_)) => read(from, from.at + 2, b'\'', b'\''),
        _ => from.word(),
    }
}

/// `n'...'` of MySQL, or `nq'[...]'` of Oracle.
pub(super) fn national<'a>(from: &mut Tokenizer<'a>) -> Token<'a> {
    match (from.peek(1), from.peek(2)) {
        (Some(b'\''), Some(_)) => prefixed(from),
        _ => oracle(from, 1),
    }
}

/// `u&'...'`.
pub(super) fn unicode<'a>(from: &mut Tokenizer<'a>) -> Token<'a> {
    if !from.rest().get(1..).unwrap_or_default().starts_with(b"&'") {
        return from.word();
    }
    let token = read(from, from.at + 3, b'\'', b'u');
    token.with_quotes(b'u', if token.close == 0 { 0 } else { b'u' })
}

/// Oracle's `q'[...]'`, after `skip` bytes.
pub(super) fn oracle<'a>(from: &mut Tokenizer<'a>, skip: usize) -> Token<'a> {
    let rest = from.rest().get(skip..).unwrap_or_default();
    let &[b'q' | b'Q', b'\'', open, ref body @ ..] = rest else { return from.word() };
    // Bytes above 127 are negative to the original.
    if !(33..128).contains(&open) {
        return from.word();
    }
    let close = match open {
        b'(' => b')',
        b'[' => b']',
        b'{' => b'}',
        b'<' => b'>',
        other => other,
    };
    let found = memmem::find(body, &[close, b'\'']);
    delimited(from, body, found, skip + 3, 2, b'q')
}

/// `b'01'` and `x'1F'`. NUL is taken for a digit, as the original's character search does.
pub(super) fn literal<'a>(from: &mut Tokenizer<'a>, digit: impl Fn(u8) -> bool) -> Token<'a> {
    if from.peek(1) != Some(b'\'') || from.peek(2).is_none() {
        return from.word();
    }
    let body = from.rest().get(2..).unwrap_or_default();
    let digits = body.iter().take_while(|&&b| digit(b) || b == 0).count();
    match body.get(digits) {
        Some(b'\'') => from.take(kind::NUMBER, digits + 3),
        _ => from.word(),
    }
}

/// `$1,000.00`, `$$...$$`, `$tag$...$tag$`, or a lone `$`.
pub(super) fn money<'a>(from: &mut Tokenizer<'a>) -> Token<'a> {
    let rest = from.rest();
    let after = rest.get(1..).unwrap_or_default();
    if after.is_empty() {
        return from.take(kind::BAREWORD, 1);
    }
    let digits = after.iter().take_while(|b| matches!(b, b'0'..=b'9' | b'.' | b',' | 0)).count();
    match (digits, after.first()) {
        (0, Some(b'$')) => {
            let body = after.get(1..).unwrap_or_default();
            let found = memmem::find(body, b"$$");
            delimited(from, body, found, 2, 2, b'$')
        }
        (0, _) => dollar_tag(from, after),
        (1, Some(b'.')) => from.word(),
        _ => from.take(kind::NUMBER, 1 + digits),
    }
}

/// PostgreSQL's `$tag$...$tag$`.
fn dollar_tag<'a>(from: &mut Tokenizer<'a>, after: &'a [u8]) -> Token<'a> {
    let letters = after.iter().take_while(|b| b.is_ascii_alphabetic() || **b == 0).count();
    if letters == 0 || after.get(letters) != Some(&b'$') {
        return from.take(kind::BAREWORD, 1);
    }
    let tag = from.rest().get(..letters + 2).unwrap_or_default();
    let body = after.get(letters + 1..).unwrap_or_default();
    let found = memmem::find(body, tag);
    delimited(from, body, found, letters + 2, letters + 2, b'$')
}

/// A string in marks that cannot be escaped: `body` starts `before` bytes from the present place, and a
/// closing mark of `mark` bytes stands at `found` in it.
fn delimited<'a>(
    from: &mut Tokenizer<'a>,
    body: &'a [u8],
    found: Option<usize>,
    before: usize,
    mark: usize,
    quote: u8,
) -> Token<'a> {
    let length = found.unwrap_or(body.len());
    from.at += before + length + found.map_or(0, |_| mark);
    let token = Token::new(kind::STRING, body.get(..length).unwrap_or_default());
    token.with_quotes(quote, found.map_or(0, |_| quote))
}
