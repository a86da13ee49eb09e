//! `JsonLegacy`: few fields, headers joined, as the reference engine writes it for old readers.

use super::json::list;
use super::{AuditRecord, ShownPair, grouped};
use crate::json::{self, Object};

impl AuditRecord<'_> {
    pub(super) fn write_legacy(&self, out: &mut Vec<u8>) {
        let mut record = Object::open(out);
        let mut transaction = Object::open(record.name("transaction"));
        transaction.text("time", &self.time.slashed());
        transaction.id("transaction_id", self.id);
        transaction.ip("remote_address", self.client.ip());
        transaction.number("remote_port", u64::from(self.client.port()));
        transaction.ip("local_address", self.host.ip());
        transaction.number("local_port", u64::from(self.host.port()));
        transaction.close();
        let mut request = Object::open(record.name("request"));
        let line = [&*self.request.method, b" ", &self.request.uri, b" ", &self.request.protocol];
        json::string(request.name("request_line"), &line.concat());
        if self.has('B') {
            joined(request.name("headers"), &self.request.headers);
        }
        request.close();
        if self.has('E') || self.has('F') {
            let mut response = Object::open(record.name("response"));
            response.number("status", u64::from(self.response.status));
            json::string(response.name("protocol"), &self.response.protocol);
            joined(
                response.name("headers"),
                if self.has('F') { &self.response.headers } else { &[] },
            );
            response.close();
        }
        if self.has('H') || !self.told().is_empty() {
            self.write_audit_data(record.name("audit_data"));
        }
        record.close();
    }

    fn write_audit_data(&self, out: &mut Vec<u8>) {
        let mut data = Object::open(out);
        list(data.name("messages"), self.told(), |message, out| {
            json::string(out, &message.message)
        });
        data.name("error_messages").extend_from_slice(b"null");
        data.text("handler", "");
        let mut watch = Object::open(data.name("stopwatch"));
        let phases = self.producer.phase_micros;
        watch.number("Combined", phases.iter().fold(0, |sum, part| sum.saturating_add(*part)));
        for (name, micros) in ["P1", "P2", "P3", "P4", "P5"].into_iter().zip(phases) {
            watch.number(name, micros);
        }
        ["Sr", "Sw", "L", "Gc"].into_iter().for_each(|name| watch.number(name, 0));
        watch.close();
        data.boolean("response_body_dechunked", true);
        let own = "portcullis".to_owned();
        let producer: Vec<&String> = std::iter::once(&own).chain(self.producer.rulesets).collect();
        list(data.name("producer"), &producer, |name, out| json::string(out, name.as_bytes()));
        data.text("server", "");
        data.text("engine_mode", self.producer.rule_engine);
        data.close();
    }
}

/// `{"name":"value, value"}`.
fn joined(out: &mut Vec<u8>, pairs: &[ShownPair<'_>]) {
    out.push(b'{');
    for (at, (name, values)) in grouped(pairs, true).iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        json::string(out, name);
        out.push(b':');
        json::string(out, &values.join(&b", "[..]));
    }
    out.push(b'}');
}
