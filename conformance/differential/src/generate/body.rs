//! Bodies of every kind a processor reads, with payloads at every place of it.

use super::{encode, payload, place};
use crate::random::Random;

/// A body and its media type.
pub(super) struct Body {
    pub(super) media: String,
    pub(super) bytes: Vec<u8>,
}

/// One body with one to four payloads.
pub(super) fn request_body(random: &mut Random, payloads: &[Vec<u8>]) -> Body {
    let given: Vec<Vec<u8>> = (0..=random.below(4))
        .map(|_| {
            let payload = payload::pick(random, payloads);
            encode::encode(random, payload)
        })
        .collect();
    match random.below(10) {
        0..3 => form(random, &given),
        3..6 => multipart(random, &given),
        6 | 7 => json(random, &given),
        8 => xml(random, &given),
        _ => Body {
            media: random.pick(&["text/plain", "application/octet-stream", "image/png"]).to_owned(),
            bytes: given.concat(),
        },
    }
}

fn name(random: &mut Random, index: usize) -> String {
    match random.below(6) {
        0 => "a".to_owned(),
        1 => format!("list[{index}]"),
        2 => format!("user.name{index}"),
        _ => format!("field{index}"),
    }
}

fn form(random: &mut Random, given: &[Vec<u8>]) -> Body {
    let mut bytes = String::new();
    for (index, payload) in given.iter().enumerate() {
        let escaped = place::escaped(random, payload);
        let pair = match random.below(10) {
            0 => format!("{escaped}={index}"),
            1 => escaped,
            _ => format!("{}={escaped}", name(random, index)),
        };
        let between = if index == 0 { "" } else { random.pick(&["&", "&", "&", "&&"]) };
        bytes.push_str(between);
        bytes.push_str(&pair);
    }
    Body { media: "application/x-www-form-urlencoded".to_owned(), bytes: bytes.into_bytes() }
}

fn multipart(random: &mut Random, given: &[Vec<u8>]) -> Body {
    let boundary = random.pick(&["x", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "b=1", "'q'"]);
    let mut bytes = Vec::new();
    for (index, payload) in given.iter().enumerate() {
        let quoted: Vec<u8> = payload
            .iter()
            .flat_map(|byte| match byte {
                b'"' => b"%22".to_vec(),
                b'\r' => b"%0D".to_vec(),
                b'\n' => b"%0A".to_vec(),
                other => vec![*other],
            })
            .collect();
        let field = name(random, index);
        let (head, value): (Vec<u8>, &[u8]) = match random.below(8) {
            0 => ([b"name=\"", quoted.as_slice(), b"\""].concat(), b"1"),
            1 => {
                let start = format!("name=\"{field}\"; filename=\"");
                ([start.as_bytes(), quoted.as_slice(), b"\""].concat(), b"content")
            }
            2 => (format!("name=\"{field}\"; filename=\"a.txt\"").into_bytes(), payload),
            _ => (format!("name=\"{field}\"").into_bytes(), payload),
        };
        bytes.extend_from_slice(
            format!("--{boundary}\r\nContent-Disposition: form-data; ").as_bytes(),
        );
        bytes.extend_from_slice(&head);
        if random.chance(15) {
            let media = random.pick(&[
                "text/plain",
                "text/plain; charset=utf-8",
                "image/png",
                "text/html; charset=utf-7",
            ]);
            bytes.extend_from_slice(format!("\r\nContent-Type: {media}").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let plain = boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let quote = if plain && random.chance(70) { "" } else { "\"" };
    Body { media: format!("multipart/form-data; boundary={quote}{boundary}{quote}"), bytes }
}

fn json(random: &mut Random, given: &[Vec<u8>]) -> Body {
    let mut bytes = b"{".to_vec();
    for (index, payload) in given.iter().enumerate() {
        if index > 0 {
            bytes.push(b',');
        }
        let string = json_string(random, payload);
        let key = format!("\"{}\":", name(random, index)).into_bytes();
        match random.below(8) {
            0 => bytes.extend([string, b":1".to_vec()].concat()),
            1 => bytes.extend([key, b"[1,".to_vec(), string, b",null]".to_vec()].concat()),
            2 => bytes.extend([key, b"{\"x\":{\"y\":".to_vec(), string, b"}}".to_vec()].concat()),
            3 => bytes.extend([key, b" true , \"n\" : -1.5e3, \"s\":".to_vec(), string].concat()),
            _ => bytes.extend([key, string].concat()),
        }
    }
    bytes.push(b'}');
    if random.chance(10) {
        bytes = [b"[".to_vec(), bytes, b",[],{}, \"end\"]".to_vec()].concat();
    }
    let media = random.pick(&[
        "application/json",
        "application/json; charset=utf-8",
        "application/hal+json",
    ]);
    Body { media: media.to_owned(), bytes }
}

/// A JSON string (RFC 8259 section 7); bytes that are no text stay as they are.
fn json_string(random: &mut Random, payload: &[u8]) -> Vec<u8> {
    let all = random.chance(15);
    let mut out = b"\"".to_vec();
    for byte in payload {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', *byte]),
            0..0x20 => out.extend(format!("\\u{byte:04x}").bytes()),
            _ if all && byte.is_ascii() => out.extend(format!("\\u{byte:04X}").bytes()),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
    out
}

fn xml(random: &mut Random, given: &[Vec<u8>]) -> Body {
    let mut bytes = b"<?xml version=\"1.0\"?>\n<root>".to_vec();
    for (index, payload) in given.iter().enumerate() {
        // Text that is no character of XML would only make a body error of the whole request.
        let text: String = String::from_utf8_lossy(payload)
            .chars()
            .map(|next| match next {
                '<' => "&lt;".to_owned(),
                '&' => "&amp;".to_owned(),
                '"' => "&quot;".to_owned(),
                '\0'..'\t' | '\u{b}' | '\u{c}' | '\u{e}'..' ' => "?".to_owned(),
                other => other.to_string(),
            })
            .collect();
        let element = match random.below(4) {
            0 => format!("<e{index} a=\"{text}\"/>"),
            1 => format!("<e{index} a='1' b=\"{text}\">t</e{index}>"),
            2 => format!("<e{index}><f>{text}</f></e{index}>"),
            _ => format!("<e{index}>{text}</e{index}>"),
        };
        bytes.extend_from_slice(element.as_bytes());
    }
    bytes.extend_from_slice(b"</root>");
    let media =
        random.pick(&["text/xml", "application/xml", "application/soap+xml; charset=utf-8"]);
    Body { media: media.to_owned(), bytes }
}
