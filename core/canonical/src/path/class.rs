//! What each byte means in a path.

use crate::Problem;

/// The part a byte plays in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Stands for itself: pchar of RFC 3986 section 3.3 except the dot.
    Plain,
    /// `/`
    Slash,
    /// `.`
    Dot,
    /// `%`
    Percent,
    /// `?`, the end of the path.
    Question,
    /// Printable, but not allowed in a path: is percent-encoded.
    Escape,
    /// Never allowed: control, space, `#`, `\`, above 0x7F.
    Refused,
}

static CLASSES: [Class; 256] = classes();

pub(super) fn class(b: u8) -> Class {
    // The table has an entry for every byte, so the index is in bounds by its type.
    CLASSES[usize::from(b)]
}

/// Whether two hex digits escape what must be escaped, in upper case, and no slash or NUL.
pub(super) fn is_canonical_escape(high: u8, low: u8) -> bool {
    if high.is_ascii_lowercase() || low.is_ascii_lowercase() {
        return false;
    }
    match decode(high, low) {
        Some(b'/' | b'\\' | 0) | None => false,
        Some(b) => !is_unreserved(b),
    }
}

/// The byte two hex digits stand for.
pub(super) fn decode(high: u8, low: u8) -> Option<u8> {
    Some(hex(high)? << 4 | hex(low)?)
}

/// RFC 3986 section 2.3.
pub(super) fn is_unreserved(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~')
}

/// Why a byte is refused wherever it stands in a target.
pub(super) fn refusal(b: u8) -> Option<Problem> {
    match b {
        b' ' => Some(Problem::TargetSpace),
        0..=0x1F | 0x7F => Some(Problem::TargetControl),
        b'#' => Some(Problem::TargetFragment),
        0x80.. => Some(Problem::TargetNonAscii),
        _ => None,
    }
}

fn hex(b: u8) -> Option<u8> {
    match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'A'..=b'F' => Some(b - b'A' + 10),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    }
}

const fn classes() -> [Class; 256] {
    let mut table = [Class::Refused; 256];
    let mut b = 0x21;
    while b < 0x7F {
        table[b as usize] = match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => Class::Plain,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => {
                Class::Plain
            }
            b':' | b'@' => Class::Plain,
            b'/' => Class::Slash,
            b'.' => Class::Dot,
            b'%' => Class::Percent,
            b'?' => Class::Question,
            b'#' | b'\\' => Class::Refused,
            _ => Class::Escape,
        };
        b += 1u8;
    }
    table
}
