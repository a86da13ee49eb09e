//! `hexDecode` and `hexEncode`.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Decodes pair after pair without checking the digits, as the reference implementation does: rules
/// that use it match the result, and a wrong digit only yields a byte they do not look for. An odd last
/// digit is dropped.
pub(super) fn decode(input: &[u8], out: &mut Vec<u8>) {
    out.extend(input.chunks_exact(2).map(|pair| match pair {
        &[high, low] => (lax_digit(high) << 4).wrapping_add(lax_digit(low)),
        _ => 0,
    }));
}

/// The value of a digit by arithmetic; nonsense in, nonsense out.
fn lax_digit(byte: u8) -> u8 {
    if byte >= b'A' {
        (byte & 0xDF).wrapping_sub(b'A').wrapping_add(10)
    } else {
        byte.wrapping_sub(b'0')
    }
}

pub(super) fn encode(input: &[u8], out: &mut Vec<u8>) {
    out.resize(input.len() * 2, 0);
    for (pair, byte) in out.as_chunks_mut::<2>().0.iter_mut().zip(input) {
        *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0x0F)]];
    }
}
