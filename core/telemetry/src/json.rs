//! JSON written straight into a buffer, safe for any bytes a caller sends.
//!
//! Text is UTF-8. A byte that is not part of valid UTF-8 is written as the four characters `\xHH`, so
//! that a log reader sees which byte it was; control characters, DEL and the C1 range are escaped, so
//! that a line neither breaks nor moves the cursor of a terminal it is shown on.

use std::fmt::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
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

    /// Writes the name of a member; the caller writes its value to the returned buffer. Names stand in the
    /// program and need no escaping.
    pub(crate) fn name(&mut self, name: &'static str) -> &mut Vec<u8> {
        debug_assert!(name.bytes().all(is_plain), "{name}");
        self.out.extend_from_slice(if self.empty { b"\"" } else { b",\"" });
        self.empty = false;
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    pub(crate) fn text(&mut self, name: &'static str, value: &str) {
        string(self.name(name), value.as_bytes());
    }

    pub(crate) fn optional_text(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// The first `limit` bytes of a value, with `...` when it was longer.
    pub(crate) fn bounded(&mut self, name: &'static str, value: Option<&[u8]>, limit: usize) {
        if let Some(value) = value {
            bounded_string(self.name(name), value, limit);
        }
    }

    pub(crate) fn number(&mut self, name: &'static str, value: u64) {
        number(self.name(name), value);
    }

    pub(crate) fn boolean(&mut self, name: &'static str, value: bool) {
        self.name(name).extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub(crate) fn signed(&mut self, name: &'static str, value: i64) {
        let out = self.name(name);
        if value < 0 {
            out.push(b'-');
        }
        number(out, value.unsigned_abs());
    }

    /// The number of an exchange, as 32 hex digits.
    pub(crate) fn id(&mut self, name: &'static str, value: u128) {
        let mut digits = [b'"'; 34];
        for (at, digit) in digits.iter_mut().skip(1).take(32).enumerate() {
            let nibble = (value >> (124 - 4 * at)) as u8 & 0x0F;
            *digit = if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
        }
        self.name(name).extend_from_slice(&digits);
    }

    pub(crate) fn ip(&mut self, name: &'static str, value: IpAddr) {
        let out = self.name(name);
        out.push(b'"');
        ip(out, value);
        out.push(b'"');
    }

    pub(crate) fn socket(&mut self, name: &'static str, value: SocketAddr) {
        let out = self.name(name);
        out.push(b'"');
        match value {
            SocketAddr::V4(value) => {
                ip(out, IpAddr::V4(*value.ip()));
                out.push(b':');
                number(out, u64::from(value.port()));
            }
            SocketAddr::V6(value) => {
                let _ = write!(Append(out), "{value}");
            }
        }
        out.push(b'"');
    }

    pub(crate) fn time(&mut self, name: &'static str, value: Timestamp) {
        let out = self.name(name);
        out.push(b'"');
        value.write_rfc3339(out);
        out.push(b'"');
    }

    /// A duration in milliseconds with three decimals.
    pub(crate) fn millis(&mut self, name: &'static str, value: Option<Duration>) {
        if let Some(value) = value {
            let out = self.name(name);
            let micros = u64::try_from(value.as_micros()).unwrap_or(u64::MAX);
            number(out, micros / 1000);
            let rest = micros % 1000;
            let digit = |value: u64| b'0' + (value % 10) as u8;
            out.extend_from_slice(&[b'.', digit(rest / 100), digit(rest / 10), digit(rest)]);
        }
    }
}

/// Appends a whole number. Several times as fast as the formatter, and a line has a dozen.
pub(crate) fn number(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
        start -= 1;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

fn ip(out: &mut Vec<u8>, value: IpAddr) {
    match value {
        IpAddr::V4(value) => {
            for (at, octet) in value.octets().into_iter().enumerate() {
                if at > 0 {
                    out.push(b'.');
                }
                number(out, u64::from(octet));
            }
        }
        IpAddr::V6(value) => {
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

/// Printable ASCII that stands for itself within a JSON string.
fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7E) && byte != b'"' && byte != b'\\'
}

fn escape(out: &mut Vec<u8>, value: &[u8]) {
    // No early end, so that the check is done many bytes at a time; nearly all values pass it.
    if value.iter().fold(true, |plain, byte| plain & is_plain(*byte)) {
        out.extend_from_slice(value);
        return;
    }
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
    fn numbers_are_written_whole() {
        for value in [0, 1, 9, 10, 99, 100, 65_535, 1_234_567_890, u64::MAX] {
            let mut out = Vec::new();
            number(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
        let mut out = Vec::new();
        let mut object = Object::open(&mut out);
        object.signed("a", i64::MIN);
        object.signed("b", 7);
        object.ip("c", "2001:db8::1".parse().unwrap());
        object.socket("d", "[2001:db8::1]:443".parse().unwrap());
        object.socket("e", "203.0.113.255:65535".parse().unwrap());
        object.id("f", u128::MAX - 0xF0);
        object.millis("g", Some(Duration::MAX));
        object.millis("h", Some(Duration::from_micros(1_050)));
        object.close();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"a\":-9223372036854775808,\"b\":7,\"c\":\"2001:db8::1\",\
             \"d\":\"[2001:db8::1]:443\",\"e\":\"203.0.113.255:65535\",\
             \"f\":\"ffffffffffffffffffffffffffffff0f\",\"g\":18446744073709551.615,\
             \"h\":1.050}"
        );
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
