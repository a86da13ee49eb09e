//! Numbers, in the notations of all servers.

use super::token::{Token, kind};
use super::tokenizer::{Tokenizer, is_white};

/// Digits of a class from `from` on. NUL counts as one: the original's character search finds it.
fn run(input: &[u8], from: usize, class: impl Fn(u8) -> bool) -> usize {
    let rest = input.get(from..).unwrap_or_default();
    rest.iter().take_while(|&&b| class(b)).count()
}

/// Reads a number or a lone dot. None for `1.e`, an exponent without digits: MySQL reads over it, so it
/// is no token (a known evasion, which libinjection 3.9.2 takes for a word).
pub(super) fn number<'a>(from: &mut Tokenizer<'a>) -> Option<Token<'a>> {
    let rest = from.rest();
    let prefix = match rest {
        [b'0', b'x' | b'X', ..] => Some(run(rest, 2, |b| b.is_ascii_hexdigit() || b == 0)),
        [b'0', b'b' | b'B', ..] => Some(run(rest, 2, |b| matches!(b, b'0' | b'1' | 0))),
        _ => None,
    };
    if let Some(digits) = prefix {
        let kind = if digits == 0 { kind::BAREWORD } else { kind::NUMBER };
        return Some(from.take(kind, 2 + digits));
    }
    let digit = |b: u8| b.is_ascii_digit();
    let mut length = run(rest, 0, digit);
    if rest.get(length) == Some(&b'.') {
        length += 1 + run(rest, length + 1, digit);
        if length == 1 {
            return Some(from.take(kind::DOT, 1));
        }
    }
    let mut bare_exponent = false;
    if let Some(b'e' | b'E') = rest.get(length) {
        length += 1;
        length += usize::from(matches!(rest.get(length), Some(b'+' | b'-')));
        let digits = run(rest, length, digit);
        bare_exponent = digits == 0;
        length += digits;
    }
    length += usize::from(has_float_suffix(rest.get(length..).unwrap_or_default()));
    if bare_exponent {
        from.at += length;
        return None;
    }
    Some(from.take(kind::NUMBER, length))
}

/// Oracle's `1.2f` and `1.2d`, also glued to a UNION.
fn has_float_suffix(rest: &[u8]) -> bool {
    match rest {
        [b'd' | b'D' | b'f' | b'F'] => true,
        [b'd' | b'D' | b'f' | b'F', next, ..] => {
            is_white(*next) || matches!(next, b';' | b'u' | b'U')
        }
        _ => false,
    }
}
