//! Compares what is expected of a stage with what was observed.

use regex_automata::meta::Regex;

use super::front::Refusal;
use super::schema::Output;
use crate::drive::Matched;

/// Everything a stage brought.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence {
    /// The status the downstream gets, and from whom.
    pub(crate) status: Option<(u16, String)>,
    /// The body it gets.
    pub(crate) body: Vec<u8>,
    /// The rules that matched and are logged.
    pub(crate) matched: Vec<Matched>,
    /// The gateway's own answer before any rule, when that is known.
    pub(crate) refusal: Option<Refusal>,
    /// Why there is no answer to judge.
    pub(crate) failure: Option<String>,
    /// Whether the answer was read by a client, which sees errors that nobody sees in process.
    pub(crate) by_client: bool,
}

impl Evidence {
    /// Nothing could be observed.
    pub(crate) fn failed(reason: String) -> Self {
        Self { failure: Some(reason), ..Self::default() }
    }

    /// The gateway answered before any rule.
    pub(crate) fn refused(refusal: Refusal) -> Self {
        let status = Some((refusal.status, refusal.reason.clone()));
        Self { status, refusal: Some(refusal), ..Self::default() }
    }

    fn matched(&self, rule: u64) -> bool {
        self.matched.iter().any(|matched| matched.rule == rule)
    }

    fn any_line(&self, pattern: &str) -> Result<bool, String> {
        let regex =
            Regex::new(pattern).map_err(|error| format!("bad expression {pattern}: {error}"))?;
        Ok(self.matched.iter().any(|matched| regex.is_match(&matched.line)))
    }
}

/// `Err` with every expectation that does not hold.
pub(crate) fn check(output: &Output, evidence: &Evidence) -> Result<(), String> {
    let expects_error = output.expect_error == Some(true);
    // As go-ftw: a client that sees the error it was told to expect asks no further.
    match &evidence.failure {
        Some(_) if expects_error && evidence.by_client => return Ok(()),
        Some(reason) => return Err(format!("no answer: {reason}")),
        None => {}
    }
    let mut missed = Vec::new();
    if expects_error && evidence.by_client {
        let (status, _) = evidence.status.clone().unwrap_or_default();
        missed.push(format!("the client was expected to see an error and got status {status}"));
    }
    status(output, evidence, &mut missed);
    log(output, evidence, &mut missed);
    if output.isolated == Some(true) {
        isolated(output, evidence, &mut missed);
    }
    if missed.is_empty() { Ok(()) } else { Err(missed.join("; ")) }
}

fn log(output: &Output, evidence: &Evidence, missed: &mut Vec<String>) {
    let log = &output.log;
    let absent: Vec<u64> =
        log.expect_ids.iter().copied().filter(|id| !evidence.matched(*id)).collect();
    if !absent.is_empty() {
        let by = match &evidence.status {
            Some((status, by)) if evidence.matched.is_empty() => format!(" ({status} from {by})"),
            Some(_) | None => String::new(),
        };
        missed.push(format!("did not match: {absent:?}{by}"));
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
}

fn status(output: &Output, evidence: &Evidence, missed: &mut Vec<String>) {
    if let Some(expected) = output.status {
        match &evidence.status {
            Some((status, _)) if *status == expected => {}
            Some((status, by)) => {
                missed.push(format!("status {status} from {by}, expected {expected}"));
            }
            None => missed.push(format!("no status, expected {expected}")),
        }
    }
    if let Some(pattern) = &output.response_contains {
        let body = String::from_utf8_lossy(&evidence.body);
        match Regex::new(pattern) {
            Ok(regex) if regex.is_match(body.as_ref()) => {}
            Ok(_) => missed.push(format!("the response does not match {pattern}")),
            Err(error) => missed.push(format!("bad expression {pattern}: {error}")),
        }
    }
    // In process the front stands for the error a client would see; where the log is asked too, the log decides.
    let log_is_asked = !output.log.expect_ids.is_empty() || output.log.match_regex.is_some();
    if output.expect_error == Some(true)
        && !log_is_asked
        && !evidence.by_client
        && evidence.refusal.is_none()
    {
        missed.push("the request was expected to fail".to_owned());
    }
}

/// The rules that report a score are not triggered by the request itself; go-ftw's isolation ignores none, and no
/// test of CRS 4.25 asks for it, so they count here too.
fn isolated(output: &Output, evidence: &Evidence, missed: &mut Vec<String>) {
    let mut rules: Vec<u64> = evidence.matched.iter().map(|matched| matched.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    if rules != output.log.expect_ids {
        missed.push(format!("expected only {:?}, matched {rules:?}", output.log.expect_ids));
    }
}
