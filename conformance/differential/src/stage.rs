//! One stage: a corpus through both engines, each difference held against the list.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::compare::compare;
use crate::engines::Engines;
use crate::exchange::Exchange;
use crate::explain::Explained;
use crate::known::Known;

/// Differences without entry that a report shows whole; the rest are counted.
const MAX_SHOWN: usize = 40;
/// Bytes of a value or request that a report shows.
const MAX_SHOWN_BYTES: usize = 300;

/// What became of a stage.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Its name in the table.
    pub name: String,
    /// Transactions compared.
    pub cases: usize,
    /// Transactions that differ.
    pub differ: usize,
    /// How often each entry covered a rule's difference.
    pub listed: BTreeMap<String, usize>,
    /// Differences that no entry covers, each as text.
    pub unlisted: Vec<String>,
    /// Wall clock.
    pub elapsed: Duration,
}

/// Runs `exchanges` through both engines.
///
/// # Errors
/// When an engine does not answer.
pub fn run(
    name: &str,
    engines: &Engines,
    known: &Known,
    exchanges: &[Exchange],
    threads: usize,
) -> Result<Outcome, String> {
    let begin = Instant::now();
    let id = |index: usize| index as u128 + 1;
    let found =
        compare(exchanges, threads, |index, exchange| engines.difference(exchange, id(index)))?;
    let mut outcome = Outcome {
        name: name.to_owned(),
        cases: exchanges.len(),
        differ: found.len(),
        ..Outcome::default()
    };
    for found in found {
        let Some(exchange) = exchanges.get(found.index) else { continue };
        let explained = engines.explain(exchange, id(found.index))?;
        match known.covers(&engines.statements, exchange, &explained) {
            Ok(entries) => {
                for entry in entries {
                    *outcome.listed.entry(entry.name.clone()).or_default() += 1;
                }
            }
            Err(bare) => {
                let difference = found.difference.to_string();
                outcome.unlisted.push(describe(exchange, &explained, &difference, &bare));
            }
        }
    }
    outcome.elapsed = begin.elapsed();
    Ok(outcome)
}

/// The first of the differences no entry covers, as text.
pub fn shown(outcome: &Outcome) -> String {
    let mut text: String = outcome.unlisted.iter().take(MAX_SHOWN).map(String::as_str).collect();
    if let Some(more) = outcome.unlisted.len().checked_sub(MAX_SHOWN + 1) {
        let _ = writeln!(text, "... and {} more in {}", more + 1, outcome.name);
    }
    text
}

fn describe(exchange: &Exchange, explained: &Explained, difference: &str, bare: &[u64]) -> String {
    let mut text = format!("{}: {difference}\n  rules without entry: {bare:?}\n", exchange.name);
    let mut head = format!("{} {} {}", exchange.method, exchange.target, exchange.version);
    for (name, value) in &exchange.headers {
        let _ = write!(head, " | {name}: {value}");
    }
    let body = String::from_utf8_lossy(&exchange.body);
    let _ = writeln!(text, "  request {}\n  body {}", cut(&head), cut(&body));
    if let Some(error) = &explained.body_error_there {
        let _ = writeln!(text, "  body error there: {}", cut(error));
    }
    for (rule, values) in &explained.rules {
        for (side, values) in [("here", values.only_here()), ("there", values.only_there())] {
            for value in values {
                let shown = String::from_utf8_lossy(&value.bytes);
                let _ = writeln!(text, "  {rule} only {side}: {} {}", value.variable, cut(&shown));
            }
        }
    }
    text
}

/// The beginning of `text` as a string literal.
fn cut(text: &str) -> String {
    let quoted = format!("{text:?}");
    match quoted.char_indices().nth(MAX_SHOWN_BYTES) {
        Some((at, _)) => format!("{}...", quoted.split_at(at).0),
        None => quoted,
    }
}
