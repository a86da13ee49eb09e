//! One stage on the engine alone, in process.

use std::sync::Arc;

use portcullis_waf_engine::RuleSet;

use super::expect::Evidence;
use super::plan::Case;
use super::schema::{Output, Stage};
use super::wire::WireRequest;
use super::{View, front, request, upstream};
use crate::drive::{Observed, drive};

/// Runs stage `number` under an expectation.
///
/// A test that expects an answer of the server in front of the engine gets the one of ours. A test that expects 200 is
/// written for a server that lets the request through, and one that names rules only asks the engine: both get the
/// engine's view, whatever a gateway would let through.
pub(crate) fn observe(
    rules: &Arc<RuleSet>,
    case: &Case<'_>,
    (number, stage): (u32, &Stage),
    output: &Output,
    view: View,
) -> Evidence {
    let wire = match request::build(&stage.input) {
        Ok(wire) => wire,
        Err(reason) => return Evidence::failed(reason),
    };
    let admitted = front::admit(&wire);
    if let Err(refusal) = &admitted
        && asks_the_front(output)
    {
        return Evidence::refused(refusal.clone());
    }
    let request = WireRequest::parse(&wire);
    let answer = upstream::answer(&request, stage.input.response.as_ref());
    // An id of its own for every stage, the same in every run.
    let id =
        (u128::from(case.rule) << 64) | (u128::from(case.test.test_id) << 32) | u128::from(number);
    let uri = match (view, &admitted) {
        (View::Canonical, Ok(uri)) => uri.as_bytes(),
        (View::Canonical, Err(_)) | (View::Received, _) => request.origin_form(),
    };
    let Observed { interruption, matched, .. } = drive(rules, id, &request, uri, || answer.clone());
    let (status, by) = match interruption {
        Some((status, rule)) => (status, format!("rule {rule}")),
        None => (answer.status, "upstream".to_owned()),
    };
    Evidence { status: Some((status, by)), body: answer.body, matched, ..Evidence::default() }
}

/// An error that a client sees while it reads cannot be seen here; a refusal stands for it, unless the log is asked.
fn asks_the_front(output: &Output) -> bool {
    let log_is_asked = !output.log.expect_ids.is_empty() || output.log.match_regex.is_some();
    output.status.is_some_and(|status| status >= 400)
        || (output.expect_error == Some(true) && !log_is_asked)
}
