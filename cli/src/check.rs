//! `portcullis check` and `portcullis config schema`.

use std::process::ExitCode;

use portcullis_config::Diagnostic;

use crate::arguments::CheckArguments;
use crate::fail;

/// Reports every problem; fails when one of them is an error.
pub(crate) fn check(arguments: &CheckArguments) -> ExitCode {
    match crate::compile::snapshot(&arguments.from.config) {
        Ok((snapshot, warnings)) => {
            print(&warnings, arguments.json);
            if !arguments.json {
                println!(
                    "The configuration is valid: {} listeners, {} routes, {} clusters.",
                    snapshot.listeners.len(),
                    snapshot.gateway.routes.len(),
                    snapshot.clusters.len()
                );
            }
            ExitCode::SUCCESS
        }
        Err(problems) => {
            print(&problems, arguments.json);
            let errors = problems.iter().filter(|problem| problem.is_error()).count();
            if !arguments.json {
                eprintln!("The configuration cannot be used: {errors} errors.");
            }
            ExitCode::FAILURE
        }
    }
}

/// Diagnostics as text on stderr, or as JSON lines on stdout.
pub(crate) fn print(problems: &[Diagnostic], json: bool) {
    for problem in problems {
        match (json, serde_json::to_string(problem)) {
            (true, Ok(line)) => println!("{line}"),
            _ => eprintln!("{problem}\n"),
        }
    }
}

/// Prints the JSON Schema of the configuration.
pub(crate) fn schema() -> ExitCode {
    match serde_json::to_string_pretty(&portcullis_config::schema()) {
        Ok(schema) => {
            println!("{schema}");
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}
