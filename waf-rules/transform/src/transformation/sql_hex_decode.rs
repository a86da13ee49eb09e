//! `sqlHexDecode`: SQL hexadecimal literals, `0x` and pairs of digits, become the bytes they write.

use crate::bytes::hex_pair;

pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    let mut rest = input;
    while let Some(&byte) = rest.first() {
        if let [b'0', b'x' | b'X', digits @ ..] = rest {
            let before = out.len();
            let pairs = digits.chunks_exact(2).map_while(|pair| match pair {
                &[high, low] => hex_pair(high, low),
                _ => None,
            });
            out.extend(pairs);
            let used = (out.len() - before) * 2;
            if used > 0 {
                rest = digits.get(used..).unwrap_or_default();
                continue;
            }
        }
        out.push(byte);
        rest = rest.get(1..).unwrap_or_default();
    }
}
