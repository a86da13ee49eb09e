//! Percent-decoding (RFC 3986 section 2.1) that keeps what it cannot decode.

/// Decodes `%HH`, and `+` to a space when `plus` says so. An escape that is not valid stays as it is;
/// true when there was one.
pub(crate) fn decode(input: &[u8], plus: bool, out: &mut Vec<u8>) -> bool {
    let mut invalid = false;
    let mut rest = input;
    while let Some(at) = next_mark(rest, plus) {
        let (plain, marked) = rest.split_at(at);
        out.extend_from_slice(plain);
        let used = match *marked {
            [b'+', ..] => {
                out.push(b' ');
                1
            }
            [_, high, low, ..] if let (Some(h), Some(l)) = (hex(high), hex(low)) => {
                out.push(h << 4 | l);
                3
            }
            _ => {
                out.push(b'%');
                invalid = true;
                1
            }
        };
        rest = marked.get(used..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    invalid
}

fn next_mark(input: &[u8], plus: bool) -> Option<usize> {
    if plus { memchr::memchr2(b'%', b'+', input) } else { memchr::memchr(b'%', input) }
}

/// The value of a hexadecimal digit.
pub(crate) fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}
