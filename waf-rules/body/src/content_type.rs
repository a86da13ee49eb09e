//! The `Content-Type` field (RFC 9110 section 8.3.1) and the parameter list it shares with
//! `Content-Disposition` (RFC 6266), read leniently with every irregularity reported.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

/// A media type and its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContentType<'a> {
    /// `type/subtype` in lower case, without whitespace around it.
    pub media_type: String,
    /// The parameters in order, duplicates included.
    pub parameters: Vec<Parameter<'a>>,
}

/// One `name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// The name as written.
    pub name: &'a [u8],
    /// The value without its quotes, quoted pairs resolved.
    pub value: Cow<'a, [u8]>,
    /// The value stood in double quotes.
    pub quoted: bool,
    /// Whitespace stood before or after the `=`, or after an unquoted value at the end of the field.
    pub whitespace: bool,
    /// No `;` stood before the name.
    pub missing_semicolon: bool,
    /// A quote was not closed, stood inside a token, or something followed a closed one; what
    /// follows the name is no value: nothing, no `=`, or several words; or the name is no token.
    pub invalid_quoting: bool,
}

impl<'a> ContentType<'a> {
    /// Reads a field value. Never fails: what cannot be read is an empty media type.
    pub fn parse(value: &'a [u8]) -> Self {
        let start = value.iter().position(|b| !is_blank(*b)).unwrap_or(value.len());
        let trimmed = value.get(start..).unwrap_or_default();
        let end = trimmed
            .iter()
            .position(|&b| b == b';' || b == b',' || is_blank(b))
            .unwrap_or(trimmed.len());
        let (media, rest) = trimmed.split_at(end);
        let media_type = String::from_utf8_lossy(media).to_ascii_lowercase();
        Self { media_type, parameters: parameters(rest) }
    }

    /// The first parameter of a name, in any case.
    pub fn parameter(&self, name: &str) -> Option<&Parameter<'a>> {
        self.all(name).next()
    }

    /// Every parameter of a name, in any case.
    pub fn all<'s>(&'s self, name: &str) -> impl Iterator<Item = &'s Parameter<'a>> {
        self.parameters.iter().filter(move |p| p.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The value of the `charset` parameter.
    pub fn charset(&self) -> Option<&[u8]> {
        self.parameter("charset").map(|p| p.value.as_ref())
    }

    /// True for `application/json` and every `+json` type.
    pub fn is_json(&self) -> bool {
        self.media_type == "application/json" || self.media_type.ends_with("+json")
    }

    /// True for `application/xml`, `text/xml` and every `+xml` type.
    pub fn is_xml(&self) -> bool {
        matches!(self.media_type.as_str(), "application/xml" | "text/xml")
            || self.media_type.ends_with("+xml")
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x0B | 0x0C)
}

/// RFC 9110 section 5.6.2.
fn is_token(name: &[u8]) -> bool {
    let symbols = b"!#$%&'*+-.^_`|~";
    !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || symbols.contains(b))
}

fn skip_blanks(input: &[u8]) -> (&[u8], bool) {
    let blanks = input.iter().take_while(|&&b| is_blank(b)).count();
    (input.get(blanks..).unwrap_or_default(), blanks > 0)
}

/// Reads `; name=value; name="value"` leniently.
pub(crate) fn parameters(mut rest: &[u8]) -> Vec<Parameter<'_>> {
    let mut found = Vec::new();
    loop {
        let mut semicolon = false;
        rest = skip_blanks(rest).0;
        while let [b';', after @ ..] = rest {
            semicolon = true;
            rest = skip_blanks(after).0;
        }
        if rest.is_empty() {
            return found;
        }
        let (parameter, after) = one(rest, !semicolon);
        found.push(parameter);
        rest = after;
    }
}

/// Reads one parameter at the start of `input`, which is not empty; what is left is shorter.
fn one(input: &[u8], missing_semicolon: bool) -> (Parameter<'_>, &[u8]) {
    let end = input.iter().position(|&b| matches!(b, b'=' | b';')).unwrap_or(input.len());
    let (name, rest) = input.split_at(end);
    let name_end = name.iter().rposition(|&b| !is_blank(b)).map_or(0, |at| at + 1);
    let (name, blank) = (name.get(..name_end).unwrap_or_default(), name_end < name.len());
    let [b'=', rest @ ..] = rest else {
        // A word without a value: some servers drop the whole header, others this word.
        let parameter = Parameter {
            name,
            value: Cow::Borrowed(b""),
            quoted: false,
            whitespace: false,
            missing_semicolon: false,
            invalid_quoting: true,
        };
        return (parameter, rest);
    };
    // A name with blanks inside is two words of which the last one is the name: `x boundary=y`.
    let word = name.iter().rposition(|&b| is_blank(b)).map_or(0, |at| at + 1);
    let missing_semicolon = missing_semicolon || word > 0;
    let name = name.get(word..).unwrap_or_default();
    let (rest, blank_after) = skip_blanks(rest);
    let whitespace = blank || blank_after;
    let (value, quoted, invalid_quoting, trailing, rest) = match rest {
        [b'"', body @ ..] => {
            let (value, closed, after) = quoted_string(body);
            let end = after.iter().position(|&b| b == b';').unwrap_or(after.len());
            let (junk, after) = after.split_at(end);
            let clean = junk.iter().all(|&b| is_blank(b));
            (value, true, !closed || !clean, false, after)
        }
        _ => {
            let end = rest.iter().position(|&b| b == b';').unwrap_or(rest.len());
            let (raw, after) = rest.split_at(end);
            let length = raw.iter().rposition(|&b| !is_blank(b)).map_or(0, |at| at + 1);
            let value = raw.get(..length).unwrap_or_default();
            // An extended value (RFC 8187) is `charset'language'text`.
            let extended = name.ends_with(b"*");
            let quotes = value.contains(&b'"') || !extended && value.contains(&b'\'');
            // Nothing, or words: some servers drop the header, others take the first word or all.
            let quotes = quotes || value.is_empty() || value.iter().any(|&b| is_blank(b));
            (Cow::Borrowed(value), false, quotes, length < raw.len() && after.is_empty(), after)
        }
    };
    let whitespace = whitespace || trailing;
    let invalid_quoting = invalid_quoting || !is_token(name);
    let parameter =
        Parameter { name, value, quoted, whitespace, missing_semicolon, invalid_quoting };
    (parameter, rest)
}

/// Reads to the closing quote: the value, whether it was closed, and what follows. A backslash takes
/// only a quote or a backslash with it, because browsers send Windows paths unescaped.
fn quoted_string(body: &[u8]) -> (Cow<'_, [u8]>, bool, &[u8]) {
    let mut at = 0;
    let mut owned: Option<Vec<u8>> = None;
    while let Some(&byte) = body.get(at) {
        match (byte, body.get(at + 1)) {
            (b'"', _) => {
                let value = owned.map_or_else(|| Cow::Borrowed(&body[..at]), Cow::Owned);
                return (value, true, body.get(at + 1..).unwrap_or_default());
            }
            (b'\\', Some(&pair @ (b'"' | b'\\'))) => {
                owned.get_or_insert_with(|| body[..at].to_vec()).push(pair);
                at += 2;
            }
            _ => {
                if let Some(owned) = &mut owned {
                    owned.push(byte);
                }
                at += 1;
            }
        }
    }
    (owned.map_or(Cow::Borrowed(body), Cow::Owned), false, b"")
}
