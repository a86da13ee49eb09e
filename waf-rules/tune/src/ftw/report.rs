//! What a run of the regression tests found, as text and as JSON.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::time::Duration;

use serde::Serialize;

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
    /// Tests that failed, sorted.
    pub failures: Vec<Failure>,
    /// Tests whose expectation was replaced, sorted.
    pub overridden: Vec<Overridden>,
    /// Stages with an expected status that the gateway itself answered, sorted.
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

impl Report {
    /// Passed and total over all files.
    pub fn sum(&self) -> Count {
        self.by_file.values().fold(Count::default(), |sum, count| Count {
            passed: sum.passed + count.passed,
            total: sum.total + count.total,
        })
    }

    /// The report as one JSON document.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self)
            .unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"))
    }

    /// The table alone, or with every failure and refusal.
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
            for overridden in &self.overridden {
                let _ = writeln!(
                    text,
                    "EXPECTATION REPLACED {}: {}",
                    overridden.test, overridden.reason
                );
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
        let sum = self.sum();
        let percent =
            if sum.total == 0 { 0.0 } else { 100.0 * sum.passed as f64 / sum.total as f64 };
        writeln!(f, "{:<48} {:>5}/{} ({percent:.2} %)", "total", sum.passed, sum.total)?;
        writeln!(
            f,
            "OWASP CRS {}, {} expectations replaced, {} stages answered before any rule, {:.1} s",
            self.ruleset,
            self.overridden.len(),
            self.refused.len(),
            self.elapsed.as_secs_f64(),
        )
    }
}
