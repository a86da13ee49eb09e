//! The same tests over real sockets through a running gateway.
//!
//! Every request carries one header line more than the test has, [`MARKER_HEADER`], with a value of its own. A rule of
//! the gateway ([`MARKER_RULE`]) writes that value to the log, so each entry of the log is of one known request and many
//! requests may be under way at once. First all requests are sent, then the log is read once; a test that allows one
//! repetition is sent again before it fails. A request that leaves no entry matched no rule, or met none.
//!
//! Which gateway it is does not matter, as long as it logs the ids of rules that matched: [`log`] reads the JSON lines
//! of this gateway, JSON audit logs, native audit logs and error logs of ModSecurity's style.

mod connection;
pub mod log;
mod reflect;
mod response;
mod target;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use connection::Timeouts;
use log::{Log, LogError};
pub use reflect::Reflector;
use response::Reply;
pub use target::{Target, TargetError};

use super::expect::Evidence;
use super::front::Refusal;
use super::plan::Case;
use super::report::Report;
use super::schema::{Response, Stage};
use super::verdict::Verdict;
use super::{Options, Suite, collect, on_threads, request};
use crate::drive::Matched;

/// The header line added to each request.
pub const MARKER_HEADER: &str = "X-CRS-Test";

/// The id of the rule that logs the marker; never counted as a match.
pub const MARKER_RULE_ID: u64 = 999_999;

/// The rule a gateway must run for its log to be understood. Unlike the one go-ftw asks for, it removes no rules.
pub const MARKER_RULE: &str = "SecRule REQUEST_HEADERS:X-CRS-Test \"@rx ^.*$\" \
     \"id:999999,phase:1,pass,log,t:none,msg:'X-CRS-Test %{MATCHED_VAR}'\"";

/// A request that any rule set for the web has something to say about: shows that rules run and are logged.
const PROBE: &str = "GET /?probe=%3Cscript%3Ealert(1)%3C/script%3E HTTP/1.1\r\nHost: localhost\r\n\
     User-Agent: portcullis\r\nAccept: */*\r\nConnection: close\r\n\r\n";

/// Where the requests go and where the rules tell what they did.
#[derive(Debug, Clone)]
pub struct Through {
    /// The gateway.
    pub target: Target,
    /// Its log.
    pub log: PathBuf,
    /// Where the upstream of the tests is to listen during the run; none when one runs already.
    pub upstream: Option<SocketAddr>,
    /// How long the gateway may take.
    pub timeouts: Timeouts,
    /// How long the log may stay behind.
    pub log_timeout: Duration,
}

/// A run over sockets could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ThroughError {
    /// The gateway does not answer an ordinary request.
    #[error("the gateway does not answer: {0}")]
    Gateway(String),
    /// The log could not be read, or does not show the markers.
    #[error(transparent)]
    Log(#[from] LogError),
    /// No rule is in the log but the one of the marker.
    #[error(
        "a request with an attack left no rule in {} but {MARKER_RULE_ID}: do the rules run, and does {MARKER_RULE_ID} leave \
         them (no ctl:ruleRemoveById)?", .0.display()
    )]
    NoRules(PathBuf),
    /// The upstream of the tests could not listen.
    #[error("the upstream cannot listen on {address}: {source}")]
    Upstream {
        /// Where.
        address: SocketAddr,
        /// The answer of the operating system.
        source: std::io::Error,
    },
}

/// What came back for one stage.
type Answer = Result<Reply, String>;

/// One run: its place, and the numbers of its markers.
struct Run<'a> {
    through: &'a Through,
    prefix: String,
    log: Log,
}

/// A test with the number of its first stage's marker.
struct Numbered<'a, 'b> {
    case: &'b Case<'a>,
    first: u64,
}

/// Runs a suite through a gateway.
///
/// # Errors
/// [`ThroughError`] when no verdict is possible; a test that fails is no error.
pub fn run(suite: &Suite, options: &Options, through: &Through) -> Result<Report, ThroughError> {
    let started = Instant::now();
    let cases = suite.selected(&options.only);
    let numbered = number(&cases);
    let _upstream = through.upstream.map(|at| upstream(at, &numbered)).transpose()?;
    let mut run = Run::start(through)?;
    let all: Vec<&Numbered<'_, '_>> = numbered.iter().collect();
    let mut verdicts = run.round(&all, options)?;
    let again: Vec<usize> = (0..cases.len())
        .filter(|at| {
            let failed = verdicts.get(*at).is_some_and(|v| v.as_ref().is_some_and(|v| !v.holds()));
            failed && cases.get(*at).is_some_and(|case| may_repeat(case, options))
        })
        .collect();
    if !again.is_empty() {
        let repeated: Vec<&Numbered<'_, '_>> =
            again.iter().filter_map(|at| numbered.get(*at)).collect();
        let judged = run.round(&repeated, options)?;
        for (at, verdict) in again.into_iter().zip(judged) {
            if let Some(slot) = verdicts.get_mut(at) {
                *slot = verdict;
            }
        }
    }
    let mut report = collect(&cases, verdicts, suite, options);
    report.ruleset = format!("through {}", through.target);
    report.elapsed = started.elapsed();
    Ok(report)
}

/// Gives every stage a number: its marker's.
fn number<'a, 'b>(cases: &'b [Case<'a>]) -> Vec<Numbered<'a, 'b>> {
    let mut next = 1;
    cases
        .iter()
        .map(|case| {
            let first = next;
            next += case.test.stages.len() as u64;
            Numbered { case, first }
        })
        .collect()
}

fn may_repeat(case: &Case<'_>, options: &Options) -> bool {
    case.stages().any(|(number, stage)| {
        case.expectation(number, stage, &options.overrides).output.retry_once == Some(true)
    })
}

/// Serves the upstream, with the answers that stages bring themselves.
fn upstream(at: SocketAddr, numbered: &[Numbered<'_, '_>]) -> Result<Reflector, ThroughError> {
    let mut given: BTreeMap<u64, Response> = BTreeMap::new();
    for Numbered { case, first } in numbered {
        for (marker, stage) in (*first..).zip(&case.test.stages) {
            given.extend(stage.input.response.clone().map(|response| (marker, response)));
        }
    }
    Reflector::start(at, Arc::new(given))
        .map_err(|source| ThroughError::Upstream { address: at, source })
}

impl<'a> Run<'a> {
    /// Finds out whether the gateway answers and its log can be read, before thousands of requests are sent.
    fn start(through: &'a Through) -> Result<Run<'a>, ThroughError> {
        let prefix = format!("ftw-{:x}-", unique());
        let mut run = Run { through, prefix, log: Log::at_end(&through.log)? };
        let probe = run.send(PROBE.as_bytes(), 0);
        if let Err(reason) = probe {
            return Err(ThroughError::Gateway(reason));
        }
        let found = run.log.wait_for(&run.prefix, 0, through.log_timeout)?;
        if found.get(&0).is_none_or(Vec::is_empty) {
            return Err(ThroughError::NoRules(through.log.clone()));
        }
        Ok(run)
    }

    /// Sends the tests, reads the log, judges.
    fn round(
        &mut self,
        cases: &[&Numbered<'_, '_>],
        options: &Options,
    ) -> Result<Vec<Option<Verdict>>, ThroughError> {
        let answers = on_threads(options.threads, cases, |numbered| self.send_case(numbered));
        // The log may be behind: it is read until it shows a request that was sent after all others.
        let last = u64::MAX;
        self.send(PROBE.as_bytes(), last).map_err(ThroughError::Gateway)?;
        let mut found = self.log.wait_for(&self.prefix, last, self.through.log_timeout)?;
        let mut judge = |numbered: &Numbered<'_, '_>, answers: Vec<Answer>| {
            let mut verdict = Verdict::default();
            let markers = numbered.first..;
            for (((number, stage), answer), marker) in
                numbered.case.stages().zip(answers).zip(markers)
            {
                let evidence = evidence(answer, found.remove(&marker));
                let expectation = numbered.case.expectation(number, stage, &options.overrides);
                verdict.stage(numbered.case, number, &expectation, |_| evidence.clone());
            }
            verdict
        };
        Ok(cases
            .iter()
            .zip(answers)
            .map(|(numbered, answers)| answers.map(|answers| judge(numbered, answers)))
            .collect())
    }

    /// The stages of a test, one after the other.
    fn send_case(&self, numbered: &Numbered<'_, '_>) -> Vec<Answer> {
        let stages = &numbered.case.test.stages;
        (numbered.first..)
            .zip(stages)
            .map(|(marker, stage)| self.send_stage(stage, marker))
            .collect()
    }

    fn send_stage(&self, stage: &Stage, marker: u64) -> Answer {
        if stage.input.response.is_some() && self.through.upstream.is_none() {
            return Err("the stage brings its own response, which only --upstream-listen can give"
                .to_owned());
        }
        let wire = request::build(&stage.input)?;
        self.send(&wire, marker)
    }

    fn send(&self, wire: &[u8], marker: u64) -> Answer {
        let wire = marked(wire, &format!("{MARKER_HEADER}: {}{marker}", self.prefix));
        connection::exchange(&self.through.target, &wire, &self.through.timeouts)
    }
}

/// What a stage brought. An error without a line in the log is an answer the gateway gave before any rule.
fn evidence(answer: Answer, logged: Option<Vec<Matched>>) -> Evidence {
    let mut evidence = Evidence { by_client: true, ..Evidence::default() };
    match answer {
        Ok(Reply { status, body }) => {
            let before = status >= 400 && logged.is_none();
            evidence.refusal = before.then(|| Refusal { status, reason: "the gateway".to_owned() });
            evidence.status = Some((status, "the gateway".to_owned()));
            evidence.body = body;
        }
        Err(reason) => evidence.failure = Some(reason),
    }
    evidence.matched = logged.unwrap_or_default();
    evidence
}

/// The request with a header line more, the last one of its head. Bytes without the end of a head get it after the
/// first line; bytes without any line end stay as they are.
fn marked(wire: &[u8], line: &str) -> Vec<u8> {
    let after = |end: &[u8]| wire.windows(end.len()).position(|bytes| bytes == end);
    let at = match (after(b"\r\n\r\n"), after(b"\n\n")) {
        (Some(crlf), lf) if lf.is_none_or(|lf| crlf < lf) => Some(crlf + 2),
        (_, Some(lf)) => Some(lf + 1),
        (_, None) => after(b"\n").map(|lf| lf + 1),
    };
    let Some((before, rest)) = at.and_then(|at| wire.split_at_checked(at)) else {
        return wire.to_vec();
    };
    [before, line.as_bytes(), b"\r\n", rest].concat()
}

/// A number of this run, so that what other runs left in a log is not taken for its own.
fn unique() -> u64 {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    (nanos as u64) ^ (u64::from(std::process::id()) << 48)
}

#[cfg(test)]
mod tests;
