//! Bodies whose secrets stand under names of their own kind: JSON and XML. What is not well formed is read as far as names
//! and values can be told apart, and hidden where they cannot.

use std::borrow::Cow;

use super::names::json_unescaped;
use super::{REDACTED, Redactor};

impl Redactor {
    /// JSON: the whole value of a sensitive name is hidden, with all that is nested in it; other strings are read as text.
    #[must_use]
    pub fn json<'v>(&self, body: &'v [u8]) -> Cow<'v, [u8]> {
        let mut out = Vec::with_capacity(body.len());
        let (mut copied, mut at) = (0, 0);
        while let Some(byte) = body.get(at) {
            if *byte != b'"' {
                at += 1;
                continue;
            }
            let end = json_string_end(body, at);
            let inner = body.get(at + 1..end).unwrap_or_default();
            let inner = inner.strip_suffix(b"\"").unwrap_or(inner);
            let next = skip_blanks(body, end);
            if body.get(next) != Some(&b':') {
                if let Cow::Owned(shown) = self.named(inner) {
                    out.extend_from_slice(body.get(copied..=at).unwrap_or_default());
                    out.extend_from_slice(&shown);
                    out.push(b'"');
                    copied = end;
                }
                at = end;
            } else if self.hides_parameter(&json_unescaped(inner)) {
                let value = skip_blanks(body, next + 1);
                out.extend_from_slice(body.get(copied..value).unwrap_or_default());
                out.extend_from_slice(format!("\"{REDACTED}\"").as_bytes());
                at = json_value_end(body, value);
                copied = at;
            } else {
                at = next + 1;
            }
        }
        if copied == 0 {
            return self.plain(body);
        }
        out.extend_from_slice(body.get(copied..).unwrap_or_default());
        self.finish(Cow::Owned(out))
    }

    /// XML: what elements and attributes of sensitive names hold is hidden; everything else is read as text.
    #[must_use]
    pub fn xml<'v>(&self, body: &'v [u8]) -> Cow<'v, [u8]> {
        let mut out = Vec::with_capacity(body.len());
        let mut rest = body;
        while let Some(open) = rest.iter().position(|byte| *byte == b'<') {
            let (text, tag) = rest.split_at(open);
            out.extend_from_slice(&self.named(text));
            let (tag, after) = tag.split_at(tag_end(tag));
            rest = after;
            let name = element(tag);
            if tag.starts_with(b"</") || !self.hides_parameter(local(name)) {
                self.attributes(tag, &mut out);
                continue;
            }
            out.extend_from_slice(b"<");
            out.extend_from_slice(name);
            if tag.ends_with(b"/>") {
                out.extend_from_slice(b" [redacted]/>");
                continue;
            }
            out.extend_from_slice(b">[redacted]");
            let end = [b"</", name].concat();
            let found = rest.windows(end.len()).position(|window| window == end);
            rest = rest.get(found.unwrap_or(rest.len())..).unwrap_or_default();
        }
        out.extend_from_slice(&self.named(rest));
        self.finish(Cow::Owned(out))
    }

    /// One tag, its quoted values hidden where the attribute before them is sensitive.
    fn attributes(&self, tag: &[u8], out: &mut Vec<u8>) {
        let mut rest = tag;
        while let Some(open) = rest.iter().position(|byte| matches!(byte, b'"' | b'\'')) {
            let (before, quoted) = rest.split_at(open);
            let quote = quoted.first().copied().unwrap_or(b'"');
            let close = quoted.iter().skip(1).position(|byte| *byte == quote);
            let (value, after) = quoted.split_at(close.map_or(quoted.len(), |at| at + 2));
            out.extend_from_slice(before);
            let name = before.trim_ascii_end();
            let name = name.strip_suffix(b"=").unwrap_or(name).trim_ascii_end();
            let name = name.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
            match self.hides_parameter(local(name)) {
                true => out.extend_from_slice(b"\"[redacted]\""),
                false => out.extend_from_slice(&self.named(value)),
            }
            rest = after;
        }
        out.extend_from_slice(rest);
    }
}

/// Where a tag ends, its `>` included; one within quotes does not end it.
fn tag_end(tag: &[u8]) -> usize {
    let mut quote = None;
    for (at, byte) in tag.iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    tag.len()
}

/// The name of a tag, with its prefix.
fn element(tag: &[u8]) -> &[u8] {
    let name = tag.strip_prefix(b"<").unwrap_or(tag);
    let end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
    name.iter().position(end).and_then(|at| name.get(..at)).unwrap_or(name)
}

/// A name without its prefix.
fn local(name: &[u8]) -> &[u8] {
    name.rsplit(|byte| *byte == b':').next().unwrap_or(name)
}

fn skip_blanks(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + (rest.len() - rest.trim_ascii_start().len())
}

/// Where the string that begins at a quote ends, its other quote included; the end of the text where that is missing.
fn json_string_end(text: &[u8], quote: usize) -> usize {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate().skip(quote + 1) {
        match byte {
            b'"' if !escaped => return at + 1,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// Where the value that begins at `from` ends, with all that is nested in it.
pub(super) fn json_value_end(text: &[u8], from: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = from;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                at = json_string_end(text, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return at + depth,
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}
