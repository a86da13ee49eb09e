//! Compares what is expected of a stage with what was observed.

use regex_automata::meta::Regex;

use super::front::Refusal;
use super::schema::Output;
use super::upstream::Answer;
use crate::drive::Observed;

/// Everything a stage brought.
pub(crate) struct Evidence<'a> {
    /// The gateway's own answer, when it has one.
    pub refusal: Option<&'a Refusal>,
    /// The engine's view.
    pub observed: &'a Observed,
    /// The upstream's answer.
    pub answer: &'a Answer,
}

impl Evidence<'_> {
    /// The status the downstream would get, and from whom.
    fn status(&self) -> (u16, String) {
        if let Some(refusal) = self.refusal {
            return (refusal.status, refusal.reason.clone());
        }
        match self.observed.interruption {
            Some((status, rule)) => (status, format!("rule {rule}")),
            None => (self.answer.status, "upstream".to_owned()),
        }
    }

    fn matched(&self, rule: u64) -> bool {
        self.observed.matched.iter().any(|matched| matched.rule == rule)
    }

    fn any_line(&self, pattern: &str) -> Result<bool, String> {
        let regex =
            Regex::new(pattern).map_err(|error| format!("bad expression {pattern}: {error}"))?;
        Ok(self.observed.matched.iter().any(|matched| regex.is_match(&matched.line)))
    }
}

/// `Err` with every expectation that does not hold.
pub(crate) fn check(output: &Output, evidence: &Evidence<'_>) -> Result<(), String> {
    let mut missed = Vec::new();
    status(output, evidence, &mut missed);
    let log = &output.log;
    let absent: Vec<u64> =
        log.expect_ids.iter().copied().filter(|id| !evidence.matched(*id)).collect();
    if !absent.is_empty() {
        missed.push(format!("did not match: {absent:?}"));
    }
    let unwanted: Vec<u64> =
        log.no_expect_ids.iter().copied().filter(|id| evidence.matched(*id)).collect();
    if !unwanted.is_empty() {
        missed.push(format!("matched but should not: {unwanted:?}"));
    }
    for pattern in [&log.match_regex, &output.log_contains].into_iter().flatten() {
        match evidence.any_line(pattern) {
            Ok(true) => {}
            Ok(false) => missed.push(format!("no log line matches {pattern}")),
            Err(error) => missed.push(error),
        }
    }
    for pattern in [&log.no_match_regex, &output.no_log_contains].into_iter().flatten() {
        match evidence.any_line(pattern) {
            Ok(false) => {}
            Ok(true) => missed.push(format!("a log line matches {pattern}")),
            Err(error) => missed.push(error),
        }
    }
    if output.isolated == Some(true) {
        isolated(output, evidence, &mut missed);
    }
    if missed.is_empty() { Ok(()) } else { Err(missed.join("; ")) }
}

fn status(output: &Output, evidence: &Evidence<'_>, missed: &mut Vec<String>) {
    if let Some(expected) = output.status {
        let (status, by) = evidence.status();
        if status != expected {
            missed.push(format!("status {status} from {by}, expected {expected}"));
        }
    }
    if let Some(pattern) = &output.response_contains {
        let body = String::from_utf8_lossy(&evidence.answer.body);
        match Regex::new(pattern) {
            Ok(regex) if regex.is_match(body.as_ref()) => {}
            Ok(_) => missed.push(format!("the response does not match {pattern}")),
            Err(error) => missed.push(format!("bad expression {pattern}: {error}")),
        }
    }
    // An error is something a client sees while it reads, such as the bare body of HTTP/0.9. In process there is no
    // such reading: a refusal stands for it, and where the log is asked too, the log decides.
    let log = &output.log;
    let log_is_asked = !log.expect_ids.is_empty() || log.match_regex.is_some();
    if output.expect_error == Some(true) && !log_is_asked && evidence.refusal.is_none() {
        missed.push("the request was expected to fail".to_owned());
    }
}

/// The rules that report a score are not triggered by the request itself; go-ftw's isolation ignores none, and no
/// test of CRS 4.25 asks for it, so they count here too.
fn isolated(output: &Output, evidence: &Evidence<'_>, missed: &mut Vec<String>) {
    let mut rules: Vec<u64> =
        evidence.observed.matched.iter().map(|matched| matched.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    if rules != output.log.expect_ids {
        missed.push(format!("expected only {:?}, matched {rules:?}", output.log.expect_ids));
    }
}
