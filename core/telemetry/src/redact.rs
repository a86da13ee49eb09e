//! What never reaches a log: secrets in headers, parameters and the values rules matched.
//!
//! Redaction errs towards hiding: a name is compared after percent-decoding and in lower case, and the
//! value of a sensitive name is hidden up to the next separator that surely ends it.

use std::borrow::Cow;
use std::collections::HashSet;

/// Stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// Headers whose values are credentials.
const HEADERS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "api-key",
    "apikey",
    "x-auth-token",
    "x-access-token",
    "x-csrf-token",
    "x-xsrf-token",
    "x-amz-security-token",
    "x-goog-iam-authorization-token",
    "x-vault-token",
];

/// Query, form and JSON names whose values are credentials.
const PARAMETERS: &[&str] = &[
    "password",
    "passwd",
    "pass",
    "pwd",
    "passphrase",
    "new_password",
    "old_password",
    "current_password",
    "password_confirmation",
    "secret",
    "client_secret",
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "auth_token",
    "csrf_token",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "private_key",
    "authorization",
    "assertion",
    "client_assertion",
    "code_verifier",
    "session",
    "sessionid",
    "session_id",
    "sid",
    "jwt",
    "otp",
    "pin",
    "cvv",
    "cvc",
    "card_number",
    "cardnumber",
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "x-goog-signature",
    "signature",
    "sig",
];

/// Longest parameter name that is compared; no sensitive name is longer.
const NAME_BYTES_MAX: usize = 256;

/// Hides secrets by the names they stand under.
#[derive(Debug, Clone)]
pub struct Redactor {
    headers: HashSet<Box<[u8]>>,
    parameters: HashSet<Box<[u8]>>,
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new::<&str, &str>([], [])
    }
}

impl Redactor {
    /// The built-in names and, in any case of letters, these headers and parameters too.
    #[must_use]
    pub fn new<H: AsRef<str>, P: AsRef<str>>(
        headers: impl IntoIterator<Item = H>,
        parameters: impl IntoIterator<Item = P>,
    ) -> Self {
        let lower = |name: &str| name.to_ascii_lowercase().into_bytes().into_boxed_slice();
        let mut all_headers: HashSet<_> = HEADERS.iter().map(|name| lower(name)).collect();
        all_headers.extend(headers.into_iter().map(|name| lower(name.as_ref())));
        let mut all_parameters: HashSet<_> = PARAMETERS.iter().map(|name| lower(name)).collect();
        all_parameters.extend(parameters.into_iter().map(|name| lower(name.as_ref())));
        Self { headers: all_headers, parameters: all_parameters }
    }

    /// Whether the value of this header is hidden.
    #[must_use]
    pub fn hides_header(&self, name: &str) -> bool {
        with_lower_case(name.as_bytes(), |lower| self.headers.contains(lower))
    }

    /// Whether the value of this parameter is hidden. The name may be percent-encoded; of `user[password]`
    /// and `json.user.password` each part counts.
    #[must_use]
    pub fn hides_parameter(&self, name: &[u8]) -> bool {
        with_lower_case(percent_decoded(name).trim_ascii(), |lower| {
            let part = |byte: &u8| matches!(byte, b'.' | b'[' | b']' | b':');
            self.parameters.contains(lower)
                || (lower.iter().any(part)
                    && lower.split(part).any(|part| self.parameters.contains(part)))
        })
    }

    /// The value of a header, or what stands for it.
    #[must_use]
    pub fn header<'v>(&self, name: &str, value: &'v [u8]) -> &'v [u8] {
        if self.hides_header(name) { REDACTED.as_bytes() } else { value }
    }

    /// A query or form with the values of sensitive parameters hidden.
    #[must_use]
    pub fn query<'v>(&self, query: &'v [u8]) -> Cow<'v, [u8]> {
        let mut out = Vec::new();
        let mut copied = 0;
        let mut at = 0;
        for parameter in query.split(|byte| *byte == b'&') {
            if let Some(value) = self.secret_of(parameter) {
                out.extend_from_slice(&query[copied..at + value]);
                out.extend_from_slice(REDACTED.as_bytes());
                copied = at + parameter.len();
            }
            at += parameter.len() + 1;
        }
        if copied == 0 {
            return Cow::Borrowed(query);
        }
        out.extend_from_slice(query.get(copied..).unwrap_or_default());
        Cow::Owned(out)
    }

    /// A URL with the values of sensitive parameters in its query hidden.
    #[must_use]
    pub fn url<'v>(&self, url: &'v [u8]) -> Cow<'v, [u8]> {
        let Some(mark) = memchr(b'?', url) else { return Cow::Borrowed(url) };
        let (before, query) = url.split_at(mark + 1);
        match self.query(query) {
            Cow::Borrowed(_) => Cow::Borrowed(url),
            Cow::Owned(shown) => Cow::Owned([before, &shown].concat()),
        }
    }

    /// Where the value of a sensitive parameter begins. Some servers separate by `;` as well, so what
    /// follows one is looked at too; the value itself then reaches to the `&`.
    fn secret_of(&self, parameter: &[u8]) -> Option<usize> {
        let mut at = 0;
        for part in parameter.split(|byte| *byte == b';') {
            if let Some(equals) = memchr(b'=', part)
                && self.hides_parameter(&part[..equals])
            {
                return Some(at + equals + 1);
            }
            at += part.len() + 1;
        }
        None
    }

    /// The value of a SecLang variable: `collection` as `ARGS`, `REQUEST_HEADERS`, `REQUEST_BODY`; `key` as
    /// the parameter or header name within it, empty for none.
    #[must_use]
    pub fn variable<'v>(&self, collection: &str, key: &[u8], value: &'v [u8]) -> Cow<'v, [u8]> {
        if self.hides_variable(collection, key) {
            return Cow::Borrowed(REDACTED.as_bytes());
        }
        self.text(value)
    }

    /// Whether the value of a SecLang variable is hidden as a whole.
    #[must_use]
    pub fn hides_variable(&self, collection: &str, key: &[u8]) -> bool {
        let is = |name: &str| collection.eq_ignore_ascii_case(name);
        let header = || std::str::from_utf8(key).is_ok_and(|name| self.hides_header(name));
        if is("REQUEST_COOKIES") {
            return true;
        }
        if is("REQUEST_HEADERS") || is("RESPONSE_HEADERS") {
            return header();
        }
        self.hides_parameter(key)
    }

    /// Free text, such as a rule's message: whatever in it looks like `name=value` or `"name": "value"`
    /// under a sensitive name is hidden.
    #[must_use]
    pub fn text<'v>(&self, text: &'v [u8]) -> Cow<'v, [u8]> {
        let mut out = Vec::new();
        let mut copied = 0;
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            at += 1;
            if !matches!(byte, b'=' | b':') {
                continue;
            }
            let name = name_before(&text[copied..at - 1]);
            if !self.hides_parameter(name) {
                continue;
            }
            out.extend_from_slice(&text[copied..at]);
            out.extend_from_slice(REDACTED.as_bytes());
            at += secret_length(&text[at..], byte == b':');
            copied = at;
        }
        if copied == 0 {
            return Cow::Borrowed(text);
        }
        out.extend_from_slice(&text[copied..]);
        Cow::Owned(out)
    }
}

/// Asks about the name in lower case. Names too long to compare are answered with yes.
fn with_lower_case(name: &[u8], ask: impl FnOnce(&[u8]) -> bool) -> bool {
    let mut buffer = [0; NAME_BYTES_MAX];
    let Some(lower) = buffer.get_mut(..name.len()) else { return true };
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    !lower.is_empty() && ask(lower)
}

/// The name that ends a text, without quotes and blanks around it.
fn name_before(text: &[u8]) -> &[u8] {
    let unquoted = text.trim_ascii_end();
    let unquoted = unquoted.strip_suffix(b"\"").unwrap_or(unquoted);
    let separator = |byte: &u8| {
        matches!(byte, b'&' | b';' | b'?' | b',' | b'/' | b'{' | b'"' | b'\'' | b'<' | b'=' | b':')
            || byte.is_ascii_whitespace()
    };
    match unquoted.iter().rposition(separator) {
        Some(at) => &unquoted[at + 1..],
        None => unquoted,
    }
}

/// How many bytes after the separator belong to the secret.
fn secret_length(text: &[u8], json: bool) -> usize {
    let blanks = text.len() - text.trim_ascii_start().len();
    if json && text.get(blanks) == Some(&b'"') {
        let mut escaped = false;
        for (at, byte) in text.iter().enumerate().skip(blanks + 1) {
            match byte {
                b'"' if !escaped => return at + 1,
                b'\\' => escaped = !escaped,
                _ => escaped = false,
            }
        }
        return text.len();
    }
    let end = |byte: &u8| if json { matches!(byte, b',' | b'}') } else { *byte == b'&' };
    text.iter().position(end).unwrap_or(text.len())
}

fn memchr(needle: u8, haystack: &[u8]) -> Option<usize> {
    haystack.iter().position(|byte| *byte == needle)
}

fn percent_decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let hex = |at: usize| text.get(at).and_then(|byte| (*byte as char).to_digit(16));
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'+', _, _) => out.push(b' '),
            _ => out.push(byte),
        }
        at += 1;
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
