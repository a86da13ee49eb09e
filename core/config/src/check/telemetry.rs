//! Logs.

use super::{Report, is_token};
use crate::{AuditTarget, ByteSize, Gateway, Otlp, Redact, Rotate};

/// Below it a busy log would rename files all the time.
const ROTATE_MIN: ByteSize = ByteSize::from_kib(64);

/// Letters of audit log parts between A and Z.
const PARTS: &str = "BCDEFGHIJK";

pub(super) fn check(gateway: &Gateway, report: &mut Report<'_>) {
    let telemetry = &gateway.telemetry;
    rotate(telemetry.access_log.rotate, "telemetry.access_log.rotate", report);
    rotate(telemetry.waf_log.rotate, "telemetry.waf_log.rotate", report);
    redact(&telemetry.redact, report);
    let Some(audit) = &telemetry.audit_log else { return };
    rotate(audit.rotate, "telemetry.audit_log.rotate", report);
    if let Some(text) = &audit.parts {
        parts(text, report);
    }
    if let AuditTarget::Otlp(collector) = &audit.to {
        otlp(collector, report);
        if audit.format.is_some_and(|format| format != crate::AuditFormat::Otlp) {
            let help = "leave the format out, or write to a file";
            let path = "telemetry.audit_log.format";
            report.error_help(path, "a collector takes the format `otlp` only", help);
        }
    }
}

fn rotate(rotate: Option<Rotate>, path: &str, report: &mut Report<'_>) {
    let Some(rotate) = rotate else { return };
    if rotate.size < ROTATE_MIN {
        let message = format!("{} is less than {ROTATE_MIN}", rotate.size);
        report.error(format!("{path}.size"), message);
    }
}

fn parts(text: &str, report: &mut Report<'_>) {
    let inner = text.strip_prefix('A').and_then(|rest| rest.strip_suffix('Z'));
    let wrong = inner.map(|inner| inner.chars().find(|part| !PARTS.contains(*part)));
    let message = match wrong {
        Some(None) => return,
        Some(Some(part)) => format!("`{part}` is not an audit log part"),
        None => format!("`{text}` does not begin with A and end with Z"),
    };
    let help = "A, any of B C E F H I J K, Z: for example ABFHJKZ";
    report.error_help("telemetry.audit_log.parts", message, help);
}

fn otlp(otlp: &Otlp, report: &mut Report<'_>) {
    let path = "telemetry.audit_log.to.otlp";
    let rest = ["http://", "https://"].iter().find_map(|scheme| otlp.endpoint.strip_prefix(scheme));
    let host = rest.map(|rest| rest.split('/').next().unwrap_or_default());
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '@' | '#' | '"' | '<' | '>');
    if !host.is_some_and(|host| !host.is_empty() && otlp.endpoint.chars().all(plain)) {
        let message = format!("`{}` is not a URL of a collector", otlp.endpoint);
        let help = "for example http://127.0.0.1:4318/v1/logs; credentials belong in `headers`";
        report.error_help(format!("{path}.endpoint"), message, help);
    }
    for (name, value) in &otlp.headers {
        if !is_token(name) || value.chars().any(|c| c.is_control() || !c.is_ascii()) {
            report.error(format!("{path}.headers.{name}"), "this is not a header line");
        }
    }
    if otlp.ca.is_some() && otlp.endpoint.starts_with("http://") {
        let help = "write https:// or leave `ca` out";
        report.error_help(format!("{path}.ca"), "nothing is proven over http", help);
    }
}

fn redact(redact: &Redact, report: &mut Report<'_>) {
    for (key, entries) in [
        ("arguments", &redact.arguments),
        ("headers", &redact.headers),
        ("cookies", &redact.cookies),
        ("patterns", &redact.patterns),
    ] {
        let path = format!("telemetry.redact.{key}");
        if entries.len() > Redact::ENTRIES_MAX {
            let message = format!("{} are more than {}", entries.len(), Redact::ENTRIES_MAX);
            report.error(path.as_str(), message);
        }
        for (n, entry) in entries.iter().enumerate() {
            if entry.trim().is_empty() {
                report.error(format!("{path}[{n}]"), "it is empty");
            } else if entry.len() > Redact::ENTRY_BYTES_MAX {
                let message = format!("longer than {} bytes", Redact::ENTRY_BYTES_MAX);
                report.error(format!("{path}[{n}]"), message);
            } else if key == "headers" && !is_token(entry) {
                report.error(format!("{path}[{n}]"), format!("`{entry}` is not a header name"));
            }
        }
    }
}
