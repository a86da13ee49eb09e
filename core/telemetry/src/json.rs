//! JSON written straight into a buffer, safe for any bytes a caller sends.
//!
//! Text is UTF-8. A byte that is not part of valid UTF-8 is written as the four characters `\xHH`, so
//! that a log reader sees which byte it was; control characters, DEL and the C1 range are escaped, so
//! that a line neither breaks nor moves the cursor of a terminal it is shown on.

use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::clock::Timestamp;

/// Appends to a byte buffer through [`fmt::Write`]; it cannot fail.
struct Append<'a>(&'a mut Vec<u8>);

impl fmt::Write for Append<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// One JSON object being written. Every method appends one member; absent values append nothing.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    /// Opens an object.
    pub(crate) fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// Closes the object.
    pub(crate) fn close(self) {
        self.out.push(b'}');
    }

    /// Writes the name of a member; the caller writes its value to the returned buffer.
    pub(crate) fn name(&mut self, name: &str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        string(self.out, name.as_bytes());
        self.out.push(b':');
        self.out
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        string(self.name(name), value.as_bytes());
    }

    pub(crate) fn optional_text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// The first `limit` bytes of a value, with `...` when it was longer.
    pub(crate) fn bounded(&mut self, name: &str, value: Option<&[u8]>, limit: usize) {
        if let Some(value) = value {
            bounded_string(self.name(name), value, limit);
        }
    }

    pub(crate) fn number(&mut self, name: &str, value: impl Into<i128>) {
        number(self.name(name), value.into());
    }

    pub(crate) fn display(&mut self, name: &str, value: impl fmt::Display) {
        let out = self.name(name);
        out.push(b'"');
        let _ = write!(Append(out), "{value}");
        out.push(b'"');
    }

    pub(crate) fn time(&mut self, name: &str, value: Timestamp) {
        let out = self.name(name);
        out.push(b'"');
        value.write_rfc3339(out);
        out.push(b'"');
    }

    pub(crate) fn millis(&mut self, name: &str, value: Option<Duration>) {
        if let Some(value) = value {
            let out = self.name(name);
            let micros = value.as_micros();
            let _ = write!(Append(out), "{}.{:03}", micros / 1000, micros % 1000);
        }
    }
}

/// Appends a whole number.
pub(crate) fn number(out: &mut Vec<u8>, value: i128) {
    // The common case first: 128-bit formatting costs several times as much.
    match i64::try_from(value) {
        Ok(small) => {
            let _ = write!(Append(out), "{small}");
        }
        Err(_) => {
            let _ = write!(Append(out), "{value}");
        }
    }
}

/// Appends `value` as a JSON string.
pub(crate) fn string(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'"');
    escape(out, value);
    out.push(b'"');
}

/// Appends at most `limit` bytes of `value` as a JSON string, followed by `...` when there was more.
pub(crate) fn bounded_string(out: &mut Vec<u8>, value: &[u8], limit: usize) {
    out.push(b'"');
    if value.len() <= limit {
        escape(out, value);
    } else {
        escape(out, &value[..boundary(value, limit)]);
        out.extend_from_slice(b"...");
    }
    out.push(b'"');
}

/// The largest cut at or below `limit` that does not tear a UTF-8 sequence apart.
fn boundary(value: &[u8], limit: usize) -> usize {
    let mut cut = limit;
    while cut > 0 && limit - cut < 3 && value.get(cut).is_some_and(|b| b & 0xC0 == 0x80) {
        cut -= 1;
    }
    cut
}

fn escape(out: &mut Vec<u8>, value: &[u8]) {
    for chunk in value.utf8_chunks() {
        escape_text(out, chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(Append(out), "\\\\x{byte:02x}");
        }
    }
}

fn escape_text(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut written = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let width = match byte {
            b'"' | b'\\' | 0x00..=0x1F | 0x7F => 1,
            // U+0080 to U+009F, the C1 controls.
            0xC2 if bytes.get(at + 1).is_some_and(|b| *b < 0xA0) => 2,
            _ => {
                at += 1;
                continue;
            }
        };
        out.extend_from_slice(&bytes[written..at]);
        write_escaped(out, bytes[at + width - 1]);
        at += width;
        written = at;
    }
    out.extend_from_slice(&bytes[written..]);
}

/// Writes one code point below U+0100.
fn write_escaped(out: &mut Vec<u8>, code: u8) {
    match code {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        other => {
            let _ = write!(Append(out), "\\u{other:04x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &[u8], json: &str) {
        let mut out = Vec::new();
        string(&mut out, value);
        assert_eq!(String::from_utf8(out).unwrap(), json, "{value:?}");
    }

    #[test]
    fn strings_are_escaped() {
        check(b"plain", r#""plain""#);
        check(b"", r#""""#);
        check(b"a\"b\\c", r#""a\"b\\c""#);
        check(b"\r\n\t\0\x1b[31m\x7f", r#""\r\n\t\u0000\u001b[31m\u007f""#);
        check("ü€😀".as_bytes(), "\"ü€😀\"");
        check(b"\xff\xfe", r#""\\xff\\xfe""#);
        check(b"ok\xc3", r#""ok\\xc3""#);
        check(b"\xed\xa0\x80", r#""\\xed\\xa0\\x80""#);
        check("\u{85}\u{9b}\u{a0}".as_bytes(), "\"\\u0085\\u009b\u{a0}\"");
        check("</script>\u{2028}".as_bytes(), "\"</script>\u{2028}\"");
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let cut = |value: &str, limit| {
            let mut out = Vec::new();
            bounded_string(&mut out, value.as_bytes(), limit);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(cut("abcdef", 6), "\"abcdef\"");
        assert_eq!(cut("abcdefg", 6), "\"abcdef...\"");
        assert_eq!(cut("abcd€", 5), "\"abcd...\"");
        assert_eq!(cut("abcd😀x", 7), "\"abcd...\"");
    }

    #[test]
    fn any_bytes_make_valid_json() {
        let mut seed = 1u64;
        for _ in 0..2000 {
            let mut value = Vec::new();
            for _ in 0..(seed % 40) {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                value.push((seed >> 33) as u8);
            }
            seed = seed.wrapping_add(1);
            let mut out = Vec::new();
            bounded_string(&mut out, &value, 20);
            assert!(serde_json::from_slice::<String>(&out).is_ok());
            assert!(!out.iter().any(|b| *b < 0x20 || *b == 0x7F));
        }
    }
}
