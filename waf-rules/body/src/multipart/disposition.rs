//! What the headers of a part say about it: name, file names, charset.

use super::{Flags, Part, Problem};
use crate::content_type::{self, ContentType, Parameter};
use crate::percent;

/// What was irregular.
#[derive(Default)]
pub(super) struct Findings {
    pub flags: Flags,
    pub problem: Option<Problem>,
}

/// Fills in `name`, `filenames` and `charset` of a part from its headers.
pub(super) fn read(part: &mut Part<'_>) -> Findings {
    let mut findings = Findings::default();
    let repeated = part.headers.iter().enumerate().any(|(at, header)| {
        part.headers.iter().take(at).any(|other| other.name().eq_ignore_ascii_case(header.name()))
    });
    if repeated {
        findings.problem = Some(Problem::Repeated);
    }
    let named = |name: &'static [u8]| {
        part.headers.iter().filter(move |h| h.name().eq_ignore_ascii_case(name))
    };
    let charset = named(b"content-type")
        .find_map(|header| ContentType::parse(header.value()).charset().map(<[u8]>::to_vec));
    let identity = [&b"7bit"[..], b"8bit", b"binary"];
    let encoded = named(b"content-transfer-encoding").any(|header| {
        !identity.iter().any(|identity| header.value().eq_ignore_ascii_case(identity))
    });
    if encoded {
        findings.problem.get_or_insert(Problem::TransferEncoding);
    }
    let mut read = Names::default();
    let mut dispositions = 0;
    for header in named(b"content-disposition") {
        dispositions += 1;
        let value = header.value();
        let end = value.iter().position(|b| b";, \t".contains(b)).unwrap_or(value.len());
        let (kind, rest) = value.split_at(end);
        if !kind.eq_ignore_ascii_case(b"form-data") {
            findings.problem.get_or_insert(Problem::Disposition);
        }
        for parameter in content_type::parameters(rest) {
            read.parameter(&parameter, &mut findings);
        }
    }
    if dispositions == 0 {
        findings.problem.get_or_insert(Problem::Disposition);
    }
    findings.flags.set_if(Flags::INVALID_PART, read.name.is_none());
    part.charset = charset;
    part.name = read.name.take();
    part.has_plain_filename = read.plain.iter().any(|name| !name.is_empty());
    part.filenames = read.into_filenames();
    findings
}

/// The names found so far.
#[derive(Default)]
struct Names {
    name: Option<Vec<u8>>,
    plain: Vec<Vec<u8>>,
    extended: Vec<Vec<u8>>,
    /// Pieces of RFC 2231 section 3, by their number.
    pieces: Vec<(u32, Vec<u8>)>,
}

impl Names {
    fn parameter(&mut self, parameter: &Parameter<'_>, findings: &mut Findings) {
        let odd = parameter.invalid_quoting || parameter.missing_semicolon;
        findings.flags.set_if(Flags::INVALID_QUOTING, odd);
        let key = parameter.name.to_ascii_lowercase();
        let value = parameter.value.as_ref();
        match key.as_slice() {
            b"name" if self.name.is_none() => self.name = Some(value.to_vec()),
            b"name" | b"name*" => {
                findings.problem.get_or_insert(Problem::Repeated);
                self.name.get_or_insert_with(|| extended(value, &mut findings.flags));
            }
            b"filename" => {
                if !self.plain.is_empty() {
                    findings.problem.get_or_insert(Problem::Repeated);
                }
                self.plain.push(value.to_vec());
            }
            b"filename*" => {
                if !self.extended.is_empty() {
                    findings.problem.get_or_insert(Problem::Repeated);
                }
                self.extended.push(extended(value, &mut findings.flags));
            }
            key => self.piece(key, value, &mut findings.flags),
        }
    }

    /// `filename*0`, `filename*1*`: RFC 7578 forbids them, some servers join them.
    fn piece(&mut self, key: &[u8], value: &[u8], flags: &mut Flags) {
        let Some(number) = key.strip_prefix(b"filename*") else { return };
        flags.set(Flags::INVALID_QUOTING);
        let (number, encoded) = match number.strip_suffix(b"*") {
            Some(number) => (number, true),
            None => (number, false),
        };
        let number = std::str::from_utf8(number).ok().and_then(|n| n.parse().ok());
        let value = match (encoded, number) {
            (true, Some(0)) => extended(value, flags),
            (true, _) => decode(value, flags),
            (false, _) => value.to_vec(),
        };
        self.pieces.push((number.unwrap_or(u32::MAX), value));
    }

    fn into_filenames(mut self) -> Vec<Vec<u8>> {
        let mut names = self.plain;
        names.append(&mut self.extended);
        if !self.pieces.is_empty() {
            self.pieces.sort_by_key(|&(number, _)| number);
            names.push(self.pieces.into_iter().flat_map(|(_, piece)| piece).collect());
        }
        names
    }
}

/// Decodes `charset'language'value` (RFC 8187). The bytes are kept in the charset they are in: what
/// matters is that the name is seen at all (CVE-2026-114101), and its ASCII part reads the same in every
/// charset that a server would take.
fn extended(value: &[u8], flags: &mut Flags) -> Vec<u8> {
    let mut parts = value.splitn(3, |&b| b == b'\'');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(charset), Some(_), Some(text)) => {
            let charset = charset.to_ascii_lowercase();
            let known = matches!(charset.as_slice(), b"utf-8" | b"iso-8859-1" | b"us-ascii");
            flags.set_if(Flags::INVALID_QUOTING, !known);
            decode(text, flags)
        }
        _ => {
            flags.set(Flags::INVALID_QUOTING);
            decode(value, flags)
        }
    }
}

fn decode(text: &[u8], flags: &mut Flags) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let invalid = percent::decode(text, false, &mut out);
    flags.set_if(Flags::INVALID_QUOTING, invalid);
    out
}
