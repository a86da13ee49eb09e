//! The requests of a suite without its expectations, for whoever wants to run them elsewhere.

use super::request;
use super::suite::Suite;
use super::upstream::{self, Answer};
use super::wire::WireRequest;

/// One stage of a test.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// `942100-3`, with `/2` for a later stage of the same test.
    pub name: String,
    /// The request, framed by HTTP.
    pub request: WireRequest,
    /// What the upstream of the tests answers.
    pub answer: Answer,
}

/// Every stage of every enabled test, in the order of the suite.
///
/// # Errors
/// Names the first test whose request cannot be built.
pub fn exchanges(suite: &Suite) -> Result<Vec<Exchange>, String> {
    let mut all = Vec::new();
    for case in suite.cases() {
        for (index, stage) in case.test.stages.iter().enumerate() {
            let name = match index {
                0 => case.name(),
                later => format!("{}/{}", case.name(), later + 1),
            };
            let wire = request::build(&stage.input).map_err(|error| format!("{name}: {error}"))?;
            let request = WireRequest::parse(&wire);
            let answer = upstream::answer(&request, stage.input.response.as_ref());
            all.push(Exchange { name, request, answer });
        }
    }
    Ok(all)
}
