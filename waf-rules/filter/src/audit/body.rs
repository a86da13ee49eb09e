//! Bodies as they may be shown: read the way their type says, so that names are found, and bounded.

use std::borrow::Cow;

use portcullis_config::defaults::AUDIT_BODY;
use portcullis_telemetry::{REDACTED, Redactor, Shown, ShownPair};
use portcullis_waf_body::{ContentType, multipart};

/// Stands where a body was cut.
const CUT: &[u8] = b"...";

/// How names and values stand in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Form,
    Multipart,
    Json,
    Xml,
    Text,
}

/// A body of this content type, read by this processor of the engine (empty for none).
pub(super) fn shown<'a>(
    redactor: &Redactor,
    (content_type, processor): (&[u8], &[u8]),
    body: &'a [u8],
) -> Shown<'a> {
    let limit = AUDIT_BODY.in_memory();
    let cut = body.get(..limit).filter(|_| body.len() > limit);
    let body = cut.map_or(body, |begin| redactor.cut(begin));
    let shown = match shape(content_type, processor, body) {
        Shape::Form => redactor.query(body),
        Shape::Multipart => parts(redactor, content_type, (body, cut.is_some())),
        Shape::Json => redactor.json(body),
        Shape::Xml => redactor.xml(body),
        Shape::Text => redactor.text(body),
    };
    if cut.is_some() { [&*shown, CUT].concat().into() } else { shown }
}

/// A form of arguments that are shown already.
pub(super) fn form(pairs: &[ShownPair<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, (name, value)) in pairs.iter().enumerate() {
        if at > 0 {
            out.push(b'&');
        }
        encode(name, &mut out);
        out.push(b'=');
        match **value == *REDACTED.as_bytes() {
            true => out.extend_from_slice(value),
            false => encode(value, &mut out),
        }
    }
    out
}

fn encode(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b' ' => out.push(b'+'),
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~' => out.push(*byte),
            _ => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
}

/// The processor decides, as it read the body for the rules; then the type, then how the body begins.
fn shape(content_type: &[u8], processor: &[u8], body: &[u8]) -> Shape {
    match processor {
        b"URLENCODED" => return Shape::Form,
        b"MULTIPART" => return Shape::Multipart,
        b"JSON" => return Shape::Json,
        b"XML" => return Shape::Xml,
        _ => {}
    }
    let lower = content_type.to_ascii_lowercase();
    let media_type = lower.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let says = |word: &[u8]| media_type.windows(word.len()).any(|window| window == word);
    if media_type.starts_with(b"multipart/") {
        Shape::Multipart
    } else if says(b"x-www-form-urlencoded") {
        Shape::Form
    } else if says(b"json") {
        Shape::Json
    } else if says(b"xml") || says(b"html") {
        Shape::Xml
    } else {
        match body.trim_ascii_start().first() {
            Some(b'{' | b'[') => Shape::Json,
            Some(b'<') => Shape::Xml,
            Some(_) | None => Shape::Text,
        }
    }
}

/// A multipart body with what its sensitive parts contain hidden. One whose parts cannot be told apart is hidden as a whole.
fn parts<'a>(
    redactor: &Redactor,
    content_type: &[u8],
    (body, cut): (&'a [u8], bool),
) -> Cow<'a, [u8]> {
    let content_type = ContentType::parse(content_type);
    let parsed = multipart::parse(&content_type, body, &multipart::Limits::default());
    let readable = match parsed.problem {
        None => true,
        Some(problem) => cut && problem == multipart::Problem::FinalBoundaryMissing,
    };
    if !readable && !body.is_empty() {
        return format!("{REDACTED} (multipart body that cannot be read)").into_bytes().into();
    }
    let mut out = Vec::with_capacity(body.len());
    let mut copied = 0;
    for part in &parsed.parts {
        let Some(start) = (part.content.as_ptr() as usize).checked_sub(body.as_ptr() as usize)
        else {
            continue;
        };
        out.extend_from_slice(body.get(copied..start).unwrap_or_default());
        let own = part
            .headers
            .iter()
            .find(|header| header.name().trim_ascii().eq_ignore_ascii_case(b"content-type"));
        let own = own.map_or(&b""[..], |header| header.value().trim_ascii());
        match redactor.hides_parameter(part.name.as_deref().unwrap_or_default()) {
            true => out.extend_from_slice(REDACTED.as_bytes()),
            false if shape(own, b"", part.content) == Shape::Multipart => {
                out.extend_from_slice(REDACTED.as_bytes());
            }
            false => out.extend_from_slice(&shown(redactor, (own, b""), part.content)),
        }
        copied = start + part.content.len();
    }
    out.extend_from_slice(body.get(copied..).unwrap_or_default());
    // What stands between the parts, their headers above all, has no names of secrets but may repeat them.
    redactor.plain(&out).into_owned().into()
}

#[cfg(test)]
mod tests;
