//! Logs: where they go, in which format, and what they never show.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::files::{InputFile, OutputFile};
use crate::{ByteSize, Duration, defaults};

/// Logs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// One JSON line an exchange.
    pub access_log: Log,
    /// One JSON line an exchange in which a WAF rule matched.
    pub waf_log: Log,
    /// One record an exchange that a `waf` filter's rules want audited. Absent: as the rule text says (`SecAuditLog` and
    /// its kin), which is nowhere where it says nothing.
    pub audit_log: Option<AuditLog>,
    /// What no log shows, beside the names of passwords, tokens, sessions and cookies that are built in.
    pub redact: Redact,
    /// How much the program says about itself, on stderr. Read at start only.
    pub log_level: LogLevel,
}

/// A log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Where its lines go.
    pub to: LogTarget,
    /// When a file is begun anew; absent: it grows until somebody renames it.
    pub rotate: Option<Rotate>,
}

/// Where the lines of a log go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogTarget {
    /// Standard output.
    #[default]
    Stdout,
    /// Nowhere.
    Off,
    /// Appended to a file. Relative to the document.
    File(#[schemars(with = "OutputFile")] PathBuf),
}

/// When a log file is begun anew: `NAME` becomes `NAME.1`, `NAME.1` becomes `NAME.2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rotate {
    /// Size it may reach; at least 64KiB.
    pub size: ByteSize,
    /// How many renamed files are kept.
    #[schemars(range(min = 0, max = 1000))]
    pub keep: u32,
}

impl Default for Rotate {
    fn default() -> Self {
        Self { size: defaults::LOG_ROTATE, keep: defaults::LOG_KEEP }
    }
}

/// The audit log of `waf` filters. What a key says counts before the directive of the same meaning; what no key says is as
/// the rule text has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuditLog {
    /// Where its records go.
    pub to: AuditTarget,
    /// How they are written; absent: as `SecAuditLogFormat` says, else `json`.
    pub format: Option<AuditFormat>,
    /// Which exchanges are recorded; absent: as `SecAuditEngine` says, else `relevant_only`.
    pub engine: Option<AuditEngine>,
    /// Sections of a record, as `SecAuditLogParts` writes them: `ABCFHKZ`; absent: as that says, else `ABFHJKZ`.
    pub parts: Option<String>,
    /// Pattern of the statuses that make an exchange relevant; absent: as `SecAuditLogRelevantStatus` says, else an
    /// exchange is relevant when a rule with `auditlog` matched.
    pub relevant_status: Option<String>,
    /// When a file is begun anew; absent: it grows until somebody renames it.
    pub rotate: Option<Rotate>,
}

/// Where audit records go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditTarget {
    /// Standard output.
    #[default]
    Stdout,
    /// Nowhere, whatever the rule text says.
    Off,
    /// Appended to a file. Relative to the document.
    File(#[schemars(with = "OutputFile")] PathBuf),
    /// Posted to an OpenTelemetry collector.
    Otlp(Otlp),
}

/// An OpenTelemetry collector that takes logs as OTLP/HTTP with JSON.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Otlp {
    /// URL the records are posted to: `http://127.0.0.1:4318/v1/logs`.
    pub endpoint: String,
    /// Header lines sent along, such as a token of the collector.
    #[serde(default)]
    pub headers: std::collections::BTreeMap<String, String>,
    /// Authorities an `https` collector is proven by, PEM; absent: those of the operating system. Relative to the
    /// document.
    #[serde(default)]
    #[schemars(with = "Option<InputFile>")]
    pub ca: Option<PathBuf>,
    /// Longest wait for the collector's answer.
    #[serde(default = "defaults::otlp_timeout")]
    pub timeout: Duration,
    /// Most records of one request.
    #[serde(default = "defaults::otlp_batch")]
    #[schemars(range(min = 1, max = 10_000))]
    pub batch: u32,
}

/// How audit records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditFormat {
    /// A line of JSON, as Coraza's `JSON`.
    Json,
    /// A line of JSON with few fields, as Coraza's `JsonLegacy`.
    JsonLegacy,
    /// Sections between boundaries, as ModSecurity's and Coraza's `Native`.
    Native,
    /// A line of JSON: OCSF 1.2 Web Resources Activity.
    Ocsf,
    /// A line of JSON: OpenTelemetry's LogsData.
    Otlp,
}

/// Which exchanges are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditEngine {
    /// All.
    On,
    /// None, unless a rule asks for one (`ctl:auditEngine`).
    Off,
    /// Those with a relevant status, or in which a rule that is to be audited matched.
    RelevantOnly,
}

/// What no log shows. Names in any case of letters; percent-encoded ones and parts of `user[password]` and
/// `json.user.password` count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Redact {
    /// Arguments, in queries, forms, JSON, multipart and XML bodies.
    pub arguments: Vec<String>,
    /// Headers of requests and responses.
    pub headers: Vec<String>,
    /// Cookies. The values of all cookies are hidden where they are cookies; these are hidden under their names elsewhere
    /// too.
    pub cookies: Vec<String>,
    /// Regular expressions; what they match is hidden wherever it stands.
    pub patterns: Vec<String>,
}

impl Redact {
    /// Most names of one kind, and most patterns.
    pub const ENTRIES_MAX: usize = 1000;
    /// Longest name and pattern, in bytes.
    pub const ENTRY_BYTES_MAX: usize = 256;
}

/// How much the program says about itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Only what failed.
    Error,
    /// And what is suspicious.
    Warn,
    /// And what changed.
    #[default]
    Info,
    /// And what helps to find a fault.
    Debug,
    /// Everything.
    Trace,
}
