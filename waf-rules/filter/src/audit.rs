//! The audit log of a filter: where its records go, which exchanges have one, and what is in it.

mod body;
mod hiding;

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use portcullis_config::{self as config, AuditEngine, AuditFormat, AuditTarget, Diagnostic};
use portcullis_filter::Exchange;
use portcullis_telemetry::{
    AuditMessage, AuditProducer, AuditRecord, AuditRequest, AuditResponse, AuditSeverity,
    AuditUpload, LogSink, Redactor, ShownPair, Timestamp,
};
use portcullis_waf_engine as engine;
use portcullis_waf_engine::{
    Audit, AuditPart, CompileOptions, RuleMatch, RuleSet, Sources, Transaction,
};

use crate::WafParts;
pub(crate) use hiding::{hidden, is_expanded, quotes_hidden, secrets};

/// Sections of a record where neither a key nor a directive says it.
const PARTS: &str = "ABFHJKZ";

/// Opens the log an operator or a rule set asks for; none when it is off.
pub type OpenAudit<'a> = &'a dyn Fn(&config::AuditLog) -> io::Result<Option<Arc<LogSink>>>;

/// Where audit records go.
#[derive(Clone, Copy)]
pub struct AuditSource<'a> {
    /// What the operator wrote; none leaves it to the rule text.
    pub written: Option<&'a config::AuditLog>,
    /// Opens a log.
    pub open: OpenAudit<'a>,
}

impl std::fmt::Debug for AuditSource<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditSource").field("written", &self.written).finish_non_exhaustive()
    }
}

/// Problems of the keys that are directives under another name; paths begin at `at`.
#[must_use]
pub fn check_audit(written: &config::AuditLog, at: &str) -> Vec<Diagnostic> {
    let Some(pattern) = &written.relevant_status else { return Vec::new() };
    let path = format!("{at}.relevant_status");
    if pattern.chars().any(char::is_control) || pattern.ends_with('\\') {
        return vec![Diagnostic::error(path, "the pattern cannot stand in a line of rule text")];
    }
    let sources = Sources::new("audit", relevant_status(pattern));
    let problems = RuleSet::compile(&sources, &CompileOptions::default()).err();
    let said = |problem: engine::RuleDiagnostic| Diagnostic::error(path.clone(), problem.message);
    problems.into_iter().flatten().map(said).collect()
}

fn relevant_status(pattern: &str) -> String {
    format!("SecAuditLogRelevantStatus \"{}\"\n", pattern.replace('"', "\\\""))
}

/// Directives that hold where no line of the operator's says otherwise; they follow the recommended settings of a package.
pub(crate) fn defaults(written: Option<&config::AuditLog>) -> String {
    match written {
        Some(_) => format!(
            "SecAuditEngine RelevantOnly\nSecAuditLogParts {PARTS}\nSecAuditLogFormat JSON\n"
        ),
        None => String::new(),
    }
}

/// Directives that no line of a rule file changes.
pub(crate) fn overrides(written: Option<&config::AuditLog>) -> String {
    let mut text = String::new();
    let Some(written) = written else { return text };
    let engine = match written.engine {
        _ if written.to == AuditTarget::Off => Some("Off"),
        Some(AuditEngine::On) => Some("On"),
        Some(AuditEngine::Off) => Some("Off"),
        Some(AuditEngine::RelevantOnly) => Some("RelevantOnly"),
        None => None,
    };
    if let Some(engine) = engine {
        let _ = writeln!(text, "SecAuditEngine {engine}");
    }
    if let Some(parts) = &written.parts {
        let _ = writeln!(text, "SecAuditLogParts {parts}");
    }
    if let Some(pattern) = &written.relevant_status {
        text.push_str(&relevant_status(pattern));
    }
    text
}

/// The audit log of one filter.
pub(crate) struct AuditLog {
    sink: Arc<LogSink>,
    format: AuditFormat,
    /// Records go to a collector, which wraps them itself.
    collector: bool,
    redactor: Redactor,
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub(crate) status: u16,
    pub(crate) interrupted: bool,
    pub(crate) phase_micros: [u64; 5],
}

impl AuditLog {
    /// None where no exchange can have a record, or nobody says where to write it.
    pub(crate) fn open(
        rules: &RuleSet,
        parts: &WafParts<'_>,
    ) -> Result<Option<Self>, Vec<Diagnostic>> {
        if !rules.audits() {
            return Ok(None);
        }
        let (log, at) = match (parts.audit.written, rules.audit_log()) {
            (Some(written), _) => (written.clone(), "telemetry.audit_log.to".to_owned()),
            (None, Some(path)) => (of_rules(path), parts.at.to_owned()),
            (None, None) => return Ok(None),
        };
        let collector = matches!(log.to, AuditTarget::Otlp(_));
        let format = match (collector, log.format, rules.audit_format()) {
            (true, _, _) => AuditFormat::Otlp,
            (false, Some(format), _) => format,
            (false, None, Some(format)) => of_directive(format),
            (false, None, None) => AuditFormat::Native,
        };
        let opened = (parts.audit.open)(&log).map_err(|error| {
            let target = rules.audit_log().filter(|_| parts.audit.written.is_none());
            let name = target.map(|path| format!(" `{path}`")).unwrap_or_default();
            vec![Diagnostic::error(at, format!("the audit log{name} cannot be opened: {error}"))]
        })?;
        let redactor = parts.redactor.clone();
        Ok(opened.map(|sink| Self { sink, format, collector, redactor }))
    }

    /// Writes the record of an exchange that is to have one.
    pub(crate) fn write(&self, ex: &Exchange, transaction: &Transaction, ended: Ended) {
        if !transaction.is_audited(ended.status) {
            return;
        }
        let redactor = self.redactor.with(&secrets(&self.redactor, transaction));
        let parts = transaction.audit().parts().to_string();
        let record = record(&redactor, ex, transaction, (ended, &parts));
        match self.collector {
            true => self.sink.write(|out| record.write_for_collector(out)),
            false => self.sink.write(|out| record.write(self.format, out)),
        }
    }
}

/// What `SecAuditLog` means.
fn of_rules(path: &str) -> config::AuditLog {
    let to = match path {
        "/dev/stdout" => AuditTarget::Stdout,
        path => AuditTarget::File(path.into()),
    };
    config::AuditLog { to, ..config::AuditLog::default() }
}

fn of_directive(format: engine::AuditFormat) -> AuditFormat {
    match format {
        engine::AuditFormat::Json => AuditFormat::Json,
        engine::AuditFormat::JsonLegacy => AuditFormat::JsonLegacy,
        engine::AuditFormat::Native => AuditFormat::Native,
        engine::AuditFormat::Ocsf => AuditFormat::Ocsf,
    }
}

/// The record, everything in it hidden that must be.
fn record<'a>(
    redactor: &Redactor,
    ex: &Exchange,
    transaction: &'a Transaction,
    (ended, parts): (Ended, &'a str),
) -> AuditRecord<'a> {
    let audit = transaction.audit();
    let took = ex.started.elapsed();
    AuditRecord {
        parts,
        time: Timestamp::ago(took),
        id: ex.id.0,
        client: SocketAddr::new(ex.client.addr(), ex.downstream.peer.port()),
        host: ex.downstream.local,
        server_name: audit.server_name().into(),
        interrupted: ended.interrupted,
        severity: audit.highest_severity().map(severity),
        request: request(redactor, audit),
        response: response(redactor, audit, ended.status),
        producer: producer(transaction, took, ended.phase_micros),
        messages: transaction
            .matches()
            .iter()
            .filter(|matched| matched.audit)
            .map(|matched| message(redactor, matched))
            .collect(),
    }
}

fn request<'a>(redactor: &Redactor, audit: Audit<'a>) -> AuditRequest<'a> {
    let has = |part| audit.parts().contains(part);
    let content_type = content_type(audit.request_headers());
    let body = audit.request_body().filter(|_| has(AuditPart::RequestBody)).unwrap_or_default();
    let arguments = |wanted: bool, pairs: &mut dyn Iterator<Item = (&'a [u8], &'a [u8])>| {
        let shown = |(name, value): (&'a [u8], &'a [u8])| {
            (redactor.plain(name), redactor.variable("ARGS", name, value))
        };
        if wanted { pairs.map(shown).collect() } else { Vec::new() }
    };
    let wants_form = has(AuditPart::RequestForm);
    AuditRequest {
        method: audit.method().into(),
        uri: redactor.url(audit.uri()),
        protocol: audit.protocol().into(),
        headers: headers(redactor, has(AuditPart::RequestHeaders), audit.request_headers()),
        body: body::shown(redactor, (content_type, audit.body_processor()), body),
        form: body::form(&arguments(wants_form, &mut audit.form())).into(),
        files: audit
            .files()
            .filter(|_| has(AuditPart::Files))
            .map(|file| AuditUpload {
                name: redactor.text(file.name),
                bytes: file.bytes,
                media_type: redactor.text(file.media_type),
            })
            .collect(),
        arguments: arguments(wants_form || has(AuditPart::RequestBody), &mut audit.arguments()),
        bytes: audit.request_bytes(),
    }
}

fn response<'a>(redactor: &Redactor, audit: Audit<'a>, status: u16) -> AuditResponse<'a> {
    let has = |part| audit.parts().contains(part);
    let content_type = content_type(audit.response_headers());
    let body = if has(AuditPart::ResponseBody) { audit.response_body() } else { b"" };
    let known = StatusCode::from_u16(status).ok();
    AuditResponse {
        protocol: audit.response_protocol().into(),
        status,
        reason: known.and_then(|status| status.canonical_reason()).unwrap_or_default(),
        headers: headers(redactor, has(AuditPart::ResponseHeaders), audit.response_headers()),
        body: body::shown(redactor, (content_type, b""), body),
    }
}

fn headers<'a>(
    redactor: &Redactor,
    wanted: bool,
    lines: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> Vec<ShownPair<'a>> {
    let shown = |(name, value): (&'a [u8], &'a [u8])| (name.into(), redactor.header(name, value));
    if wanted { lines.map(shown).collect() } else { Vec::new() }
}

fn content_type<'a>(mut lines: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> &'a [u8] {
    let found = lines.find(|(name, _)| name.eq_ignore_ascii_case(b"content-type"));
    found.map_or(b"", |(_, value)| value)
}

fn producer(
    transaction: &Transaction,
    took: Duration,
    phase_micros: [u64; 5],
) -> AuditProducer<'_> {
    AuditProducer {
        version: env!("CARGO_PKG_VERSION"),
        rule_engine: transaction.audit().mode().name(),
        phase_micros,
        total_micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        rulesets: transaction.rules().signatures(),
    }
}

fn message<'a>(redactor: &Redactor, matched: &'a RuleMatch) -> AuditMessage<'a> {
    let rule = &matched.rule;
    let texts = hiding::Texts::of(redactor, matched);
    AuditMessage {
        rule: rule.id,
        file: &rule.file,
        line: rule.line,
        phase: matched.phase.number(),
        disruptive: matched.disruptive,
        message: texts.message,
        data: texts.data,
        severity: rule.severity.map(severity),
        version: &rule.version,
        revision: &rule.revision,
        maturity: rule.maturity.unwrap_or(0),
        accuracy: rule.accuracy.unwrap_or(0),
        tags: rule.tags.iter().map(AsRef::as_ref).collect(),
        raw: &rule.raw,
    }
}

fn severity(severity: engine::Severity) -> AuditSeverity {
    AuditSeverity { number: severity.number(), name: severity.name() }
}
