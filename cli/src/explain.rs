//! `portcullis explain`.

use std::process::ExitCode;

use http::{HeaderName, HeaderValue};
use portcullis_pipeline::{Question, explain as tell};

use crate::arguments::ExplainArguments;
use crate::{check, fail};

/// Tells what a request would meet.
pub(crate) fn explain(arguments: &ExplainArguments) -> ExitCode {
    let question = match question(arguments) {
        Ok(question) => question,
        Err(problem) => return fail(&problem),
    };
    match crate::compile::snapshot(&arguments.from.config) {
        Ok((snapshot, _)) => {
            print!("{}", tell(&snapshot, &question));
            ExitCode::SUCCESS
        }
        Err(problems) => {
            check::print(&problems, false);
            ExitCode::FAILURE
        }
    }
}

fn question(arguments: &ExplainArguments) -> Result<Question, String> {
    let mut question = Question::parse(&arguments.request)?;
    question.listener.clone_from(&arguments.listener);
    for header in &arguments.headers {
        let (name, value) = header.split_once(':').ok_or_else(|| {
            format!("`{header}` is not a header; write for example 'name: value'")
        })?;
        let name = HeaderName::from_bytes(name.trim().as_bytes())
            .map_err(|_| format!("`{name}` is not a header name"))?;
        let value = HeaderValue::from_str(value.trim())
            .map_err(|_| format!("`{value}` cannot stand in a header"))?;
        question.headers.append(name, value);
    }
    Ok(question)
}
