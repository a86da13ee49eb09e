//! SQL and XSS injection verdicts, as libinjection gives them.
//!
//! Decides whether bytes, put into a query or a page, would change its meaning. It tokenises and
//! fingerprints; it knows nothing of requests or rules. See `docs/adr/0004-libinjection.md`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

use std::fmt;

/// The shape of an SQL injection: one letter a token, at most eight, as libinjection names them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    letters: [u8; 8],
    length: u8,
}

impl Fingerprint {
    /// The letters, such as `s&sos`.
    pub fn as_str(&self) -> &str {
        let letters = self.letters.get(..usize::from(self.length)).unwrap_or_default();
        std::str::from_utf8(letters).unwrap_or_default()
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({})", self.as_str())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The fingerprint of the SQL injection that `input` would be, in any quoting context and dialect.
pub fn sqli(input: &[u8]) -> Option<Fingerprint> {
    let found = libinjectionrs::detect_sqli(input);
    let shape = found.fingerprint.as_ref().filter(|_| found.is_injection())?;
    let mut letters = [0; 8];
    let bytes = shape.as_str().as_bytes();
    let length = bytes.len().min(letters.len());
    letters.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    Some(Fingerprint { letters, length: length as u8 })
}

/// True when `input`, put into a page in any of five contexts, could run a script.
pub fn xss(input: &[u8]) -> bool {
    libinjectionrs::detect_xss(input).is_injection()
}
