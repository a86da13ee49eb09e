//! `@detectSQLi` and `@detectXSS`.

pub(crate) fn is_sqli(input: &[u8]) -> bool {
    portcullis_waf_injection::sqli(input).is_some()
}

/// What the tokens of the input look like, such as `s&1c`.
pub(crate) fn fingerprint(input: &[u8]) -> Option<String> {
    portcullis_waf_injection::sqli(input).map(|fingerprint| fingerprint.to_string())
}

pub(crate) fn is_xss(input: &[u8]) -> bool {
    portcullis_waf_injection::xss(input)
}
