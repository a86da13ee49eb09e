//! `removeNulls` and `replaceNulls`.

use crate::bytes::decode_marked;

pub(super) fn remove(input: &[u8], out: &mut Vec<u8>) {
    decode_marked(input, 0, out, |_, _| 1);
}

pub(super) fn replace(input: &[u8], out: &mut Vec<u8>) {
    out.extend(input.iter().map(|&b| if b == 0 { b' ' } else { b }));
}
