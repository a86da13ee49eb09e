//! What became of an exchange: counted, logged and told to the filters, exactly once.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use portcullis_filter::{Exchange, ExchangeId, Hidden, Note, Protocol};
use portcullis_pipeline::Chain;
use portcullis_telemetry::{
    self as telemetry, AccessRecord, Durations, Flag, Flags, HiddenBytes, NoteValue, TlsFacts,
};

use crate::connection::{Connection, Seen};

/// What became of an exchange, filled in as it goes. Whatever happens to the exchange, this is concluded when it is
/// dropped.
pub(crate) struct Record {
    conn: Arc<Connection>,
    seen: Seen,
    begun: Instant,
    pub(crate) id: ExchangeId,
    pub(crate) request: Request,
    /// Of an exchange that got a route.
    pub(crate) routed: Option<(Exchange, Arc<Chain>)>,
    pub(crate) status: u16,
    pub(crate) reason: Option<&'static str>,
    pub(crate) flags: Flags,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    pub(crate) durations: Durations,
    pub(crate) cluster: Option<Arc<str>>,
    pub(crate) endpoint: Option<SocketAddr>,
    pub(crate) retries: u32,
}

/// What is logged of a request.
#[derive(Default)]
pub(crate) struct Request {
    pub(crate) protocol: Option<Protocol>,
    pub(crate) method: Option<Method>,
    pub(crate) target: Bytes,
    pub(crate) host: Option<portcullis_canonical::Host>,
    pub(crate) path: Option<portcullis_canonical::Path>,
    pub(crate) client: Option<std::net::IpAddr>,
    user_agent: Option<HeaderValue>,
    referer: Option<HeaderValue>,
}

impl Request {
    /// Takes what is logged of the header lines; values are shared, not copied.
    pub(crate) fn note_headers(&mut self, headers: &HeaderMap) {
        self.user_agent = headers.get(header::USER_AGENT).cloned();
        self.referer = headers.get(header::REFERER).cloned();
    }
}

impl Record {
    pub(crate) fn new(conn: &Arc<Connection>, seen: &Seen, id: ExchangeId) -> Self {
        Self {
            conn: Arc::clone(conn),
            seen: seen.clone(),
            begun: Instant::now(),
            id,
            request: Request::default(),
            routed: None,
            status: 0,
            reason: None,
            flags: Flags::default(),
            received: 0,
            sent: 0,
            durations: Durations::default(),
            cluster: None,
            endpoint: None,
            retries: 0,
        }
    }

    /// When its head was complete.
    pub(crate) fn begun(&self) -> Instant {
        self.begun
    }

    fn conclude(&mut self) {
        if let Some((exchange, chain)) = &mut self.routed {
            chain.log(exchange);
            if exchange.notes.iter().any(|(name, _)| *name == "failed_open") {
                self.flags.set(Flag::FailedOpen);
            }
        }
        let took = self.begun.elapsed();
        let route = self.routed.as_ref().map(|(exchange, _)| &exchange.route);
        self.conn.count(&self.seen, route, |metrics| {
            metrics.ended(self.status, took, self.received, self.sent);
        });
        if let Some(reason) = self.reason {
            self.conn.worker.metrics.local_reply(reason);
        }
        self.log_access(took);
    }

    fn log_access(&self, took: Duration) {
        let Some(sink) = &self.seen.snapshot.access_log else { return };
        let downstream = &self.conn.facts;
        let mut notes = Vec::new();
        let listener = &*self.seen.listener.name;
        let mut record =
            AccessRecord::new(self.id.0, self.seen.snapshot.revision, listener, downstream.peer);
        let request = &self.request;
        record.client = request.client;
        record.protocol = request.protocol.map(Protocol::as_str);
        record.tls = downstream
            .tls
            .as_ref()
            .map(|tls| TlsFacts { version: tls.version, server_name: tls.sni.as_deref() });
        record.method = request.method.as_ref().map(|method| method.as_str().as_bytes());
        record.host = request.host.as_ref().map(|host| host.authority().as_bytes());
        match &request.path {
            Some(path) => {
                record.path = Some(path.as_str().as_bytes());
                record.query = path.query().map(str::as_bytes);
            }
            None if request.target.is_empty() => {}
            None => {
                let mut parts = request.target.splitn(2, |b| *b == b'?');
                record.path = parts.next();
                record.query = parts.next();
            }
        }
        record.user_agent = request.user_agent.as_ref().map(HeaderValue::as_bytes);
        record.referer = request.referer.as_ref().map(HeaderValue::as_bytes);
        if let Some((exchange, _)) = &self.routed {
            record.route = Some(&exchange.route);
            record.consumer = exchange.consumer.as_ref().map(|consumer| &*consumer.name);
            notes.extend(exchange.notes.iter().map(|(name, note)| (*name, note_value(note))));
        }
        record.cluster = self.cluster.as_deref();
        record.endpoint = self.endpoint;
        record.status = self.status;
        record.reply_reason = self.reason;
        record.flags = self.flags;
        record.received_bytes = self.received;
        record.sent_bytes = self.sent;
        record.durations = Durations { total: took, ..self.durations };
        record.retries = self.retries;
        record.notes = &notes;
        let redactor = &self.seen.snapshot.redactor;
        let hidden = self.routed.as_ref().and_then(|(exchange, _)| exchange.hidden.as_deref());
        match hidden {
            None => sink.write(|out| record.write_line(redactor, out)),
            Some(hidden) => {
                let redactor = redactor.with(&of_exchange(hidden));
                sink.write(|out| record.write_line(&redactor, out));
            }
        }
    }
}

fn of_exchange(hidden: &Hidden) -> telemetry::Hidden {
    let bytes = |(bytes, first, last): &(Vec<u8>, usize, usize)| HiddenBytes {
        bytes: bytes.clone(),
        first: *first,
        last: *last,
    };
    telemetry::Hidden {
        headers: hidden.headers.clone(),
        arguments: hidden.arguments.clone(),
        bytes: hidden.bytes.iter().map(bytes).collect(),
        everything: hidden.everything,
    }
}

fn note_value(note: &Note) -> NoteValue<'_> {
    match note {
        Note::Number(n) => NoteValue::Number(*n),
        Note::Name(name) => NoteValue::Text(name),
        Note::Text(text) => NoteValue::Text(text),
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return self.conclude();
        }
        // A defect in one exchange ends that exchange; a second panic here would end the program.
        self.conn.worker.metrics.panic();
        self.reason = Some("panic");
        let _ = catch_unwind(AssertUnwindSafe(|| self.conclude()));
    }
}
