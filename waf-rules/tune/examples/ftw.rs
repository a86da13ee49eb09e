//! Runs the Core Rule Set's regression tests in process: `ftw --ftw DIR [--crs DIR] [--only 942*] [--verbose] [--json]`.
//!
//! Without `--crs` the embedded rule set runs. `--overrides FILE` replaces our own overrides (tune/overrides.yaml),
//! `--no-overrides` takes none. `--canonical` shows the rules the canonical target as the gateway does. Ends with 1 when a test failed, 2 when nothing could be run.

use std::path::PathBuf;
use std::process::ExitCode;

use portcullis_waf_rulesets::{HOW_TO_BRING_ONE, Package, embedded};
use portcullis_waf_tune::ftw::schema::Overrides;
use portcullis_waf_tune::ftw::{Options, Suite, View, own_overrides, parse_overrides, run};
use portcullis_waf_tune::{Setting, compile};

#[derive(Default)]
struct Arguments {
    ftw: Option<PathBuf>,
    crs: Option<PathBuf>,
    overrides: Option<PathBuf>,
    options: Options,
    no_overrides: bool,
    verbose: bool,
    json: bool,
}

fn main() -> ExitCode {
    match try_main() {
        Ok(code) => code,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn try_main() -> Result<ExitCode, String> {
    let mut arguments = arguments()?;
    if arguments.no_overrides {
        arguments.options.overrides = Overrides::default();
    } else if let Some(path) = &arguments.overrides {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        arguments.options.overrides = parse_overrides(&text)?;
    } else {
        arguments.options.overrides = own_overrides()?;
    }
    let folder = arguments
        .ftw
        .as_deref()
        .ok_or("--ftw DIR is needed: the folder of the regression tests")?;
    let package = match &arguments.crs {
        Some(path) => Package::from_dir(path).map_err(|error| error.to_string())?,
        None => embedded().ok_or(HOW_TO_BRING_ONE)?.clone(),
    };
    let rules = compile(&package, Setting::Regression).map_err(|error| error.to_string())?;
    let suite = Suite::load(folder).map_err(|error| error.to_string())?;
    let report = run(&rules, &package.version, &suite, &arguments.options);
    if arguments.json {
        println!("{}", report.to_json());
    } else {
        print!("{}", report.to_text(arguments.verbose));
    }
    let whole = report.failures.is_empty() && report.unreadable.is_empty();
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn arguments() -> Result<Arguments, String> {
    let mut arguments = Arguments::default();
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let mut value = || given.next().ok_or(format!("{name} needs a value"));
        match name.as_str() {
            "--ftw" => arguments.ftw = Some(value()?.into()),
            "--crs" => arguments.crs = Some(value()?.into()),
            "--overrides" => arguments.overrides = Some(value()?.into()),
            "--only" => arguments.options.only.push(value()?),
            "--threads" => {
                arguments.options.threads =
                    value()?.parse().map_err(|_| "--threads needs a number")?
            }
            "--canonical" => arguments.options.view = View::Canonical,
            "--no-overrides" => arguments.no_overrides = true,
            "--verbose" => arguments.verbose = true,
            "--json" => arguments.json = true,
            _ => return Err(format!("unknown argument {name}")),
        }
    }
    Ok(arguments)
}
