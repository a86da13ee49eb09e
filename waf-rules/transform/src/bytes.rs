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

/// A table of what a `const fn(u8)` says of each byte, made at compile time.
macro_rules! class_table {
    ($class:path) => {{
        let mut table = [$class(0); 256];
        let mut byte = 0;
        while byte < 256 {
            table[byte] = $class(byte as u8);
            byte += 1;
        }
        table
    }};
}
pub(crate) use class_table;

/// Bytes that are judged together before an answer is asked for.
const BLOCK_BYTES: usize = 64;
/// True when a byte of `input` is of the class. No early exit inside a block, so that it vectorises.
pub(crate) fn any(input: &[u8], class: impl Fn(u8) -> bool) -> bool {
    input.chunks(BLOCK_BYTES).any(|block| block.iter().fold(false, |found, &b| found | class(b)))
}

/// As [`any`], for a class that is dear to ask for one byte alone: what makes no whole block, and so all of a
/// short value, is looked up in the table of the same class.
pub(crate) fn any_of(input: &[u8], class: impl Fn(u8) -> bool, table: &[bool; 256]) -> bool {
    let (blocks, rest) = input.as_chunks::<BLOCK_BYTES>();
    blocks.iter().any(|block| block.iter().fold(false, |found, &b| found | class(b)))
        || rest.iter().fold(false, |found, &b| found | table[usize::from(b)])
}

/// What a byte says of a text in which blanks may be too many.
pub(crate) mod mark {
    /// It is a blank.
    pub(crate) const BLANK: u8 = 1;
    /// It changes the text when it stands after a blank.
    pub(crate) const AFTER_BLANK: u8 = 2;
    /// It changes the text wherever it stands.
    pub(crate) const ALWAYS: u8 = 4;
}

/// True when a byte of `input` changes it by its [`mark`]s. The classes say the same as the table: they make
/// vectors, which pay for a long value.
pub(crate) fn any_marked(
    input: &[u8],
    marks: &[u8; 256],
    always: impl Fn(u8) -> bool,
    after_blank: impl Fn(u8) -> bool,
) -> bool {
    if input.len() >= BLOCK_BYTES {
        return any(input, always) || any_pair(input, |a, b| (a == b' ') & after_blank(b));
    }
    let mut before = 0;
    let found = input.iter().fold(0, |found, &byte| {
        let marks = marks[usize::from(byte)];
        let changes = marks & (before | mark::ALWAYS);
        before = (marks & mark::BLANK) << 1;
        found | changes
    });
    found != 0
}

/// True when two neighbours in `input` are such as `pair` says. No early exit inside a block, so that it
/// vectorises.
fn any_pair(input: &[u8], pair: impl Fn(u8, u8) -> bool) -> bool {
    let next = input.get(1..).unwrap_or_default();
    let input = input.get(..next.len()).unwrap_or_default();
    input.chunks(BLOCK_BYTES).zip(next.chunks(BLOCK_BYTES)).any(|(block, next)| {
        block.iter().zip(next).fold(false, |found, (&a, &b)| found | pair(a, b))
    })
}

/// Bytes that [`keep`] moves at a time.
const STEP_BYTES: usize = 16;

/// Copies the bytes of a class to the empty `out`. Every byte is written and the place moves on by 0 or 1,
/// which costs no branch that depends on the data.
pub(crate) fn keep(input: &[u8], out: &mut Vec<u8>, class: &[bool; 256]) {
    out.resize(input.len() + STEP_BYTES, 0);
    let mut kept = 0;
    let (steps, rest) = input.as_chunks::<STEP_BYTES>();
    for step in steps {
        let Some(to) = out.get_mut(kept..).and_then(|to| to.first_chunk_mut::<STEP_BYTES>()) else {
            break;
        };
        let mut at = 0;
        for &byte in step {
            to[at % STEP_BYTES] = byte;
            at += usize::from(class[usize::from(byte)]);
        }
        kept += at;
    }
    for &byte in rest {
        if let Some(place) = out.get_mut(kept) {
            *place = byte;
        }
        kept += usize::from(class[usize::from(byte)]);
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
