//! `@validateUtf8Encoding`: matches bytes that are not UTF-8.

pub(crate) fn is_invalid(input: &[u8]) -> bool {
    std::str::from_utf8(input).is_err()
}
