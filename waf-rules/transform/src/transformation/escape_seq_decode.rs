//! `escapeSeqDecode`: ANSI C escapes `\a \b \f \n \r \t \v \\ \? \' \"`, `\xHH`, `\OOO`. A backslash
//! before anything else is dropped, the byte after it stays; one at the very end stays.

use crate::bytes::{c_escape, decode_marked, hex_pair, octal};

pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    decode_marked(input, b'\\', out, |escape, out| {
        let Some(&letter) = escape.get(1) else {
            out.push(b'\\');
            return 1;
        };
        if let Some(byte) = c_escape(letter) {
            out.push(byte);
            return 2;
        }
        if let (b'x' | b'X', Some(&[high, low])) = (letter, escape.get(2..4))
            && let Some(byte) = hex_pair(high, low)
        {
            out.push(byte);
            return 4;
        }
        let (value, digits) = octal(escape.get(1..).unwrap_or_default());
        if digits > 0 {
            // Three digits can say more than a byte holds; C keeps the low byte.
            out.push((value & 0xFF) as u8);
            return 1 + digits;
        }
        out.push(letter);
        2
    });
}
