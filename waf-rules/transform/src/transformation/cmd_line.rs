//! `cmdLine`: deletes `\ " ' ^`, makes each run of `, ;` and whitespace one space, deletes that space
//! before `/` and `(`, and lower-cases the rest.

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

pub(super) fn may_change(input: &[u8]) -> bool {
    let mut space = false;
    input.iter().any(|&byte| {
        let changes = match class(byte) {
            Class::Keep => byte.is_ascii_uppercase(),
            Class::Delete => true,
            Class::Space => byte != b' ' || space,
            Class::Join => space,
        };
        space = byte == b' ';
        changes
    })
}

pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    out.reserve(input.len());
    let mut space = false;
    for &byte in input {
        let class = class(byte);
        match class {
            Class::Delete => continue,
            Class::Space if space => {}
            Class::Space => out.push(b' '),
            Class::Join => {
                if space {
                    out.pop();
                }
                out.push(byte);
            }
            Class::Keep => out.push(byte.to_ascii_lowercase()),
        }
        space = class == Class::Space;
    }
}
