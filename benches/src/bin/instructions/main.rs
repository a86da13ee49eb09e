//! Instructions of one call of what the request path is made of, counted by callgrind and held against
//! `benches/instructions.json`: `instructions [--update]` from the root of the repository. `scripts/instructions.sh`
//! builds and starts it.
//!
//! The program runs itself once under valgrind. Each case is run to warm up and once more inside [`measured_pass`],
//! whose end makes callgrind write what it counted. Exit code 2 when a count moved by more than the tolerance.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark ends at the first error")]

mod cases;
mod compare;

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode};

use mimalloc::MiMalloc;

use cases::{Case, cases};
use compare::{Counts, compare};

// As in the gateway.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The numbers of the main branch.
const KEPT: &str = "benches/instructions.json";

/// [`measured_pass`] as callgrind knows it.
const WATCHED: &str = "instructions::measured_pass";

/// The function that callgrind watches: by its name, so it must stay one.
#[inline(never)]
fn measured_pass(case: &mut Case) {
    (case.pass)();
    black_box(case);
}

/// Passes before the one that counts: caches of automata and of the allocator are filled by then.
const WARM_UPS: usize = 2;

/// What valgrind runs.
fn workload() {
    for mut case in cases(WARM_UPS + 1) {
        (0..WARM_UPS).for_each(|_| (case.pass)());
        measured_pass(&mut case);
    }
}

/// Counts of all cases, one call each.
fn counts(folder: &Path) -> Result<Counts, String> {
    let _ = std::fs::remove_dir_all(folder);
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(folder).map_err(failed)?;
    let own = std::env::current_exe().map_err(failed)?;
    // Without address space randomisation, so that addresses cannot move a count.
    let status = Command::new("setarch")
        .arg("-R")
        .args(["valgrind", "--quiet", "--tool=callgrind"])
        .args([format!("--zero-before={WATCHED}"), format!("--dump-after={WATCHED}")])
        .arg(format!("--callgrind-out-file={}/out", folder.display()))
        .arg(own)
        .arg("workload")
        .status()
        .map_err(|error| format!("valgrind: {error} (apt-get install valgrind)"))?;
    if !status.success() {
        return Err(format!("valgrind ended with {status}"));
    }
    let names = cases::names();
    let count = |(number, (name, calls)): (usize, (String, u64))| {
        let path = folder.join(format!("out.{}", number + 1));
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok((
            name,
            compare::total(&text).ok_or_else(|| format!("{}: no total", path.display()))? / calls,
        ))
    };
    names.into_iter().enumerate().map(count).collect()
}

fn run() -> Result<bool, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder =
        own.parent().and_then(Path::parent).ok_or("the binary has no folder")?.join("instructions");
    let counted = counts(&folder)?;
    let text = format!("{:#}\n", serde_json::json!(counted));
    let kept = std::fs::read_to_string(KEPT).map_err(|error| format!("{KEPT}: {error}"));
    if std::env::args().any(|word| word == "--update") {
        let kept = kept.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        compare(&kept, &counted).iter().for_each(|line| println!("{line}"));
        std::fs::write(KEPT, text).map_err(|error| format!("{KEPT}: {error}"))?;
        return Ok(true);
    }
    let kept: Counts = serde_json::from_str(&kept?).map_err(|error| format!("{KEPT}: {error}"))?;
    let lines = compare(&kept, &counted);
    lines.iter().for_each(|line| println!("{line}"));
    Ok(lines.iter().all(|line| line.holds()))
}

fn main() -> ExitCode {
    if std::env::args().any(|word| word == "workload") {
        workload();
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            println!(
                "If that is meant: scripts/instructions.sh --update, and say why in the commit."
            );
            ExitCode::from(2)
        }
        Err(problem) => {
            eprintln!("instructions: {problem}");
            ExitCode::FAILURE
        }
    }
}
