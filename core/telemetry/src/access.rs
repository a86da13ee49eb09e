//! One line of the access log.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::json::{self, Object};
use crate::redact::Redactor;

/// Most bytes of a header value, host or method in a line.
const FIELD_BYTES_MAX: usize = 512;

/// Most bytes of a path or query in a line.
const TARGET_BYTES_MAX: usize = 4096;

/// Most notes in a line.
const NOTES_MAX: usize = 32;

/// Something that happened to an exchange, beside its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// The downstream closed before the response was complete.
    DownstreamClosed,
    /// The upstream closed before its response was complete.
    UpstreamClosed,
    /// The protocol was switched, as to WebSocket.
    Upgraded,
    /// The request body went upstream after only its first part was inspected.
    PartialInspection,
    /// A time limit ended the exchange.
    TimedOut,
    /// The response went out while the request was still coming in.
    EarlyResponse,
    /// A filter could not decide and the exchange went on, as its configuration asks.
    FailedOpen,
}

impl Flag {
    const ALL: [(Self, &'static str); 7] = [
        (Self::DownstreamClosed, "downstream_closed"),
        (Self::UpstreamClosed, "upstream_closed"),
        (Self::Upgraded, "upgraded"),
        (Self::PartialInspection, "partial_inspection"),
        (Self::TimedOut, "timed_out"),
        (Self::EarlyResponse, "early_response"),
        (Self::FailedOpen, "failed_open"),
    ];
}

/// A set of [`Flag`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u16);

impl Flags {
    /// Adds a flag.
    pub fn set(&mut self, flag: Flag) {
        self.0 |= 1 << flag as u16;
    }

    /// Whether a flag is in the set.
    #[must_use]
    pub fn contains(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u16) != 0
    }

    /// Whether nothing special happened.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// TLS facts of the downstream connection.
#[derive(Debug, Clone, Copy)]
pub struct TlsFacts<'a> {
    /// `TLSv1.3`.
    pub version: &'a str,
    /// The name the downstream asked for.
    pub server_name: Option<&'a str>,
}

/// How long the parts of an exchange took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Durations {
    /// From the end of the request head to the end of the response.
    pub total: Duration,
    /// To open the upstream connection; none when one was reused or never needed.
    pub upstream_connect: Option<Duration>,
    /// From the request head sent upstream to the head of its response.
    pub upstream_first_byte: Option<Duration>,
}

/// A fact that a filter left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NoteValue<'a> {
    /// A whole number.
    Number(i64),
    /// A text; at most 512 bytes are written.
    Text(&'a str),
}

/// One exchange, or one malformed request: then what could not be read is absent.
///
/// Text fields may hold any bytes. Header values and the query are given as received; redaction happens
/// while the line is written.
#[derive(Debug, Clone)]
pub struct AccessRecord<'a> {
    /// When the exchange ended.
    pub time: Timestamp,
    /// Number of the exchange.
    pub id: u128,
    /// Revision of the snapshot it saw.
    pub revision: u64,
    /// Name of the listener.
    pub listener: &'a str,
    /// Who opened the connection.
    pub peer: SocketAddr,
    /// The caller, through trusted proxies only.
    pub client: Option<IpAddr>,
    /// `HTTP/1.1`; absent where no request line could be read.
    pub protocol: Option<&'a str>,
    /// Absent on cleartext.
    pub tls: Option<TlsFacts<'a>>,
    /// Method as received.
    pub method: Option<&'a [u8]>,
    /// Canonical host.
    pub host: Option<&'a [u8]>,
    /// Canonical path; of a malformed request the target as received.
    pub path: Option<&'a [u8]>,
    /// Query without its `?`.
    pub query: Option<&'a [u8]>,
    /// Chosen route.
    pub route: Option<&'a str>,
    /// Cluster forwarded to.
    pub cluster: Option<&'a str>,
    /// Endpoint forwarded to, of the last attempt.
    pub endpoint: Option<SocketAddr>,
    /// Status sent downstream; 0 when none was.
    pub status: u16,
    /// Why the gateway answered itself.
    pub reply_reason: Option<&'a str>,
    /// What else happened.
    pub flags: Flags,
    /// Bytes of the request body received.
    pub received_bytes: u64,
    /// Bytes of the response body sent.
    pub sent_bytes: u64,
    /// How long it took.
    pub durations: Durations,
    /// Attempts beyond the first.
    pub retries: u32,
    /// Name of the proven caller.
    pub consumer: Option<&'a str>,
    /// User-Agent as received.
    pub user_agent: Option<&'a [u8]>,
    /// Referer as received; its query is redacted.
    pub referer: Option<&'a [u8]>,
    /// Facts that filters left.
    pub notes: &'a [(&'static str, NoteValue<'a>)],
}

impl<'a> AccessRecord<'a> {
    /// A record that knows only where a request came in; the rest is filled in by field.
    #[must_use]
    pub fn new(id: u128, revision: u64, listener: &'a str, peer: SocketAddr) -> Self {
        Self {
            time: Timestamp::now(),
            id,
            revision,
            listener,
            peer,
            client: None,
            protocol: None,
            tls: None,
            method: None,
            host: None,
            path: None,
            query: None,
            route: None,
            cluster: None,
            endpoint: None,
            status: 0,
            reply_reason: None,
            flags: Flags::default(),
            received_bytes: 0,
            sent_bytes: 0,
            durations: Durations::default(),
            retries: 0,
            consumer: None,
            user_agent: None,
            referer: None,
            notes: &[],
        }
    }

    /// Appends the record as one line of JSON with its line feed.
    pub fn write_line(&self, redactor: &Redactor, out: &mut Vec<u8>) {
        let mut line = Object::open(out);
        line.time("time", self.time);
        line.id("id", self.id);
        line.number("revision", self.revision);
        self.write_downstream(&mut line);
        self.write_request(&mut line, redactor);
        self.write_response(&mut line);
        self.write_notes(&mut line, redactor);
        line.close();
        out.push(b'\n');
    }

    fn write_downstream(&self, line: &mut Object<'_>) {
        line.text("listener", self.listener);
        line.socket("peer", self.peer);
        if let Some(client) = self.client {
            line.ip("client", client);
        }
        line.optional_text("protocol", self.protocol);
        if let Some(tls) = self.tls {
            line.text("tls_version", tls.version);
            line.bounded("tls_server_name", tls.server_name.map(str::as_bytes), FIELD_BYTES_MAX);
        }
        line.text("scheme", if self.tls.is_some() { "https" } else { "http" });
        line.optional_text("consumer", self.consumer);
    }

    fn write_request(&self, line: &mut Object<'_>, redactor: &Redactor) {
        line.bounded("method", self.method, FIELD_BYTES_MAX);
        line.bounded("host", self.host, FIELD_BYTES_MAX);
        if let Some(path) = self.path {
            line.bounded("path", Some(&redactor.plain(path)), TARGET_BYTES_MAX);
        }
        if let Some(query) = self.query {
            line.bounded("query", Some(&redactor.query(query)), TARGET_BYTES_MAX);
        }
        if let Some(agent) = self.user_agent {
            let shown = redactor.header(b"user-agent", agent);
            line.bounded("user_agent", Some(&shown), FIELD_BYTES_MAX);
        }
        if let Some(referer) = self.referer {
            let shown = redactor.header(b"referer", referer);
            line.bounded("referer", Some(&shown), FIELD_BYTES_MAX);
        }
    }

    fn write_response(&self, line: &mut Object<'_>) {
        line.optional_text("route", self.route);
        line.optional_text("cluster", self.cluster);
        if let Some(endpoint) = self.endpoint {
            line.socket("endpoint", endpoint);
        }
        line.number("status", u64::from(self.status));
        line.optional_text("reply_reason", self.reply_reason);
        if !self.flags.is_empty() {
            let out = line.name("flags");
            out.push(b'[');
            let mut first = true;
            for (_, name) in Flag::ALL.iter().filter(|(flag, _)| self.flags.contains(*flag)) {
                if !first {
                    out.push(b',');
                }
                first = false;
                json::string(out, name.as_bytes());
            }
            out.push(b']');
        }
        line.number("received_bytes", self.received_bytes);
        line.number("sent_bytes", self.sent_bytes);
        line.millis("duration_ms", Some(self.durations.total));
        line.millis("upstream_connect_ms", self.durations.upstream_connect);
        line.millis("upstream_first_byte_ms", self.durations.upstream_first_byte);
        if self.retries > 0 {
            line.number("retries", u64::from(self.retries));
        }
    }

    fn write_notes(&self, line: &mut Object<'_>, redactor: &Redactor) {
        if self.notes.is_empty() {
            return;
        }
        let mut notes = Object::open(line.name("notes"));
        for (name, value) in self.notes.iter().take(NOTES_MAX) {
            match value {
                NoteValue::Number(number) => notes.signed(name, *number),
                NoteValue::Text(text) => {
                    notes.bounded(name, Some(&redactor.text(text.as_bytes())), FIELD_BYTES_MAX);
                }
            }
        }
        notes.close();
    }
}

#[cfg(test)]
mod tests;
