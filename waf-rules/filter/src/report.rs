//! What the WAF tells its operator: metrics, notes in the access log, and an event for every exchange in which a rule
//! that is to be logged matched.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use portcullis_filter::{Exchange, Note};
use portcullis_telemetry::metrics::{Direction, WafMetrics};
use portcullis_telemetry::{
    LogSink, Metrics, Redactor, Scores, Timestamp, WafAction, WafEvent, WafMatch,
};
use portcullis_waf_engine::{Interruption, RuleMatch, Score, Transaction};

use crate::WafParts;
use crate::audit::{is_expanded, quotes_hidden, secrets};

/// Reports for one filter, on whichever routes it runs.
pub(crate) struct Reporter {
    ruleset: String,
    version: String,
    metrics: Arc<Metrics>,
    log: Option<Arc<LogSink>>,
    redactor: Redactor,
    /// Handles by route; as many as there are routes.
    by_route: RwLock<HashMap<Arc<str>, Arc<WafMetrics>>>,
}

/// What the rules found in an exchange.
struct Verdict<'a> {
    matches: &'a [&'a RuleMatch],
    score: &'a Score,
    demand: Option<&'a Interruption>,
    status: u16,
}

impl Reporter {
    pub(crate) fn new(ruleset: &str, version: String, parts: &WafParts<'_>) -> Self {
        Self {
            ruleset: ruleset.to_owned(),
            version,
            metrics: Arc::clone(parts.metrics),
            log: parts.log.cloned(),
            redactor: parts.redactor.clone(),
            by_route: RwLock::default(),
        }
    }

    /// An exchange ended, with what the rules demanded and a status. The status is that of the local reply or of the response, 0 for none.
    pub(crate) fn report(
        &self,
        ex: &mut Exchange,
        transaction: &Transaction,
        metrics: &WafMetrics,
        ended: (Option<&Interruption>, u16),
    ) {
        let (demand, status) = ended;
        let inbound = transaction.inbound_score();
        metrics.transactions.increment();
        match transaction.exhausted_patterns() {
            0 => {}
            patterns => metrics.exhausted_patterns.add(u64::from(patterns)),
        }
        metrics.score(Direction::Inbound, unsigned(inbound));
        if inbound > 0 {
            ex.note("waf_score", Note::Number(inbound));
        }
        let matches: Vec<&RuleMatch> = transaction.matches().iter().filter(|m| m.log).collect();
        for matched in &matches {
            metrics.detection(matched.rule.id);
        }
        if demand.is_some() {
            metrics.blocked.increment();
        } else if matches.is_empty() {
            return;
        } else {
            metrics.detected.increment();
        }
        if let Some(log) = &self.log {
            let score = &transaction.score();
            let verdict = Verdict { matches: &matches, score, demand, status };
            let redactor = self.redactor.with(&secrets(&self.redactor, transaction));
            self.write_event((log, &redactor), ex, &verdict);
        }
    }

    fn write_event(
        &self,
        (log, redactor): (&LogSink, &Redactor),
        ex: &Exchange,
        verdict: &Verdict<'_>,
    ) {
        let Verdict { matches, score, demand, status } = *verdict;
        let tags: Vec<Vec<&str>> =
            matches.iter().map(|m| m.rule.tags.iter().map(AsRef::as_ref).collect()).collect();
        let matches: Vec<WafMatch<'_>> =
            matches.iter().zip(&tags).map(|(m, tags)| describe(redactor, m, tags)).collect();
        let event = WafEvent {
            time: Timestamp::now(),
            id: ex.id.0,
            revision: ex.revision,
            route: &ex.route,
            client: ex.client.addr(),
            method: ex.received.method.as_str().as_bytes(),
            host: ex.host.as_str().as_bytes(),
            path: ex.path.as_str().as_bytes(),
            action: if demand.is_some() { WafAction::Blocked } else { WafAction::Detected },
            status,
            blocking_rule: demand.map(|demand| demand.rule_id),
            scores: Scores {
                inbound: unsigned(score.inbound),
                inbound_threshold: unsigned(score.inbound_threshold),
                outbound: unsigned(score.outbound),
                outbound_threshold: unsigned(score.outbound_threshold),
            },
            ruleset: &self.ruleset,
            ruleset_version: &self.version,
            matches: &matches,
        };
        log.write(|line| event.write_line(redactor, line));
    }

    /// Where exchanges of a route are counted.
    pub(crate) fn of(&self, route: &Arc<str>) -> Arc<WafMetrics> {
        if let Some(metrics) = self.by_route.read().get(route) {
            return Arc::clone(metrics);
        }
        let metrics = Arc::new(self.metrics.waf(&self.ruleset, route));
        self.by_route.write().insert(Arc::clone(route), Arc::clone(&metrics));
        metrics
    }
}

fn describe<'a>(redactor: &Redactor, matched: &'a RuleMatch, tags: &'a [&'a str]) -> WafMatch<'a> {
    let first = matched.first();
    let range = first.and_then(|value| value.range.clone());
    WafMatch {
        rule: matched.rule.id,
        message: matched.message.as_bytes(),
        expanded: is_expanded(matched),
        quotes_hidden: quotes_hidden(redactor, matched),
        data: matched.data.as_bytes(),
        severity: matched.rule.severity.map_or("", |severity| severity.name()),
        phase: matched.phase.number(),
        tags,
        file: &matched.rule.file,
        line: matched.rule.line,
        variable: first.map_or("", |value| value.variable),
        key: first.map_or(&[], |value| &value.key),
        offset: range.as_ref().map(|range| range.start),
        length: range.as_ref().map(|range| range.end - range.start),
        value: first.map_or(&[], |value| match value.value_bytes > value.value.len() {
            true => redactor.cut(&value.value),
            false => &value.value,
        }),
    }
}

/// Scores are never negative in a rule set that adds points; one that does so shows 0.
fn unsigned(score: i64) -> u64 {
    u64::try_from(score).unwrap_or(0)
}
