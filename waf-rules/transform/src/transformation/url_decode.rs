//! `urlDecode`: `%HH` and `+`. An escape that is not valid stays as it is.

use crate::bytes::hex_pair;

pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    decode(input, out, escape);
}

/// Writes `input` with a space for each `+`, and lets `escape` write what stands at each `%`: it gets the rest
/// of the input from there on and returns how many bytes it has used.
pub(super) fn decode(
    input: &[u8],
    out: &mut Vec<u8>,
    mut escape: impl FnMut(&[u8], &mut Vec<u8>) -> usize,
) {
    let mut rest = input;
    while let Some(at) = memchr::memchr(b'%', rest) {
        let (plain, marked) = rest.split_at(at);
        write_plain(plain, out);
        let used = escape(marked, out).max(1);
        rest = marked.get(used..).unwrap_or_default();
    }
    write_plain(rest, out);
}

/// Forms have a `+` a word: searching for each costs more than looking at every byte.
fn write_plain(plain: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(plain);
    for byte in out.get_mut(start..).unwrap_or_default() {
        *byte = if *byte == b'+' { b' ' } else { *byte };
    }
}

/// Decodes the `%` at the start of `marked`; the number of bytes used.
pub(super) fn escape(marked: &[u8], out: &mut Vec<u8>) -> usize {
    match marked {
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
