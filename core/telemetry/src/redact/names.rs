//! Names that stand before secrets, and how a name is compared.

use std::borrow::Cow;

/// Headers whose values are credentials.
pub(super) const HEADERS: &[&str] = &[
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
pub(super) const PARAMETERS: &[&str] = &[
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

/// Asks about the name in lower case. Names too long to compare are answered with yes.
pub(super) fn with_lower_case(name: &[u8], ask: impl FnOnce(&[u8]) -> bool) -> bool {
    let mut buffer = [0; NAME_BYTES_MAX];
    let Some(lower) = buffer.get_mut(..name.len()) else { return true };
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    !lower.is_empty() && ask(lower)
}

pub(super) fn percent_decoded(text: &[u8]) -> Cow<'_, [u8]> {
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

/// A JSON string without its escapes. One that is wrong stays as it is.
pub(super) fn json_unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'\\') {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let Some((escaped, after)) = rest.split_first() else { break };
        rest = after;
        let code = after.get(..4).and_then(|hex| std::str::from_utf8(hex).ok());
        let code = code.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        match (escaped, code) {
            (b'u', Some(letter)) => {
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                rest = rest.get(4..).unwrap_or_default();
            }
            (other, _) => out.push(*other),
        }
    }
    Cow::Owned(out)
}
