//! Metrics: fixed names, bounded label sets, one atomic add on the request path.
//!
//! Whatever is counted for every request is counted through a handle that was resolved when a snapshot,
//! a listener or a cluster was made. Families whose values come from elsewhere (reasons, problems, rule
//! ids) are looked up by value. No family grows beyond [`MetricLimits`]: what comes later counts into one
//! series named `other`.

mod cell;
mod family;
mod label;
mod name;
mod plugin;
mod waf;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use cell::{Counter, Gauge, GaugeHold, Histogram};
use family::{Family, Forget};
pub use family::{LABEL_BYTES_MAX, OVERFLOW};
pub use label::{
    Direction, LogName, RefusedCause, ReloadOutcome, StatusClass, UpstreamErrorKind, WafPhase,
};
use name::Name;
pub use plugin::PluginMetrics;
pub use waf::{WafMetrics, WafRuleMetrics};

use crate::LogCounters;

/// Media type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How far metrics may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricLimits {
    /// Most series of one family, the `other` series not included.
    pub series_per_family: usize,
}

impl Default for MetricLimits {
    fn default() -> Self {
        Self { series_per_family: 10_000 }
    }
}

/// All metrics of one gateway. Made once, shared by everything that counts.
pub struct Metrics {
    requests: Family<Counter>,
    exchange_seconds: Family<Histogram>,
    received_bytes: Family<Counter>,
    sent_bytes: Family<Counter>,
    local_replies: Family<Counter>,
    malformed: Family<Counter>,
    downstream_open: Family<Gauge>,
    downstream_accepted: Family<Counter>,
    downstream_refused: Family<Counter>,
    upstream_connect_seconds: Family<Histogram>,
    upstream_first_byte_seconds: Family<Histogram>,
    upstream_reused: Family<Counter>,
    upstream_errors: Family<Counter>,
    upstream_retries: Family<Counter>,
    retry_budget_exhausted: Family<Counter>,
    ejections: Family<Counter>,
    endpoint_healthy: Family<Gauge>,
    upstream_in_flight: Family<Gauge>,
    filter_seconds: Family<Histogram>,
    filter_errors: Family<Counter>,
    waf_transactions: Family<Counter>,
    waf_exhausted_patterns: Family<Counter>,
    waf_blocked: Family<Counter>,
    waf_detected: Family<Counter>,
    waf_detections: Family<Counter>,
    waf_score: Family<Histogram>,
    waf_seconds: Family<Histogram>,
    waf_sampled: Family<Gauge>,
    waf_rule_nanoseconds: Family<Gauge>,
    waf_rule_evaluations: Family<Gauge>,
    plugin_crashes: Family<Counter>,
    plugin_rebuilds: Family<Counter>,
    plugin_log_lines_dropped: Family<Counter>,
    reloads: Family<Counter>,
    log_lines: Family<Counter>,
    log_lines_dropped: Family<Counter>,
    build_info: Family<Gauge>,
    single: Singles,
}

/// Metrics without labels, and the families behind them.
struct Singles {
    buffered_bytes: (Family<Gauge>, Gauge),
    waf_records: (Family<Gauge>, Gauge),
    waf_record_evictions: (Family<Counter>, Counter),
    snapshot_revision: (Family<Gauge>, Gauge),
    reload_compile_seconds: (Family<Histogram>, Histogram),
    reload_first_request_seconds: (Family<Histogram>, Histogram),
    panics: (Family<Counter>, Counter),
}

impl Metrics {
    /// Metrics with nothing counted yet; `version` is what `portcullis_build_info` shows.
    #[must_use]
    pub fn new(limits: MetricLimits, version: &str) -> Arc<Self> {
        let max = limits.series_per_family;
        let counters = |name| Family::counters(name, max);
        let gauges = |name| Family::gauges(name, max);
        let histograms = |name| Family::histograms(name, max);
        let metrics = Self {
            requests: counters(Name::Requests),
            exchange_seconds: histograms(Name::ExchangeSeconds),
            received_bytes: counters(Name::ReceivedBytes),
            sent_bytes: counters(Name::SentBytes),
            local_replies: counters(Name::LocalReplies),
            malformed: counters(Name::Malformed),
            downstream_open: gauges(Name::DownstreamOpen),
            downstream_accepted: counters(Name::DownstreamAccepted),
            downstream_refused: counters(Name::DownstreamRefused),
            upstream_connect_seconds: histograms(Name::UpstreamConnectSeconds),
            upstream_first_byte_seconds: histograms(Name::UpstreamFirstByteSeconds),
            upstream_reused: counters(Name::UpstreamReused),
            upstream_errors: counters(Name::UpstreamErrors),
            upstream_retries: counters(Name::UpstreamRetries),
            retry_budget_exhausted: counters(Name::RetryBudgetExhausted),
            ejections: counters(Name::Ejections),
            endpoint_healthy: gauges(Name::EndpointHealthy),
            upstream_in_flight: gauges(Name::UpstreamInFlight),
            filter_seconds: histograms(Name::FilterSeconds),
            filter_errors: counters(Name::FilterErrors),
            waf_transactions: counters(Name::WafTransactions),
            waf_exhausted_patterns: counters(Name::WafExhaustedPatterns),
            waf_blocked: counters(Name::WafBlocked),
            waf_detected: counters(Name::WafDetected),
            waf_detections: counters(Name::WafDetections),
            waf_score: histograms(Name::WafScore),
            waf_seconds: histograms(Name::WafSeconds),
            waf_sampled: gauges(Name::WafSampled),
            waf_rule_nanoseconds: gauges(Name::WafRuleNanoseconds),
            waf_rule_evaluations: gauges(Name::WafRuleEvaluations),
            plugin_crashes: counters(Name::PluginCrashes),
            plugin_rebuilds: counters(Name::PluginRebuilds),
            plugin_log_lines_dropped: counters(Name::PluginLogLinesDropped),
            reloads: counters(Name::Reloads),
            log_lines: counters(Name::LogLines),
            log_lines_dropped: counters(Name::LogLinesDropped),
            build_info: gauges(Name::BuildInfo),
            single: Singles::new(),
        };
        metrics.build_info.series(&[version], Forget::Never).set(1);
        Arc::new(metrics)
    }

    /// Counters of exchanges that came in on a listener and took a route; an empty route is none.
    #[must_use]
    pub fn exchanges(&self, listener: &str, route: &str) -> ExchangeMetrics {
        ExchangeMetrics {
            requests: resolve_all(StatusClass::ALL, |class: StatusClass| {
                self.requests.series(&[listener, route, class.as_str()], Forget::Unheld)
            }),
            duration: self.exchange_seconds.series(&[listener, route], Forget::Unheld),
            received_bytes: self.received_bytes.series(&[listener], Forget::Unheld),
            sent_bytes: self.sent_bytes.series(&[listener], Forget::Unheld),
        }
    }

    /// Connection counters of a listener.
    #[must_use]
    pub fn downstream(&self, listener: &str) -> DownstreamMetrics {
        DownstreamMetrics {
            open: self.downstream_open.series(&[listener], Forget::Unheld),
            accepted: self.downstream_accepted.series(&[listener], Forget::Unheld),
            refused: resolve_all(RefusedCause::ALL, |cause: RefusedCause| {
                self.downstream_refused.series(&[listener, cause.as_str()], Forget::Unheld)
            }),
        }
    }

    /// Metrics of a cluster.
    #[must_use]
    pub fn cluster(&self, cluster: &str) -> ClusterMetrics {
        let one = &[cluster];
        ClusterMetrics {
            connect_seconds: self.upstream_connect_seconds.series(one, Forget::Unheld),
            first_byte_seconds: self.upstream_first_byte_seconds.series(one, Forget::Unheld),
            reused: self.upstream_reused.series(one, Forget::Unheld),
            retries: self.upstream_retries.series(one, Forget::Unheld),
            retry_budget_exhausted: self.retry_budget_exhausted.series(one, Forget::Unheld),
            ejections: self.ejections.series(one, Forget::Unheld),
            in_flight: self.upstream_in_flight.series(one, Forget::Unheld),
            errors: resolve_all(UpstreamErrorKind::ALL, |kind: UpstreamErrorKind| {
                self.upstream_errors.series(&[cluster, kind.as_str()], Forget::Unheld)
            }),
        }
    }

    /// 1 while the endpoint takes part in balancing. Like every gauge by name it is shown while a handle lives.
    #[must_use]
    pub fn endpoint_healthy(&self, cluster: &str, endpoint: &str) -> Gauge {
        self.endpoint_healthy.series(&[cluster, endpoint], Forget::Unheld)
    }

    /// Metrics of a filter, by its name.
    #[must_use]
    pub fn filter(&self, filter: &str) -> FilterMetrics {
        FilterMetrics {
            seconds: self.filter_seconds.series(&[filter], Forget::Unheld),
            errors: self.filter_errors.series(&[filter], Forget::Unheld),
        }
    }

    /// Counts a response made by the gateway itself.
    pub fn local_reply(&self, reason: &str) {
        self.local_replies.series(&[reason], Forget::Never).increment();
    }

    /// Counts a request that was refused before any policy saw it.
    pub fn malformed(&self, problem: &str) {
        self.malformed.series(&[problem], Forget::Never).increment();
    }

    /// Counts a change of configuration.
    pub fn reload(&self, outcome: ReloadOutcome) {
        self.reloads.series(&[outcome.as_str()], Forget::Never).increment();
    }

    /// Counts a caught panic.
    pub fn panic(&self) {
        self.single.panics.1.increment();
    }

    /// Lines and records a log wrote and lost.
    #[must_use]
    pub fn log(&self, log: LogName) -> LogCounters {
        LogCounters {
            written: self.log_lines.series(&[log.as_str()], Forget::Never),
            dropped: self.log_lines_dropped.series(&[log.as_str()], Forget::Never),
        }
    }

    /// Body bytes held in memory for inspection.
    #[must_use]
    pub fn buffered_bytes(&self) -> &Gauge {
        &self.single.buffered_bytes.1
    }

    /// Tells which snapshot new exchanges see.
    pub fn snapshot_published(&self, revision: u64) {
        self.single.snapshot_revision.1.set(i64::try_from(revision).unwrap_or(i64::MAX));
    }

    /// Observes how long a snapshot took to compile.
    pub fn reload_compiled(&self, took: Duration) {
        self.single.reload_compile_seconds.1.observe_duration(took);
    }

    /// Observes how long after a file was closed the first exchange saw the new snapshot.
    pub fn reload_first_request(&self, after: Duration) {
        self.single.reload_first_request_seconds.1.observe_duration(after);
    }

    /// Prometheus text of every metric that has a series, see [`CONTENT_TYPE`].
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = String::with_capacity(16 * 1024);
        self.render_traffic(&mut out);
        self.render_upstream(&mut out);
        self.render_inspection(&mut out);
        self.single.render(&mut out);
        out
    }

    fn render_traffic(&self, out: &mut String) {
        self.build_info.render(out, Forget::Never);
        self.requests.render(out);
        self.exchange_seconds.render(out);
        self.received_bytes.render(out);
        self.sent_bytes.render(out);
        self.local_replies.render(out);
        self.malformed.render(out);
        self.downstream_open.render(out, Forget::Unheld);
        self.downstream_accepted.render(out);
        self.downstream_refused.render(out);
        self.reloads.render(out);
        self.log_lines.render(out);
        self.log_lines_dropped.render(out);
    }

    fn render_upstream(&self, out: &mut String) {
        self.upstream_connect_seconds.render(out);
        self.upstream_first_byte_seconds.render(out);
        self.upstream_reused.render(out);
        self.upstream_errors.render(out);
        self.upstream_retries.render(out);
        self.retry_budget_exhausted.render(out);
        self.ejections.render(out);
        self.endpoint_healthy.render(out, Forget::Unheld);
        self.upstream_in_flight.render(out, Forget::Unheld);
    }

    fn render_inspection(&self, out: &mut String) {
        self.filter_seconds.render(out);
        self.filter_errors.render(out);
        self.waf_transactions.render(out);
        self.waf_exhausted_patterns.render(out);
        self.waf_blocked.render(out);
        self.waf_detected.render(out);
        self.waf_detections.render(out);
        self.waf_score.render(out);
        self.waf_seconds.render(out);
        self.waf_sampled.render(out, Forget::Unheld);
        self.waf_rule_nanoseconds.render(out, Forget::Unheld);
        self.waf_rule_evaluations.render(out, Forget::Unheld);
        self.plugin_crashes.render(out);
        self.plugin_rebuilds.render(out);
        self.plugin_log_lines_dropped.render(out);
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Singles {
    fn new() -> Self {
        fn gauge(name: Name) -> (Family<Gauge>, Gauge) {
            let family = Family::gauges(name, 1);
            let cell = family.series(&[], Forget::Never);
            (family, cell)
        }
        fn histogram(name: Name) -> (Family<Histogram>, Histogram) {
            let family = Family::histograms(name, 1);
            let cell = family.series(&[], Forget::Never);
            (family, cell)
        }
        fn counter(name: Name) -> (Family<Counter>, Counter) {
            let family = Family::counters(name, 1);
            let cell = family.series(&[], Forget::Never);
            (family, cell)
        }
        Self {
            buffered_bytes: gauge(Name::BufferedBytes),
            waf_records: gauge(Name::WafRecords),
            waf_record_evictions: counter(Name::WafRecordEvictions),
            snapshot_revision: gauge(Name::SnapshotRevision),
            reload_compile_seconds: histogram(Name::ReloadCompileSeconds),
            reload_first_request_seconds: histogram(Name::ReloadFirstRequestSeconds),
            panics: counter(Name::Panics),
        }
    }

    fn render(&self, out: &mut String) {
        self.buffered_bytes.0.render(out, Forget::Never);
        self.waf_records.0.render(out, Forget::Never);
        self.waf_record_evictions.0.render(out);
        self.snapshot_revision.0.render(out, Forget::Never);
        self.reload_compile_seconds.0.render(out);
        self.reload_first_request_seconds.0.render(out);
        self.panics.0.render(out);
    }
}

/// One value for each label of a closed set, in the order of their numbers.
type PerLabel<C> = Box<[C]>;

fn resolve_all<L: Copy, C>(labels: &'static [L], resolve: impl Fn(L) -> C) -> PerLabel<C> {
    labels.iter().map(|label| resolve(*label)).collect()
}

/// What is counted at the end of an exchange.
#[derive(Debug, Clone)]
pub struct ExchangeMetrics {
    requests: PerLabel<Counter>,
    duration: Histogram,
    received_bytes: Counter,
    sent_bytes: Counter,
}

impl ExchangeMetrics {
    /// Counts one exchange: the status sent (0 for none), how long it took, and the bytes of both bodies.
    pub fn ended(&self, status: u16, took: Duration, received_bytes: u64, sent_bytes: u64) {
        self.requests[StatusClass::of(status) as usize].increment();
        self.duration.observe_duration(took);
        if received_bytes > 0 {
            self.received_bytes.add(received_bytes);
        }
        if sent_bytes > 0 {
            self.sent_bytes.add(sent_bytes);
        }
    }
}

/// What is counted of downstream connections.
#[derive(Debug, Clone)]
pub struct DownstreamMetrics {
    open: Gauge,
    accepted: Counter,
    refused: PerLabel<Counter>,
}

impl DownstreamMetrics {
    /// Counts a connection that was accepted; it is open while the returned value lives.
    #[must_use]
    pub fn accepted(&self) -> GaugeHold {
        self.accepted.increment();
        self.open.hold(1)
    }

    /// Counts a connection that was closed before a request.
    pub fn refused(&self, cause: RefusedCause) {
        self.refused[cause as usize].increment();
    }

    /// Connections that are open now.
    #[must_use]
    pub fn open(&self) -> i64 {
        self.open.value()
    }
}

/// What is counted of a cluster.
#[derive(Debug, Clone)]
pub struct ClusterMetrics {
    /// Time to open a connection.
    pub connect_seconds: Histogram,
    /// Time from the request head sent to the response head.
    pub first_byte_seconds: Histogram,
    /// Exchanges over a connection that was open already.
    pub reused: Counter,
    /// Attempts beyond the first.
    pub retries: Counter,
    /// Retries the budget did not allow.
    pub retry_budget_exhausted: Counter,
    /// Endpoints ejected by passive health.
    pub ejections: Counter,
    /// Exchanges in flight.
    pub in_flight: Gauge,
    errors: PerLabel<Counter>,
}

impl ClusterMetrics {
    /// Counts an attempt that failed.
    pub fn error(&self, kind: UpstreamErrorKind) {
        self.errors[kind as usize].increment();
    }
}

/// What is counted of a filter.
#[derive(Debug, Clone)]
pub struct FilterMetrics {
    /// Time of one call.
    pub seconds: Histogram,
    /// Calls that could not decide.
    pub errors: Counter,
}

#[cfg(test)]
mod tests;
