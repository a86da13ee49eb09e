//! Bodies: mostly whole ones, with now and then what servers read differently.

use super::{Body, Kind};
use crate::random::Random;

type Family = &'static [&'static [u8]];

const NAMES: Family = &[
    b"a",
    b"b",
    b"A",
    b"user[name]",
    b"a.b",
    b"",
    b"x y",
    b"\xC3\xA9",
    b"id",
    b"0",
    b"q",
    b"\xFF",
    b"a\0b",
    b"<b>",
    b"'",
    b"a=b",
];
const VALUES: &[&[u8]] = &[
    b"1",
    b"",
    b"x",
    b"union select",
    b"<script>alert(1)</script>",
    b"a\r\nb",
    b"a\nb",
    b"\r\n",
    b"../../etc/passwd",
    b"\xC3\xA9\xE2\x82\xAC",
    b"\xFF\xFE",
    b"\0",
    b"a&b=c",
    b"50%",
    b"\"q\"",
    b"\\",
    b" x ",
    b"+",
    b"--",
    b"--B",
    b"--B--",
    b"--Bx",
];

/// The `at`-th body of a kind.
pub(super) fn draw(kind: Kind, random: &mut Random) -> Body {
    match kind {
        Kind::Urlencoded => {
            Body::new(kind, "application/x-www-form-urlencoded", urlencoded(random))
        }
        Kind::Json => Body::new(kind, "application/json", json(random)),
        Kind::Xml => Body::new(kind, "application/xml", xml(random)),
        Kind::Multipart => multipart(random),
    }
}

fn urlencoded(random: &mut Random) -> Vec<u8> {
    const BETWEEN: &[&[u8]] = &[b"&", b"&", b"&", b"&", b"&&", b";", b"&=&", b"&amp;"];
    let mut body = Vec::new();
    for _ in 0..random.below(6) {
        for (at, from) in [NAMES, VALUES].into_iter().enumerate() {
            if at == 1 {
                body.extend_from_slice(random.pick(&[b"=".as_slice(), b"=", b"=", b"", b"=="]));
            }
            let text = random.pick(from).to_vec();
            escaped(&text, random, &mut body);
        }
        body.extend_from_slice(random.pick(BETWEEN));
    }
    body
}

fn escaped(text: &[u8], random: &mut Random, out: &mut Vec<u8>) {
    const BROKEN: &[&[u8]] = &[b"%", b"%zz", b"%4", b"%u0041", b"%%41", b"%c0%af"];
    let way = random.below(8);
    for &byte in text {
        match way {
            0..=3 if byte.is_ascii_alphanumeric() => out.push(byte),
            0..=4 => out.extend_from_slice(format!("%{byte:02x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    if way == 7 {
        out.extend_from_slice(random.pick(BROKEN));
    }
}

fn json(random: &mut Random) -> Vec<u8> {
    const EDGES: Family = &[b"", b" \r\n\t", b"\xEF\xBB\xBF", b"x", b"//", b"\0"];
    let mut body = mostly(2, EDGES, 20, random).to_vec();
    json_value(random, 4, &mut body);
    body.extend_from_slice(mostly(2, EDGES, 20, random));
    broken(random, &mut body);
    body
}

fn json_value(random: &mut Random, depth: usize, out: &mut Vec<u8>) {
    const SCALARS: &[&[u8]] = &[
        b"null",
        b"true",
        b"false",
        b"0",
        b"-1",
        b"1.50",
        b"1e3",
        b"1E+999",
        b"123456789012345678901234567890",
        b"01",
        b"+1",
        b".5",
        b"1.",
        b"NaN",
        b"'x'",
        b"tru",
        b"-",
        b"\"\"",
    ];
    let ways = if depth == 0 { 4 } else { 8 };
    match random.below(ways) {
        0 => out.extend_from_slice(random.pick(SCALARS.get(..9).unwrap_or(SCALARS))),
        1 if random.below(20) == 0 => out.extend_from_slice(random.pick(SCALARS)),
        1..=3 => json_string(random, VALUES, out),
        4 | 5 => {
            out.push(b'[');
            for at in 0..random.below(4) {
                if at > 0 {
                    out.push(b',');
                }
                json_value(random, depth - 1, out);
            }
            out.push(b']');
        }
        _ => {
            out.push(b'{');
            for at in 0..random.below(4) {
                out.extend_from_slice(if at > 0 { b"," } else { b"" });
                json_string(random, NAMES, out);
                out.extend_from_slice(random.pick(&[b":".as_slice(), b" : ", b":"]));
                json_value(random, depth - 1, out);
            }
            out.push(b'}');
        }
    }
}

fn json_string(random: &mut Random, from: &[&'static [u8]], out: &mut Vec<u8>) {
    const ESCAPES: &[&[u8]] = &[
        b"\\n",
        b"\\\"",
        b"\\/",
        b"\\u0041",
        b"\\u00e9",
        b"\\ud83d\\ude00",
        b"\\ud800",
        b"\\udc00x",
        b"\\u0000",
        b"\\b",
        b"\\q",
        b"\\u12",
        b"\\x41",
    ];
    out.push(b'"');
    for &byte in random.pick(from) {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..0x20 if random.below(20) > 0 => {
                out.extend_from_slice(format!("\\u{byte:04x}").as_bytes())
            }
            _ => out.push(byte),
        }
    }
    if random.below(4) == 0 {
        out.extend_from_slice(mostly(9, ESCAPES, 12, random));
    }
    out.push(b'"');
}

/// One of the first `common` of `all`, and once in `odd` times any of them.
fn mostly(common: usize, all: Family, odd: usize, random: &mut Random) -> &'static [u8] {
    let count = if random.below(odd) == 0 { all.len() } else { common };
    all.get(random.below(count)).copied().unwrap_or_default()
}

/// Cuts or changes one body in ten.
fn broken(random: &mut Random, body: &mut Vec<u8>) {
    let at = random.below(body.len() + 1);
    match random.below(30) {
        0 => body.truncate(at),
        1 => drop(body.splice(at..at, *b",")),
        2 if at < body.len() => drop(body.splice(at..=at, [random.byte()])),
        _ => {}
    }
}

fn xml(random: &mut Random) -> Vec<u8> {
    const ENDS: Family = &[b"", b"\n", b"<!-- end -->", b"text", b"<r/>"];
    const HEADS: Family = &[
        b"",
        b"",
        b"<?xml version=\"1.0\"?>",
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        b"<!DOCTYPE r>",
        b"<!-- c -->",
        b"<?xml version='1.0' encoding='utf-16'?>",
        b"<!DOCTYPE r [<!ENTITY e \"x\">]>",
        b"<!DOCTYPE r SYSTEM \"http://x/y.dtd\">",
        b"\xEF\xBB\xBF",
    ];
    let mut body = mostly(6, HEADS, 6, random).to_vec();
    element(random, 4, &mut body);
    body.extend_from_slice(mostly(3, ENDS, 10, random));
    broken(random, &mut body);
    body
}

fn element(random: &mut Random, depth: usize, out: &mut Vec<u8>) {
    const TAGS: &[&[u8]] =
        &[b"r", b"x:y", b"soap:Body", b"\xC3\xA9", b"a-b.c", b"_", b"item", b"br", b"input"];
    const TEXTS: &[&[u8]] = &[
        b"text",
        b" ",
        b"\n  ",
        b"union select",
        b"&lt;script&gt;",
        b"&#65;&#x42;",
        b"&amp;",
        b"a > b",
        b"\xC3\xA9",
        b"<![CDATA[<b>&]]>",
        b"<!-- c -->",
        b"<?p i?>",
        b"&nbsp;",
        b"&e;",
        b"&",
        b"]]>",
        b"\xFF",
        b"\x01",
        b"<!-- a -- b -->",
    ];
    const ATTRIBUTES: &[&[u8]] = &[
        b" a=\"v\"",
        b" b='w'",
        b" x:c=\"&lt;d\"",
        b" xmlns:x=\"urn:x\"",
        b"\na = \"1\"",
        b" d=\"\"",
        b" e=\"<\"",
        b" f=g",
        b" h",
        b" i=\"1\"j=\"2\"",
        b" a=\"v\" a=\"w\"",
        b" k=\"&#60;&#x3e;\"",
        b" l=\"it's\"",
        b" m=\\\"n\\\"",
        b" 1=\"o\"",
    ];
    let tag = random.pick(TAGS);
    out.push(b'<');
    out.extend_from_slice(tag);
    for _ in 0..random.below(3) {
        out.extend_from_slice(mostly(6, ATTRIBUTES, 15, random));
    }
    if random.below(5) == 0 {
        out.extend_from_slice(b"/>");
        return;
    }
    out.push(b'>');
    for _ in 0..random.below(4) {
        if depth > 0 && random.below(2) == 0 {
            element(random, depth - 1, out);
        } else {
            out.extend_from_slice(mostly(9, TEXTS, 12, random));
        }
    }
    out.extend_from_slice(b"</");
    out.extend_from_slice(tag);
    out.push(b'>');
}

fn multipart(random: &mut Random) -> Body {
    const TYPES: &[&str] = &[
        "multipart/form-data; boundary=B",
        "multipart/form-data;boundary=B",
        "multipart/form-data; boundary=\"B\"",
        "multipart/form-data; boundary=B; charset=utf-8",
        "multipart/form-data; charset=utf-7; boundary=B",
        "Multipart/Form-Data; Boundary=B",
        "multipart/form-data; boundary=B; boundary=C",
        "multipart/form-data; boundary=C; boundary=B",
        "multipart/form-data boundary=B",
        "multipart/form-data; boundary= B",
        "multipart/form-data; boundary=B;",
        "multipart/form-data",
        "multipart/form-data; boundary*=utf-8''B",
        "multipart/form-data; boundary*0=B",
        "multipart/form-data, boundary=B",
        "multipart/form-data; boundary='B'",
        "multipart/form-data; x=;boundary=B",
        "multipart/form-data; boundary=B\u{b}",
    ];
    const DELIMITERS: Family = &[b"--B", b"--B ", b"--Bx", b"--C", b" --B"];
    const FINALS: Family = &[b"--B--", b"", b"--B", b"--B--\r\nepilogue", b"--B-- "];
    let content_type = TYPES.get(if random.below(6) == 0 { random.below(TYPES.len()) } else { 0 });
    let end: &[u8] = if random.below(25) == 0 { b"\n" } else { b"\r\n" };
    let mut body = Vec::new();
    if random.below(30) == 0 {
        body.extend_from_slice(b"preamble\r\n");
    }
    for _ in 0..random.below(4) {
        body.extend_from_slice(mostly(1, DELIMITERS, 15, random));
        body.extend_from_slice(end);
        part(random, end, &mut body);
    }
    body.extend_from_slice(mostly(1, FINALS, 10, random));
    body.extend_from_slice(random.pick(&[end, end, end, b""]));
    broken(random, &mut body);
    Body::new(Kind::Multipart, content_type.copied().unwrap_or_default(), body)
}

fn part(random: &mut Random, end: &[u8], out: &mut Vec<u8>) {
    const DISPOSITIONS: &[&[u8]] = &[
        b"form-data; name=\"a\"",
        b"form-data; name=\"b\"",
        b"form-data; name=\"f\"; filename=\"cat.png\"",
        b"form-data; name=c",
        b"form-data; name=\"\xC3\xA9\"",
        b"form-data; name=\"f\"; filename=\"\"",
        b"form-data; name=\"a\\\"b\"",
        b"form-data; name=\"f\"; filename=\"C:\\dir\\x.php\"",
        b"form-data; name=\"f\"; filename*=utf-8''shell.php",
        b"form-data; name=\"f\"; filename*=iso-8859-1''shell.php",
        b"form-data; name=\"f\"; filename=\"a.png\"; filename*=utf-8''shell.php",
        b"form-data; name=\"a\"; name=\"b\"",
        b"form-data; name=\"f\"; filename=\"a\"; filename=\"b\"",
        b"form-data",
        b"attachment; name=\"a\"",
        b"form-data; name='a'",
        b"form-data; name=\"a",
        b"form-data; name=a b",
        b"form-data;\r\n name=\"a\"",
        b"form-data name=\"a\"",
        b"form-data; filename=\"x\"",
        b"form-data; name=\"f\"; filename*0=\"she\"; filename*1=\"ll.php\"",
        b"form-data; name=\"a\";",
        b"form-data; name=\"f\"; filename=a;b.php",
        b"FORM-DATA; NAME=\"a\"",
        b"form-data; name=\"a\x0bb\"",
        b"form-data; name = \"a\"",
        b"form-data; name=\"f\"; filename=\"a\\\"b.php\"",
        b"form-data; name*=utf-8''a",
    ];
    const HEADERS: Family = &[
        b"Content-Type: text/plain",
        b"Content-Type: text/plain; charset=utf-7",
        b"X: y",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"no colon",
        b" folded",
        b"Content-Type : text/plain",
        b"X\0: y",
        b"Content-Disposition: form-data; name=\"z\"",
    ];
    let count = if random.below(8) == 0 { DISPOSITIONS.len() } else { 6 };
    let disposition = DISPOSITIONS.get(random.below(count)).copied().unwrap_or_default();
    let mut lines = vec![[b"Content-Disposition: ", disposition].concat()];
    if random.below(4) == 0 {
        lines.push(mostly(3, HEADERS, 4, random).to_vec());
    }
    if random.below(60) == 0 {
        lines.remove(0);
    }
    for line in lines {
        out.extend_from_slice(&line);
        out.extend_from_slice(end);
    }
    if random.below(80) > 0 {
        out.extend_from_slice(end);
    }
    out.extend_from_slice(random.pick(VALUES));
    out.extend_from_slice(end);
}
