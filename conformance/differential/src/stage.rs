//! One stage: a corpus through both engines, each difference held against the list.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::compare::compare;
use crate::engines::Engines;
use crate::exchange::Exchange;
use crate::explain::Explained;
use crate::known::{Entry, Known};
use crate::value::surplus;
use crate::verdict::Difference;

/// Differences without entry that a report shows whole; the rest are counted.
const MAX_SHOWN: usize = 40;
/// How often the reference engine is asked about a difference no entry covers.
const MAX_ASKED: usize = 12;
/// Bytes of a value or request that a report shows.
const MAX_SHOWN_BYTES: usize = 1_500;

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
    /// Differences that no entry covers, each as text; what the prefilter changes is among them.
    pub unlisted: Vec<String>,
    /// How many of them the prefilter makes.
    pub prefilter: usize,
    /// Wall clock.
    pub elapsed: Duration,
}

/// Runs `exchanges` through both engines, and through this engine in both ways. No entry covers what the prefilter changes.
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
    for (index, exchange) in exchanges.iter().enumerate() {
        if let Some(seen) = engines.prefilter_seen(exchange, id(index)) {
            outcome.prefilter += 1;
            outcome.unlisted.push(format!("{}: the prefilter is seen: {seen}\n", exchange.name));
        }
    }
    for found in found {
        let Some(exchange) = exchanges.get(found.index) else { continue };
        let id = id(found.index);
        let entries = match covered(engines, known, exchange, id)? {
            Ok(entries) => entries,
            Err(uncovered) => {
                let (explained, bare) = *uncovered;
                let difference = found.difference.to_string();
                outcome.unlisted.push(describe(
                    engines,
                    exchange,
                    (&explained, &bare),
                    &difference,
                ));
                continue;
            }
        };
        for entry in entries {
            *outcome.listed.entry(entry.name.clone()).or_default() += 1;
        }
    }
    outcome.elapsed = begin.elapsed();
    Ok(outcome)
}

impl Outcome {
    /// Adds another corpus of the same stage.
    pub fn add(&mut self, other: Outcome) {
        self.cases += other.cases;
        self.differ += other.differ;
        self.prefilter += other.prefilter;
        self.elapsed += other.elapsed;
        self.unlisted.extend(other.unlisted);
        for (entry, count) in other.listed {
            *self.listed.entry(entry).or_default() += count;
        }
    }
}

type Uncovered = (Explained, Vec<u64>);

/// The entries that cover a difference. The reference engine is asked again when none do: it may change its mind.
fn covered<'a>(
    engines: &Engines,
    known: &'a Known,
    exchange: &Exchange,
    id: u128,
) -> Result<Result<Vec<&'a Entry>, Box<Uncovered>>, String> {
    let mut asked: Vec<Explained> = Vec::new();
    let mut left: Vec<u64> = Vec::new();
    for _ in 0..MAX_ASKED {
        let explained = engines.explain(exchange, id)?;
        if explained.difference == Difference::default() {
            return Ok(Ok(known.unstable().into_iter().collect()));
        }
        let covers = known.covers(&engines.statements, exchange, &explained);
        let again = !asked.is_empty();
        asked.push(explained);
        match covers {
            Ok(mut entries) => {
                entries.extend(known.unstable().filter(|_| again));
                return Ok(Ok(entries));
            }
            Err(bare) => left = bare,
        }
    }
    let changes = |rule: &u64| changes_its_mind(&asked, *rule);
    if !left.is_empty() && left.iter().all(changes) && known.unstable().is_some() {
        return Ok(Ok(known.unstable().into_iter().collect()));
    }
    left.retain(|rule| !changes(rule));
    Ok(Err(Box::new((asked.pop().unwrap_or_default(), left))))
}

/// Whether the reference engine matched other values for a rule from one time to the next.
fn changes_its_mind(asked: &[Explained], rule: u64) -> bool {
    let values = |explained: &Explained| {
        let values = explained.rules.get(&rule).map(|values| values.there.clone());
        values.unwrap_or_default()
    };
    asked.windows(2).any(|pair| {
        let [one, other] = pair else { return false };
        let (one, other) = (values(one), values(other));
        !surplus(&one, &other).is_empty() || !surplus(&other, &one).is_empty()
    })
}

/// The differences no entry covers, as text; only the first of many unless `all`.
pub fn shown(outcome: &Outcome, all: bool) -> String {
    let most = if all { usize::MAX } else { MAX_SHOWN };
    let mut text: String = outcome.unlisted.iter().take(most).map(String::as_str).collect();
    let left = outcome.unlisted.len().saturating_sub(most);
    if left > 0 {
        let _ = writeln!(text, "... and {left} more in {}; --verbose shows them", outcome.name);
    }
    text
}

fn describe(
    engines: &Engines,
    exchange: &Exchange,
    (explained, bare): (&Explained, &[u64]),
    difference: &str,
) -> String {
    let mut text = format!("{}: {difference}\n  rules without entry: {bare:?}\n", exchange.name);
    let mut head = format!("{} {} {}", exchange.method, exchange.target, exchange.version);
    for (name, value) in &exchange.headers {
        let _ = write!(head, " | {name}: {value}");
    }
    let body = String::from_utf8_lossy(&exchange.body);
    let _ = writeln!(text, "  request {}\n  body {}", cut(&head), cut(&body));
    for rule in bare {
        for link in engines.statements.of(*rule) {
            let _ = writeln!(
                text,
                "  {rule}: {} {} {}",
                link.targets,
                cut(&link.operator),
                link.actions
            );
        }
    }
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
