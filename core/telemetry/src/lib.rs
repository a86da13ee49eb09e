//! What the gateway tells its operator: metrics, the access log, WAF events and the program's own log.
//!
//! This crate decides nothing about traffic and opens no socket but that to a collector of logs. It fixes the names and label sets of
//! metrics, the shape of log lines, what is redacted in them, and that writing them never makes an
//! exchange wait: a full queue drops lines and counts them.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

mod access;
mod audit;
mod clock;
mod json;
pub mod metrics;
mod otlp;
mod program_log;
mod redact;
mod sink;
mod waf_event;

pub use access::{AccessRecord, Durations, Flag, Flags, NoteValue, TlsFacts};
pub use audit::{
    AuditMessage, AuditProducer, AuditRecord, AuditRequest, AuditResponse, AuditSeverity,
    AuditUpload, Shown, ShownPair,
};
pub use clock::Timestamp;
pub use metrics::Metrics;
pub use program_log::{LogFormat, ProgramLog, ProgramLogError};
pub use redact::{Hidden, HiddenBytes, LITERAL_BYTES_MIN, REDACTED, Redactor};
pub use sink::{Destination, LogCounters, LogSink, SinkLimits};
pub use waf_event::{Scores, WafAction, WafEvent, WafMatch};
