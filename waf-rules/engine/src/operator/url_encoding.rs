//! `@validateUrlEncoding`: matches a `%` that two hexadecimal digits do not follow.

pub(crate) fn is_invalid(input: &[u8]) -> bool {
    let mut rest = input;
    while let Some(at) = memchr::memchr(b'%', rest) {
        let valid = matches!(
            rest.get(at + 1..at + 3),
            Some([high, low]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()
        );
        if !valid {
            return true;
        }
        rest = rest.get(at + 3..).unwrap_or_default();
    }
    false
}
