//! What a run of the regression tests found, as text, as JSON and as JUnit XML.

mod junit;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::time::Duration;

use serde::Serialize;

use super::compare::Comparison;

/// Tests of one rule file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Tests whose stages all held.
    pub passed: usize,
    /// All tests.
    pub total: usize,
}

/// One test that failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Failure {
    /// `942100-3`: rule and number of the test.
    pub test: String,
    /// The rule file the test belongs to.
    pub group: String,
    /// What did not hold, by stage.
    pub reason: String,
    /// What the test says it shows.
    pub description: String,
}

/// A test judged by an overrides file instead of its own expectation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Overridden {
    /// `920100-8`.
    pub test: String,
    /// The reason the file gives.
    pub reason: String,
    /// Files of other projects that mark the same test.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marked_by: Vec<String>,
}

/// A stage answered by the gateway before any rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Refused {
    /// `920100-12`.
    pub test: String,
    /// The status.
    pub status: u16,
    /// Which gate, and why.
    pub reason: String,
}

/// A run.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// The rule set's version.
    pub ruleset: String,
    /// Passed and total by folder of tests, which is named like the rule file.
    pub by_file: BTreeMap<String, Count>,
    /// Stages, which are requests.
    pub stages: usize,
    /// Tests that passed: rule file and name.
    #[serde(skip)]
    pub held: Vec<(String, String)>,
    /// Tests that failed, sorted.
    pub failures: Vec<Failure>,
    /// Tests whose expectation was replaced, sorted.
    pub overridden: Vec<Overridden>,
    /// Overrides that are not needed, or mean no test. A run with one fails.
    pub stale: Vec<String>,
    /// Stages that the front answered before any rule, in process where the test expects that, sorted.
    pub refused: Vec<Refused>,
    /// Files that could not be read, with the reason. Their tests are not counted, so this must be empty.
    pub unreadable: Vec<String>,
    /// Wall time without compiling the rules.
    #[serde(serialize_with = "seconds")]
    pub elapsed: Duration,
}

fn seconds<S: serde::Serializer>(elapsed: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(elapsed.as_secs_f64())
}

/// What `to_json` writes.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<&'a Comparison>,
}

impl Report {
    /// Passed and total over all files.
    pub fn sum(&self) -> Count {
        self.by_file.values().fold(Count::default(), |sum, count| Count {
            passed: sum.passed + count.passed,
            total: sum.total + count.total,
        })
    }

    /// Passed tests in percent; 0 without tests.
    #[expect(clippy::cast_precision_loss, reason = "a few thousand tests")]
    pub fn percent(&self) -> f64 {
        let sum = self.sum();
        sum.passed as f64 * 100.0 / sum.total.max(1) as f64
    }

    /// Whether enough tests passed, all files were read and no override is stale.
    pub fn holds(&self, at_least_percent: f64) -> bool {
        self.sum().total > 0
            && self.percent() >= at_least_percent
            && self.unreadable.is_empty()
            && self.stale.is_empty()
    }

    /// Puts every list in order.
    pub(crate) fn sort(&mut self) {
        self.held.sort();
        self.failures.sort();
        self.overridden.sort();
        self.refused.sort();
        self.stale.sort();
    }

    /// The report as one JSON document, with how it compares to another run.
    pub fn to_json(&self, comparison: Option<&Comparison>) -> String {
        let whole = Document { report: self, comparison };
        serde_json::to_string_pretty(&whole)
            .unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"))
    }

    /// The report as JUnit XML: a suite a rule file, a case a test.
    pub fn to_junit(&self) -> String {
        junit::write(self)
    }

    /// The table alone, or with every failure, refusal and override.
    pub fn to_text(&self, verbose: bool) -> String {
        let mut text = self.to_string();
        if verbose {
            for failure in &self.failures {
                let _ = writeln!(text, "FAIL {}: {}", failure.test, failure.reason);
                let _ =
                    writeln!(text, "     {}", failure.description.trim().replace('\n', "\n     "));
            }
            for refused in &self.refused {
                let Refused { test, status, reason } = refused;
                let _ = writeln!(text, "ANSWERED BEFORE ANY RULE {test}: {status}, {reason}");
            }
            for Overridden { test, reason, marked_by } in &self.overridden {
                let _ = write!(text, "EXPECTATION REPLACED {test}: {reason}");
                let _ = match marked_by.is_empty() {
                    true => writeln!(text),
                    false => writeln!(text, " Marked as well by {}.", marked_by.join(" and ")),
                };
            }
        }
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (file, count) in &self.by_file {
            writeln!(f, "{file:<48} {:>5}/{}", count.passed, count.total)?;
        }
        for unreadable in &self.unreadable {
            writeln!(f, "UNREADABLE {unreadable}")?;
        }
        for stale in &self.stale {
            writeln!(f, "STALE OVERRIDE {stale}")?;
        }
        let sum = self.sum();
        writeln!(f, "{:<48} {:>5}/{} ({:.2} %)", "total", sum.passed, sum.total, self.percent())?;
        writeln!(
            f,
            "{}: {} stages, {} tests passed, {} failed, {} stages answered before any rule, {:.1} s",
            self.ruleset,
            self.stages,
            sum.passed,
            sum.total - sum.passed,
            self.refused.len(),
            self.elapsed.as_secs_f64(),
        )?;
        let replaced: Vec<&str> = self.overridden.iter().map(|by| &*by.test).collect();
        match replaced.as_slice() {
            [] => writeln!(f, "no expectation replaced"),
            tests => writeln!(f, "{} expectations replaced: {}", tests.len(), tests.join(", ")),
        }
    }
}
