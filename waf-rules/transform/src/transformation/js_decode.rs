//! `jsDecode`: JavaScript escapes `\uHHHH` (the low byte; full-width forms become ASCII), `\xHH`,
//! `\OOO` up to `\377`, the letters `\a \b \f \n \r \t \v`. Any other backslash is dropped and the byte
//! after it stays; one at the very end stays.

use crate::bytes::{c_escape, decode_marked, hex_number, hex_pair, is_hex, low_byte, octal};

pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    decode_marked(input, b'\\', out, |escape, out| {
        let Some(&letter) = escape.get(1) else {
            out.push(b'\\');
            return 1;
        };
        if let (b'u', Some(digits)) = (letter, escape.get(2..6))
            && digits.iter().all(|&b| is_hex(b))
        {
            out.push(low_byte(hex_number(digits)));
            return 6;
        }
        if let (b'x', Some(&[high, low])) = (letter, escape.get(2..4))
            && let Some(byte) = hex_pair(high, low)
        {
            out.push(byte);
            return 4;
        }
        let (value, digits) = octal(escape.get(1..).unwrap_or_default());
        if digits > 0 {
            // Three digits above \377 would be more than one byte: the third is then plain text.
            let (value, digits) = if value > 0xFF { (value >> 3, 2) } else { (value, digits) };
            out.push((value & 0xFF) as u8);
            return 1 + digits;
        }
        out.push(c_escape(letter).unwrap_or(letter));
        2
    });
}
