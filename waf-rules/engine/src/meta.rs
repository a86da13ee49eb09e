//! What is known of a rule beside what it does.

use std::fmt;
use std::sync::Arc;

/// A SecLang phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// 1: request line and headers are known.
    RequestHeaders,
    /// 2: the request body is known, or that there is none.
    RequestBody,
    /// 3: response status and headers are known.
    ResponseHeaders,
    /// 4: the response body is known as far as it is inspected.
    ResponseBody,
    /// 5: the exchange is over.
    Logging,
}

impl Phase {
    /// All phases in order.
    pub const ALL: [Self; 5] = [
        Self::RequestHeaders,
        Self::RequestBody,
        Self::ResponseHeaders,
        Self::ResponseBody,
        Self::Logging,
    ];

    /// 1 to 5.
    pub const fn number(self) -> u8 {
        self.index() as u8 + 1
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "1" => Self::RequestHeaders,
            "2" | "request" => Self::RequestBody,
            "3" => Self::ResponseHeaders,
            "4" | "response" => Self::ResponseBody,
            "5" | "logging" => Self::Logging,
            _ => return None,
        })
    }
}

/// Severity as syslog counts it: 0 is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// 0.
    Emergency,
    /// 1.
    Alert,
    /// 2.
    Critical,
    /// 3.
    Error,
    /// 4.
    Warning,
    /// 5.
    Notice,
    /// 6.
    Info,
    /// 7.
    Debug,
}

impl Severity {
    pub(crate) const ALL: [(Self, &'static str); 8] = [
        (Self::Emergency, "EMERGENCY"),
        (Self::Alert, "ALERT"),
        (Self::Critical, "CRITICAL"),
        (Self::Error, "ERROR"),
        (Self::Warning, "WARNING"),
        (Self::Notice, "NOTICE"),
        (Self::Info, "INFO"),
        (Self::Debug, "DEBUG"),
    ];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Ok(number) = text.parse::<usize>() {
            return Self::ALL.get(number).map(|(severity, _)| *severity);
        }
        Self::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(s, _)| *s)
    }

    /// Upper-case name such as `CRITICAL`.
    pub fn name(self) -> &'static str {
        Self::ALL.get(self as usize).map_or("", |(_, name)| *name)
    }

    /// 0 to 7.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a rule says of itself. Shared by all its matches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RuleMeta {
    /// `id`.
    pub id: u64,
    /// Virtual file the rule stands in.
    pub file: Arc<str>,
    /// Line of its directive, from 1.
    pub line: u32,
    /// When it runs.
    pub phase: Phase,
    /// `msg` as written, macros unexpanded; empty where absent.
    pub message: String,
    /// `tag`, in order.
    pub tags: Vec<Arc<str>>,
    /// `severity`.
    pub severity: Option<Severity>,
    /// `ver`; empty where absent.
    pub version: Arc<str>,
    /// `rev`; empty where absent.
    pub revision: Arc<str>,
    /// `maturity`.
    pub maturity: Option<u8>,
    /// `accuracy`.
    pub accuracy: Option<u8>,
    /// The directive as written, continuations joined; of a chain, its first.
    pub raw: Arc<str>,
    /// Operator as written such as `@rx ^a`, bounded; `unconditionalMatch` for a `SecAction`.
    pub operator: String,
    /// The paranoia level its tags name (`paranoia-level/N`), where they do.
    pub paranoia_level: Option<u8>,
}
