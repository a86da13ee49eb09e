//! The walk over the lines of a multipart body.

use super::lines::{Kind, Line, LineEnd, Lines, kind};
use super::{Flags, Header, Limits, Multipart, Part, Problem, disposition};
use std::borrow::Cow;

struct Parser<'a, 'r> {
    boundary: &'r [u8],
    body: &'a [u8],
    limits: &'r Limits,
    lines: Lines<'a>,
    out: &'r mut Multipart<'a>,
    seen_crlf: bool,
    files: usize,
}

/// What ended a part or the preamble.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Delimiter,
    Final,
    Body,
}

pub(super) fn parse<'a>(boundary: &[u8], body: &'a [u8], limits: &Limits, out: &mut Multipart<'a>) {
    let lines = Lines::new(body);
    let mut parser = Parser { boundary, body, limits, lines, out, seen_crlf: false, files: 0 };
    parser.run();
    let mixed = parser.seen_crlf && parser.out.flags.contains(Flags::LF_LINE);
    parser.out.flags.set_if(Flags::CRLF_LF_LINES, mixed);
}

impl<'a> Parser<'a, '_> {
    fn run(&mut self) {
        let (preamble, mut ending) = self.skip_past_boundary();
        self.out.flags.set_if(Flags::DATA_BEFORE, !preamble.is_empty());
        while ending == Ending::Delimiter {
            if self.out.parts.len() >= self.limits.parts {
                self.note(Problem::Parts);
                return;
            }
            ending = self.part();
        }
        match ending {
            // A browser sends a form without fields as nothing but the final boundary.
            Ending::Body if self.out.parts.is_empty() => self.note(Problem::NoParts),
            Ending::Body => self.note(Problem::FinalBoundaryMissing),
            Ending::Final => self.epilogue(),
            Ending::Delimiter => {}
        }
    }

    fn note(&mut self, problem: Problem) {
        self.out.problem.get_or_insert(problem);
    }

    /// Notes how a line that belongs to the structure ended.
    fn note_end(&mut self, end: LineEnd) {
        match end {
            LineEnd::CrLf => self.seen_crlf = true,
            LineEnd::Lf => self.out.flags.set(Flags::LF_LINE),
            LineEnd::None => {}
        }
    }

    /// Skips to the next boundary: the bytes before it, without the line end that belongs to it.
    fn skip_past_boundary(&mut self) -> (&'a [u8], Ending) {
        let start = self.lines.at();
        loop {
            self.lines.skip_to_dashes();
            let Some(line) = self.lines.next() else {
                return (self.body.get(start..).unwrap_or_default(), Ending::Body);
            };
            if let Some(ending) = self.judge(&line) {
                return (self.before(start, &line), ending);
            }
        }
    }

    /// The bytes before a boundary line; the line end between belongs to the boundary.
    fn before(&mut self, start: usize, line: &Line<'a>) -> &'a [u8] {
        match self.body.get(start..line.start).unwrap_or_default() {
            [content @ .., b'\r', b'\n'] => content,
            [content @ .., b'\n'] => {
                // To a strict server this boundary is none.
                self.note_end(LineEnd::Lf);
                content
            }
            content => content,
        }
    }

    /// What a line ends, if it is a boundary.
    fn judge(&mut self, line: &Line<'a>) -> Option<Ending> {
        let (ending, padded) = match kind(line.text, self.boundary) {
            Kind::Other => return None,
            Kind::Unmatched => {
                self.out.flags.set(Flags::UNMATCHED_BOUNDARY);
                return None;
            }
            Kind::Doubtful => {
                self.note(Problem::BoundaryLine);
                return None;
            }
            Kind::Delimiter { padded } => (Ending::Delimiter, padded),
            Kind::Final { padded } => (Ending::Final, padded),
        };
        self.out.flags.set_if(Flags::BOUNDARY_WHITESPACE, padded);
        self.note_end(line.end);
        Some(ending)
    }

    fn part(&mut self) -> Ending {
        let mut part = Part::default();
        let ending = match self.headers(&mut part) {
            Some(ending) => ending,
            None => {
                let (content, ending) = self.skip_past_boundary();
                part.content = content;
                ending
            }
        };
        // The final boundary may be missing, and nothing but the end follow the last delimiter.
        if ending == Ending::Body && part.headers.is_empty() && part.content.is_empty() {
            return ending;
        }
        let findings = disposition::read(&mut part);
        self.out.flags.set(findings.flags);
        if let Some(problem) = findings.problem {
            self.note(problem);
        }
        self.files += usize::from(part.may_be_file());
        self.out.flags.set_if(Flags::FILE_LIMIT_EXCEEDED, self.files > self.limits.files);
        self.out.parts.push(part);
        ending
    }

    /// Reads header lines up to the blank one. Some when a boundary or the end of the body came first.
    fn headers(&mut self, part: &mut Part<'a>) -> Option<Ending> {
        loop {
            let Some(line) = self.lines.next() else {
                self.note(Problem::Header);
                return Some(Ending::Body);
            };
            if line.text.is_empty() {
                self.note_end(line.end);
                return None;
            }
            if let Some(ending) = self.judge(&line) {
                self.note(Problem::Header);
                return Some(ending);
            }
            self.note_end(line.end);
            self.header(part, &line);
        }
    }

    fn header(&mut self, part: &mut Part<'a>, line: &Line<'a>) {
        let folded = matches!(line.text, [b' ' | b'\t' | 0x0B | 0x0C | b'\r', ..]);
        if folded {
            self.out.flags.set(Flags::HEADER_FOLDING);
            let odd = !matches!(line.text, [b' ' | b'\t', ..]) || part.headers.is_empty();
            self.out.flags.set_if(Flags::INVALID_HEADER_FOLDING, odd);
        }
        match part.headers.last_mut() {
            Some(last) if folded => {
                if last.line.len() + line.text.len() > self.limits.header_bytes {
                    self.note(Problem::HeaderLimit);
                    return;
                }
                let control = has_control(line.text);
                last.line.to_mut().extend_from_slice(line.text);
                if last.colon + line.text.len() == last.line.len() {
                    last.colon = memchr::memchr(b':', &last.line).unwrap_or(last.line.len());
                }
                if control {
                    self.note(Problem::Header);
                }
            }
            Some(_) | None => {
                let over = part.headers.len() >= self.limits.headers
                    || line.text.len() > self.limits.header_bytes;
                if over {
                    self.note(Problem::HeaderLimit);
                    return;
                }
                let colon = memchr::memchr(b':', line.text);
                if folded || !is_header(line.text, colon) {
                    self.note(Problem::Header);
                }
                let colon = colon.unwrap_or(line.text.len());
                part.headers.push(Header { line: Cow::Borrowed(line.text), colon });
            }
        }
    }

    fn epilogue(&mut self) {
        let rest = self.body.get(self.lines.at()..).unwrap_or_default();
        self.out.flags.set_if(Flags::DATA_AFTER, !rest.is_empty());
        loop {
            self.lines.skip_to_dashes();
            let Some(line) = self.lines.next() else { return };
            if !matches!(kind(line.text, self.boundary), Kind::Other | Kind::Unmatched) {
                self.note(Problem::BoundaryLine);
                return;
            }
        }
    }
}

/// RFC 9110 sections 5.5 and 5.6.2: a name is visible ASCII up to the colon, and no control character but a
/// tab has a place in a header.
fn is_header(text: &[u8], colon: Option<usize>) -> bool {
    let name = colon.and_then(|colon| text.get(..colon)).unwrap_or_default();
    !name.is_empty() && name.iter().all(u8::is_ascii_graphic) && !has_control(text)
}

fn has_control(text: &[u8]) -> bool {
    text.iter().any(|&b| b != b'\t' && b.is_ascii_control())
}
