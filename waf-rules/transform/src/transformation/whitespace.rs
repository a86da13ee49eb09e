//! `compressWhitespace` and `removeWhitespace`.
//!
//! Whitespace is C's `isspace`, the no-break space of Latin-1, and every white space character of
//! Unicode written in UTF-8. Such a character goes as a whole, and a byte that is part of another
//! character stays (`\xC3\xA0` is a letter): half a character left behind would part what a rule looks
//! for, as would a space that a browser skips.

use crate::bytes::{NBSP, any_marked, any_of, class_table, is_space, keep, mark};

/// True for bytes that whitespace may start with.
const fn may_start(byte: u8) -> bool {
    is_space(byte) || matches!(byte, NBSP | 0xC2 | 0xE1..=0xE3)
}

const fn is_kept(byte: u8) -> bool {
    !is_space(byte)
}

/// A space stays when it is alone.
const fn marks(byte: u8) -> u8 {
    match byte {
        b' ' => mark::BLANK | mark::AFTER_BLANK,
        _ if may_start(byte) => mark::ALWAYS,
        _ => 0,
    }
}

static STARTS: [bool; 256] = class_table!(may_start);
static KEPT: [bool; 256] = class_table!(is_kept);
static MARKS: [u8; 256] = class_table!(marks);

pub(super) fn may_compress(input: &[u8]) -> bool {
    any_marked(input, &MARKS, |b| b != b' ' && may_start(b), |b| b == b' ')
}

pub(super) fn may_remove(input: &[u8]) -> bool {
    any_of(input, may_start, &STARTS)
}

pub(super) fn compress(input: &[u8], out: &mut Vec<u8>) {
    if input.is_ascii() {
        return compress_ascii(input, out);
    }
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

/// As [`keep`](crate::bytes::keep): each byte is written, and the place moves on past those that stay.
fn compress_ascii(input: &[u8], out: &mut Vec<u8>) {
    out.resize(input.len(), 0);
    let (mut kept, mut before) = (0, false);
    for &byte in input {
        let space = is_space(byte);
        if let Some(place) = out.get_mut(kept) {
            *place = if space { b' ' } else { byte };
        }
        kept += usize::from(!(space & before));
        before = space;
    }
    out.truncate(kept);
}

pub(super) fn remove(input: &[u8], out: &mut Vec<u8>) {
    if input.is_ascii() {
        return keep(input, out, &KEPT);
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
