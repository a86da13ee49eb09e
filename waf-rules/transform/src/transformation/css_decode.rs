//! `cssDecode`: CSS 2.x escapes (<https://www.w3.org/TR/CSS2/syndata.html#characters>).
//!
//! `\` and one to six hexadecimal digits, with one whitespace after them, is a code point, of which the
//! low byte is kept (full-width forms become ASCII). `\` before a line feed vanishes with it; before
//! anything else it vanishes alone.

use crate::bytes::{decode_marked, hex_number, is_hex, is_space, low_byte};

pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    decode_marked(input, b'\\', out, |escape, out| {
        let after = escape.get(1..).unwrap_or_default();
        let digits = after.iter().take(6).take_while(|&&b| is_hex(b)).count();
        if digits > 0 {
            out.push(low_byte(hex_number(after.get(..digits).unwrap_or_default())));
            let space = after.get(digits).is_some_and(|&b| is_space(b));
            return 1 + digits + usize::from(space);
        }
        match after.first() {
            None => 1,
            Some(b'\n') => 2,
            Some(&byte) => {
                out.push(byte);
                2
            }
        }
    });
}
