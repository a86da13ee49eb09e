//! `urlDecodeUni`: as `urlDecode`, and the `%uHHHH` that IIS understands.
//!
//! The code point is best-fitted to ASCII as code page 20127 does; without a fit its low byte is kept.

use super::{best_fit, url_decode};
use crate::bytes::{hex_number, is_hex, low_byte};

pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    url_decode::decode(input, out, escape);
}

fn escape(marked: &[u8], out: &mut Vec<u8>) -> usize {
    let [b'%', b'u' | b'U', after @ ..] = marked else { return url_decode::escape(marked, out) };
    match after.get(..4) {
        Some(digits) if digits.iter().all(|&b| is_hex(b)) => {
            let code = hex_number(digits);
            let fit = u16::try_from(code).ok().and_then(best_fit::ascii);
            out.push(fit.unwrap_or_else(|| low_byte(code)));
            6
        }
        _ => {
            out.extend_from_slice(marked.get(..2).unwrap_or_default());
            2
        }
    }
}
