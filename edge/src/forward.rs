//! Forwarding: an endpoint is picked, asked, and where it fails before it has answered, another one.

use std::sync::Arc;
use std::time::Instant;

use http::{HeaderMap, Method, StatusCode, header};
use pingora_http::{RequestHeader, ResponseHeader};
use portcullis_config as config;
use portcullis_config::{HashKey, RetryOn};
use portcullis_pipeline::{Chain, Route};
use portcullis_telemetry::Flag;
use portcullis_telemetry::metrics::UpstreamErrorKind;
use portcullis_upstream::{Cluster, Lease, Outcome, PickError, PickKey, stable_hash};

use crate::collect::Collected;
use crate::exchange::{InFlight, Stop};
use crate::failure::{Failure, Kind};
use crate::hop_by_hop::RequestFacts;
use crate::local_reply::{self, is_grpc};
use crate::message::{Frame, Length, Upstream as _};
use crate::pool::{ClusterPool, Connected};
use crate::relay::Relay;
use crate::respond::{self, Responding};
use crate::session::Session;

/// Informational responses of one exchange, beyond which the upstream is not heard any more.
const INTERIM_RESPONSES: u32 = 16;

/// A request on its way up.
pub(crate) struct Forward<'a> {
    route: &'a Route,
    chain: &'a Chain,
    head: Box<RequestHeader>,
    facts: RequestFacts,
    length: Length,
    body: Option<Collected>,
}

/// One attempt that got no response head.
struct Failed {
    failure: Failure,
    /// The connection had carried an exchange before: that it breaks says little about the endpoint.
    reused: bool,
    /// Request bytes of which no copy is left were taken from the downstream.
    consumed: bool,
    response_begun: bool,
}

/// One attempt that got a response head.
struct Answered {
    session: Session,
    head: Box<ResponseHeader>,
    upload_ended: bool,
}

impl<'a> Forward<'a> {
    pub(crate) fn new(
        route: &'a Route,
        chain: &'a Chain,
        head: Box<RequestHeader>,
        facts: RequestFacts,
        length: Length,
        body: Option<Collected>,
    ) -> Self {
        Self { route, chain, head, facts, length, body }
    }

    pub(crate) async fn run(&mut self, flight: &mut InFlight<'_>) -> Result<(), Stop> {
        let cluster = Arc::clone(self.route.weights.pick().ok_or(Kind::NoEndpoint)?);
        let pool = flight.conn.worker.pools.of(&cluster);
        flight.record.cluster = Some(Arc::clone(cluster.name()));
        self.settle(&cluster, flight);
        cluster.retry_budget().deposit();
        let hash = self.hash(&cluster, flight);
        let mut tried = Vec::new();
        let mut fresh = false;
        let mut left = cluster.config().retry.attempts;
        loop {
            let key = PickKey { hash, tried: &tried };
            let lease = cluster.pick(&key).map_err(|error| match error {
                PickError::Overflow => Kind::ClusterFull,
                PickError::NoAddress => Kind::NoEndpoint,
            })?;
            flight.record.endpoint = Some(lease.address());
            let attempt = self.attempt(flight, &pool, &lease, fresh).await;
            let again = match &attempt {
                Ok(answered) => self.may_retry_status(&cluster, answered),
                Err(failed) => self.may_retry(&cluster, failed),
            };
            report(&lease, &pool, &attempt);
            let again = match again {
                Again::No => false,
                Again::Stale if !fresh => {
                    fresh = true;
                    continue;
                }
                Again::Stale | Again::Elsewhere => left > 0 && budget_allows(&cluster, &pool),
            };
            if again {
                left -= 1;
                flight.record.retries += 1;
                pool.metrics.retries.increment();
                tried.push(lease.index());
                continue;
            }
            let answered = attempt.map_err(|failed| failed.failure)?;
            return self.answered(flight, &pool, &lease, answered).await;
        }
    }

    /// Settles what depends on the cluster: waits, and whether an upgrade can be asked for.
    fn settle(&mut self, cluster: &Cluster, flight: &mut InFlight<'_>) {
        let timeouts = &cluster.config().timeouts;
        let waits = &mut flight.waits;
        waits.upstream_read = timeouts.read.into();
        waits.upstream_write = timeouts.write.into();
        if waits.end.is_none() {
            let total: Option<std::time::Duration> = timeouts.total.map(Into::into);
            waits.end = total.map(|wait| flight.record.begun() + wait);
        }
        if cluster.config().protocol == config::UpstreamProtocol::Http2
            || self.length != Length::None
        {
            self.facts.upgrade = None;
        }
        // A body that a filter replaced has another length than its head told.
        if let Some(body) = &self.body
            && body.complete
        {
            self.length = match (self.length, body.bytes.len() as u64, &body.trailers) {
                (Length::Unknown, _, Some(_)) => Length::Unknown,
                (Length::Unknown, 0, None) => Length::Exact(0),
                (_, n, _) => Length::Exact(n),
            };
        }
    }

    fn hash(&self, cluster: &Cluster, flight: &mut InFlight<'_>) -> Option<u64> {
        let exchange = flight.exchange().ok()?;
        match cluster.hash_key()? {
            HashKey::ClientIp => Some(match exchange.client.addr() {
                std::net::IpAddr::V4(v4) => stable_hash(&v4.octets()),
                std::net::IpAddr::V6(v6) => stable_hash(&v6.octets()),
            }),
            HashKey::Path => Some(stable_hash(exchange.path.as_str().as_bytes())),
            HashKey::Header(name) => {
                self.head.headers.get(name.as_str()).map(|value| stable_hash(value.as_bytes()))
            }
            HashKey::Cookie(name) => cookie(&self.head.headers, name.as_bytes()).map(stable_hash),
        }
    }

    /// Asks one endpoint, up to the head of its response.
    async fn attempt(
        &mut self,
        flight: &mut InFlight<'_>,
        pool: &ClusterPool,
        lease: &Lease,
        fresh: bool,
    ) -> Result<Answered, Failed> {
        let not_sent =
            |failure| Failed { failure, reused: false, consumed: false, response_begun: false };
        let begun = Instant::now();
        let connecting = pool.connect(lease.index(), fresh);
        let connected = crate::relay::while_connected(
            flight.down,
            flight.deadline,
            flight.waits.end,
            connecting,
        );
        let connected = connected.await.map_err(not_sent)?;
        if std::mem::take(&mut self.facts.expects_continue) && !flight.down.request_ended() {
            local_reply::send_continue(flight.down).map_err(not_sent)?;
        }
        let reused = matches!(connected, Connected::H1(_, true));
        if !reused {
            flight.record.durations.upstream_connect = Some(begun.elapsed());
        }
        let upgrade = self.facts.upgrade.as_ref();
        let asked = Session::ask(connected, pool, &self.head, self.length, upgrade);
        let mut session = asked.map_err(not_sent)?;
        let sent = Instant::now();
        let grpc = is_grpc(&self.head.headers);
        let InFlight { down, deadline, waits, .. } = &mut *flight;
        let mut relay = Relay::new(*down, session.side(), *waits, deadline);
        if grpc {
            relay.streaming();
        }
        let head = match self.queue_body(&mut relay) {
            Ok(()) => self.response_head(&mut relay).await,
            Err(failure) => Err(failure),
        };
        let (received, upload_ended) = (relay.received, relay.is_upload_ended());
        flight.record.received += received;
        match head {
            Ok(head) => {
                pool.metrics.first_byte_seconds.observe_duration(sent.elapsed());
                flight.record.durations.upstream_first_byte = Some(sent.elapsed());
                Ok(Answered { session, head: Box::new(head), upload_ended })
            }
            Err(failure) => {
                session.side().cancel();
                let response_begun = session.response_begun();
                Err(Failed { failure, reused, consumed: received > 0, response_begun })
            }
        }
    }

    /// Queues what is there of the request body.
    fn queue_body(&self, relay: &mut Relay<'_>) -> Result<(), Failure> {
        match &self.body {
            Some(body) => {
                if !body.bytes.is_empty() {
                    relay.up.send(Frame::Data(body.bytes.clone()))?;
                }
                if body.complete {
                    let trailers = body.trailers.clone();
                    relay.up.send(trailers.map_or(Frame::End, Frame::Trailers))?;
                    relay.upload_ended();
                }
            }
            None if relay.down.request_ended() => {
                relay.up.send(Frame::End)?;
                relay.upload_ended();
            }
            None => {}
        }
        Ok(())
    }

    /// The final response head; informational ones go down as they come.
    async fn response_head(&self, relay: &mut Relay<'_>) -> Result<ResponseHeader, Failure> {
        for _ in 0..INTERIM_RESPONSES {
            let head = relay.head().await?;
            if head.status == StatusCode::SWITCHING_PROTOCOLS || !head.status.is_informational() {
                return Ok(head);
            }
            // It was us who met the expectation, if there was one.
            if head.status != StatusCode::CONTINUE {
                let mut head = head;
                respond::clean(&mut head)?;
                relay.down.interim(&head)?;
            }
        }
        Err(Failure::because(Kind::UpstreamMalformed, "too many informational responses"))
    }

    async fn answered(
        &mut self,
        flight: &mut InFlight<'_>,
        pool: &ClusterPool,
        lease: &Lease,
        answered: Answered,
    ) -> Result<(), Stop> {
        let Answered { mut session, head, upload_ended } = answered;
        // No copy of the body is needed any more; a response may take hours.
        self.body = None;
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            flight.record.flags.set(Flag::Upgraded);
        } else if !upload_ended {
            flight.record.flags.set(Flag::EarlyResponse);
        }
        let responding = Responding {
            chain: self.chain,
            head_request: self.head.method == Method::HEAD,
            upload_ended,
            streaming: is_grpc(&self.head.headers),
        };
        let done = respond::respond(flight, session.side(), head, responding).await;
        match (done, session) {
            (Ok(()), Session::H1(side)) => {
                if let Some(wire) = side.into_reusable() {
                    pool.give_back(lease.index(), wire);
                }
                Ok(())
            }
            (Ok(()), Session::H2(mut side, _)) => {
                // An upstream that has answered need not read the rest of the request.
                side.cancel();
                Ok(())
            }
            (Err(stop), mut session) => {
                session.side().cancel();
                if let Stop::Failed(failure) = &stop {
                    count_error(pool, failure.kind);
                }
                Err(stop)
            }
        }
    }

    /// Whether the request can be sent again whole.
    fn is_whole(&self, consumed: bool) -> bool {
        match &self.body {
            Some(body) => body.complete,
            None => !consumed,
        }
    }

    fn may_repeat(&self, cluster: &Cluster) -> bool {
        is_idempotent(&self.head.method) || cluster.config().retry.danger_non_idempotent
    }

    fn may_retry(&self, cluster: &Cluster, failed: &Failed) -> Again {
        let retry = &cluster.config().retry;
        let on = |what| retry.after.contains(&what);
        if !self.is_whole(failed.consumed) || failed.response_begun {
            return Again::No;
        }
        let kind = failed.failure.kind;
        let unsent = matches!(kind, Kind::ConnectFailed | Kind::ConnectTimeout | Kind::UpstreamTls);
        // RFC 9113 section 8.7: the upstream has not begun to work on it, whatever the method.
        if unsent && on(RetryOn::ConnectFailure) || is_refused_stream(&failed.failure) {
            return Again::Elsewhere;
        }
        if !self.may_repeat(cluster) {
            return Again::No;
        }
        if kind == Kind::UpstreamReset && failed.reused {
            return Again::Stale;
        }
        let reset = kind == Kind::UpstreamReset && on(RetryOn::Reset);
        let late = kind == Kind::UpstreamReadTimeout && on(RetryOn::Timeout);
        if reset || late { Again::Elsewhere } else { Again::No }
    }

    fn may_retry_status(&self, cluster: &Cluster, answered: &Answered) -> Again {
        let retry = &cluster.config().retry;
        let asked = retry.statuses.contains(&answered.head.status.as_u16());
        let whole = self.is_whole(true) || answered.upload_ended && self.length == Length::None;
        if asked && whole && self.may_repeat(cluster) { Again::Elsewhere } else { Again::No }
    }
}

/// Whether and where a request is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    No,
    /// On a new connection to the same cluster; the old one had been kept for too long.
    Stale,
    /// On another endpoint, where the budget allows it.
    Elsewhere,
}

fn budget_allows(cluster: &Cluster, pool: &ClusterPool) -> bool {
    let allowed = cluster.retry_budget().withdraw();
    if !allowed {
        pool.metrics.retry_budget_exhausted.increment();
    }
    allowed
}

/// Tells passive health and the metrics what came of an attempt.
fn report(lease: &Lease, pool: &ClusterPool, attempt: &Result<Answered, Failed>) {
    match attempt {
        Ok(answered) => match answered.head.status.as_u16() {
            502..=504 => {
                pool.metrics.error(UpstreamErrorKind::Status);
                lease.report(Outcome::Failure);
            }
            _ => lease.report(Outcome::Success),
        },
        Err(failed) => {
            count_error(pool, failed.failure.kind);
            let stale = failed.reused && failed.failure.kind == Kind::UpstreamReset;
            if failed.failure.kind.culprit() == portcullis_filter::Culprit::Upstream && !stale {
                lease.report(Outcome::Failure);
            }
        }
    }
}

fn count_error(pool: &ClusterPool, kind: Kind) {
    let label = match kind {
        Kind::ConnectFailed => UpstreamErrorKind::Connect,
        Kind::ConnectTimeout => UpstreamErrorKind::ConnectTimeout,
        Kind::UpstreamTls => UpstreamErrorKind::Tls,
        Kind::UpstreamReset | Kind::UpstreamTruncated => UpstreamErrorKind::Reset,
        Kind::UpstreamMalformed => UpstreamErrorKind::Protocol,
        Kind::UpstreamReadTimeout | Kind::IdleTimeout => UpstreamErrorKind::ReadTimeout,
        Kind::UpstreamWriteTimeout => UpstreamErrorKind::WriteTimeout,
        Kind::RouteTimeout => UpstreamErrorKind::TotalTimeout,
        Kind::NoEndpoint => UpstreamErrorKind::NoEndpoint,
        Kind::ClusterFull => UpstreamErrorKind::Overflow,
        Kind::DownstreamGone
        | Kind::RequestBodyTimeout
        | Kind::RequestBodyMalformed
        | Kind::RequestBodyTooLarge
        | Kind::BufferBudget
        | Kind::DownstreamWriteTimeout
        | Kind::Filter
        | Kind::FilterAbort
        | Kind::Internal => return,
    };
    pool.metrics.error(label);
}

fn is_refused_stream(failure: &Failure) -> bool {
    let error = failure.cause.as_ref().and_then(|cause| cause.downcast_ref::<h2::Error>());
    error.is_some_and(|error| error.reason() == Some(h2::Reason::REFUSED_STREAM))
}

/// RFC 9110 section 9.2.2.
fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::PUT | Method::DELETE | Method::OPTIONS | Method::TRACE
    )
}

fn cookie<'a>(headers: &'a HeaderMap, name: &[u8]) -> Option<&'a [u8]> {
    let lines = headers.get_all(header::COOKIE).iter();
    let crumbs = lines.flat_map(|line| line.as_bytes().split(|b| *b == b';'));
    crumbs.map(<[u8]>::trim_ascii).find_map(|crumb| crumb.strip_prefix(name)?.strip_prefix(b"="))
}
