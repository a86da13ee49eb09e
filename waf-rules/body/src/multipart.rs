//! `multipart/form-data` (RFC 7578, RFC 2046) read as the most lenient server would, with every
//! irregularity that makes servers disagree reported under the name ModSecurity gives it.
//!
//! Content and header bytes are never altered: line breaks inside a value stay, every part keeps its own
//! headers and charset, and a part has all the file names that any server might take for it.

mod disposition;
mod flags;
mod lines;
mod parser;
#[cfg(test)]
mod tests;

pub use flags::Flags;

use crate::ContentType;
use std::borrow::Cow;

/// What a parse may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Parts kept.
    pub parts: usize,
    /// Parts with a file name; more set [`Flags::FILE_LIMIT_EXCEEDED`].
    pub files: usize,
    /// Header lines of one part.
    pub headers: usize,
    /// Bytes of one header line, folded lines joined.
    pub header_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { parts: 1000, files: 100, headers: 64, header_bytes: 4096 }
    }
}

/// Why a body is not a whole, unambiguous multipart body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// The content type has no boundary, or an empty one, or one longer than RFC 2046 allows.
    Boundary,
    /// The content type has more than one boundary.
    BoundaryRepeated,
    /// The boundary has a character that RFC 2046 does not allow.
    BoundaryCharacters,
    /// A boundary line with something after the boundary, or a second final one.
    BoundaryLine,
    /// The body ended without the final boundary.
    FinalBoundaryMissing,
    /// The body has no part, and not even the final boundary of an empty form.
    NoParts,
    /// A part whose headers are not `name: value` lines.
    Header,
    /// A part with a header twice, or a parameter of its disposition twice.
    Repeated,
    /// A part without `Content-Disposition: form-data`.
    Disposition,
    /// A part in a transfer encoding: RFC 7578 section 4.7 forbids it, some servers decode it all the same.
    TransferEncoding,
    /// More than [`Limits::parts`].
    Parts,
    /// More than [`Limits::headers`] or [`Limits::header_bytes`].
    HeaderLimit,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Boundary => "multipart: no valid boundary in the content type",
            Self::BoundaryRepeated => "multipart: more than one boundary in the content type",
            Self::BoundaryCharacters => "multipart: invalid character in the boundary",
            Self::BoundaryLine => "multipart: invalid boundary line",
            Self::FinalBoundaryMissing => "multipart: final boundary is missing",
            Self::NoParts => "multipart: no part",
            Self::Header => "multipart: invalid part header",
            Self::Repeated => "multipart: repeated part header or parameter",
            Self::Disposition => "multipart: part without form-data disposition",
            Self::TransferEncoding => "multipart: part in a transfer encoding",
            Self::Parts => "multipart: too many parts",
            Self::HeaderLimit => "multipart: part headers over their limit",
        })
    }
}

/// One header line of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// The whole line as received, without its end; folded lines joined by what folded them.
    pub line: Cow<'a, [u8]>,
    /// Where the colon stands in `line`; the length of the line when there is none.
    pub colon: usize,
}

impl Header<'_> {
    /// The name, as written, without whitespace around it.
    pub fn name(&self) -> &[u8] {
        self.line.get(..self.colon).unwrap_or_default().trim_ascii()
    }

    /// The value without whitespace around it.
    pub fn value(&self) -> &[u8] {
        self.line.get(self.colon + 1..).unwrap_or_default().trim_ascii()
    }
}

/// One part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part<'a> {
    /// All header lines in order.
    pub headers: Vec<Header<'a>>,
    /// The `name` parameter; the first, where there are several.
    pub name: Option<Vec<u8>>,
    /// Every file name the part may be taken to have: `filename`, `filename*` (decoded whatever its
    /// charset) and joined continuations, in the order of the header.
    pub filenames: Vec<Vec<u8>>,
    /// One of the file names is that of a `filename` parameter, and is not empty.
    pub has_plain_filename: bool,
    /// The charset parameter of the part's own content type.
    pub charset: Option<Vec<u8>>,
    /// The bytes between the headers and the next boundary.
    pub content: &'a [u8],
}

impl Part<'_> {
    /// True when some server would take the part for a file.
    pub fn may_be_file(&self) -> bool {
        self.filenames.iter().any(|name| !name.is_empty())
    }

    /// True when some server would take the content for a value: one that knows no `filename*` (RFC 7578
    /// section 4.2 forbids it), or that takes an empty file name for none.
    pub fn may_be_value(&self) -> bool {
        !self.has_plain_filename
    }
}

/// A multipart body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Multipart<'a> {
    /// The parts, as far as they could be read.
    pub parts: Vec<Part<'a>>,
    /// What servers may disagree about.
    pub flags: Flags,
    /// The first thing that was wrong.
    pub problem: Option<Problem>,
}

impl Multipart<'_> {
    /// ModSecurity's `MULTIPART_STRICT_ERROR`: a problem, or any flag that is part of it.
    pub fn strict_error(&self) -> bool {
        self.problem.is_some() || self.flags.intersects(Flags::STRICT)
    }
}

/// The longest boundary (RFC 2046 section 5.1.1).
const BOUNDARY_BYTES: usize = 70;

/// Reads `body` by the boundary of its content type.
pub fn parse<'a>(content_type: &ContentType<'_>, body: &'a [u8], limits: &Limits) -> Multipart<'a> {
    let mut multipart = Multipart::default();
    let (boundary, flags, problem) = boundary(content_type);
    multipart.flags = flags;
    multipart.problem = problem;
    if let Some(boundary) = boundary {
        parser::parse(&boundary, body, limits, &mut multipart);
    }
    multipart
}

/// The boundary to use, and what is wrong with it. A wrong one is used all the same, as far as it can
/// be: a lenient server would.
fn boundary(content_type: &ContentType<'_>) -> (Option<Vec<u8>>, Flags, Option<Problem>) {
    let mut flags = Flags::default();
    let mut all = content_type.all("boundary");
    let Some(first) = all.next() else { return (None, flags, Some(Problem::Boundary)) };
    flags.set_if(Flags::BOUNDARY_QUOTED, first.quoted);
    flags.set_if(Flags::BOUNDARY_WHITESPACE, first.whitespace);
    flags.set_if(Flags::MISSING_SEMICOLON, first.missing_semicolon);
    let odd = content_type.parameters.iter().any(|parameter| parameter.invalid_quoting);
    flags.set_if(Flags::INVALID_QUOTING, odd);
    let value = first.value.as_ref();
    // A name such as `boundary*` or `boundary*0` (RFC 2231) is a boundary to some servers.
    let others = content_type.parameters.iter().filter(|p| {
        let head = p.name.get(..8).unwrap_or_default();
        head.eq_ignore_ascii_case(b"boundary")
    });
    let problem = if others.count() > 1 {
        Some(Problem::BoundaryRepeated)
    } else if value.is_empty() || value.len() > BOUNDARY_BYTES {
        Some(Problem::Boundary)
    } else if !value.iter().all(|&b| is_boundary_byte(b)) || value.last() == Some(&b' ') {
        Some(Problem::BoundaryCharacters)
    } else {
        None
    };
    let usable = !value.is_empty() && !value.contains(&b'\n');
    (usable.then(|| value.to_vec()), flags, problem)
}

/// RFC 2046 section 5.1.1, `bchars`.
fn is_boundary_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte)
}
