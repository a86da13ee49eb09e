//! Strings for the injection detectors: what the Core Rule Set's tests send, mutations of it, sequences of fragments of
//! SQL and HTML, and random bytes.

use std::collections::BTreeSet;

use portcullis_waf_transform::Transformation;
use portcullis_waf_tune::ftw::Exchange;

use crate::random::Random;

/// Longer values of the tests are left out: they repeat one letter.
const LONGEST: usize = 4_000;

const FRAGMENTS: &[&[u8]] = &[
    b"'",
    b"\"",
    b"`",
    b"--",
    b"#",
    b"/*",
    b"*/",
    b"/*!",
    b"/*!50000",
    b"union",
    b"union all ",
    b"select",
    b" or ",
    b" and ",
    b"xor",
    b"1=1",
    b"(",
    b")",
    b";",
    b",",
    b"\\",
    b"\0",
    b"\xA0",
    b"\x0B",
    b"@@",
    b"@`",
    b"@x",
    b"0x1F",
    b"1e",
    b"1.e(",
    b"1.",
    b".1e+5",
    b"n'",
    b"q'[",
    b"nq'{",
    b"]'",
    b"}'",
    b"$1.00",
    b"$$",
    b"$a$",
    b"u&'",
    b"x'ab'",
    b"b'01'",
    b"E'\\",
    b"=",
    b"/",
    b"[",
    b"]",
    b"||",
    b"&&",
    b"!",
    b":=",
    b"::",
    b"<=>",
    b"<>",
    b"sp_password",
    b"in (",
    b"like",
    b"not",
    b"collate",
    b"group by",
    b"order by",
    b"waitfor delay",
    b"exec",
    b"if(",
    b"sleep(5)",
    b"char(65)",
    b"case when",
    b"having",
    b"into outfile",
    b"user()",
    b"information_schema.tables",
    b"create table",
    b"drop",
    b"..",
    b"a.b",
    b"`a`.`b`",
    b"1",
    b"x",
    b"\xE2\x80\xA8",
    b" ",
    b"\t",
    b"\n",
    b"\xFF",
    b"<",
    b">",
    b"<script",
    b"</script >",
    b"<!--",
    b"-->",
    b"--!>",
    b"<![CDATA[",
    b"<![if",
    b"onerror=",
    b"onload =",
    b"onbegin=",
    b"on",
    b"style=",
    b"href=",
    b"src=",
    b"action=",
    b"javascript:",
    b"java\tscript:",
    b"data:",
    b"vbscript:",
    b"view-source:",
    b"&#x6a;",
    b"&#106",
    b"&#X6A&#0000097",
    b"<svg",
    b"<xsl:",
    b"<?xml",
    b"<?import",
    b"<!DOCTYPE",
    b"<!ENTITY",
    b"<%",
    b"%>",
    b"{",
    b"}",
    b"xlink:href",
    b"xmlns",
    b"by=",
    b"to=",
    b"from=",
    b"values=",
    b"dataformatas",
    b"<a ",
    b"<iframe/",
    b"<base",
    b"<x:y ",
    b"</",
    b"/>",
    b"`",
];

/// The values of `exchanges` and then as many made of them and of fragments as `strings` asks for.
pub fn draw(exchanges: &[Exchange], seed: u64, strings: usize) -> Vec<Vec<u8>> {
    let base = values(exchanges);
    let mut random = Random::new(seed);
    let mut all = base.clone();
    while all.len() < strings && !base.is_empty() {
        all.push(match random.below(20) {
            0..=8 => mutated(&base, &mut random),
            9..=18 => fragments(&mut random),
            _ => (0..random.below(60)).map(|_| random.byte()).collect(),
        });
    }
    all
}

/// Targets, header values and bodies; and what stands in them between `&` and `=`, decoded.
fn values(exchanges: &[Exchange]) -> Vec<Vec<u8>> {
    let mut all = BTreeSet::new();
    for Exchange { request, .. } in exchanges {
        let headers = request.headers.iter().map(|(_, value)| value);
        for value in headers.chain([&request.target, &request.body]) {
            if value.len() > LONGEST {
                continue;
            }
            for piece in value.split(|b| matches!(b, b'&' | b'?')) {
                let name = piece.split(|&b| b == b'=').next().unwrap_or_default();
                let rest = piece.get(name.len() + 1..).unwrap_or_default();
                all.extend([piece, name, rest].map(decoded));
            }
            all.insert(value.clone());
        }
    }
    all.into_iter().collect()
}

fn decoded(piece: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    if Transformation::UrlDecode.apply(piece, &mut out) { out } else { piece.to_vec() }
}

fn fragments(random: &mut Random) -> Vec<u8> {
    let mut string = Vec::new();
    for _ in 0..=random.below(14) {
        string.extend_from_slice(random.pick(FRAGMENTS));
        if random.below(10) < 3 {
            string.push(b' ');
        }
    }
    string
}

fn mutated(base: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut string = base.get(random.below(base.len())).cloned().unwrap_or_default();
    for _ in 0..=random.below(4) {
        let at = random.below(string.len() + 1);
        match random.below(6) {
            0 => drop(string.splice(at..at, random.pick(FRAGMENTS).iter().copied())),
            1 => drop(string.drain(at.saturating_sub(1 + random.below(4))..at)),
            2 if at < string.len() => {
                let byte = random.byte();
                string.splice(at..=at, [byte]);
            }
            3 => string.truncate(at),
            4 => drop(string.drain(..at)),
            _ => {
                let other = base.get(random.below(base.len())).map_or(&[][..], Vec::as_slice);
                let from = random.below(other.len() + 1);
                let part = other.iter().skip(from).take(random.below(20));
                string.splice(at..at, part.copied());
            }
        }
    }
    string.truncate(2_000);
    string
}
