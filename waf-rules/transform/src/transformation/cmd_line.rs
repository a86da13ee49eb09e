//! `cmdLine`: deletes `\ " ' ^`, makes each run of `, ;` and whitespace one space, deletes that space
//! before `/` and `(`, and lower-cases the rest.

use crate::bytes::{any_marked, class_table, mark};

/// What a byte means to a command line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Keep,
    Delete,
    Space,
    Join,
}

const fn class_of(byte: u8) -> Class {
    match byte {
        b'"' | b'\'' | b'\\' | b'^' => Class::Delete,
        b' ' | b',' | b';' | b'\t' | b'\r' | b'\n' => Class::Space,
        b'/' | b'(' => Class::Join,
        _ => Class::Keep,
    }
}

const CLASSES: [Class; 256] = {
    let mut table = [Class::Keep; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = class_of(byte as u8);
        byte += 1;
    }
    table
};

fn class(byte: u8) -> Class {
    CLASSES[usize::from(byte)]
}

/// Bytes that never stay as they are.
const fn always_changes(byte: u8) -> bool {
    match class_of(byte) {
        Class::Keep => byte.is_ascii_uppercase(),
        Class::Delete => true,
        Class::Space => byte != b' ',
        Class::Join => false,
    }
}

/// Bytes that change a blank before them.
const fn changes_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'/' | b'(')
}

const fn marks(byte: u8) -> u8 {
    let blank = if byte == b' ' { mark::BLANK } else { 0 };
    let after_blank = if changes_blank(byte) { mark::AFTER_BLANK } else { 0 };
    blank | after_blank | if always_changes(byte) { mark::ALWAYS } else { 0 }
}

static MARKS: [u8; 256] = class_table!(marks);

pub(super) fn may_change(input: &[u8]) -> bool {
    any_marked(input, &MARKS, always_changes, changes_blank)
}

pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    out.resize(input.len(), 0);
    let mut length = 0;
    let mut space = false;
    for &byte in input {
        let class = class(byte);
        // Most bytes of most values.
        if class == Class::Keep {
            if let Some(place) = out.get_mut(length) {
                *place = byte.to_ascii_lowercase();
            }
            length += 1;
            space = false;
            continue;
        }
        if class == Class::Delete || class == Class::Space && space {
            continue;
        }
        if class == Class::Join {
            length -= usize::from(space);
        }
        space = class == Class::Space;
        if let Some(place) = out.get_mut(length) {
            *place = if space { b' ' } else { byte };
        }
        length += 1;
    }
    out.truncate(length);
}
