//! What became of a test, collected over its stages.

use super::expect::{self, Evidence};
use super::plan::{Case, Expectation};
use super::report::{Count, Failure, Overridden, Refused, Report};
use super::schema::Output;

/// What became of one test.
#[derive(Default)]
pub(crate) struct Verdict {
    stages: usize,
    missed: Vec<String>,
    overridden: Vec<Overridden>,
    refused: Vec<Refused>,
    stale: Vec<String>,
}

impl Verdict {
    /// Whether every stage so far held.
    pub(crate) fn holds(&self) -> bool {
        self.missed.is_empty()
    }

    /// Judges one stage; `observe` says what was seen under an expectation. An override whose test would hold
    /// without it is noted: it hides nothing, and would hide something later.
    pub(crate) fn stage(
        &mut self,
        case: &Case<'_>,
        number: u32,
        expectation: &Expectation<'_>,
        observe: impl Fn(&Output) -> Evidence,
    ) {
        self.stages += 1;
        let test = case.name();
        let evidence = observe(&expectation.output);
        if let Some((by, original)) = expectation.replaced {
            self.overridden.push(Overridden {
                test: test.clone(),
                reason: by.reason.clone(),
                marked_by: by.marked_by.clone(),
            });
            if expect::check(original, &observe(original)).is_ok() {
                self.stale.push(format!("{test} holds without its override: remove the override"));
            }
        }
        if let Err(reason) = expect::check(&expectation.output, &evidence) {
            let several = case.test.stages.len() > 1;
            self.missed.push(if several { format!("stage {number}: {reason}") } else { reason });
        }
        self.refused.extend(evidence.refusal.map(|by| Refused {
            test,
            status: by.status,
            reason: by.reason,
        }));
    }

    /// Adds the test to a report.
    pub(crate) fn enter(mut self, case: &Case<'_>, report: &mut Report) {
        if self.stages == 0 {
            self.missed.push("the test has no stage".to_owned());
        }
        let count: &mut Count = report.by_file.entry(case.group.to_owned()).or_default();
        count.total += 1;
        count.passed += usize::from(self.missed.is_empty());
        report.stages += self.stages;
        report.overridden.extend(self.overridden);
        report.refused.extend(self.refused);
        report.stale.extend(self.stale);
        if self.missed.is_empty() {
            report.held.push((case.group.to_owned(), case.name()));
        } else {
            report.failures.push(Failure {
                test: case.name(),
                group: case.group.to_owned(),
                reason: self.missed.join("; "),
                description: case.test.desc.clone().unwrap_or_default(),
            });
        }
    }
}
