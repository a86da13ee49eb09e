//! `urlEncode`: space becomes `+`; letters, digits and `*` stay; every other byte becomes `%hh`.

use crate::bytes::{any_of, class_table};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

const fn stays(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'*'
}

const fn changes(byte: u8) -> bool {
    !stays(byte)
}

static CHANGES: [bool; 256] = class_table!(changes);

pub(super) fn may_change(input: &[u8]) -> bool {
    any_of(input, changes, &CHANGES)
}

pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    for &byte in input {
        match byte {
            b' ' => out.push(b'+'),
            _ if stays(byte) => out.push(byte),
            _ => out.extend_from_slice(&[
                b'%',
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 0x0F)],
            ]),
        }
    }
}
