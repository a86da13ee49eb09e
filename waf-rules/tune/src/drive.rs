//! Runs one exchange through the engine: request, upstream's answer, log. Shared by the regression tests and the gate.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use portcullis_waf_engine::{Interruption, RuleMatch, RuleSet, Transaction, TransactionId};

use crate::ftw::upstream::Answer;
use crate::ftw::wire::WireRequest;

/// A rule that matched and is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// Its id.
    pub rule: u64,
    /// One line in the style of ModSecurity's error log, which the regression tests' expressions expect.
    pub line: String,
}

/// What the engine said of an exchange.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The answer that replaces the upstream's: status and the rule that asked for it.
    pub interruption: Option<(u16, u64)>,
    /// Whether the upstream was asked.
    pub upstream_reached: bool,
    /// Matched rules in order.
    pub matched: Vec<Matched>,
}

/// Runs all five phases; the request phases end early when a rule interrupts. `uri` is what goes upstream.
pub(crate) fn drive(
    rules: &Arc<RuleSet>,
    id: u128,
    request: &WireRequest,
    uri: &[u8],
    answer: impl FnOnce() -> Answer,
) -> Observed {
    let mut tx = Transaction::new(Arc::clone(rules), TransactionId::from(id));
    let mut observed = Observed::default();
    let interruption = phases(&mut tx, request, uri, || {
        observed.upstream_reached = true;
        answer()
    });
    observed.interruption = interruption.map(|by| (by.status, by.rule_id));
    observed.matched = tx.matches().iter().filter(|found| found.log).map(matched).collect();
    observed
}

/// All five phases of a transaction that has begun.
pub(crate) fn phases(
    tx: &mut Transaction,
    request: &WireRequest,
    uri: &[u8],
    answer: impl FnOnce() -> Answer,
) -> Option<Interruption> {
    let interruption = request_phases(tx, request, uri).or_else(|| response_phases(tx, &answer()));
    tx.logging();
    interruption
}

fn request_phases(tx: &mut Transaction, request: &WireRequest, uri: &[u8]) -> Option<Interruption> {
    let home = IpAddr::V4(Ipv4Addr::LOCALHOST);
    tx.connection(home, 54_321, home, 80);
    tx.request_line(&request.method, uri, &request.target, &request.version);
    for (name, value) in &request.headers {
        tx.request_header(name, value);
    }
    if let Some(interruption) = tx.request_headers_done() {
        return Some(interruption);
    }
    let body = if tx.wants_request_body() { request.body.as_slice() } else { b"" };
    tx.request_body(body, true)
}

fn response_phases(tx: &mut Transaction, answer: &Answer) -> Option<Interruption> {
    tx.response_head(answer.status, b"HTTP/1.1");
    for (name, value) in &answer.headers {
        tx.response_header(name.as_bytes(), value.as_bytes());
    }
    if let Some(interruption) = tx.response_headers_done() {
        return Some(interruption);
    }
    let body = if tx.wants_response_body() { answer.body.as_slice() } else { b"" };
    tx.response_body(body, true)
}

/// `found` as one line of ModSecurity's error log.
fn matched(found: &RuleMatch) -> Matched {
    let rule = &found.rule;
    let (line, id) = (rule.line.to_string(), rule.id.to_string());
    let mut fields = vec![
        ("file", &*rule.file),
        ("line", &line),
        ("id", &id),
        ("msg", &found.message),
        ("data", &found.data),
    ];
    if let Some(severity) = rule.severity {
        fields.push(("severity", severity.name()));
    }
    fields.push(("ver", &rule.version));
    fields.extend(rule.tags.iter().map(|tag| ("tag", &**tag)));
    Matched { rule: rule.id, line: error_line(&fields) }
}

/// One line in the style of ModSecurity's error log.
pub(crate) fn error_line(fields: &[(&str, &str)]) -> String {
    let mut line = String::from("Portcullis: Warning.");
    for (name, value) in fields {
        let _ = write!(line, " [{name} \"{value}\"]");
    }
    line.replace(['\r', '\n'], " ")
}
