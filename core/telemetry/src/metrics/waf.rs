//! Metrics of the WAF: what is counted of a rule set, its routes and its rules.

use std::sync::Arc;
use std::time::Duration;

use super::family::Forget;
use super::{Counter, Direction, Gauge, Histogram, Metrics, PerLabel, WafPhase, resolve_all};

impl Metrics {
    /// Metrics of a rule set on a route.
    #[must_use]
    pub fn waf(self: &Arc<Self>, ruleset: &str, route: &str) -> WafMetrics {
        WafMetrics {
            transactions: self.waf_transactions.series(&[ruleset], Forget::Unheld),
            exhausted_patterns: self.waf_exhausted_patterns.series(&[ruleset], Forget::Unheld),
            blocked: self.waf_blocked.series(&[ruleset, route], Forget::Unheld),
            detected: self.waf_detected.series(&[ruleset, route], Forget::Unheld),
            score: resolve_all(Direction::ALL, |direction: Direction| {
                self.waf_score.series(&[direction.as_str()], Forget::Never)
            }),
            seconds: resolve_all(WafPhase::ALL, |phase: WafPhase| {
                self.waf_seconds.series(&[phase.as_str()], Forget::Never)
            }),
            metrics: Arc::clone(self),
        }
    }

    /// Exchanges whose rules were timed, of a rule set; shown while a handle lives.
    #[must_use]
    pub fn waf_sampled(&self, ruleset: &str) -> Gauge {
        self.waf_sampled.series(&[ruleset], Forget::Unheld)
    }

    /// What a rule cost in sampled exchanges; shown while a handle lives.
    #[must_use]
    pub fn waf_rule(&self, ruleset: &str, rule: &str) -> WafRuleMetrics {
        WafRuleMetrics {
            nanoseconds: self.waf_rule_nanoseconds.series(&[ruleset, rule], Forget::Unheld),
            evaluations: self.waf_rule_evaluations.series(&[ruleset, rule], Forget::Unheld),
        }
    }

    /// Records of persistent collections that are kept.
    #[must_use]
    pub fn waf_records(&self) -> Gauge {
        self.single.waf_records.1.clone()
    }

    /// Records of persistent collections that went because there were too many.
    #[must_use]
    pub fn waf_record_evictions(&self) -> Counter {
        self.single.waf_record_evictions.1.clone()
    }
}

/// What a rule cost in sampled exchanges.
#[derive(Debug, Clone)]
pub struct WafRuleMetrics {
    /// Time it took.
    pub nanoseconds: Gauge,
    /// How often it was evaluated.
    pub evaluations: Gauge,
}

/// What is counted of a rule set on a route.
#[derive(Debug, Clone)]
pub struct WafMetrics {
    /// Exchanges inspected.
    pub transactions: Counter,
    /// Patterns that ran into their limits on a value.
    pub exhausted_patterns: Counter,
    /// Exchanges stopped.
    pub blocked: Counter,
    /// Exchanges that would have been stopped.
    pub detected: Counter,
    score: PerLabel<Histogram>,
    seconds: PerLabel<Histogram>,
    metrics: Arc<Metrics>,
}

impl WafMetrics {
    /// Counts a rule that matched.
    pub fn detection(&self, rule: u64) {
        let id = rule.to_string();
        self.metrics.waf_detections.series(&[&id], Forget::Never).increment();
    }

    /// Observes the anomaly score at the end of an exchange.
    pub fn score(&self, direction: Direction, score: u64) {
        self.score[direction as usize].observe(score);
    }

    /// Observes the time of one phase.
    pub fn inspected(&self, phase: WafPhase, took: Duration) {
        self.seconds[phase as usize].observe_duration(took);
    }
}
