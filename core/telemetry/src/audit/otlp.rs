//! An OpenTelemetry log record. Names of attributes are those of the semantic conventions for HTTP; `waf.` stands before what
//! they do not know.

use super::{AuditMessage, AuditRecord, AuditSeverity, ShownPair, grouped};
use crate::json::Object;
use crate::otlp::{Attributes, envelope, string_value};

impl AuditRecord<'_> {
    /// A line for a file: an envelope with one record.
    pub(super) fn write_otlp(&self, out: &mut Vec<u8>) {
        let mut record = Vec::new();
        self.write_otlp_record(&mut record);
        envelope(std::iter::once(&*record), out);
    }

    pub(super) fn write_otlp_record(&self, out: &mut Vec<u8>) {
        let (number, text) = severity(self.severity);
        let mut record = Object::open(out);
        let begin = self.time.nanos();
        let end = begin.saturating_add(self.producer.total_micros.saturating_mul(1000));
        record.text("timeUnixNano", &begin.to_string());
        record.text("observedTimeUnixNano", &end.to_string());
        record.number("severityNumber", number);
        record.text("severityText", text);
        record.text("eventName", "waf.audit");
        let first = self.told().first().map(|message| &*message.message).filter(|m| !m.is_empty());
        let line = [&*self.request.method, b" ", &self.request.uri].concat();
        string_value(record.name("body"), first.unwrap_or(&line));
        self.write_attributes(record.name("attributes"));
        record.close();
    }

    fn write_attributes(&self, out: &mut Vec<u8>) {
        let (request, response) = (&self.request, &self.response);
        let mut attributes = Attributes::open(out);
        attributes.text("http.request.method", &request.method);
        let mut uri = request.uri.splitn(2, |byte| *byte == b'?');
        attributes.text("url.path", uri.next().unwrap_or_default());
        attributes.text("url.query", uri.next().unwrap_or_default());
        attributes.text("network.protocol.name", b"http");
        let version = request.protocol.strip_prefix(b"HTTP/").unwrap_or_default();
        attributes.text("network.protocol.version", version);
        attributes.text("client.address", self.client.ip().to_string().as_bytes());
        attributes.number("client.port", i64::from(self.client.port()));
        attributes.text("server.address", &self.server_name);
        attributes.text("network.local.address", self.host.ip().to_string().as_bytes());
        attributes.number("network.local.port", i64::from(self.host.port()));
        attributes.number("http.response.status_code", i64::from(response.status));
        attributes.number("http.request.size", i64::try_from(request.bytes).unwrap_or(i64::MAX));
        if self.has('B') {
            attributes
                .text("user_agent.original", self.header("user-agent").next().unwrap_or_default());
            headers(&mut attributes, "http.request.header.", &request.headers);
        }
        if self.has('F') {
            headers(&mut attributes, "http.response.header.", &response.headers);
        }
        self.write_waf(&mut attributes);
        attributes.close();
    }

    fn write_waf(&self, attributes: &mut Attributes<'_>) {
        attributes.text("waf.event_id", format!("{:032x}", self.id).as_bytes());
        attributes.boolean("waf.interrupted", self.interrupted);
        if self.has('C') {
            attributes.text("waf.request.body", &self.request.body);
        }
        if self.has('I') {
            attributes.text("waf.request.form", &self.request.form);
        }
        if self.has('E') {
            attributes.text("waf.response.body", &self.response.body);
        }
        if self.has('J') {
            let files = self.request.files.iter().map(|file| &*file.name);
            attributes.texts(b"waf.request.files", files);
        }
        if self.has('H') {
            attributes.text("waf.rule_engine", self.producer.rule_engine.as_bytes());
            let sets = self.producer.rulesets.iter().map(String::as_bytes);
            attributes.texts(b"waf.rulesets", sets);
        }
        if self.has('K') {
            attributes.any("waf.rules", |out| {
                out.extend_from_slice(b"{\"arrayValue\":{\"values\":");
                super::json::list(out, &self.messages, write_rule);
                out.extend_from_slice(b"}}");
            });
        }
    }
}

/// A rule as a list of keys and values.
fn write_rule(message: &AuditMessage<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"kvlistValue\":{\"values\":");
    let mut rule = Attributes::open(out);
    rule.number("id", i64::try_from(message.rule).unwrap_or(i64::MAX));
    rule.text("message", &message.message);
    rule.text("data", &message.data);
    rule.text("severity", message.severity.map_or("", |severity| severity.name).as_bytes());
    rule.number("phase", i64::from(message.phase));
    rule.text("file", message.file.as_bytes());
    rule.number("line", i64::from(message.line));
    rule.text("version", message.version.as_bytes());
    rule.texts(b"tags", message.tags.iter().map(|tag| tag.as_bytes()));
    rule.close();
    out.extend_from_slice(b"}}");
}

fn headers(attributes: &mut Attributes<'_>, prefix: &str, headers: &[ShownPair<'_>]) {
    for (name, values) in grouped(headers, true) {
        attributes.texts(&[prefix.as_bytes(), &name].concat(), values.into_iter());
    }
}

/// Number and text, as the data model of logs maps syslog's severities.
fn severity(severity: Option<AuditSeverity>) -> (u64, &'static str) {
    let number = match severity.map(|severity| severity.number) {
        Some(0) => 21,
        Some(1) => 19,
        Some(2) => 18,
        Some(3) => 17,
        Some(4) => 13,
        Some(5) => 10,
        Some(6) | None => 9,
        Some(_) => 5,
    };
    (number, severity.map_or("INFO", |severity| severity.name))
}
