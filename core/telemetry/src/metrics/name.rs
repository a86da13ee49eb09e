//! Every metric of the gateway: name, kind, labels and help in one table.

/// What a metric measures over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution over fixed buckets.
    Histogram(&'static Buckets),
}

/// The upper bounds of a histogram, as whole numbers of a small unit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Buckets {
    /// Ascending inclusive upper bounds.
    pub(super) bounds: &'static [u64],
    /// How many of the small unit make one of the unit in the metric's name.
    pub(super) per_unit: u64,
}

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

/// From half a millisecond to the longest exchanges that are not streams.
const EXCHANGE_SECONDS: Buckets = Buckets {
    bounds: &[
        500 * MICRO,
        MILLI,
        2_500 * MICRO,
        5 * MILLI,
        10 * MILLI,
        25 * MILLI,
        50 * MILLI,
        100 * MILLI,
        250 * MILLI,
        500 * MILLI,
        SECOND,
        2_500 * MILLI,
        5 * SECOND,
        10 * SECOND,
        60 * SECOND,
    ],
    per_unit: SECOND,
};

/// From a connection in the same rack to a timeout.
const CONNECT_SECONDS: Buckets = Buckets {
    bounds: &[
        100 * MICRO,
        250 * MICRO,
        500 * MICRO,
        MILLI,
        2_500 * MICRO,
        5 * MILLI,
        10 * MILLI,
        25 * MILLI,
        50 * MILLI,
        100 * MILLI,
        250 * MILLI,
        SECOND,
        5 * SECOND,
    ],
    per_unit: SECOND,
};

/// From a filter that looks at one header to an inspection of megabytes.
const WORK_SECONDS: Buckets = Buckets {
    bounds: &[
        MICRO,
        5 * MICRO,
        10 * MICRO,
        25 * MICRO,
        50 * MICRO,
        100 * MICRO,
        250 * MICRO,
        500 * MICRO,
        MILLI,
        2_500 * MICRO,
        5 * MILLI,
        10 * MILLI,
        50 * MILLI,
        250 * MILLI,
    ],
    per_unit: SECOND,
};

/// From an unnoticed reload to one an operator waits for.
const RELOAD_SECONDS: Buckets = Buckets {
    bounds: &[
        MILLI,
        5 * MILLI,
        10 * MILLI,
        25 * MILLI,
        50 * MILLI,
        100 * MILLI,
        250 * MILLI,
        500 * MILLI,
        SECOND,
        2_500 * MILLI,
        5 * SECOND,
        10 * SECOND,
        30 * SECOND,
    ],
    per_unit: SECOND,
};

/// Around the usual thresholds of the OWASP CRS: a critical rule scores 5.
const SCORES: Buckets = Buckets { bounds: &[0, 2, 4, 5, 7, 10, 15, 20, 40, 80], per_unit: 1 };

macro_rules! names {
    ($($variant:ident = $name:literal, $kind:expr, [$($label:literal),*], $help:literal;)*) => {
        /// The metrics of the gateway.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Name {
            $($variant,)*
        }

        impl Name {
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)*];

            pub(super) fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            pub(super) fn kind(self) -> Kind {
                match self { $(Self::$variant => $kind,)* }
            }

            pub(super) fn labels(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($label),*],)* }
            }

            pub(super) fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }
        }
    };
}

use Kind::{Counter, Gauge, Histogram};

names! {
    Requests = "portcullis_requests_total", Counter, ["listener", "route", "status"],
        "Exchanges that ended, by class of the status sent; none is an exchange without a response.";
    ExchangeSeconds = "portcullis_exchange_duration_seconds", Histogram(&EXCHANGE_SECONDS),
        ["listener", "route"],
        "Time from the end of the request head to the end of the response.";
    ReceivedBytes = "portcullis_received_body_bytes_total", Counter, ["listener"],
        "Bytes of request bodies received from downstream.";
    SentBytes = "portcullis_sent_body_bytes_total", Counter, ["listener"],
        "Bytes of response bodies sent downstream.";
    LocalReplies = "portcullis_local_replies_total", Counter, ["reason"],
        "Responses made by the gateway itself, by reason.";
    Malformed = "portcullis_malformed_requests_total", Counter, ["problem"],
        "Requests refused before any policy saw them, by problem.";
    DownstreamOpen = "portcullis_downstream_connections", Gauge, ["listener"],
        "Open downstream connections.";
    DownstreamAccepted = "portcullis_downstream_connections_total", Counter, ["listener"],
        "Downstream connections accepted.";
    DownstreamRefused = "portcullis_downstream_connections_refused_total", Counter,
        ["listener", "cause"],
        "Downstream connections closed before a request, by cause.";
    UpstreamConnectSeconds = "portcullis_upstream_connect_seconds", Histogram(&CONNECT_SECONDS),
        ["cluster"],
        "Time to open a new upstream connection, its TLS handshake included.";
    UpstreamFirstByteSeconds = "portcullis_upstream_first_byte_seconds",
        Histogram(&EXCHANGE_SECONDS), ["cluster"],
        "Time from the request head sent upstream to the head of its response.";
    UpstreamReused = "portcullis_upstream_connections_reused_total", Counter, ["cluster"],
        "Exchanges sent over an upstream connection that was open already.";
    UpstreamErrors = "portcullis_upstream_errors_total", Counter, ["cluster", "kind"],
        "Attempts at an upstream that failed, by kind.";
    UpstreamRetries = "portcullis_upstream_retries_total", Counter, ["cluster"],
        "Attempts beyond the first of an exchange.";
    RetryBudgetExhausted = "portcullis_upstream_retry_budget_exhausted_total", Counter, ["cluster"],
        "Retries not made because the cluster's retry budget was used up.";
    Ejections = "portcullis_upstream_ejections_total", Counter, ["cluster"],
        "Endpoints taken out of balancing by passive health.";
    EndpointHealthy = "portcullis_upstream_endpoint_healthy", Gauge, ["cluster", "endpoint"],
        "1 while an endpoint takes part in balancing, 0 while it is unhealthy or ejected.";
    UpstreamInFlight = "portcullis_upstream_requests_in_flight", Gauge, ["cluster"],
        "Exchanges that wait for or receive a response of the cluster.";
    BufferedBytes = "portcullis_buffered_bytes", Gauge, [],
        "Body bytes held in memory for inspection.";
    FilterSeconds = "portcullis_filter_duration_seconds", Histogram(&WORK_SECONDS), ["filter"],
        "Time a filter took in one phase; a sample of the calls.";
    FilterErrors = "portcullis_filter_errors_total", Counter, ["filter"],
        "Calls in which a filter could not decide.";
    WafTransactions = "portcullis_waf_transactions_total", Counter, ["ruleset"],
        "Exchanges inspected.";
    WafExhaustedPatterns = "portcullis_waf_exhausted_patterns_total", Counter, ["ruleset"],
        "Patterns with lookaround or backreferences that ran into their limits on a value.";
    WafBlocked = "portcullis_waf_blocked_total", Counter, ["ruleset", "route"],
        "Exchanges a rule set stopped.";
    WafDetected = "portcullis_waf_detected_total", Counter, ["ruleset", "route"],
        "Exchanges that passed though rules matched: below the threshold, or in detection mode.";
    WafDetections = "portcullis_waf_detections_total", Counter, ["rule"],
        "Rule matches that count towards a decision, by rule id.";
    WafScore = "portcullis_waf_anomaly_score", Histogram(&SCORES), ["direction"],
        "Anomaly score at the end of an exchange.";
    WafSeconds = "portcullis_waf_inspection_seconds", Histogram(&WORK_SECONDS), ["phase"],
        "Time the engine took in one phase of an exchange.";
    WafRecords = "portcullis_waf_records", Gauge, [],
        "Records of persistent collections held in memory.";
    WafRecordEvictions = "portcullis_waf_record_evictions_total", Counter, [],
        "Records of persistent collections that went because the store was full.";
    WafSampled = "portcullis_waf_sampled_exchanges", Gauge, ["ruleset"],
        "Inspected exchanges whose rules were timed, since the rule set was compiled.";
    WafRuleNanoseconds = "portcullis_waf_rule_nanoseconds", Gauge, ["ruleset", "rule"],
        "Time a rule took in the sampled exchanges; the rules that took most, the scans they share, and the rest.";
    WafRuleEvaluations = "portcullis_waf_rule_evaluations", Gauge, ["ruleset", "rule"],
        "Evaluations of a rule in the sampled exchanges, for the rules that took most time.";
    PluginCrashes = "portcullis_plugin_crashes_total", Counter, ["plugin", "reason"],
        "VMs of a plugin that ended before their time, by reason.";
    PluginRebuilds = "portcullis_plugin_rebuilds_total", Counter, ["plugin", "outcome"],
        "VMs of a plugin made anew after a crash or at its own wish, by outcome.";
    PluginLogLinesDropped = "portcullis_plugin_log_lines_dropped_total", Counter, ["plugin"],
        "Log lines of a plugin beyond what it may write in a second.";
    Reloads = "portcullis_reloads_total", Counter, ["outcome"],
        "Changes of configuration seen, by outcome.";
    SnapshotRevision = "portcullis_snapshot_revision", Gauge, [],
        "Revision of the snapshot new exchanges see.";
    ReloadCompileSeconds = "portcullis_reload_compile_seconds", Histogram(&RELOAD_SECONDS), [],
        "Time from documents read to a snapshot ready to publish.";
    ReloadFirstRequestSeconds = "portcullis_reload_first_request_seconds",
        Histogram(&RELOAD_SECONDS), [],
        "Time from a changed file being closed to the first exchange under the new snapshot.";
    LogLines = "portcullis_log_lines_total", Counter, ["log"],
        "Log lines and audit records written.";
    LogLinesDropped = "portcullis_log_lines_dropped_total", Counter, ["log"],
        "Log lines and audit records lost because the queue was full or the destination failed.";
    Panics = "portcullis_panics_total", Counter, [],
        "Panics caught; each is a bug.";
    BuildInfo = "portcullis_build_info", Gauge, ["version"],
        "Always 1; the version is in the label.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_keep_the_convention() {
        let mut seen = HashSet::new();
        for name in Name::ALL {
            let text = name.as_str();
            assert!(seen.insert(text), "{text} twice");
            assert!(text.starts_with("portcullis_"), "{text}");
            assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{text}");
            let counter = matches!(name.kind(), Kind::Counter);
            assert_eq!(text.ends_with("_total"), counter, "{text}");
            assert!(name.help().ends_with('.'), "{text}");
            assert!(name.labels().iter().all(|l| *l != "le"), "{text}");
            if let Kind::Histogram(buckets) = name.kind() {
                assert!(buckets.bounds.is_sorted(), "{text}");
                assert_eq!(text.ends_with("_seconds"), buckets.per_unit == SECOND, "{text}");
            }
        }
    }
}
