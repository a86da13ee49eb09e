//! `compressWhitespace` and `removeWhitespace`.
//!
//! Whitespace is C's `isspace`, the no-break space of Latin-1, and every white space character of
//! Unicode written in UTF-8. Such a character goes as a whole, and a byte that is part of another
//! character stays (`\xC3\xA0` is a letter): half a character left behind would part what a rule looks
//! for, as would a space that a browser skips.

use crate::bytes::{NBSP, is_space, keep};

/// True for bytes that whitespace may start with.
const STARTS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] =
            is_space(byte as u8) || matches!(byte as u8, NBSP | 0xC2 | 0xE1 | 0xE2 | 0xE3);
        byte += 1;
    }
    table
};

fn may_start(byte: u8) -> bool {
    STARTS[usize::from(byte)]
}

pub(super) fn may_compress(input: &[u8]) -> bool {
    let mut space = false;
    input.iter().any(|&byte| {
        let changes = may_start(byte) && (byte != b' ' || space);
        space = byte == b' ';
        changes
    })
}

pub(super) fn may_remove(input: &[u8]) -> bool {
    super::any(input, may_start)
}

pub(super) fn compress(input: &[u8], out: &mut Vec<u8>) {
    let mut space = false;
    let mut rest = input;
    while !rest.is_empty() {
        let (length, is_space) = unit(rest);
        let (whole, after) = rest.split_at(length.min(rest.len()));
        if !is_space {
            out.extend_from_slice(whole);
        } else if !space {
            out.push(b' ');
        }
        space = is_space;
        rest = after;
    }
}

pub(super) fn remove(input: &[u8], out: &mut Vec<u8>) {
    if input.is_ascii() {
        return keep(input, out, |b| !is_space(b));
    }
    let mut rest = input;
    while !rest.is_empty() {
        let (length, is_space) = unit(rest);
        let (whole, after) = rest.split_at(length.min(rest.len()));
        if !is_space {
            out.extend_from_slice(whole);
        }
        rest = after;
    }
}

/// The length in bytes of the character at the start of `rest`, and whether it is whitespace. Bytes that
/// form no character stand alone.
fn unit(rest: &[u8]) -> (usize, bool) {
    match *rest {
        [b, ..] if b.is_ascii() => (1, is_space(b)),
        [0xC2, 0x85 | 0xA0, ..] => (2, true),
        [0xC2..=0xDF, 0x80..=0xBF, ..] => (2, false),
        [0xE1, 0x9A, 0x80, ..] | [0xE3, 0x80, 0x80, ..] | [0xE2, 0x81, 0x9F, ..] => (3, true),
        [0xE2, 0x80, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF, ..] => (3, true),
        [0xE0..=0xEF, 0x80..=0xBF, 0x80..=0xBF, ..] => (3, false),
        [0xF0..=0xF4, 0x80..=0xBF, 0x80..=0xBF, 0x80..=0xBF, ..] => (4, false),
        [byte, ..] => (1, byte == NBSP),
        [] => (1, false),
    }
}
