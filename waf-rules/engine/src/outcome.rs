//! What a transaction tells its reader: matches, interruption, score.

use std::ops::Range;
use std::sync::Arc;

use crate::meta::{Phase, RuleMeta};

/// A rule that matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleMatch {
    /// The rule.
    pub rule: Arc<RuleMeta>,
    /// The phase it ran in.
    pub phase: Phase,
    /// `msg` with its macros expanded; invalid UTF-8 replaced.
    pub message: String,
    /// `logdata` with its macros expanded; invalid UTF-8 replaced.
    pub data: String,
    /// What matched, the chain starter's values first; bounded ([`crate::Kept`]).
    pub matched: Vec<Matched>,
    /// Whether the rule asked to interrupt the exchange, also when only detecting.
    pub disruptive: bool,
    /// Whether the rule is to be logged (`log`).
    pub log: bool,
    /// Whether the rule belongs in the audit log (`auditlog`).
    pub audit: bool,
}

impl RuleMatch {
    /// The first matched value. A rule without targets (`SecAction`) has none.
    pub fn first(&self) -> Option<&Matched> {
        self.matched.first()
    }

    /// Name of the first matched variable such as `ARGS:id`; empty where there is none.
    pub fn variable_name(&self) -> String {
        self.first().map(Matched::name).unwrap_or_default()
    }
}

/// One value that satisfied an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// SecLang name of the variable such as `ARGS`.
    pub variable: &'static str,
    /// Key within the collection as received; empty for a single value.
    pub key: Vec<u8>,
    /// Beginning of the transformed value ([`crate::Kept`]).
    pub value: Vec<u8>,
    /// Bytes of the whole transformed value.
    pub value_bytes: usize,
    /// Where in the transformed value the operator matched, where the operator says.
    pub range: Option<Range<usize>>,
    /// Link of the chain, 0 for the starter.
    pub link: u8,
}

impl Matched {
    /// `ARGS:id`, or the bare variable where there is no key; invalid UTF-8 replaced.
    pub fn name(&self) -> String {
        if self.key.is_empty() {
            return self.variable.to_owned();
        }
        format!("{}:{}", self.variable, String::from_utf8_lossy(&self.key))
    }
}

/// A rule's demand to end the exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interruption {
    /// Status of the answer; 403 where the rule names none.
    pub status: u16,
    /// What kind of end.
    pub action: Disruption,
    /// The rule that demands it.
    pub rule_id: u64,
}

/// How an exchange is to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disruption {
    /// Answer with the status.
    Deny,
    /// Close the connection without an answer.
    Drop,
    /// Answer with a redirect to this location.
    Redirect(String),
}

/// Anomaly scores as CRS 4 keeps them; zero where the rule set keeps none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Score {
    /// `tx.blocking_inbound_anomaly_score`.
    pub inbound: i64,
    /// `tx.blocking_outbound_anomaly_score`.
    pub outbound: i64,
    /// `tx.inbound_anomaly_score_threshold`.
    pub inbound_threshold: i64,
    /// `tx.outbound_anomaly_score_threshold`.
    pub outbound_threshold: i64,
    /// `tx.inbound_anomaly_score_pl1` to `_pl4`.
    pub inbound_levels: [i64; 4],
    /// `tx.outbound_anomaly_score_pl1` to `_pl4`.
    pub outbound_levels: [i64; 4],
}
