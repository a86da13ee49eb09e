//! Byte classes and number forms that several transformations share.

/// The value of a hexadecimal digit, or 0xFF.
const HEX: [u8; 256] = hex_table();

const fn hex_table() -> [u8; 256] {
    let mut table = [0xFF_u8; 256];
    let mut byte = 0_usize;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b @ b'0'..=b'9' => b - b'0',
            b @ b'a'..=b'f' => b - b'a' + 10,
            b @ b'A'..=b'F' => b - b'A' + 10,
            _ => 0xFF,
        };
        byte += 1;
    }
    table
}

/// C's `isspace` in the C locale: space, tab, LF, VT, FF, CR.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// The no-break space of Latin-1.
pub(crate) const NBSP: u8 = 0xA0;

/// The byte written by two hexadecimal digits.
pub(crate) fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let (high, low) = (HEX[usize::from(high)], HEX[usize::from(low)]);
    if (high | low) & 0xF0 == 0 { Some(high << 4 | low) } else { None }
}

/// True for `0-9a-fA-F`.
pub(crate) fn is_hex(byte: u8) -> bool {
    HEX[usize::from(byte)] != 0xFF
}

/// The number written by the hexadecimal digits in `digits`; callers give at most six, all valid.
pub(crate) fn hex_number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |sum, &d| sum << 4 | u32::from(HEX[usize::from(d)]))
}

/// The low byte of a code point, where the full-width forms U+FF01 to U+FF5E become the ASCII they mimic.
pub(crate) fn low_byte(code: u32) -> u8 {
    match code {
        0xFF01..=0xFF5E => (code - 0xFEE0) as u8,
        _ => (code & 0xFF) as u8,
    }
}

/// Reads up to three octal digits from the start of `input`: the value and the digits taken.
pub(crate) fn octal(input: &[u8]) -> (u32, usize) {
    let digits = input.iter().take(3).take_while(|b| matches!(b, b'0'..=b'7'));
    digits.fold((0, 0), |(value, taken), d| (value << 3 | u32::from(d - b'0'), taken + 1))
}

/// The byte that a single-letter C escape stands for.
pub(crate) fn c_escape(letter: u8) -> Option<u8> {
    Some(match letter {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0C,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0B,
        _ => return None,
    })
}

/// Copies the bytes of a class to the empty `out`. Every byte is written and the place moves on by 0 or 1,
/// which costs no branch that depends on the data.
pub(crate) fn keep(input: &[u8], out: &mut Vec<u8>, class: impl Fn(u8) -> bool) {
    out.resize(input.len(), 0);
    let mut kept = 0;
    for &byte in input {
        if let Some(place) = out.get_mut(kept) {
            *place = byte;
        }
        kept += usize::from(class(byte));
    }
    out.truncate(kept);
}

/// Copies the bytes of `input` before each occurrence of `mark`, and lets `decode` write what stands
/// there: it gets the rest of the input from the mark on and returns how many bytes it has used (at
/// least one).
pub(crate) fn decode_marked(
    input: &[u8],
    mark: u8,
    out: &mut Vec<u8>,
    mut decode: impl FnMut(&[u8], &mut Vec<u8>) -> usize,
) {
    let mut rest = input;
    while let Some(at) = memchr::memchr(mark, rest) {
        let (plain, marked) = rest.split_at(at);
        out.extend_from_slice(plain);
        let used = decode(marked, out).max(1);
        rest = marked.get(used..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}
