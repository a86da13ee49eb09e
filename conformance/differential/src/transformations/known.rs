//! What this engine answers otherwise than the reference engine on purpose, with the inputs it is about.
//!
//! "As ModSecurity" says that ModSecurity 2, for which the Core Rule Set is written, gives what this engine gives.

use std::str::from_utf8;

use portcullis_waf_transform::Transformation as T;

/// A difference of one transformation that stays.
pub struct Known {
    /// The transformations it is about.
    pub of: &'static [T],
    /// Why this engine's answer is the right one.
    pub reason: &'static str,
    /// True for the inputs on which the engines may differ.
    pub covers: fn(&[u8]) -> bool,
}

/// Every difference that stays.
pub const KNOWN: &[Known] = &[
    Known {
        of: &[T::Base64DecodeExt],
        reason: "skips whatever is not of the alphabet, as its manual entry says; the reference stops at most of it",
        covers: |input| {
            input.iter().any(|b| !b.is_ascii_alphanumeric() && !b"+/. \t\n\x0b\x0c\r".contains(b))
        },
    },
    Known {
        of: &[T::CompressWhitespace],
        reason: "a byte 0x85 or 0xA0 inside another character is not white space; a white space character goes whole",
        covers: |input| {
            let spaces = |c: char| !c.is_ascii() && c.is_whitespace();
            input.iter().any(|b| matches!(b, 0x85 | 0xA0))
                || String::from_utf8_lossy(input).contains(spaces)
        },
    },
    Known {
        of: &[T::EscapeSeqDecode],
        reason: "an octal escape above \\377 keeps its low byte as in C and ModSecurity; the reference makes it 0xFF",
        covers: |input| {
            input.windows(4).any(|w| matches!(w, [b'\\', b'4'..=b'7', b'0'..=b'7', b'0'..=b'7']))
        },
    },
    Known {
        of: &[T::HexDecode],
        reason: "decodes the pairs there are, as ModSecurity; the reference leaves a value with one wrong digit encoded",
        covers: |input| input.len() % 2 == 1 || !input.iter().all(u8::is_ascii_hexdigit),
    },
    Known {
        of: &[T::HtmlEntityDecode],
        reason: "bytes, as ModSecurity: a number keeps its low byte and a name without an ASCII byte stays; the \
                 reference writes UTF-8",
        covers: beyond_ascii_entity,
    },
    Known {
        of: &[T::JsDecode],
        reason: "decodes octal escapes; the reference makes each of them NUL",
        covers: |input| input.windows(2).any(|w| matches!(w, [b'\\', b'0'..=b'7'])),
    },
    Known {
        of: &[T::Lowercase, T::Uppercase],
        reason: "bytes, as ModSecurity: only ASCII has case, so invalid UTF-8 passes unharmed",
        covers: |input| !input.is_ascii(),
    },
    Known {
        of: &[T::NormalizePath, T::NormalizePathWin],
        reason: "the root with a slash at its end is the root; the reference makes it `//`",
        covers: |input| {
            let mut path = Vec::new();
            let mut is_root = |t: T| (t.apply(input, &mut path) && path == b"/") || input == b"/";
            is_root(T::NormalizePath) || is_root(T::NormalizePathWin)
        },
    },
    Known {
        of: &[T::RemoveComments],
        reason: "the byte after a comment is read like any other and only its own mark ends a comment; the reference \
                 copies that byte unread (at the end a NUL), so `/**//**/` stays, and takes `-->` for `*/`",
        covers: |input| {
            input.windows(2).any(|w| w == b"*/") || input.windows(3).any(|w| w == b"-->")
        },
    },
    Known {
        of: &[T::RemoveWhitespace, T::Utf8ToUnicode],
        reason: "invalid UTF-8 passes unharmed; the reference makes it U+FFFD",
        covers: |input| from_utf8(input).is_err(),
    },
    Known {
        of: &[T::UrlDecodeUni],
        reason: "best fit of code page 20127, as ModSecurity and later releases of the reference",
        covers: |input| input.windows(6).any(|w| matches!(code(w), Some(0xA0..=0x2122))),
    },
];

/// The code point that `%uHHHH` writes.
fn code(escape: &[u8]) -> Option<u32> {
    match escape {
        [b'%', b'u' | b'U', digits @ ..] if digits.iter().all(u8::is_ascii_hexdigit) => {
            u32::from_str_radix(from_utf8(digits).ok()?, 16).ok()
        }
        _ => None,
    }
}

/// Names that both engines decode alike, with their semicolon.
const ALIKE: &[&str] = &[
    "quot",
    "QUOT",
    "amp",
    "AMP",
    "lt",
    "LT",
    "gt",
    "GT",
    "Tab",
    "NewLine",
    "excl",
    "num",
    "dollar",
    "percnt",
    "apos",
    "lpar",
    "rpar",
    "ast",
    "midast",
    "plus",
    "comma",
    "period",
    "sol",
    "colon",
    "semi",
    "equals",
    "quest",
    "commat",
    "lsqb",
    "lbrack",
    "bsol",
    "rsqb",
    "rbrack",
    "Hat",
    "lowbar",
    "UnderBar",
    "grave",
    "DiacriticalGrave",
    "lcub",
    "lbrace",
    "verbar",
    "vert",
    "VerticalLine",
    "rcub",
    "rbrace",
];

/// True when a reference writes something else than one ASCII byte in either engine.
fn beyond_ascii_entity(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    text.split('&').skip(1).any(|after| {
        let run =
            |part: &str, of: fn(&char) -> bool| part.chars().take_while(of).collect::<String>();
        if let Some(number) = after.strip_prefix('#') {
            let value = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u128::from_str_radix(&run(digits, char::is_ascii_hexdigit), 16),
                None => run(number, char::is_ascii_digit).parse(),
            };
            // The reference makes a character of no digits after an `x`, and none of a single last digit.
            let short = number.chars().nth(1).is_none_or(|c| !c.is_ascii_digit());
            return short || value.map_or(true, |value| value == 0 || value > 0x7F);
        }
        let name = run(after, char::is_ascii_alphanumeric);
        let alike = ALIKE.contains(&name.as_str()) && after[name.len()..].starts_with(';');
        !name.is_empty() && !alike
    })
}
