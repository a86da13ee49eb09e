//! OCSF 1.2, class Web Resources Activity (6001) with the security control profile. Source: schema.ocsf.io/1.2.0.

use super::json::list;
use super::{AuditRecord, AuditSeverity, AuditUpload, ShownPair};
use crate::json::{self, Object};

const CLASS_UID: u64 = 6001;

impl AuditRecord<'_> {
    pub(super) fn write_ocsf(&self, out: &mut Vec<u8>) {
        let (activity, activity_name) = activity(&self.request.method);
        let mut event = Object::open(out);
        event.number("activity_id", activity);
        event.text("activity_name", activity_name);
        event.number("category_uid", 6);
        event.text("category_name", "Application Activity");
        event.number("class_uid", CLASS_UID);
        event.text("class_name", "Web Resources Activity");
        event.number("type_uid", CLASS_UID * 100 + activity);
        event.text("type_name", &format!("Web Resources Activity: {activity_name}"));
        event.number("time", self.time.0);
        event.number("start_time", self.time.0);
        event.number("duration", self.producer.total_micros / 1000);
        event.number("severity_id", severity_id(self.severity));
        event.text("severity", self.severity.map_or("UNKNOWN", |severity| severity.name));
        let (action, disposition) =
            if self.interrupted { ("Denied", "Blocked") } else { ("Allowed", "Allowed") };
        event.number("action_id", if self.interrupted { 2 } else { 1 });
        event.text("action", action);
        event.number("disposition_id", if self.interrupted { 2 } else { 1 });
        event.text("disposition", disposition);
        if let Some(first) = self.told().first() {
            json::string(event.name("message"), &first.message);
        }
        self.write_metadata(event.name("metadata"));
        self.write_http_request(event.name("http_request"));
        self.write_http_response(event.name("http_response"));
        endpoint(event.name("src_endpoint"), self.client);
        endpoint(event.name("dst_endpoint"), self.host);
        self.write_resources(event.name("web_resources"));
        self.write_enrichments(event.name("enrichments"));
        if self.has('J') && !self.request.files.is_empty() {
            list(event.name("observables"), &self.request.files, write_observable);
        }
        event.close();
    }

    fn write_metadata(&self, out: &mut Vec<u8>) {
        let mut metadata = Object::open(out);
        metadata.text("version", "1.2.0");
        metadata.name("profiles").extend_from_slice(b"[\"security_control\"]");
        metadata.id("correlation_uid", self.id);
        metadata.text("log_name", "waf_audit");
        metadata.text("log_provider", "portcullis");
        let logged = self.time.0.saturating_add(self.producer.total_micros / 1000);
        metadata.number("logged_time", logged);
        let mut product = Object::open(metadata.name("product"));
        product.text("name", "Portcullis");
        product.text("vendor_name", "Portcullis");
        product.text("version", self.producer.version);
        product.close();
        metadata.close();
    }

    fn write_http_request(&self, out: &mut Vec<u8>) {
        let request = &self.request;
        let mut object = Object::open(out);
        object.id("uid", self.id);
        json::string(object.name("http_method"), &request.method);
        json::string(object.name("version"), &request.protocol);
        object.number("length", request.bytes);
        let mut url = Object::open(object.name("url"));
        json::string(url.name("url_string"), &request.uri);
        if !self.server_name.is_empty() {
            json::string(url.name("hostname"), &self.server_name);
        }
        url.close();
        if self.has('C') || self.has('I') {
            let pairs = request.arguments.iter().map(|(name, value)| [&**name, value].join(&b'='));
            json::string(object.name("args"), &pairs.collect::<Vec<_>>().join(&b','));
        }
        if self.has('B') {
            list(object.name("http_headers"), &request.headers, write_header);
            if let Some(agent) = self.header("user-agent").next() {
                json::string(object.name("user_agent"), agent);
            }
            if let Some(referrer) = self.header("referer").next() {
                json::string(object.name("referrer"), referrer);
            }
            let forwarded: Vec<&[u8]> = self.header("x-forwarded-for").collect();
            if !forwarded.is_empty() {
                list(object.name("x_forwarded_for"), &forwarded, |value, out| {
                    json::string(out, value)
                });
            }
        }
        object.close();
    }

    fn write_http_response(&self, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        object.number("code", u64::from(self.response.status));
        if self.has('F') {
            list(object.name("http_headers"), &self.response.headers, write_header);
        }
        object.close();
    }

    fn write_resources(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        let mut resource = Object::open(out);
        json::string(resource.name("url_string"), &self.request.uri);
        resource.close();
        out.push(b']');
    }

    fn write_enrichments(&self, out: &mut Vec<u8>) {
        let messages = if self.has('K') { self.told() } else { &[] };
        list(out, messages, |message, out| {
            let mut object = Object::open(out);
            json::string(object.name("name"), &message.message);
            json::string(object.name("value"), &message.data);
            object.text("provider", message.file);
            message.write_data(object.name("data"));
            object.close();
        });
    }
}

/// What a method does to a resource.
fn activity(method: &[u8]) -> (u64, &'static str) {
    match method {
        b"POST" => (1, "Create"),
        b"GET" | b"HEAD" => (2, "Read"),
        b"PUT" | b"PATCH" => (3, "Update"),
        b"DELETE" => (4, "Delete"),
        _ => (99, "Other"),
    }
}

/// OCSF counts upwards: 1 is informational, 5 critical, 6 fatal.
fn severity_id(severity: Option<AuditSeverity>) -> u64 {
    match severity.map(|severity| severity.number) {
        Some(0) => 6,
        Some(1 | 2) => 5,
        Some(3) => 4,
        Some(4) => 3,
        Some(5) => 2,
        Some(_) => 1,
        None => 0,
    }
}

fn endpoint(out: &mut Vec<u8>, address: std::net::SocketAddr) {
    let mut object = Object::open(out);
    object.ip("ip", address.ip());
    object.number("port", u64::from(address.port()));
    object.close();
}

fn write_header((name, value): &ShownPair<'_>, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    json::string(object.name("name"), name);
    json::string(object.name("value"), value);
    object.close();
}

/// Type 7 is a file name.
fn write_observable(file: &AuditUpload<'_>, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    object.text("name", "http_request.files");
    object.text("type", "File Name");
    object.number("type_id", 7);
    json::string(object.name("value"), &file.name);
    object.close();
}
