//! One audit record, and the formats it is written in. What the record holds is hidden where it must be before it is made:
//! a format only writes.

mod json;
mod legacy;
mod native;
mod ocsf;
mod otlp;

use std::borrow::Cow;
use std::net::SocketAddr;

use portcullis_config::AuditFormat;

use crate::clock::Timestamp;

/// Bytes that may be shown.
pub type Shown<'a> = Cow<'a, [u8]>;

/// Name and value of a header line or an argument.
pub type ShownPair<'a> = (Shown<'a>, Shown<'a>);

/// An exchange as the audit log shows it.
#[derive(Debug, Clone)]
pub struct AuditRecord<'a> {
    /// Letters of the sections: `ABCFHZ`. What a section holds is written only where its letter is there.
    pub parts: &'a str,
    /// When the exchange began.
    pub time: Timestamp,
    /// Number of the exchange.
    pub id: u128,
    /// The caller, with the port of the connection it came through.
    pub client: SocketAddr,
    /// Our address of the connection.
    pub host: SocketAddr,
    /// Host the request was for.
    pub server_name: Shown<'a>,
    /// Whether rules stopped the exchange.
    pub interrupted: bool,
    /// The worst severity among the rules that matched.
    pub severity: Option<AuditSeverity>,
    /// The request.
    pub request: AuditRequest<'a>,
    /// The response.
    pub response: AuditResponse<'a>,
    /// What made the record.
    pub producer: AuditProducer<'a>,
    /// Rules that matched and are to be audited, in order.
    pub messages: Vec<AuditMessage<'a>>,
}

/// A severity as syslog counts it: 0 is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditSeverity {
    /// 0 to 7.
    pub number: u8,
    /// `CRITICAL`.
    pub name: &'static str,
}

/// The request of an audit record.
#[derive(Debug, Clone, Default)]
pub struct AuditRequest<'a> {
    /// Method as received.
    pub method: Shown<'a>,
    /// Path and query.
    pub uri: Shown<'a>,
    /// `HTTP/1.1`.
    pub protocol: Shown<'a>,
    /// Header lines, in order (B).
    pub headers: Vec<ShownPair<'a>>,
    /// Body, bounded (C).
    pub body: Shown<'a>,
    /// Body as a form without files (I).
    pub form: Shown<'a>,
    /// Uploaded files (J).
    pub files: Vec<AuditUpload<'a>>,
    /// Arguments of query and body, decoded (C or I).
    pub arguments: Vec<ShownPair<'a>>,
    /// Bytes of line, headers and body.
    pub bytes: u64,
}

/// An uploaded file, without what it contains.
#[derive(Debug, Clone)]
pub struct AuditUpload<'a> {
    /// Its name as sent.
    pub name: Shown<'a>,
    /// Bytes of its content.
    pub bytes: u64,
    /// Its type as sent; empty for none.
    pub media_type: Shown<'a>,
}

/// The response of an audit record.
#[derive(Debug, Clone, Default)]
pub struct AuditResponse<'a> {
    /// `HTTP/1.1`.
    pub protocol: Shown<'a>,
    /// Status sent downstream; 0 for none.
    pub status: u16,
    /// What the status is called; empty where nothing is known.
    pub reason: &'a str,
    /// Header lines of the upstream's response, in order (F).
    pub headers: Vec<ShownPair<'a>>,
    /// Body as far as it was inspected, bounded (E).
    pub body: Shown<'a>,
}

/// What made the record (H).
#[derive(Debug, Clone, Copy)]
pub struct AuditProducer<'a> {
    /// Version of the gateway.
    pub version: &'a str,
    /// `SecRuleEngine`.
    pub rule_engine: &'a str,
    /// Microseconds in the phases 1 to 5.
    pub phase_micros: [u64; 5],
    /// Microseconds from the beginning of the exchange to its end.
    pub total_micros: u64,
    /// `SecComponentSignature`s.
    pub rulesets: &'a [String],
}

/// A rule that matched.
#[derive(Debug, Clone)]
pub struct AuditMessage<'a> {
    /// Id of the rule.
    pub rule: u64,
    /// File it stands in.
    pub file: &'a str,
    /// Its line there.
    pub line: u32,
    /// Phase it ran in.
    pub phase: u8,
    /// Whether it asked to stop the exchange.
    pub disruptive: bool,
    /// Expanded `msg`.
    pub message: Shown<'a>,
    /// Expanded `logdata`.
    pub data: Shown<'a>,
    /// Its severity.
    pub severity: Option<AuditSeverity>,
    /// `ver`.
    pub version: &'a str,
    /// `rev`.
    pub revision: &'a str,
    /// `maturity`.
    pub maturity: u8,
    /// `accuracy`.
    pub accuracy: u8,
    /// `tag`s.
    pub tags: Vec<&'a str>,
    /// The directive as written.
    pub raw: &'a str,
}

impl AuditRecord<'_> {
    /// Appends the record with its line feed.
    pub fn write(&self, format: AuditFormat, out: &mut Vec<u8>) {
        match format {
            AuditFormat::Json => self.write_json(out),
            AuditFormat::JsonLegacy => self.write_legacy(out),
            AuditFormat::Native => self.write_native(out),
            AuditFormat::Ocsf => self.write_ocsf(out),
            AuditFormat::Otlp => self.write_otlp(out),
        }
        out.push(b'\n');
    }

    /// Appends the record as a collector's sink takes it: an OTLP log record alone, with its line feed.
    pub fn write_for_collector(&self, out: &mut Vec<u8>) {
        self.write_otlp_record(out);
        out.push(b'\n');
    }

    fn has(&self, part: char) -> bool {
        self.parts.contains(part)
    }

    /// Messages that a format shows: with K, or with H their one-line form.
    fn told(&self) -> &[AuditMessage<'_>] {
        if self.has('K') || self.has('H') { &self.messages } else { &[] }
    }

    fn header(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let fits = move |header: &&ShownPair<'_>| header.0.eq_ignore_ascii_case(name.as_bytes());
        self.request.headers.iter().filter(fits).map(|(_, value)| &**value)
    }

    /// A message in one line, as error logs of the kin have it: `[id "..."]` is what tools look for.
    fn error_line(&self, message: &AuditMessage<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        bracket(&mut out, "client", self.client.ip().to_string().as_bytes());
        let verdict = match message.disruptive && self.interrupted {
            true => format!(" Portcullis: Access denied (phase {}). ", message.phase),
            false => " Portcullis: Warning. ".to_owned(),
        };
        out.extend_from_slice(verdict.as_bytes());
        quoted(&mut out, &message.message);
        let severity = message.severity.map_or("", |severity| severity.name);
        for (name, value) in [
            (" file", message.file.as_bytes()),
            (" line", message.line.to_string().as_bytes()),
            (" id", message.rule.to_string().as_bytes()),
            (" rev", message.revision.as_bytes()),
            (" msg", &message.message),
            (" data", &message.data),
            (" severity", severity.as_bytes()),
            (" ver", message.version.as_bytes()),
            (" maturity", message.maturity.to_string().as_bytes()),
            (" accuracy", message.accuracy.to_string().as_bytes()),
        ] {
            bracket(&mut out, name, value);
        }
        message.tags.iter().for_each(|tag| bracket(&mut out, " tag", tag.as_bytes()));
        bracket(&mut out, " hostname", &self.server_name);
        bracket(&mut out, " uri", &self.request.uri);
        bracket(&mut out, " unique_id", format!("{:032x}", self.id).as_bytes());
        out
    }
}

/// `[name "value"]`; a blank before the name stands before the bracket.
fn bracket(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    if name.starts_with(' ') {
        out.push(b' ');
    }
    out.push(b'[');
    out.extend_from_slice(name.trim_start().as_bytes());
    out.extend_from_slice(b" \"");
    quoted(out, value);
    out.extend_from_slice(b"\"]");
}

/// A value that neither ends its quotes nor its line.
fn quoted(out: &mut Vec<u8>, value: &[u8]) {
    for byte in value {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            0..=0x1F | 0x7F => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
            _ => out.push(*byte),
        }
    }
}

/// Pairs by name, names in the order they came, in lower case where `fold` says so.
fn grouped<'a>(pairs: &'a [ShownPair<'a>], fold: bool) -> Vec<(Vec<u8>, Vec<&'a [u8]>)> {
    let mut groups: Vec<(Vec<u8>, Vec<&[u8]>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for (name, value) in pairs {
        let name = if fold { name.to_ascii_lowercase() } else { name.to_vec() };
        let place = *places.entry(name.clone()).or_insert_with(|| {
            groups.push((name, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, values)) = groups.get_mut(place) {
            values.push(value);
        }
    }
    groups
}

#[cfg(test)]
mod tests;
