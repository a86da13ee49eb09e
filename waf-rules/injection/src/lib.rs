//! SQL and XSS injection verdicts, as libinjection gives them.
//!
//! Decides whether bytes, put into a query or a page, would change its meaning. It tokenises and
//! fingerprints; it knows nothing of requests or rules. This is a port of libinjection 3.9.2 (Copyright
//! (c) 2012-2016 Nick Galbreath, BSD-3-Clause, see `LICENSE-libinjection`); `docs/adr/0004-libinjection.md`
//! says why a port, and lists where its verdicts differ on purpose.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

mod sqli;
#[cfg(test)]
mod tests;
mod xss;

use std::fmt;

/// The shape of an SQL injection: one letter a token, at most five, as libinjection names them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    letters: [u8; Fingerprint::LETTERS],
    length: u8,
}

impl Fingerprint {
    /// The most letters a fingerprint has.
    pub const LETTERS: usize = 5;

    pub(crate) fn new(from: &[u8]) -> Self {
        let mut letters = [0; Self::LETTERS];
        letters.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        Self { letters, length: from.len().min(Self::LETTERS) as u8 }
    }

    /// The letters, such as `s&sos`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.letters.get(..usize::from(self.length)).unwrap_or_default()
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

/// The fingerprint of the SQL injection that `input` would be: as it stands, inside single or double
/// quotes, in standard SQL or MySQL's. Time is linear in the length of `input`.
#[inline]
pub fn sqli(input: &[u8]) -> Option<Fingerprint> {
    sqli::detect(input)
}

/// False only where [`sqli`] finds nothing, at the cost of a look at some bytes: words, numbers, dates. It is
/// the first thing that [`sqli`] asks, so a caller gains only by not calling that at all.
pub fn may_be_sqli(input: &[u8]) -> bool {
    sqli::gate::may_be(input)
}

/// The classes of a byte, one a bit: a value may be an SQL injection only if its bytes together have all of
/// [`SQLI_CLASSES`]. For a caller that knows the classes of its values beforehand.
pub const fn sqli_classes(byte: u8) -> u8 {
    sqli::gate::class(byte)
}

/// Every class of [`sqli_classes`].
pub const SQLI_CLASSES: u8 = sqli::gate::ALL;

/// True when `input`, put into a page as text, as an attribute, or into an attribute in any of three
/// quotes, could run a script. Time is linear in the length of `input`.
#[inline]
pub fn xss(input: &[u8]) -> bool {
    xss::detect(input)
}

/// False only where [`xss`] finds nothing: no tag starts in `input`, and no attribute that can run something has
/// a value. It is the first thing that [`xss`] asks.
pub fn may_be_xss(input: &[u8]) -> bool {
    xss::may_be(input)
}

/// Bytes of which a value must have one to be a script, for a caller that knows the bytes of its values.
pub const XSS_BYTES: [u8; 2] = *b"<=";
