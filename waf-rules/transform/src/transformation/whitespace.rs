//! `compressWhitespace` and `removeWhitespace`.

use crate::bytes::is_space_or_nbsp;

pub(super) fn may_compress(input: &[u8]) -> bool {
    let mut space = false;
    input.iter().any(|&byte| {
        let changes = is_space_or_nbsp(byte) && (byte != b' ' || space);
        space = byte == b' ';
        changes
    })
}

pub(super) fn compress(input: &[u8], out: &mut Vec<u8>) {
    let mut space = false;
    for &byte in input {
        let is_space = is_space_or_nbsp(byte);
        if !is_space {
            out.push(byte);
        } else if !space {
            out.push(b' ');
        }
        space = is_space;
    }
}

pub(super) fn remove(input: &[u8], out: &mut Vec<u8>) {
    crate::bytes::keep(input, out, |b| !is_space_or_nbsp(b));
}
