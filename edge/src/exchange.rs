//! The way of a request: from its canonical head to its answer.
//!
//! The phases and their order stand on the page `docs/life-of-a-request.md`; this file is that page in code.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::uri::PathAndQuery;
use http::{Method, StatusCode, Uri, Version};
use pingora_http::RequestHeader;
use portcullis_canonical::{Canonical, Framing, Spoof, forwarded};
use portcullis_filter::{
    BodyInterest, Exchange, ExchangeParts, FilterError, Flow, LocalReply, Received, WholeBody,
};
use portcullis_matching::Query;
use portcullis_pipeline::{Chain, Route};
use portcullis_telemetry::Flag;

use crate::collect::{Bound, Collected, collect};
use crate::connection::{Connection, Seen};
use crate::deadline::Deadline;
use crate::failure::{Failure, Kind};
use crate::forward::Forward;
use crate::h1::RequestHead;
use crate::hop_by_hop::{self, RequestFacts};
use crate::id;
use crate::local_reply::{self, Audience, X_REQUEST_ID};
use crate::message::{Downstream, Length};
use crate::record::Record;
use crate::relay::{PROGRESS_BYTES, Waits};
use crate::rescue::rescue;

/// Why an exchange does not run to a forwarded response.
pub(crate) enum Stop {
    /// A filter, or we, answer instead.
    Reply(Box<LocalReply>),
    /// Something failed.
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Kind> for Stop {
    fn from(kind: Kind) -> Self {
        Self::Failed(kind.into())
    }
}

impl From<FilterError> for Stop {
    fn from(error: FilterError) -> Self {
        Self::Failed(Failure::because(Kind::Filter, error))
    }
}

/// An exchange on its way.
pub(crate) struct InFlight<'a> {
    pub(crate) conn: &'a Arc<Connection>,
    pub(crate) seen: &'a Seen,
    pub(crate) down: &'a mut dyn Downstream,
    pub(crate) deadline: &'a mut Deadline,
    pub(crate) record: Record,
    pub(crate) waits: Waits,
    audience: Audience,
}

/// Runs an exchange to its end: the response is sent, or the downstream knows that there is none.
pub(crate) async fn serve(
    conn: &Arc<Connection>,
    seen: &Seen,
    down: &mut dyn Downstream,
    deadline: &mut Deadline,
    head: RequestHead,
    canonical: Canonical,
) {
    let mut record = Record::new(conn, seen, id::next());
    let audience = Audience::of(record.id, &head.method, &head.headers);
    record.request.note_headers(&head.headers);
    let waits = conn.waits(seen);
    let mut flight = InFlight { conn, seen, down, deadline, record, waits, audience };
    if let Err(stop) = flight.run(head, canonical).await {
        flight.answer(stop);
    }
    flight.finish().await;
}

/// Answers a request whose head is no request, and counts and logs it as any other.
pub(crate) async fn refuse(
    conn: &Arc<Connection>,
    seen: &Seen,
    down: &mut dyn Downstream,
    deadline: &mut Deadline,
    refusal: Refusal,
) {
    let mut record = Record::new(conn, seen, id::next());
    let Refusal { status, problem, method, target } = refusal;
    conn.worker.metrics.malformed(problem);
    let form = local_reply::Form::Json;
    let head_request = method == Some(Method::HEAD);
    let audience = Audience { id: record.id, form, head_request };
    record.request.method = method;
    record.request.target = target;
    record.request.client = Some(conn.facts.peer.ip());
    let waits = conn.waits(seen);
    let mut flight = InFlight { conn, seen, down, deadline, record, waits, audience };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    flight.down.close_after();
    flight.answer(Stop::Reply(Box::new(LocalReply::new(status, problem))));
    flight.finish().await;
}

/// What is known of a request whose head is no request.
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) problem: &'static str,
    pub(crate) method: Option<Method>,
    pub(crate) target: bytes::Bytes,
}

impl InFlight<'_> {
    async fn run(&mut self, mut head: RequestHead, canonical: Canonical) -> Result<(), Stop> {
        let Canonical { host, path, framing } = canonical;
        let peer = self.conn.facts.peer.ip();
        let proxies = &self.seen.snapshot.trusted_proxies;
        let client = proxies.client_ip(peer, &head.headers);
        let trusted = proxies.trusts(peer);
        let facts = self.conn.facts.downstream(self.down.protocol());
        let request = &mut self.record.request;
        request.protocol = Some(facts.protocol);
        request.method = Some(head.method.clone());
        request.target = head.target.clone();
        request.client = Some(client.addr());
        request.host = Some(host.clone());
        request.path = Some(path.clone());
        self.strip_spoofed(&mut head, trusted);
        if self.conn.is_misdirected(self.seen, &host) {
            return Err(reply(StatusCode::MISDIRECTED_REQUEST, "misdirected"));
        }

        let method = &head.method;
        let query = Query { host: &host, path: &path, method, headers: &head.headers };
        let seen = self.seen;
        let Some(routed) = seen.listener.routes.find(&query) else {
            return Err(reply(StatusCode::NOT_FOUND, "no_route"));
        };
        let (route, chain) = (routed.route, routed.chain);
        let received = Received { method: head.method.clone(), target: head.target.clone() };
        let parts = ExchangeParts {
            id: self.record.id,
            revision: seen.snapshot.revision,
            downstream: facts,
            client,
            host,
            path,
            received,
            route: Arc::clone(&route.name),
        };
        let exchange = Exchange::new(parts);
        let request_facts = RequestFacts::of(&head.headers, head.version);
        let head = request_header(head, &exchange)?;
        self.record.routed = Some((exchange, Arc::clone(chain)));
        self.set_total(route);
        self.routed(route, chain, head, Request { facts: request_facts, framing, trusted }).await
    }

    async fn routed(
        &mut self,
        route: &Route,
        chain: &Chain,
        mut head: Box<RequestHeader>,
        request: Request,
    ) -> Result<(), Stop> {
        let flow = chain.request_head(self.exchange()?, &mut head).await?;
        stop_at(flow)?;
        let mut length = length_of(&request.framing);
        if self.down.request_ended() {
            length = if length == Length::Exact(0) { length } else { Length::None };
        }
        let mut facts = request.facts;
        let body = self.inspect_body(chain, &head, length, &mut facts).await?;
        let request = Request { facts, ..request };
        self.upstream_head(route, &mut head, &request)?;
        let mut forward = Forward::new(route, chain, head, request.facts, length, body);
        forward.run(self).await
    }

    /// RequestBody: read before any upstream connection is used, also when there is none.
    async fn inspect_body(
        &mut self,
        chain: &Chain,
        head: &RequestHeader,
        length: Length,
        facts: &mut RequestFacts,
    ) -> Result<Option<Collected>, Stop> {
        let BodyInterest::Whole { limit_bytes, partial } = chain.interest().request_body else {
            return Ok(None);
        };
        let ended = self.down.request_ended();
        if !ended && std::mem::take(&mut facts.expects_continue) {
            local_reply::send_continue(self.down)?;
        }
        let share = self.conn.share();
        let mut collected = if ended {
            Collected::empty(share)
        } else {
            let bound = Bound { bytes: limit_bytes, partial };
            collect(self.down, length, bound, &self.waits, self.deadline, share).await?
        };
        self.record.received = collected.bytes.len() as u64;
        if !collected.complete {
            self.record.flags.set(Flag::PartialInspection);
        }
        let inspected = collected.bytes.slice(..collected.bytes.len().min(limit_bytes));
        let untouched = inspected.clone();
        let mut whole = match collected.complete {
            true => WholeBody::complete(inspected),
            false => WholeBody::partial(inspected),
        };
        let flow = chain.request_body(self.exchange()?, head, &mut whole).await?;
        stop_at(flow)?;
        // A filter may have put another body in the place of a complete one.
        if collected.complete && whole.bytes().as_ptr() != untouched.as_ptr() {
            collected.bytes = whole.bytes().clone();
        }
        Ok((!ended || !collected.bytes.is_empty()).then_some(collected))
    }

    /// UpstreamRequest: what was decided on is what is sent, with what we assert about the hop before us.
    fn upstream_head(
        &mut self,
        route: &Route,
        head: &mut RequestHeader,
        request: &Request,
    ) -> Result<(), Stop> {
        let (exchange, _) = self.record.routed.as_ref().ok_or(Kind::Internal)?;
        let mut parts = http::request::Parts::from(std::mem::replace(head, blank()?));
        let headers = &mut parts.headers;
        hop_by_hop::clean_request(headers);
        if request.facts.te_trailers {
            headers.insert(http::header::TE, http::HeaderValue::from_static("trailers"));
        }
        // Met by us when the body is read, so that upstreams that know no expectations need not.
        headers.remove(http::header::EXPECT);
        join_cookie_crumbs(headers);
        let tls = self.conn.facts.tls.is_some();
        let peer = self.conn.facts.peer.ip();
        let hop = forwarded::Hop { peer, host: &exchange.host, tls, forwarded: false };
        forwarded::append(headers, &hop);
        if !request.trusted || !headers.contains_key(X_REQUEST_ID) {
            let id = http::HeaderValue::from_bytes(&id::hex(exchange.id));
            headers.insert(X_REQUEST_ID, id.map_err(|e| Failure::because(Kind::Internal, e))?);
        }
        let rewrite = route.rewrite.as_ref();
        let host = match rewrite.and_then(|rewrite| rewrite.host()) {
            Some(host) => host.clone(),
            None => http::HeaderValue::from_str(exchange.host.authority())
                .map_err(|e| Failure::because(Kind::Internal, e))?,
        };
        headers.insert(http::header::HOST, host);
        if let Some(rewritten) = rewrite.and_then(|rewrite| rewrite.path(&exchange.path)) {
            parts.uri = uri(&rewritten.path_and_query)?;
        }
        *head = RequestHeader::from(parts);
        Ok(())
    }

    fn strip_spoofed(&self, head: &mut RequestHead, trusted: bool) {
        let spoofs = &self.conn.worker.spoofs;
        let mut stripped = Vec::new();
        for name in head.headers.keys() {
            match spoofs.judge(name) {
                None => {}
                Some(Spoof::Forwarding) if trusted => {}
                Some(Spoof::Forwarding | Spoof::Asserted | Spoof::Alias) => {
                    stripped.push(name.clone());
                }
            }
        }
        hop_by_hop::nominated(&head.headers, |name| {
            if !hop_by_hop::is_known(name) {
                stripped.push(name.clone());
            }
        });
        for name in stripped {
            head.headers.remove(name);
        }
        if !trusted {
            head.headers.remove(X_REQUEST_ID);
        }
    }

    fn set_total(&mut self, route: &Route) {
        if let Some(idle) = route.timeouts.idle {
            self.waits.idle = idle;
        }
        self.waits.end = route.timeouts.request.map(|wait| self.record.begun() + wait);
    }

    /// The exchange as filters see it.
    pub(crate) fn exchange(&mut self) -> Result<&mut Exchange, Failure> {
        self.record.routed.as_mut().map(|(exchange, _)| exchange).ok_or(Kind::Internal.into())
    }

    /// Turns what stopped an exchange into a response, where there can still be one.
    fn answer(&mut self, stop: Stop) {
        let reply = match stop {
            Stop::Reply(reply) => Some(*reply),
            Stop::Failed(failure) => {
                self.note_failure(&failure);
                if self.down.responded() { None } else { rescue(failure.kind) }
            }
        };
        let Some(reply) = reply else { return self.down.abort() };
        self.record.reason = Some(reply.reason.0);
        if reply.silent {
            self.record.status = reply.status.as_u16();
            return self.down.abort();
        }
        match local_reply::send(self.down, reply, self.audience) {
            Ok((sent, status)) => {
                self.record.sent += sent;
                self.record.status = status;
            }
            Err(failure) => {
                self.note_failure(&failure);
                self.down.abort();
            }
        }
    }

    fn note_failure(&mut self, failure: &Failure) {
        let flags = &mut self.record.flags;
        if failure.kind == Kind::DownstreamGone {
            flags.set(Flag::DownstreamClosed);
        } else if failure.kind == Kind::UpstreamTruncated {
            flags.set(Flag::UpstreamClosed);
        } else if failure.kind.is_timeout() {
            flags.set(Flag::TimedOut);
        }
        let culprit = failure.kind.culprit();
        tracing::debug!(id = %self.record.id, ?culprit, %failure, "An exchange failed");
    }

    /// Sends out what is queued, and waits for as long as a downstream may take nothing.
    async fn finish(mut self) {
        let mut queued = self.down.queued();
        let wait: Duration = self.waits.downstream_write;
        self.deadline.after(wait);
        let down = &mut *self.down;
        let deadline = &mut *self.deadline;
        let flushed = poll_fn(|cx| {
            match down.poll_flush(cx) {
                Poll::Ready(done) => return Poll::Ready(done),
                Poll::Pending if down.queued() + PROGRESS_BYTES <= queued => {
                    queued = down.queued();
                    deadline.after(wait);
                }
                Poll::Pending => {}
            }
            deadline.poll_expired(cx).map(|()| Err(Kind::DownstreamWriteTimeout.into()))
        })
        .await;
        if let Err(failure) = flushed {
            self.note_failure(&failure);
            self.down.abort();
        }
        self.deadline.disarm();
    }
}

/// What is kept of a request beside its head.
pub(crate) struct Request {
    pub(crate) facts: RequestFacts,
    framing: Framing,
    trusted: bool,
}

fn length_of(framing: &Framing) -> Length {
    match framing {
        Framing::None => Length::None,
        Framing::Length(n) => Length::Exact(*n),
        Framing::Chunked | Framing::Stream => Length::Unknown,
    }
}

/// The length of a request body as its head tells it.
pub(crate) fn request_length(canonical: &Canonical) -> Length {
    length_of(&canonical.framing)
}

pub(crate) fn stop_at(flow: Flow) -> Result<(), Stop> {
    match flow {
        Flow::Continue => Ok(()),
        Flow::Reply(reply) => Err(Stop::Reply(reply)),
    }
}

fn reply(status: StatusCode, reason: &'static str) -> Stop {
    Stop::Reply(Box::new(LocalReply::new(status, reason)))
}

fn uri(path_and_query: &str) -> Result<Uri, Stop> {
    match PathAndQuery::try_from(path_and_query) {
        Ok(target) => Ok(Uri::from(target)),
        Err(_) => Err(reply(StatusCode::BAD_REQUEST, "target_unsendable")),
    }
}

/// The head as filters and upstreams see it: the canonical target in place of the one received.
fn request_header(head: RequestHead, exchange: &Exchange) -> Result<Box<RequestHeader>, Stop> {
    let mut parts = http::Request::new(()).into_parts().0;
    parts.method = head.method;
    parts.uri = uri(exchange.path.path_and_query())?;
    parts.version = head.version;
    parts.headers = head.headers;
    if head.version == Version::HTTP_2 && !parts.headers.contains_key(http::header::HOST) {
        // Filters look for the host where HTTP/1 has it.
        let host = http::HeaderValue::from_str(exchange.host.authority());
        parts.headers.insert(http::header::HOST, host.map_err(|_| Kind::Internal)?);
    }
    Ok(Box::new(RequestHeader::from(parts)))
}

fn blank() -> Result<RequestHeader, Failure> {
    RequestHeader::build_no_case(Method::GET, b"/", Some(0))
        .map_err(|e| Failure::because(Kind::Internal, e))
}

/// RFC 9113 section 8.2.3: crumbs become one Cookie field before the request leaves HTTP/2.
fn join_cookie_crumbs(headers: &mut http::HeaderMap) {
    let mut crumbs = headers.get_all(http::header::COOKIE).iter();
    if crumbs.next().is_none() || crumbs.next().is_none() {
        return;
    }
    let mut joined = Vec::new();
    for crumb in headers.get_all(http::header::COOKIE) {
        if !joined.is_empty() {
            joined.extend_from_slice(b"; ");
        }
        joined.extend_from_slice(crumb.as_bytes());
    }
    if let Ok(joined) = http::HeaderValue::from_bytes(&joined) {
        headers.insert(http::header::COOKIE, joined);
    }
}
