//! What rule text says of the audit log: parts, format, file, relevant statuses. Whether and where a record is written is
//! decided by whoever runs the transaction.

use std::fmt;

use crate::ast::AuditMode;
use crate::bits::BitSet;

/// Sections of an audit record, by the letters of `SecAuditLogParts`. A and Z are always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditPart {
    /// A: time, number, addresses.
    Header,
    /// B: request line and headers.
    RequestHeaders,
    /// C: request body.
    RequestBody,
    /// D: reserved, never filled.
    IntermediaryResponseHeaders,
    /// E: response body as far as it was held for inspection.
    ResponseBody,
    /// F: response status and headers.
    ResponseHeaders,
    /// G: reserved, never filled.
    FinalResponseBody,
    /// H: messages, engine mode, stopwatch, rule sets.
    Trailer,
    /// I: as C, but of a multipart form the fields only, without what files contain.
    RequestForm,
    /// J: names and sizes of uploaded files.
    Files,
    /// K: rules that matched.
    Rules,
    /// Z: the end.
    End,
}

impl AuditPart {
    /// All parts, in the order they are written.
    pub const ALL: [Self; 12] = [
        Self::Header,
        Self::RequestHeaders,
        Self::RequestBody,
        Self::IntermediaryResponseHeaders,
        Self::ResponseBody,
        Self::ResponseHeaders,
        Self::FinalResponseBody,
        Self::Trailer,
        Self::RequestForm,
        Self::Files,
        Self::Rules,
        Self::End,
    ];

    /// Its letter.
    pub const fn letter(self) -> u8 {
        if matches!(self, Self::End) { b'Z' } else { b'A' + self as u8 }
    }

    fn of(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|part| char::from(part.letter()) == letter)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A set of [`AuditPart`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuditParts(u16);

impl Default for AuditParts {
    /// `ABCFHZ`, as the reference engine has it.
    fn default() -> Self {
        let parts = [
            AuditPart::RequestHeaders,
            AuditPart::RequestBody,
            AuditPart::ResponseHeaders,
            AuditPart::Trailer,
        ];
        parts.into_iter().fold(Self::FRAME, |set, part| Self(set.0 | part.bit()))
    }
}

impl AuditParts {
    const FRAME: Self = Self(AuditPart::Header.bit() | AuditPart::End.bit());

    /// Reads `ABCFHZ`: begins with A, ends with Z, letters in any order between.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let inner = text
            .strip_prefix('A')
            .ok_or_else(|| format!("audit log parts `{text}` do not begin with A"))?
            .strip_suffix('Z')
            .ok_or_else(|| format!("audit log parts `{text}` do not end with Z"))?;
        Self::FRAME.with(inner)
    }

    /// Whether a part is in the set.
    pub const fn contains(self, part: AuditPart) -> bool {
        self.0 & part.bit() != 0
    }

    /// The parts in the order they are written.
    pub fn iter(self) -> impl Iterator<Item = AuditPart> {
        AuditPart::ALL.into_iter().filter(move |part| self.contains(*part))
    }

    fn with(self, letters: &str) -> Result<Self, String> {
        letters.chars().try_fold(self, |set, letter| match AuditPart::of(letter) {
            Some(AuditPart::Header | AuditPart::End) => {
                Err("audit log parts A and Z are always there".to_owned())
            }
            Some(part) => Ok(Self(set.0 | part.bit())),
            None => Err(format!("`{letter}` is not an audit log part; parts are A to K and Z")),
        })
    }
}

impl fmt::Display for AuditParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|part| write!(f, "{}", char::from(part.letter())))
    }
}

/// `ctl:auditLogParts`: `+E` adds, `-C` takes away, `ABFHZ` replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum PartsChange {
    Add(AuditParts),
    Remove(AuditParts),
    Replace(AuditParts),
}

impl PartsChange {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let none = AuditParts(0);
        match (text.strip_prefix('+'), text.strip_prefix('-')) {
            (Some(added), _) => none.with(added).map(Self::Add),
            (_, Some(removed)) => none.with(removed).map(Self::Remove),
            (None, None) => AuditParts::parse(text).map(Self::Replace),
        }
    }

    pub(crate) const fn apply(self, parts: AuditParts) -> AuditParts {
        match self {
            Self::Add(added) => AuditParts(parts.0 | added.0),
            Self::Remove(removed) => AuditParts(parts.0 & !removed.0),
            Self::Replace(parts) => parts,
        }
    }
}

/// `SecAuditLogFormat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditFormat {
    /// `JSON`.
    Json,
    /// `JsonLegacy`.
    JsonLegacy,
    /// `Native`.
    Native,
    /// `OCSF`.
    Ocsf,
}

impl AuditFormat {
    pub(crate) const NAMES: [(&'static str, Self); 4] = [
        ("JSON", Self::Json),
        ("JsonLegacy", Self::JsonLegacy),
        ("Native", Self::Native),
        ("OCSF", Self::Ocsf),
    ];
}

/// Why a directive about the audit log is not followed, where what it asks for is not what happens anyway.
pub(crate) fn unheeded(name: &str, value: &str) -> Option<String> {
    let is = |known: &str| value.eq_ignore_ascii_case(known);
    match name {
        "SecAuditLogType" if !is("Serial") => Some(format!(
            "audit records are written one after the other into one log, not as `{value}` asks"
        )),
        "SecAuditLogStorageDir" => {
            Some("audit records are not written to files of their own".into())
        }
        "SecAuditLog2" => Some("there is no second audit log".into()),
        "SecAuditLogDirMode" => Some("no folder is made for audit records".into()),
        "SecAuditLogFileMode" if !is("0640") && !is("default") => {
            Some(format!("the audit log is made with mode 0640, not {value}"))
        }
        _ => None,
    }
}

/// Statuses that make an exchange relevant (`SecAuditLogRelevantStatus`): the pattern is run at load over every status
/// there is, so that none is run for an exchange.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statuses(BitSet);

impl Statuses {
    pub(crate) fn that(matches: impl Fn(&str) -> bool) -> Self {
        let mut set = BitSet::default();
        for status in (0..1000_usize).filter(|status| matches(&status.to_string())) {
            set.insert(status);
        }
        Self(set)
    }

    pub(crate) fn contains(&self, status: u16) -> bool {
        self.0.contains(usize::from(status))
    }
}

/// What the directives of a rule set say of its audit log.
#[derive(Debug, Clone, Default)]
pub(crate) struct AuditSettings {
    pub(crate) mode: AuditMode,
    /// Whether a rule may turn the audit log on (`ctl:auditEngine`).
    pub(crate) turned_by_rules: bool,
    pub(crate) relevant: Option<Statuses>,
    pub(crate) parts: AuditParts,
    /// `SecAuditLog`, as written.
    pub(crate) path: Option<String>,
    pub(crate) format: Option<AuditFormat>,
}

#[cfg(test)]
mod tests {
    use super::{AuditParts, PartsChange, Statuses};

    #[test]
    fn parts_are_read_and_written_in_order() {
        for (text, expected) in [
            ("AZ", Ok("AZ")),
            ("ABCFHZ", Ok("ABCFHZ")),
            ("AKJIHBZ", Ok("ABHIJKZ")),
            ("ABBZ", Ok("ABZ")),
            ("BZ", Err("audit log parts `BZ` do not begin with A")),
            ("AB", Err("audit log parts `AB` do not end with Z")),
            ("ALZ", Err("`L` is not an audit log part; parts are A to K and Z")),
            ("AaZ", Err("`a` is not an audit log part; parts are A to K and Z")),
            ("AAZ", Err("audit log parts A and Z are always there")),
        ] {
            let parts = AuditParts::parse(text).map(|parts| parts.to_string());
            assert_eq!(parts.as_deref().map_err(String::as_str), expected, "{text}");
        }
        assert_eq!(AuditParts::default().to_string(), "ABCFHZ");
    }

    #[test]
    fn changes_keep_the_frame() {
        for (change, expected) in [
            ("+E", Ok("ABCEFHZ")),
            ("+EK", Ok("ABCEFHKZ")),
            ("-C", Ok("ABFHZ")),
            ("-CBFHK", Ok("AZ")),
            ("ABZ", Ok("ABZ")),
            ("-A", Err("audit log parts A and Z are always there")),
            ("+Y", Err("`Y` is not an audit log part; parts are A to K and Z")),
            ("E", Err("audit log parts `E` do not begin with A")),
        ] {
            let changed = PartsChange::parse(change)
                .map(|change| change.apply(AuditParts::default()).to_string());
            assert_eq!(changed.as_deref().map_err(String::as_str), expected, "{change}");
        }
    }

    #[test]
    fn statuses_are_a_set() {
        let set = Statuses::that(|status| status.starts_with('5'));
        assert!(set.contains(500) && set.contains(5) && !set.contains(404) && !set.contains(5000));
    }
}
