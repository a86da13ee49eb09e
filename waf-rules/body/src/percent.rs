//! Percent-decoding (RFC 3986 section 2.1) that keeps what it cannot decode.

/// Decodes `%HH`, and `+` to a space when `plus` says so. An escape that is not valid stays as it is;
/// true when there was one.
pub(crate) fn decode(input: &[u8], plus: bool, out: &mut Vec<u8>) -> bool {
    let mut invalid = false;
    let mut rest = input;
    while let Some(at) = memchr::memchr(b'%', rest) {
        let (plain, marked) = rest.split_at(at);
        write_plain(plain, plus, out);
        let used = match *marked {
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
    write_plain(rest, plus, out);
    invalid
}

/// Forms have a `+` a word: searching for each costs more than looking at every byte.
fn write_plain(plain: &[u8], plus: bool, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(plain);
    if plus {
        for byte in out.get_mut(start..).unwrap_or_default() {
            *byte = if *byte == b'+' { b' ' } else { *byte };
        }
    }
}

/// The value of a hexadecimal digit.
pub(crate) fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}
