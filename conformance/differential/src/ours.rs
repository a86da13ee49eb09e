//! This engine.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use portcullis_waf_engine::{
    CompileOptions, Disruption, Interruption, Kept, RuleMatch, RuleSet, Sources, Transaction,
    TransactionId,
};

use crate::exchange::Exchange;
use crate::rules::{PROBE, RuleText, probed};
use crate::verdict::{Ending, Verdict};

/// Rules compiled by this engine.
pub struct Ours {
    rules: Arc<RuleSet>,
    probes: &'static [&'static str],
}

impl Ours {
    /// Compiles `text`; without `prefilter` every rule is tried on every value.
    ///
    /// # Errors
    /// Every diagnostic, one a line.
    pub fn new(text: &RuleText, prefilter: bool) -> Result<Ours, String> {
        let sources = Sources::new("differential.conf", text.entry.clone())
            .with_files(text.files.iter().map(|(name, content)| (name.clone(), content.clone())));
        let options = CompileOptions { prefilter, kept: Kept::WHOLE, ..CompileOptions::default() };
        let rules = RuleSet::compile(&sources, &options).map_err(|problems| {
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        })?;
        Ok(Ours { rules, probes: text.probes })
    }

    /// Runs all phases; the engine's own order of calls, as a gateway makes them.
    pub fn run(&self, exchange: &Exchange, id: u128) -> Verdict {
        self.watched(exchange, id, |_| {})
    }

    /// As [`Ours::run`], and shows `look` each match.
    pub fn watched(
        &self,
        exchange: &Exchange,
        id: u128,
        mut look: impl FnMut(&RuleMatch),
    ) -> Verdict {
        let mut tx = Transaction::new(Arc::clone(&self.rules), TransactionId::from(id));
        let interruption =
            request(&mut tx, exchange).or_else(|| response(&mut tx, exchange)).map(ending);
        tx.logging();
        let mut verdict = Verdict { interruption, ..Verdict::default() };
        for found in tx.matches().iter().filter(|found| found.log) {
            look(found);
            if found.rule.id == PROBE {
                verdict.state.extend(probed(self.probes, &found.message));
            } else {
                *verdict.matched.entry(found.rule.id).or_default() += 1;
            }
        }
        verdict
    }
}

fn request(tx: &mut Transaction, exchange: &Exchange) -> Option<Interruption> {
    let home = IpAddr::V4(Ipv4Addr::LOCALHOST);
    tx.connection(home, 54_321, home, 80);
    let target = exchange.target.as_bytes();
    tx.request_line(exchange.method.as_bytes(), target, target, exchange.version.as_bytes());
    for (name, value) in &exchange.headers {
        tx.request_header(name.as_bytes(), value.as_bytes());
    }
    if let Some(interruption) = tx.request_headers_done() {
        return Some(interruption);
    }
    let body = if tx.wants_request_body() { exchange.body.as_slice() } else { b"" };
    tx.request_body(body, true)
}

fn response(tx: &mut Transaction, exchange: &Exchange) -> Option<Interruption> {
    let answer = &exchange.answer;
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

fn ending(interruption: Interruption) -> Ending {
    let action = match interruption.action {
        Disruption::Deny => "deny",
        Disruption::Drop => "drop",
        Disruption::Redirect(_) => "redirect",
    };
    // A connection that is dropped has no status.
    let status = if action == "drop" { 0 } else { interruption.status };
    Ending { rule: interruption.rule_id, status, action }
}
