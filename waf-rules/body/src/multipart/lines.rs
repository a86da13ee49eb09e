//! The lines of a multipart body and what each may be.

/// One line with where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// The bytes before the line end.
    pub text: &'a [u8],
    /// Where the line starts in the body.
    pub start: usize,
    pub end: LineEnd,
}

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    CrLf,
    Lf,
    /// The body ended.
    None,
}

/// Splits at every LF; a CR before it belongs to the line end.
pub(super) struct Lines<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self { body, at: 0 }
    }

    /// Moves on to the next line, from the present place, that starts with `--`; the lines between are
    /// not looked at.
    pub(super) fn skip_to_dashes(&mut self) {
        let rest = self.body.get(self.at..).unwrap_or_default();
        if rest.starts_with(b"--") {
            return;
        }
        self.at = match memchr::memmem::find(rest, b"\n--") {
            Some(found) => self.at + found + 1,
            None => self.body.len(),
        };
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let rest = self.body.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let (text, length, end) = match memchr::memchr(b'\n', rest) {
            None => (rest, rest.len(), LineEnd::None),
            Some(lf) => match &rest[..lf] {
                [text @ .., b'\r'] => (text, lf + 1, LineEnd::CrLf),
                text => (text, lf + 1, LineEnd::Lf),
            },
        };
        self.at = start + length;
        Some(Line { text, start, end })
    }
}

/// What a line is to a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// No boundary.
    Other,
    /// Starts with `--` but is not the boundary.
    Unmatched,
    /// Starts with the boundary, but something that is not blank follows: servers disagree whether it
    /// is one.
    Doubtful,
    /// Between parts.
    Delimiter { padded: bool },
    /// After the last part.
    Final { padded: bool },
}

/// Judges a line.
pub(super) fn kind(text: &[u8], boundary: &[u8]) -> Kind {
    let Some(after) = text.strip_prefix(b"--") else { return Kind::Other };
    let Some(rest) = after.strip_prefix(boundary) else { return Kind::Unmatched };
    let (rest, is_final) = match rest.strip_prefix(b"--") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    if !rest.iter().all(|b| matches!(b, b' ' | b'\t')) {
        return Kind::Doubtful;
    }
    let padded = !rest.is_empty();
    if is_final { Kind::Final { padded } } else { Kind::Delimiter { padded } }
}
