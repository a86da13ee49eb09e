//! `parityEven7bit`, `parityOdd7bit`, `parityZero7bit`: bit 7 replaced by a parity bit.
//!
//! As in the reference implementation the parity is taken over all eight bits of the byte, so a byte
//! that already carries a right parity bit keeps it in the even case.

pub(super) fn even(input: &[u8], out: &mut Vec<u8>) {
    out.extend(input.iter().map(|b| if b.count_ones() % 2 == 1 { b | 0x80 } else { b & 0x7F }));
}

pub(super) fn odd(input: &[u8], out: &mut Vec<u8>) {
    out.extend(input.iter().map(|b| if b.count_ones() % 2 == 1 { b & 0x7F } else { b | 0x80 }));
}

pub(super) fn zero(input: &[u8], out: &mut Vec<u8>) {
    out.extend(input.iter().map(|b| b & 0x7F));
}
