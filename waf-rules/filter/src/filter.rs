//! The filter: feeds an exchange to a transaction, phase by phase, and answers for it.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use pingora_http::{RequestHeader, ResponseHeader};
use portcullis_config as config;
use portcullis_config::{Diagnostic, FilterKind, OnLimit, Severity};
use portcullis_filter::{
    BodyInterest, Culprit, Exchange, Filter, FilterError, Flow, Interest, LocalReply, Note,
    WholeBody,
};
use portcullis_telemetry::metrics::{WafMetrics, WafPhase};
use portcullis_telemetry::{LogSink, Metrics, Redactor};
use portcullis_waf_engine::{Disruption, Interruption, RuleSet, Transaction, TransactionId};

use crate::RuleSets;
use crate::audit::{AuditLog, AuditSource, Ended, hidden};
use crate::inflate::{Inflated, inflate};
use crate::profile::is_sampled;
use crate::report::Reporter;
use crate::rulesets::{RecordCounts, RuleCosts};
use crate::sources::{assemble, located};

/// Reason of local replies, in logs and metrics.
const REASON: &str = "waf";

/// What a [`WafFilter`] is compiled with.
#[derive(Debug)]
pub struct WafParts<'a> {
    /// The rule sets of the configuration.
    pub rulesets: &'a BTreeMap<String, config::Ruleset>,
    /// Rule sets compiled before.
    pub compiled: &'a RuleSets,
    /// Where it counts.
    pub metrics: &'a Arc<Metrics>,
    /// Where it reports; none when the WAF log is off.
    pub log: Option<&'a Arc<LogSink>>,
    /// What it hides in what it reports.
    pub redactor: &'a Redactor,
    /// Where it writes audit records.
    pub audit: AuditSource<'a>,
    /// Its place in the configuration.
    pub at: &'a str,
}

/// Inspects requests and responses by a rule set.
pub struct WafFilter {
    rules: Arc<RuleSet>,
    request_body: config::RequestBodyInspection,
    response_body: config::ResponseBodyInspection,
    reporter: Reporter,
    /// `None` where the rules keep nothing.
    record_counts: Option<RecordCounts>,
    rule_costs: RuleCosts,
    /// Of so many exchanges, one is timed; 0 for none.
    profile_one_in: u64,
    /// None where no record can be written.
    audit: Option<AuditLog>,
}

/// What one exchange keeps between phases.
struct Inspection {
    transaction: Transaction,
    /// Of the route; looked up once.
    metrics: Arc<WafMetrics>,
    interruption: Option<Interruption>,
    status: u16,
    /// Time in each phase.
    phase_micros: [u64; 5],
}

impl Inspection {
    /// A phase took this long.
    fn inspected(&mut self, phase: WafPhase, took: Duration) {
        self.metrics.inspected(phase, took);
        self.took(phase, took);
    }

    fn took(&mut self, phase: WafPhase, took: Duration) {
        if let Some(micros) = self.phase_micros.get_mut(phase as usize) {
            *micros += u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        }
    }
}

impl WafFilter {
    /// Compiles what an operator wrote.
    ///
    /// # Errors
    /// Every problem of the filter and of its rules, the latter with the rule file's name and line.
    pub fn compile(waf: &config::Waf, parts: &WafParts<'_>) -> Result<Self, Vec<Diagnostic>> {
        let assembled = assemble(waf, parts)?;
        let rules = parts.compiled.of(&waf.ruleset, &assembled.sources).map_err(|problems| {
            problems.into_iter().map(|problem| located(problem, parts.at)).collect::<Vec<_>>()
        })?;
        let reporter = Reporter::new(&waf.ruleset, assembled.version, parts);
        let audit = AuditLog::open(&rules, parts)?;
        let record_counts =
            rules.keeps_records().then(|| parts.compiled.record_counts(parts.metrics));
        Ok(Self {
            record_counts,
            rule_costs: parts.compiled.rule_costs(parts.metrics),
            profile_one_in: waf.profile_one_in,
            rules,
            request_body: waf.request_body,
            response_body: waf.response_body,
            reporter,
            audit,
        })
    }

    /// What should be known of its rules, such as patterns that are dear to match.
    pub fn warnings(&self, at: &str) -> Vec<Diagnostic> {
        let warnings = self.rules.warnings().iter().cloned();
        warnings
            .map(|warning| Diagnostic { severity: Severity::Warning, ..located(warning, at) })
            .collect()
    }

    fn begin(&self, ex: &Exchange, req: &RequestHeader) -> Transaction {
        let mut tx = Transaction::new(Arc::clone(&self.rules), TransactionId::from(ex.id.0));
        if is_sampled(ex.id.0, self.profile_one_in) {
            tx.sample();
        }
        if self.audit.is_some() {
            tx.keep_audit_body();
        }
        let SocketAddrs { client, local } = addresses(ex);
        tx.connection(client.ip(), client.port(), local.ip(), local.port());
        tx.request_line(
            ex.received.method.as_str().as_bytes(),
            ex.path.path_and_query().as_bytes(),
            &ex.received.target,
            ex.downstream.protocol.as_str().as_bytes(),
        );
        for (name, value) in &req.headers {
            tx.request_header(name.as_str().as_bytes(), value.as_bytes());
        }
        tx
    }

    /// Remembers what the rules demand, and answers with it.
    fn answer(&self, ex: &mut Exchange, demand: Option<Interruption>) -> Flow {
        let Some(demand) = demand else { return Flow::Continue };
        let reply = reply(&demand);
        ex.note("waf_rule", Note::Number(i64::try_from(demand.rule_id).unwrap_or(i64::MAX)));
        if let Some(inspection) = ex.state_mut::<Inspection>() {
            inspection.status = reply.status.as_u16();
            inspection.interruption = Some(demand);
        }
        reply.into()
    }
}

impl fmt::Debug for WafFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WafFilter")
            .field("rules", &self.rules.rules().len())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Filter for WafFilter {
    fn name(&self) -> &'static str {
        FilterKind::Waf.as_str()
    }

    fn interest(&self) -> Interest {
        Interest {
            request_head: true,
            request_body: BodyInterest::Whole {
                limit_bytes: match self.request_body.inspect {
                    true => self.request_body.limit.in_memory(),
                    false => 0,
                },
                partial: !self.request_body.inspect
                    || self.request_body.on_limit == OnLimit::Partial,
            },
            response_head: true,
            response_body: false,
            log: true,
        }
    }

    async fn request_head(
        &self,
        ex: &mut Exchange,
        req: &mut RequestHeader,
    ) -> Result<Flow, FilterError> {
        let began = Instant::now();
        let mut transaction = self.begin(ex, req);
        let demand = transaction.request_headers_done();
        let metrics = self.reporter.of(&ex.route);
        let mut inspection = Inspection {
            transaction,
            metrics,
            interruption: None,
            status: 0,
            phase_micros: [0; 5],
        };
        inspection.inspected(WafPhase::RequestHeaders, began.elapsed());
        ex.set_state(inspection);
        Ok(self.answer(ex, demand))
    }

    async fn request_body(
        &self,
        ex: &mut Exchange,
        req: &RequestHeader,
        body: &mut WholeBody,
    ) -> Result<Flow, FilterError> {
        let began = Instant::now();
        let limit_bytes = self.request_body.limit.in_memory();
        let inflated = match self.request_body.inspect {
            true => inflate(&req.headers, body, limit_bytes),
            false => Ok(Inflated::whole(&[])),
        };
        let inflated = match inflated {
            Ok(inflated) => inflated,
            Err(refusal) => return Ok(refusal.reply().into()),
        };
        if !inflated.complete && self.request_body.on_limit == OnLimit::Reject {
            return Ok(LocalReply::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").into());
        }
        let inspection = inspection(ex)?;
        let demand = inspection.transaction.request_body(&inflated.bytes, inflated.complete);
        inspection.inspected(WafPhase::RequestBody, began.elapsed());
        Ok(self.answer(ex, demand))
    }

    async fn response_head(
        &self,
        ex: &mut Exchange,
        res: &mut ResponseHeader,
    ) -> Result<Flow, FilterError> {
        let began = Instant::now();
        let protocol = ex.downstream.protocol.as_str();
        let inspection = inspection(ex)?;
        inspection.status = res.status.as_u16();
        let transaction = &mut inspection.transaction;
        transaction.response_head(res.status.as_u16(), protocol.as_bytes());
        for (name, value) in &res.headers {
            transaction.response_header(name.as_str().as_bytes(), value.as_bytes());
        }
        let demand = transaction.response_headers_done();
        let wants_body = demand.is_none() && transaction.wants_response_body();
        inspection.inspected(WafPhase::ResponseHeaders, began.elapsed());
        if wants_body && self.response_body.inspect && !is_stream(&res.headers) {
            ex.hold_response(self.response_body.limit.in_memory());
        }
        Ok(self.answer(ex, demand))
    }

    async fn response_held(
        &self,
        ex: &mut Exchange,
        res: &ResponseHeader,
        body: &WholeBody,
    ) -> Result<Flow, FilterError> {
        let began = Instant::now();
        let limit_bytes = self.response_body.limit.in_memory();
        let inflated = inflate(&res.headers, body, limit_bytes)
            .map_err(|refusal| FilterError::new(Culprit::Upstream, refusal.to_string()))?;
        let inspection = inspection(ex)?;
        let demand = inspection.transaction.response_body(&inflated.bytes, inflated.complete);
        inspection.inspected(WafPhase::ResponseBody, began.elapsed());
        Ok(self.answer(ex, demand))
    }

    fn log(&self, ex: &mut Exchange) {
        let Some(mut inspection) = ex.take_state::<Inspection>() else { return };
        // Only an audit record says how long this phase took.
        let began = self.audit.is_some().then(Instant::now);
        inspection.transaction.logging();
        if let Some(counts) = &self.record_counts {
            counts.show();
        }
        if is_sampled(ex.id.0, self.profile_one_in) {
            self.rule_costs.show();
        }
        if let Some(began) = began {
            inspection.took(WafPhase::Logging, began.elapsed());
        }
        let Inspection { transaction, metrics, interruption, status, phase_micros } = &inspection;
        ex.hidden = hidden(transaction);
        self.reporter.report(ex, transaction, metrics, (interruption.as_ref(), *status));
        if let Some(audit) = &self.audit {
            let interrupted = interruption.is_some();
            let ended = Ended { status: *status, interrupted, phase_micros: *phase_micros };
            audit.write(ex, transaction, ended);
        }
    }
}

struct SocketAddrs {
    client: SocketAddr,
    local: SocketAddr,
}

/// The addresses rules see: the caller's own address, with the port of the connection it came through.
fn addresses(ex: &Exchange) -> SocketAddrs {
    let client = SocketAddr::new(ex.client.addr(), ex.downstream.peer.port());
    SocketAddrs { client, local: ex.downstream.local }
}

fn inspection(ex: &mut Exchange) -> Result<&mut Inspection, FilterError> {
    ex.state_mut::<Inspection>()
        .ok_or_else(|| FilterError::new(Culprit::Internal, "no transaction was begun"))
}

/// Whether a response has no end that could be waited for.
fn is_stream(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let begins = |prefix: &[u8]| {
        media_type
            .and_then(|have| have.get(..prefix.len()))
            .is_some_and(|have| have.eq_ignore_ascii_case(prefix))
    };
    begins(b"text/event-stream") || begins(b"application/grpc")
}

fn reply(demand: &Interruption) -> LocalReply {
    let status = StatusCode::from_u16(demand.status).unwrap_or(StatusCode::FORBIDDEN);
    match &demand.action {
        Disruption::Redirect(location) => {
            let reply = LocalReply::new(status, REASON);
            match HeaderValue::from_str(location) {
                Ok(location) => reply.with_header(header::LOCATION, location),
                Err(_) => LocalReply::new(StatusCode::FORBIDDEN, REASON),
            }
        }
        Disruption::Deny => LocalReply::new(status, REASON),
        Disruption::Drop => LocalReply::silence(status, REASON),
    }
}
