//! `utf8toUnicode`: each multi-byte UTF-8 sequence becomes `%u` and at least four hexadecimal digits.
//!
//! Overlong forms and surrogates are written as the code point they spell, because a lenient decoder
//! behind us would read them so. Bytes that form no sequence stay as they are.

pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    let mut rest = input;
    loop {
        let (plain, sequence) = rest.split_at(ascii_length(rest));
        out.extend_from_slice(plain);
        if sequence.is_empty() {
            return;
        }
        let used = match decode(sequence) {
            Some((code, length)) => {
                push_code(code, out);
                length
            }
            None => {
                out.extend_from_slice(sequence.get(..1).unwrap_or_default());
                1
            }
        };
        rest = sequence.get(used..).unwrap_or_default();
    }
}

/// The number of ASCII bytes at the start, a block at a time.
fn ascii_length(input: &[u8]) -> usize {
    let (blocks, _) = input.as_chunks::<16>();
    let whole = blocks.iter().take_while(|block| block.is_ascii()).count() * 16;
    let rest = input.get(whole..).unwrap_or_default();
    whole + rest.iter().position(|b| !b.is_ascii()).unwrap_or(rest.len())
}

/// The code point at the start of `sequence` and the number of its bytes.
fn decode(sequence: &[u8]) -> Option<(u32, usize)> {
    let first = *sequence.first()?;
    let (head, length) = match first {
        0xC0..=0xDF => (first & 0x1F, 2),
        0xE0..=0xEF => (first & 0x0F, 3),
        0xF0..=0xF7 => (first & 0x07, 4),
        _ => return None,
    };
    let tail = sequence.get(1..length)?;
    let code = tail.iter().try_fold(u32::from(head), |code, &byte| {
        if byte & 0xC0 == 0x80 { Some(code << 6 | u32::from(byte & 0x3F)) } else { None }
    })?;
    (code <= 0x10_FFFF).then_some((code, length))
}

fn push_code(code: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(b"%u");
    let digits = (32 - code.leading_zeros()).div_ceil(4).max(4);
    out.extend((0..digits).rev().map(|at| {
        let nibble = (code >> (at * 4) & 0x0F) as usize;
        b"0123456789abcdef"[nibble]
    }));
}
