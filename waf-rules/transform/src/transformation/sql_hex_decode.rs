//! `sqlHexDecode`: SQL hexadecimal literals, `0x` and pairs of digits, become the bytes they write.

use crate::bytes::{decode_marked, hex_pair};

pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    decode_marked(input, b'0', out, |literal, out| {
        if let [_, b'x' | b'X', digits @ ..] = literal {
            let before = out.len();
            let pairs = digits.chunks_exact(2).map_while(|pair| match pair {
                &[high, low] => hex_pair(high, low),
                _ => None,
            });
            out.extend(pairs);
            let used = (out.len() - before) * 2;
            if used > 0 {
                return 2 + used;
            }
        }
        out.push(b'0');
        1
    });
}
