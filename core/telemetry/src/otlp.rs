//! The envelope of OTLP logs in JSON (`LogsData` and `ExportLogsServiceRequest` have the same shape), and the values of its
//! attributes. Source: opentelemetry-proto 1.x, "JSON Protobuf Encoding" of the OTLP specification.

use crate::json;

/// What stands before the records.
const OPEN: &str = concat!(
    r#"{"resourceLogs":[{"resource":{"attributes":["#,
    r#"{"key":"service.name","value":{"stringValue":"portcullis"}},"#,
    r#"{"key":"service.version","value":{"stringValue":""#,
    env!("CARGO_PKG_VERSION"),
    r#""}}]},"scopeLogs":[{"scope":{"name":"portcullis.waf.audit","version":""#,
    env!("CARGO_PKG_VERSION"),
    r#""},"logRecords":["#,
);

/// What stands after them.
const CLOSE: &str = "]}]}]}";

/// Appends records, which are JSON objects, in one envelope.
pub(crate) fn envelope<'r>(records: impl Iterator<Item = &'r [u8]>, out: &mut Vec<u8>) {
    out.extend_from_slice(OPEN.as_bytes());
    for (at, record) in records.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(record);
    }
    out.extend_from_slice(CLOSE.as_bytes());
}

/// A list of attributes being written.
pub(crate) struct Attributes<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Attributes<'a> {
    pub(crate) fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'[');
        Self { out, empty: true }
    }

    pub(crate) fn close(self) {
        self.out.push(b']');
    }

    /// A text; nothing is written for an empty one.
    pub(crate) fn text(&mut self, key: &str, value: &[u8]) {
        if !value.is_empty() {
            self.key(key.as_bytes());
            string_value(self.out, value);
            self.out.push(b'}');
        }
    }

    /// A whole number: 64 bit numbers are texts in protobuf's JSON.
    pub(crate) fn number(&mut self, key: &str, value: i64) {
        self.key(key.as_bytes());
        int_value(self.out, value);
        self.out.push(b'}');
    }

    pub(crate) fn boolean(&mut self, key: &str, value: bool) {
        self.key(key.as_bytes());
        self.out.extend_from_slice(format!("{{\"boolValue\":{value}}}}}").as_bytes());
    }

    /// A list of texts under a key of the caller's choosing.
    pub(crate) fn texts<'v>(&mut self, key: &[u8], values: impl Iterator<Item = &'v [u8]>) {
        self.key(key);
        self.out.extend_from_slice(b"{\"arrayValue\":{\"values\":[");
        for (at, value) in values.enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            string_value(self.out, value);
        }
        self.out.extend_from_slice(b"]}}}");
    }

    /// A value the caller writes: an `AnyValue`.
    pub(crate) fn any(&mut self, key: &str, write: impl FnOnce(&mut Vec<u8>)) {
        self.key(key.as_bytes());
        write(self.out);
        self.out.push(b'}');
    }

    fn key(&mut self, key: &[u8]) {
        self.out.extend_from_slice(if self.empty { b"{\"key\":" } else { b",{\"key\":" });
        self.empty = false;
        json::string(self.out, key);
        self.out.extend_from_slice(b",\"value\":");
    }
}

pub(crate) fn string_value(out: &mut Vec<u8>, value: &[u8]) {
    out.extend_from_slice(b"{\"stringValue\":");
    json::string(out, value);
    out.push(b'}');
}

fn int_value(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(format!("{{\"intValue\":\"{value}\"}}").as_bytes());
}
