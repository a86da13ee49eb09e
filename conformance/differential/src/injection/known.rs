//! Where this engine's verdicts differ from the C library's on purpose. `docs/adr/0004-libinjection.md` says why.

/// A difference that stays.
pub struct Known {
    /// Why this engine's verdict is the right one.
    pub reason: &'static str,
    /// True for the strings it is about.
    pub covers: fn(&[u8]) -> bool,
}

/// Fingerprints that differ on purpose.
pub const SQLI: &[Known] = &[
    Known {
        reason: "an exponent without digits (`1.e(`) is no token: MySQL reads over it",
        covers: bare_exponent,
    },
    Known {
        reason: "a tag of PostgreSQL's dollar quotes is looked for after itself, the library looks \
                 elsewhere",
        covers: dollar_tag,
    },
];

/// Scripts that are found here and missed by the library; the other way round nothing is covered.
pub const XSS: &[Known] = &[
    Known {
        reason: "0xFF inside a tag does not end the input",
        covers: |string| string.contains(&0xFF),
    },
    Known {
        reason: "events of today's browsers, and names with NUL in them",
        covers: |string| string.contains(&0) || event(string),
    },
    Known {
        reason: "an end tag with white space in it does not make an end tag of the next one",
        covers: |string| string.windows(2).any(|pair| pair == b"</"),
    },
];

/// The reason in `known` for a difference on `string`.
pub(super) fn reason(known: &[Known], string: &[u8]) -> Option<&'static str> {
    known.iter().find(|known| (known.covers)(string)).map(|known| known.reason)
}

/// A digit or point, `e`, and neither a digit nor a sign and a digit after it.
fn bare_exponent(string: &[u8]) -> bool {
    string.windows(2).enumerate().any(|(at, pair)| {
        matches!(pair, [b'0'..=b'9' | b'.', b'e' | b'E'])
            && !matches!(
                string.get(at + 2..).unwrap_or_default(),
                [b'0'..=b'9', ..] | [b'+' | b'-', b'0'..=b'9', ..]
            )
    })
}

/// `$`, letters or none, `$`.
fn dollar_tag(string: &[u8]) -> bool {
    let marks = string.iter().enumerate().filter(|&(_, &b)| b == b'$').map(|(at, _)| at);
    let marks: Vec<usize> = marks.collect();
    marks.windows(2).any(|pair| match pair {
        &[open, close] => {
            let tag = string.get(open + 1..close).unwrap_or_default();
            tag.iter().all(u8::is_ascii_alphabetic)
        }
        _ => false,
    })
}

/// `on` and a letter.
fn event(string: &[u8]) -> bool {
    string
        .windows(3)
        .any(|w| matches!(w, [b'o' | b'O', b'n' | b'N', letter] if letter.is_ascii_alphabetic()))
}
