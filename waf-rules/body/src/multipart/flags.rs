//! The irregularities of a multipart body, named as ModSecurity's `MULTIPART_*` variables.

/// A set of irregularities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u16);

impl Flags {
    /// The boundary stood in quotes.
    pub const BOUNDARY_QUOTED: Self = Self(1 << 0);
    /// Whitespace stood around the boundary parameter.
    pub const BOUNDARY_WHITESPACE: Self = Self(1 << 1);
    /// Data before the first boundary.
    pub const DATA_BEFORE: Self = Self(1 << 2);
    /// Data after the final boundary.
    pub const DATA_AFTER: Self = Self(1 << 3);
    /// A part header was folded.
    pub const HEADER_FOLDING: Self = Self(1 << 4);
    /// A header or boundary line ended in LF alone.
    pub const LF_LINE: Self = Self(1 << 5);
    /// Some header or boundary lines ended in CR LF and some in LF alone.
    pub const CRLF_LF_LINES: Self = Self(1 << 6);
    /// No semicolon before the boundary parameter.
    pub const MISSING_SEMICOLON: Self = Self(1 << 7);
    /// A parameter whose quotes servers may read differently.
    pub const INVALID_QUOTING: Self = Self(1 << 8);
    /// A part without a name.
    pub const INVALID_PART: Self = Self(1 << 9);
    /// A header folded by something other than a space or tab, or folded before any header.
    pub const INVALID_HEADER_FOLDING: Self = Self(1 << 10);
    /// More files than the limit.
    pub const FILE_LIMIT_EXCEEDED: Self = Self(1 << 11);
    /// A line that starts like a boundary but is none. Common in innocent files.
    pub const UNMATCHED_BOUNDARY: Self = Self(1 << 12);

    /// What `MULTIPART_STRICT_ERROR` sums up.
    pub const STRICT: Self = Self(
        Self::BOUNDARY_QUOTED.0
            | Self::BOUNDARY_WHITESPACE.0
            | Self::DATA_BEFORE.0
            | Self::DATA_AFTER.0
            | Self::HEADER_FOLDING.0
            | Self::LF_LINE.0
            | Self::MISSING_SEMICOLON.0
            | Self::INVALID_QUOTING.0
            | Self::INVALID_PART.0
            | Self::INVALID_HEADER_FOLDING.0
            | Self::FILE_LIMIT_EXCEEDED.0,
    );

    /// Every single flag with the SecLang variable that shows it.
    pub const NAMED: [(Self, &'static str); 13] = [
        (Self::BOUNDARY_QUOTED, "MULTIPART_BOUNDARY_QUOTED"),
        (Self::BOUNDARY_WHITESPACE, "MULTIPART_BOUNDARY_WHITESPACE"),
        (Self::DATA_BEFORE, "MULTIPART_DATA_BEFORE"),
        (Self::DATA_AFTER, "MULTIPART_DATA_AFTER"),
        (Self::HEADER_FOLDING, "MULTIPART_HEADER_FOLDING"),
        (Self::LF_LINE, "MULTIPART_LF_LINE"),
        (Self::CRLF_LF_LINES, "MULTIPART_CRLF_LF_LINES"),
        (Self::MISSING_SEMICOLON, "MULTIPART_MISSING_SEMICOLON"),
        (Self::INVALID_QUOTING, "MULTIPART_INVALID_QUOTING"),
        (Self::INVALID_PART, "MULTIPART_INVALID_PART"),
        (Self::INVALID_HEADER_FOLDING, "MULTIPART_INVALID_HEADER_FOLDING"),
        (Self::FILE_LIMIT_EXCEEDED, "MULTIPART_FILE_LIMIT_EXCEEDED"),
        (Self::UNMATCHED_BOUNDARY, "MULTIPART_UNMATCHED_BOUNDARY"),
    ];

    /// True when every flag of `other` is set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// True when a flag of `other` is set.
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The SecLang names of the flags that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMED.into_iter().filter(move |&(flag, _)| self.contains(flag)).map(|(_, name)| name)
    }

    pub(crate) fn set(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(crate) fn set_if(&mut self, other: Self, condition: bool) {
        if condition {
            self.set(other);
        }
    }
}
