//! `bench-waf [--rounds N] [--milliseconds N] [--core N] [--only SHAPE] [--out DIR]`: measures this rule engine beside
//! its peers and writes `waf.json` and `waf.md`.
//!
//! Exit code 1 when something could not be measured, 2 when a floor that the project asks for is missed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use portcullis_benches::machine;
use portcullis_benches::options;
use portcullis_benches::waf::bars::bars;
use portcullis_benches::waf::folder;
use portcullis_benches::waf::measure::{Measured, Plan, measure};
use portcullis_benches::waf::report::{json, markdown};
use portcullis_benches::waf::shapes::VARIANTS;

/// Where the pinned rule set is.
const PACKAGE: &str = "waf-rules/rulesets/crs/package";

fn plan(out: &mut PathBuf) -> Result<Plan, String> {
    let core = std::thread::available_parallelism().map_or(0, |cores| cores.get() - 1);
    let mut plan =
        Plan { rounds: 5, turn_ms: 250.0, core: u32::try_from(core).unwrap_or(0), only: None };
    for given in options::read(std::env::args().skip(1))? {
        match given.name.as_str() {
            "--rounds" => plan.rounds = given.number()?,
            "--milliseconds" => plan.turn_ms = given.number()?,
            "--core" => plan.core = given.number()?,
            "--only" => plan.only = Some(given.value),
            "--out" => *out = PathBuf::from(given.value),
            _ => return Err(given.unknown()),
        }
    }
    Ok(plan)
}

fn run() -> Result<bool, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let binaries = own.parent().ok_or("the binary has no folder")?;
    let mut out = binaries.parent().ok_or("the binary has no folder")?.join("bench-waf");
    let plan = plan(&mut out)?;
    if !Path::new(PACKAGE).is_dir() {
        return Err(format!(
            "no {PACKAGE} here: run `make setup`, and this from the root of the repository"
        ));
    }
    let rules = out.join("rules");
    std::fs::create_dir_all(&rules).map_err(|error| format!("{}: {error}", rules.display()))?;
    folder::make(&rules, Path::new(PACKAGE))?;
    let before = machine::load();
    let measured = measure(&plan, binaries, &rules)?;
    let facts = facts(&plan, &before);
    finish(&measured, &facts, &out)
}

fn facts(plan: &Plan, before: &str) -> Vec<(&'static str, String)> {
    let version = std::fs::read_to_string(Path::new(PACKAGE).join("VERSION")).unwrap_or_default();
    vec![
        (
            "rules",
            format!(
                "OWASP CRS {}, stock setup, blocking, phases 1 and 2, no audit log",
                version.trim()
            ),
        ),
        ("machine", machine::describe()),
        ("load average before and after", format!("{before}; {}", machine::load())),
        (
            "run",
            format!(
                "{} rounds in turn of at least {} ms of CPU time an engine, all on core {}; {VARIANTS} variants of each request",
                plan.rounds, plan.turn_ms, plan.core
            ),
        ),
    ]
}

fn finish(measured: &Measured, facts: &[(&str, String)], out: &Path) -> Result<bool, String> {
    let bars = bars(measured);
    let page = markdown(measured, &bars, facts);
    let write = |name: &str, text: &str| {
        let path = out.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    write("waf.md", &page)?;
    write("waf.json", &format!("{:#}\n", json(measured, &bars, facts)))?;
    println!("\n{page}");
    Ok(bars.iter().all(|bar| bar.holds()))
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(problem) => {
            eprintln!("bench-waf: {problem}");
            ExitCode::FAILURE
        }
    }
}
