//! The regression tests of the Core Rule Set, run in process.
//!
//! A test's request is built as go-ftw builds it, read by a parser that refuses nothing, and run through all five
//! phases of the engine with the upstream those tests expect. Nothing is ignored in our own name: a test passes,
//! or it is listed as failed with the reason. An overrides file in CRS's own format can replace expectations; each
//! one used is listed in the report.

mod exchange;
mod expect;
pub(crate) mod front;
mod report;
mod request;
pub mod schema;
mod suite;
mod template;
pub mod upstream;
pub mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use portcullis_waf_engine::RuleSet;

use crate::drive::{Observed, drive};
pub use exchange::{Exchange, exchanges};
use expect::Evidence;
pub use front::Refusal;
pub use report::{Count, Failure, Overridden, Refused, Report};
use schema::{Output, Overrides, Stage, Test, TestOverride};
pub use suite::{Suite, SuiteError};
use wire::WireRequest;

/// The most threads a run takes.
pub const MAX_THREADS: usize = 64;

/// How a suite is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Tests to run, by `942100-3`, `942100` or a beginning with a star (`942*`); empty for all.
    pub only: Vec<String>,
    /// Replacements of expectations.
    pub overrides: Overrides,
    /// Threads, at least 1.
    pub threads: usize,
    /// Which form of the request target the rules see as the one that goes upstream.
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

/// The expectations this gateway answers otherwise on purpose, each with its reason: `overrides.yaml`.
///
/// # Errors
/// Says what is wrong with the document that is built in; a test holds that nothing is.
pub fn own_overrides() -> Result<Overrides, String> {
    parse_overrides(include_str!("../overrides.yaml"))
}

/// Reads an overrides file in CRS's format.
///
/// # Errors
/// Says what is wrong with the document and where.
pub fn parse_overrides(text: &str) -> Result<Overrides, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}

/// Runs a suite on rules compiled by [`crate::compile`] with the regression settings.
pub fn run(rules: &Arc<RuleSet>, ruleset: &str, suite: &Suite, options: &Options) -> Report {
    let started = Instant::now();
    let selected: Vec<Case<'_>> =
        suite.cases().filter(|case| selected(&options.only, &case.name())).collect();
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        while let Some(case) = selected.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((case, run_case(rules, case, options)));
        }
        done
    };
    let threads = options.threads.clamp(1, MAX_THREADS);
    let done: Vec<(&Case<'_>, Verdict)> = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        handles.into_iter().flat_map(|handle| handle.join().unwrap_or_default()).collect()
    });
    let mut report = collect(done, selected.len());
    report.ruleset = ruleset.to_owned();
    report.unreadable = suite.unreadable.clone();
    report.elapsed = started.elapsed();
    report
}

/// One test with the rule file it belongs to.
pub(crate) struct Case<'a> {
    pub(crate) group: &'a str,
    pub(crate) rule: u64,
    pub(crate) test: &'a Test,
}

impl Case<'_> {
    fn name(&self) -> String {
        format!("{}-{}", self.rule, self.test.test_id)
    }
}

/// What became of one test.
#[derive(Default)]
struct Verdict {
    missed: Vec<String>,
    overridden: Vec<String>,
    refused: Vec<Refusal>,
}

fn selected(only: &[String], name: &str) -> bool {
    let rule = name.split('-').next().unwrap_or_default();
    only.is_empty()
        || only.iter().any(|wanted| match wanted.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => wanted == name || wanted == rule,
        })
}

fn run_case(rules: &Arc<RuleSet>, case: &Case<'_>, options: &Options) -> Verdict {
    let mut verdict = Verdict::default();
    for (index, stage) in case.test.stages.iter().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let replaced = options.overrides.test_overrides.iter().find(|by| applies(by, case, number));
        let mut output = stage.output.clone();
        if let Some(by) = replaced {
            output = by.output.clone().unwrap_or(output);
            output.retry_once = by.retry_once.or(output.retry_once);
            verdict.overridden.push(by.reason.clone());
        }
        let mut outcome = run_stage(rules, case, number, stage, &output, options);
        if outcome.result.is_err() && output.retry_once == Some(true) {
            outcome = run_stage(rules, case, number, stage, &output, options);
        }
        verdict.refused.extend(outcome.refusal.filter(|_| output.status.is_some()));
        if let Err(reason) = outcome.result {
            let several = case.test.stages.len() > 1;
            verdict.missed.push(if several { format!("stage {number}: {reason}") } else { reason });
        }
    }
    if case.test.stages.is_empty() {
        verdict.missed.push("the test has no stage".to_owned());
    }
    verdict
}

fn applies(by: &TestOverride, case: &Case<'_>, stage: u32) -> bool {
    by.rule_id == case.rule
        && (by.test_ids.is_empty() || by.test_ids.contains(&case.test.test_id))
        && (by.stage_ids.is_empty() || by.stage_ids.contains(&stage))
}

struct Outcome {
    refusal: Option<Refusal>,
    result: Result<(), String>,
}

fn run_stage(
    rules: &Arc<RuleSet>,
    case: &Case<'_>,
    number: u32,
    stage: &Stage,
    output: &Output,
    options: &Options,
) -> Outcome {
    let wire = match request::build(&stage.input) {
        Ok(wire) => wire,
        Err(reason) => return Outcome { refusal: None, result: Err(reason) },
    };
    let admitted = front::admit(&wire);
    let request = WireRequest::parse(&wire);
    let answer = upstream::answer(&request, stage.input.response.as_ref());
    // An id of its own for every stage, the same in every run.
    let id =
        (u128::from(case.rule) << 64) | (u128::from(case.test.test_id) << 32) | u128::from(number);
    let refused = admitted.is_err() && output.status.is_some();
    let uri = match (options.view, &admitted) {
        (View::Canonical, Ok(uri)) => uri.as_bytes(),
        (View::Canonical, Err(_)) | (View::Received, _) => request.origin_form(),
    };
    let refusal = admitted.as_ref().err().cloned();
    let observed = if refused {
        Observed::default()
    } else {
        drive(rules, id, &request, uri, || answer.clone())
    };
    let evidence = Evidence { refusal: refusal.as_ref(), observed: &observed, answer: &answer };
    let result = expect::check(output, &evidence);
    Outcome { refusal, result }
}

fn collect(done: Vec<(&Case<'_>, Verdict)>, expected: usize) -> Report {
    let mut report = Report::default();
    if done.len() != expected {
        report.unreadable.push(format!("{} tests ended in a panic", expected - done.len()));
    }
    for (case, verdict) in done {
        let count = report.by_file.entry(case.group.to_owned()).or_default();
        count.total += 1;
        count.passed += usize::from(verdict.missed.is_empty());
        for reason in verdict.overridden {
            report.overridden.push(Overridden { test: case.name(), reason });
        }
        for refusal in verdict.refused {
            let Refusal { status, reason } = refusal;
            report.refused.push(Refused { test: case.name(), status, reason });
        }
        if !verdict.missed.is_empty() {
            report.failures.push(Failure {
                test: case.name(),
                group: case.group.to_owned(),
                reason: verdict.missed.join("; "),
                description: case.test.desc.clone().unwrap_or_default(),
            });
        }
    }
    report.failures.sort();
    report.overridden.sort();
    report.refused.sort();
    report
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use portcullis_waf_rulesets::{HOW_TO_BRING_ONE, embedded};

    use super::*;
    use crate::{Setting, compile};

    #[test]
    fn tests_are_selected_by_name_rule_or_beginning() {
        let cases = [
            ("942100-3", "942100-3", true),
            ("942100-3", "942100-31", false),
            ("942100", "942100-31", true),
            ("942*", "942100-31", true),
            ("941*", "942100-31", false),
        ];
        for (wanted, name, expected) in cases {
            assert_eq!(selected(&[wanted.to_owned()], name), expected, "{wanted} {name}");
        }
        assert!(selected(&[], "1-1"));
    }

    /// How many of the 4,674 tests of CRS 4.25 pass. Raise it with the engine; it never falls.
    const PASSED: usize = 4_668;

    #[test]
    fn the_pinned_rule_set_passes_its_own_tests() {
        let package = embedded().expect(HOW_TO_BRING_ONE);
        let rules = compile(package, Setting::Regression).unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rulesets/crs/package/tests");
        let suite = Suite::load(&folder).unwrap();
        let options = Options { overrides: own_overrides().unwrap(), ..Options::default() };
        let report = run(&rules, &package.version, &suite, &options);
        assert_eq!(report.sum().total, 4_674);
        assert!(report.sum().passed >= PASSED, "{}", report.to_text(true));
        assert_eq!(report.overridden.len(), 4);
    }

    #[test]
    fn a_rule_set_without_rules_fails_the_tests() {
        let sources = portcullis_waf_engine::Sources::new("none.conf", "SecRuleEngine On");
        let rules = RuleSet::compile(&sources, &Default::default()).unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rulesets/crs/package/tests");
        let suite = Suite::load(&folder).unwrap();
        let report = run(&rules, "none", &suite, &Options::default());
        assert!(report.sum().passed < 1_000, "silence passes {} tests", report.sum().passed);
    }

    #[test]
    fn own_overrides_replace_and_never_drop() {
        let own = own_overrides().unwrap().test_overrides;
        assert!(
            own.iter()
                .all(|by| by.output.is_some() && !by.reason.is_empty() && !by.test_ids.is_empty())
        );
    }
}
