//! `urlDecode`: `%HH` and `+`. An escape that is not valid stays as it is.

use crate::bytes::hex_pair;

pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    let mut rest = input;
    while let Some(at) = memchr::memchr2(b'%', b'+', rest) {
        let (plain, marked) = rest.split_at(at);
        out.extend_from_slice(plain);
        rest = marked.get(escape(marked, out)..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// Decodes the `+` or `%` at the start of `marked`; the number of bytes used.
pub(super) fn escape(marked: &[u8], out: &mut Vec<u8>) -> usize {
    match marked {
        [b'+', ..] => {
            out.push(b' ');
            1
        }
        &[b'%', high, low, ..] if let Some(byte) = hex_pair(high, low) => {
            out.push(byte);
            3
        }
        _ => {
            out.push(b'%');
            1
        }
    }
}
