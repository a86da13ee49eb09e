//! `urlEncode`: space becomes `+`; letters, digits and `*` stay; every other byte becomes `%hh`.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

fn stays(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'*'
}

pub(super) fn may_change(input: &[u8]) -> bool {
    super::any(input, |b| !stays(b))
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
