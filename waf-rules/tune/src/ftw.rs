//! The regression tests of the Core Rule Set: in process on the engine, or over sockets through a gateway.
//!
//! A test's request is built as go-ftw builds it. In process it is read by a parser that refuses nothing, and run
//! through all five phases of the engine with the upstream those tests expect. Over sockets the same bytes go to a
//! gateway, and its log tells which rules matched ([`through`]). Nothing is ignored in our own name: a test passes, or
//! it is listed as failed with the reason. An overrides file in CRS's own format can replace expectations; each one
//! used is listed in the report, and one that is no longer needed fails the run.

mod compare;
mod engine;
mod exchange;
mod expect;
pub(crate) mod front;
mod plan;
mod report;
mod request;
pub mod schema;
mod suite;
mod template;
pub mod through;
pub mod upstream;
mod verdict;
pub mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use portcullis_waf_engine::RuleSet;

pub use compare::{Comparison, Difference, compare};
pub use exchange::{Exchange, exchanges};
pub use front::Refusal;
use plan::Case;
pub use report::{Count, Failure, Overridden, Refused, Report};
use schema::Overrides;
pub use suite::{Suite, SuiteError};
use verdict::Verdict;

/// The most threads a run takes.
pub const MAX_THREADS: usize = 64;

/// How a suite is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Tests to run, by `942100-3`, `942100` or a beginning with a star (`942*`); empty for all.
    pub only: Vec<String>,
    /// Replacements of expectations.
    pub overrides: Overrides,
    /// Threads, at least 1; over sockets, as many connections at once.
    pub threads: usize,
    /// Which form of the request target the rules see as the one that goes upstream, in process.
    pub view: View,
}

/// Which form of the request target is `REQUEST_URI`. `REQUEST_URI_RAW` is always what was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// As received: what the tests were written for.
    #[default]
    Received,
    /// Canonical, as in the gateway, where it accepts the request.
    Canonical,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            only: Vec::new(),
            overrides: Overrides::default(),
            threads: 2,
            view: View::default(),
        }
    }
}

/// What the engine answers otherwise in process: `overrides/engine.yaml`.
///
/// # Errors
/// Says what is wrong with the document that is built in; a test holds that nothing is.
pub fn engine_overrides() -> Result<Overrides, String> {
    parse_overrides(include_str!("../overrides/engine.yaml"))
}

/// What this gateway answers otherwise over sockets: `overrides/gateway.yaml`.
///
/// # Errors
/// As [`engine_overrides`].
pub fn gateway_overrides() -> Result<Overrides, String> {
    parse_overrides(include_str!("../overrides/gateway.yaml"))
}

/// Reads an overrides file in CRS's format.
///
/// # Errors
/// Says what is wrong with the document and where.
pub fn parse_overrides(text: &str) -> Result<Overrides, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}

/// Runs a suite in process on rules compiled by [`crate::compile`] with the regression settings.
pub fn run(rules: &Arc<RuleSet>, ruleset: &str, suite: &Suite, options: &Options) -> Report {
    let started = Instant::now();
    let selected = suite.selected(&options.only);
    let verdicts = on_threads(options.threads, &selected, |case| run_case(rules, case, options));
    let mut report = collect(&selected, verdicts, suite, options);
    report.ruleset = ruleset.to_owned();
    report.elapsed = started.elapsed();
    report
}

fn run_case(rules: &Arc<RuleSet>, case: &Case<'_>, options: &Options) -> Verdict {
    let mut verdict = Verdict::default();
    for (number, stage) in case.stages() {
        let expectation = case.expectation(number, stage, &options.overrides);
        verdict.stage(case, number, &expectation, |output| {
            engine::observe(rules, case, (number, stage), output, options.view)
        });
    }
    verdict
}

/// Does `work` for every item on some threads. The results are in the order of the items; none for one that ended in
/// a panic.
fn on_threads<T: Sync, R: Send>(
    threads: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<Option<R>> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, work(item)));
        }
    };
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    thread::scope(|scope| {
        let threads = threads.clamp(1, MAX_THREADS);
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        for (at, result) in handles.into_iter().flat_map(|handle| handle.join().unwrap_or_default())
        {
            if let Some(slot) = results.get_mut(at) {
                *slot = Some(result);
            }
        }
    });
    results
}

fn collect(
    cases: &[Case<'_>],
    verdicts: Vec<Option<Verdict>>,
    suite: &Suite,
    options: &Options,
) -> Report {
    let mut report = Report { unreadable: suite.unreadable.clone(), ..Report::default() };
    for (case, verdict) in cases.iter().zip(verdicts) {
        match verdict {
            Some(verdict) => verdict.enter(case, &mut report),
            None => report.unreadable.push(format!("{} ended in a panic", case.name())),
        }
    }
    if options.only.is_empty() {
        let unknown = plan::unknown(&options.overrides, cases);
        let names = |test| format!("{test} has an override and is no test of this suite");
        report.stale.extend(unknown.into_iter().map(names));
    }
    report.sort();
    report
}

#[cfg(test)]
mod tests;
