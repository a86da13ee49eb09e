//! `portcullis waf test`: the regression tests of the Core Rule Set, in process.

use std::process::ExitCode;

use portcullis_waf_rulesets::{HOW_TO_BRING_ONE, Package, embedded};
use portcullis_waf_tune::ftw::{Options, Report, Suite, own_overrides, run};
use portcullis_waf_tune::{Setting, compile};

use crate::arguments::WafTestArguments;
use crate::fail;

/// Runs the tests and prints passed and total by rule file; fails when fewer pass than was asked for.
pub(crate) fn test(arguments: &WafTestArguments) -> ExitCode {
    let report = match report(arguments) {
        Ok(report) => report,
        Err(problem) => return fail(&problem),
    };
    if arguments.json {
        println!("{}", report.to_json());
    } else {
        print!("{}", report.to_text(arguments.verbose));
    }
    let sum = report.sum();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand tests")]
    let percent = sum.passed as f64 * 100.0 / sum.total.max(1) as f64;
    if sum.total > 0 && percent >= arguments.at_least && report.unreadable.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn report(arguments: &WafTestArguments) -> Result<Report, String> {
    let package = match &arguments.crs {
        Some(path) => Package::from_dir(path).map_err(|error| error.to_string())?,
        None => embedded().ok_or(HOW_TO_BRING_ONE)?.clone(),
    };
    let rules = compile(&package, Setting::Regression).map_err(|error| error.to_string())?;
    let suite = Suite::load(&arguments.ftw).map_err(|error| error.to_string())?;
    let options = Options {
        only: arguments.only.clone(),
        overrides: own_overrides()?,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        ..Options::default()
    };
    Ok(run(&rules, &package.version, &suite, &options))
}
