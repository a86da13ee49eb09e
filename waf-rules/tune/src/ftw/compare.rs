//! One run beside another: the engine alone beside a gateway.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::report::Report;

/// A test that two runs do not judge alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `942100-3`.
    pub test: String,
    /// Why it failed in process; nothing when it passed.
    pub in_process: Option<String>,
    /// Why it failed over sockets; nothing when it passed.
    pub over_sockets: Option<String>,
}

/// A run in process beside one over sockets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Tests passed in process.
    pub in_process: usize,
    /// Tests passed over sockets.
    pub over_sockets: usize,
    /// Tests of each run.
    pub total: usize,
    /// Tests that pass in one of the two only, or are judged by an override in one of the two only.
    pub differences: Vec<Difference>,
    /// Tests that pass over sockets under an override that the run in process does not need.
    pub overridden: Vec<String>,
}

/// Compares two runs of the same tests.
pub fn compare(in_process: &Report, over_sockets: &Report) -> Comparison {
    let reasons = |report: &Report| -> BTreeMap<String, String> {
        report.failures.iter().map(|fail| (fail.test.clone(), fail.reason.clone())).collect()
    };
    let replaced = |report: &Report| -> BTreeSet<String> {
        report.overridden.iter().map(|by| by.test.clone()).collect()
    };
    let (here, there) = (reasons(in_process), reasons(over_sockets));
    let tests: BTreeSet<&String> = here.keys().chain(there.keys()).collect();
    let differences = tests
        .into_iter()
        .filter(|test| here.contains_key(*test) != there.contains_key(*test))
        .map(|test| Difference {
            test: test.clone(),
            in_process: here.get(test).cloned(),
            over_sockets: there.get(test).cloned(),
        })
        .collect();
    let own = replaced(in_process);
    let overridden = replaced(over_sockets)
        .into_iter()
        .filter(|test| !own.contains(test) && !there.contains_key(test))
        .collect();
    Comparison {
        in_process: in_process.sum().passed,
        over_sockets: over_sockets.sum().passed,
        total: in_process.sum().total,
        differences,
        overridden,
    }
}

impl Comparison {
    /// The share of tests that only one of the two runs passes as CRS writes it, in percent: differences and
    /// overrides together.
    #[expect(clippy::cast_precision_loss, reason = "a few thousand tests")]
    pub fn percent(&self) -> f64 {
        let tests = self.differences.len() + self.overridden.len();
        tests as f64 * 100.0 / self.total.max(1) as f64
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for difference in &self.differences {
            let says = |reason: &Option<String>| reason.clone().unwrap_or("passes".to_owned());
            writeln!(
                f,
                "DIFFERS {}: in process {}; over sockets {}",
                difference.test,
                says(&difference.in_process),
                says(&difference.over_sockets)
            )?;
        }
        for test in &self.overridden {
            writeln!(f, "DIFFERS {test}: over sockets it passes under an override")?;
        }
        writeln!(
            f,
            "in process {} of {}, over sockets {} of {}; {} tests differ ({:.2} %)",
            self.in_process,
            self.total,
            self.over_sockets,
            self.total,
            self.differences.len() + self.overridden.len(),
            self.percent()
        )
    }
}
