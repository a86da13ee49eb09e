//! `htmlEntityDecode`: `&#xHH;`, `&#DD;`, the names quot, amp, lt, gt, nbsp in any case, and every other
//! HTML name that stands for one ASCII byte.
//!
//! The semicolon may be missing after a number and after the five names, as browsers accept. A number
//! keeps its low byte. Names of other characters stay: nothing a rule looks for hides behind them.

use crate::bytes::{NBSP, decode_marked, is_hex};

/// Names in any case, with or without a semicolon, and the byte each stands for.
const NAMED: &[(&[u8], u8)] =
    &[(b"quot", b'"'), (b"amp", b'&'), (b"lt", b'<'), (b"gt", b'>'), (b"nbsp", NBSP)];

/// Names that HTML knows in this case and with a semicolon only
/// (<https://html.spec.whatwg.org/multipage/named-characters.html>). ModSecurity does not decode them,
/// browsers do: `javascript&colon;alert&lpar;1&rpar;` runs.
const WITH_SEMICOLON: &[(&[u8], u8)] = &[
    (b"Tab", b'\t'),
    (b"NewLine", b'\n'),
    (b"excl", b'!'),
    (b"num", b'#'),
    (b"dollar", b'$'),
    (b"percnt", b'%'),
    (b"apos", b'\''),
    (b"lpar", b'('),
    (b"rpar", b')'),
    (b"ast", b'*'),
    (b"midast", b'*'),
    (b"plus", b'+'),
    (b"comma", b','),
    (b"period", b'.'),
    (b"sol", b'/'),
    (b"colon", b':'),
    (b"semi", b';'),
    (b"equals", b'='),
    (b"quest", b'?'),
    (b"commat", b'@'),
    (b"lsqb", b'['),
    (b"lbrack", b'['),
    (b"bsol", b'\\'),
    (b"rsqb", b']'),
    (b"rbrack", b']'),
    (b"Hat", b'^'),
    (b"lowbar", b'_'),
    (b"UnderBar", b'_'),
    (b"grave", b'`'),
    (b"DiacriticalGrave", b'`'),
    (b"lcub", b'{'),
    (b"lbrace", b'{'),
    (b"verbar", b'|'),
    (b"vert", b'|'),
    (b"VerticalLine", b'|'),
    (b"rcub", b'}'),
    (b"rbrace", b'}'),
];

pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    decode_marked(input, b'&', out, |entity, out| match decode(entity) {
        Some((byte, used)) => {
            out.push(byte);
            used + usize::from(entity.get(used) == Some(&b';'))
        }
        None => {
            out.push(b'&');
            1
        }
    });
}

/// The byte and the length of the reference at the start of `entity`, without a semicolon.
fn decode(entity: &[u8]) -> Option<(u8, usize)> {
    match entity {
        [b'&', b'#', b'x' | b'X', rest @ ..] => number(rest, 16, is_hex).map(|(b, n)| (b, n + 3)),
        [b'&', b'#', rest @ ..] => {
            number(rest, 10, |b| b.is_ascii_digit()).map(|(b, n)| (b, n + 2))
        }
        [b'&', rest @ ..] => {
            let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
            let name = rest.get(..length)?;
            let named = NAMED.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            let named = named.or_else(|| {
                let closed = rest.get(length) == Some(&b';');
                WITH_SEMICOLON.iter().find(|&&(known, _)| closed && known == name)
            })?;
            Some((named.1, length + 1))
        }
        _ => None,
    }
}

/// The low byte of the number at the start of `digits`, and how many digits it has. A number too large
/// for C's `long` ends in 0xFF, as `strtol` clamps it.
fn number(digits: &[u8], radix: u32, is_digit: impl Fn(u8) -> bool) -> Option<(u8, usize)> {
    let length = digits.iter().take_while(|&&b| is_digit(b)).count();
    if length == 0 {
        return None;
    }
    let value = digits.iter().take(length).fold(0_i64, |sum, &digit| {
        let digit = i64::from(char::from(digit).to_digit(radix).unwrap_or(0));
        sum.checked_mul(i64::from(radix)).and_then(|s| s.checked_add(digit)).unwrap_or(i64::MAX)
    });
    Some(((value & 0xFF) as u8, length))
}
