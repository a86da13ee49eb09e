//! `application/x-www-form-urlencoded` bodies and query strings
//! (<https://url.spec.whatwg.org/#urlencoded-parsing>).

#[cfg(test)]
mod tests;

use crate::{Fields, percent};

/// What a parse may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Arguments kept; those after are not read.
    pub arguments: usize,
}

impl Default for Limits {
    /// The argument count that the recommended ModSecurity configuration sets.
    fn default() -> Self {
        Self { arguments: 1000 }
    }
}

/// The arguments of a query or body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Urlencoded {
    /// Decoded names and values in order.
    pub arguments: Fields,
    /// A `%` without two hexadecimal digits after it was found; it stands in the result as it came.
    pub invalid_escape: bool,
    /// There were more arguments than [`Limits::arguments`].
    pub over_limit: bool,
}

/// Splits `input` at `separator` (commonly `&`), each piece at its first `=`, and decodes both sides. An
/// empty piece is no argument; a piece without `=` is a name with an empty value.
pub fn parse(input: &[u8], separator: u8, limits: &Limits) -> Urlencoded {
    // What is decoded is never longer than what it was.
    let arguments = Fields::with_capacity(input.len());
    let mut parsed = Urlencoded { arguments, ..Urlencoded::default() };
    let mut rest = input;
    while !rest.is_empty() {
        let length = memchr::memchr(separator, rest).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(length);
        rest = after.get(1..).unwrap_or_default();
        if piece.is_empty() {
            continue;
        }
        if parsed.arguments.len() >= limits.arguments {
            parsed.over_limit = true;
            break;
        }
        let (name, value) = match memchr::memchr(b'=', piece) {
            Some(at) => (&piece[..at], &piece[at + 1..]),
            None => (piece, &b""[..]),
        };
        let (mut bad_name, mut bad_value) = (false, false);
        parsed.arguments.push_with(
            |out| bad_name = percent::decode(name, true, out),
            |out| bad_value = percent::decode(value, true, out),
        );
        parsed.invalid_escape |= bad_name | bad_value;
    }
    parsed
}
