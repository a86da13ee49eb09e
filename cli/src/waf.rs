//! `portcullis waf test`: the regression tests of the Core Rule Set, in process or through a running gateway.

use std::process::ExitCode;
use std::time::Duration;

use portcullis_waf_rulesets::{HOW_TO_BRING_ONE, Package, embedded};
use portcullis_waf_tune::ftw::schema::Overrides;
use portcullis_waf_tune::ftw::through::{Target, Through, Timeouts};
use portcullis_waf_tune::ftw::{
    Comparison, Options, Report, Suite, compare, engine_overrides, gateway_overrides,
    parse_overrides, run, through,
};
use portcullis_waf_tune::{Setting, compile_with};

use crate::arguments::{ReportFormat, WafTestArguments};
use crate::fail;

/// Connections at once through a gateway.
const CONNECTIONS: usize = 8;

/// Runs the tests and prints passed and total by rule file; fails when fewer pass than was asked for, when an override
/// is not needed, or when a gateway differs more from the run in process than was asked for.
pub(crate) fn test(arguments: &WafTestArguments) -> ExitCode {
    let (report, comparison) = match reports(arguments) {
        Ok(reports) => reports,
        Err(problem) => return fail(&problem),
    };
    match arguments.format {
        ReportFormat::Text => {
            print!("{}", report.to_text(arguments.verbose));
            if let Some(comparison) = &comparison {
                print!("{comparison}");
            }
        }
        ReportFormat::Json => println!("{}", report.to_json(comparison.as_ref())),
        ReportFormat::Junit => print!("{}", report.to_junit()),
    }
    let alike = match (&comparison, arguments.within) {
        (Some(comparison), Some(percent)) => comparison.percent() <= percent,
        (Some(_) | None, _) => true,
    };
    if report.holds(arguments.at_least()) && alike { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The run that is asked for; through a gateway also how it compares to the one in process.
fn reports(arguments: &WafTestArguments) -> Result<(Report, Option<Comparison>), String> {
    let suite = Suite::load(&arguments.ftw).map_err(|error| error.to_string())?;
    let Some(url) = &arguments.through else {
        return Ok((in_process(arguments, &suite, overrides(arguments, engine_overrides)?)?, None));
    };
    let here = in_process(arguments, &suite, engine_overrides()?)?;
    let log = arguments.log.clone().ok_or("--through needs --log FILE, the gateway's log")?;
    let place = Through {
        target: Target::new(url, arguments.ca.as_deref()).map_err(|error| error.to_string())?,
        log,
        upstream: arguments.upstream_listen,
        timeouts: Timeouts { total: Duration::from_secs(arguments.timeout), ..Timeouts::default() },
        log_timeout: Duration::from_secs(arguments.timeout),
    };
    let options = Options {
        only: arguments.only.clone(),
        overrides: overrides(arguments, gateway_overrides)?,
        threads: arguments.connections.unwrap_or(CONNECTIONS),
        ..Options::default()
    };
    let there = through::run(&suite, &options, &place).map_err(|error| error.to_string())?;
    let comparison = compare(&here, &there);
    Ok((there, Some(comparison)))
}

fn in_process(
    arguments: &WafTestArguments,
    suite: &Suite,
    overrides: Overrides,
) -> Result<Report, String> {
    let package = match &arguments.crs {
        Some(path) => Package::from_dir(path).map_err(|error| error.to_string())?,
        None => embedded().ok_or(HOW_TO_BRING_ONE)?.clone(),
    };
    let rules = compile_with(&package, Setting::Regression, !arguments.without_prefilter)
        .map_err(|error| error.to_string())?;
    let options = Options {
        only: arguments.only.clone(),
        overrides,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        ..Options::default()
    };
    Ok(run(&rules, &format!("OWASP CRS {}", package.version), suite, &options))
}

/// The overrides of the command line, or those built in.
fn overrides(
    arguments: &WafTestArguments,
    own: fn() -> Result<Overrides, String>,
) -> Result<Overrides, String> {
    match &arguments.overrides {
        _ if arguments.no_overrides => Ok(Overrides::default()),
        Some(path) => {
            let named = |error: String| format!("{}: {error}", path.display());
            let text = std::fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
            parse_overrides(&text).map_err(named)
        }
        None => own(),
    }
}
