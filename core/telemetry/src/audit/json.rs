//! `JSON`, with the names and the nesting the reference engine writes.

use super::{AuditMessage, AuditRecord, AuditUpload, ShownPair, grouped};
use crate::json::{self, Object};

impl AuditRecord<'_> {
    pub(super) fn write_json(&self, out: &mut Vec<u8>) {
        let mut record = Object::open(out);
        let mut transaction = Object::open(record.name("transaction"));
        transaction.text("timestamp", &self.time.slashed());
        transaction.number("unix_timestamp", self.time.nanos());
        transaction.id("id", self.id);
        transaction.ip("client_ip", self.client.ip());
        transaction.number("client_port", u64::from(self.client.port()));
        transaction.ip("host_ip", self.host.ip());
        transaction.number("host_port", u64::from(self.host.port()));
        json::string(transaction.name("server_id"), &self.server_name);
        self.write_request(transaction.name("request"));
        if self.has('E') || self.has('F') {
            self.write_response(transaction.name("response"));
        }
        if self.has('H') {
            self.write_producer(transaction.name("producer"));
        }
        transaction.text("highest_severity", self.severity.map_or("", |severity| severity.name));
        transaction.boolean("is_interrupted", self.interrupted);
        transaction.close();
        if !self.told().is_empty() {
            list(record.name("messages"), self.told(), |message, out| {
                self.write_message(message, out);
            });
        }
        record.close();
    }

    fn write_request(&self, out: &mut Vec<u8>) {
        let request = &self.request;
        let mut object = Object::open(out);
        json::string(object.name("method"), &request.method);
        json::string(object.name("protocol"), &request.protocol);
        json::string(object.name("uri"), &request.uri);
        let version = request.protocol.strip_prefix(b"HTTP/").unwrap_or_default();
        json::string(object.name("http_version"), version);
        pairs(object.name("headers"), self.has('B').then_some(&request.headers), true);
        let body = match (self.has('C'), self.has('I')) {
            (true, _) => &*request.body,
            (false, true) => &*request.form,
            (false, false) => b"",
        };
        json::string(object.name("body"), body);
        match self.has('J') && !request.files.is_empty() {
            true => list(object.name("files"), &request.files, write_file),
            false => object.name("files").extend_from_slice(b"null"),
        }
        let arguments = if self.has('C') || self.has('I') { &*request.arguments } else { &[] };
        pairs(object.name("args"), Some(arguments), false);
        object.number("length", request.bytes);
        object.close();
    }

    fn write_response(&self, out: &mut Vec<u8>) {
        let response = &self.response;
        let mut object = Object::open(out);
        json::string(object.name("protocol"), &response.protocol);
        object.number("status", u64::from(response.status));
        pairs(object.name("headers"), self.has('F').then_some(&response.headers), true);
        json::string(object.name("body"), if self.has('E') { &response.body } else { b"" });
        object.close();
    }

    fn write_producer(&self, out: &mut Vec<u8>) {
        let producer = &self.producer;
        let mut object = Object::open(out);
        object.text("connector", "portcullis");
        object.text("version", producer.version);
        object.text("server", "");
        object.text("rule_engine", producer.rule_engine);
        object.text("stopwatch", &self.stopwatch());
        list(object.name("rulesets"), producer.rulesets, |name, out| {
            json::string(out, name.as_bytes());
        });
        object.close();
    }

    /// Nanoseconds, as the reference engine writes them: the begin, how long it took, and each phase.
    fn stopwatch(&self) -> String {
        let producer = &self.producer;
        let [p1, p2, p3, p4, p5] = producer.phase_micros.map(|micros| micros.saturating_mul(1000));
        let combined =
            [p1, p2, p3, p4, p5].iter().fold(0_u64, |sum, part| sum.saturating_add(*part));
        let (begin, total) = (self.time.nanos(), producer.total_micros.saturating_mul(1000));
        format!("{begin} {total}; combined={combined}, p1={p1}, p2={p2}, p3={p3}, p4={p4}, p5={p5}")
    }

    fn write_message(&self, message: &AuditMessage<'_>, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        let whole = self.has('K');
        let sets = if whole { self.producer.rulesets.join(" ") } else { String::new() };
        object.text("actionset", &sets);
        json::string(object.name("message"), if whole { &message.message } else { b"" });
        let line = if self.has('H') { self.error_line(message) } else { Vec::new() };
        json::string(object.name("error_message"), &line);
        match whole {
            true => message.write_data(object.name("data")),
            false => object.name("data").extend_from_slice(b"null"),
        }
        object.close();
    }
}

impl AuditMessage<'_> {
    pub(super) fn write_data(&self, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        object.text("file", self.file);
        object.number("line", u64::from(self.line));
        object.number("id", self.rule);
        object.text("rev", self.revision);
        json::string(object.name("msg"), &self.message);
        json::string(object.name("data"), &self.data);
        object.signed("severity", self.severity.map_or(-1, |severity| i64::from(severity.number)));
        object.text("ver", self.version);
        object.number("maturity", u64::from(self.maturity));
        object.number("accuracy", u64::from(self.accuracy));
        list(object.name("tags"), &self.tags, |tag, out| json::string(out, tag.as_bytes()));
        object.text("raw", self.raw);
        object.close();
    }
}

fn write_file(file: &AuditUpload<'_>, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    json::string(object.name("name"), &file.name);
    object.number("size", file.bytes);
    json::string(object.name("mime"), &file.media_type);
    object.close();
}

/// `{"name":["value","value"]}`; `null` for none.
fn pairs(out: &mut Vec<u8>, pairs: Option<&[ShownPair<'_>]>, fold: bool) {
    let Some(pairs) = pairs else { return out.extend_from_slice(b"null") };
    out.push(b'{');
    for (at, (name, values)) in grouped(pairs, fold).iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        json::string(out, name);
        out.push(b':');
        list(out, values, |value, out| json::string(out, value));
    }
    out.push(b'}');
}

pub(super) fn list<T>(out: &mut Vec<u8>, items: &[T], write: impl Fn(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}
