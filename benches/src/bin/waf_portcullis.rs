//! This engine as a driver of `make bench-waf`; see `portcullis_benches::waf::serve`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, LazyLock};

use mimalloc::MiMalloc;
use portcullis_benches::waf::driver::FORGETFUL;
use portcullis_benches::waf::request::Request;
use portcullis_benches::waf::serve::{Engine, serve};
use portcullis_waf_engine::{CompileOptions, RuleSet, Shared, Sources};

// As in the gateway.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Parts that rule sets have in common, one for the process as in the gateway.
static SHARED: LazyLock<Arc<Shared>> = LazyLock::new(Arc::default);

struct Portcullis(Arc<RuleSet>);

/// Every file below the working folder that a rule set may be made of, under its relative name.
fn files(folder: &Path, prefix: &str, sources: &mut Sources) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            files(&entry.path(), &format!("{name}/"), sources)?;
        } else if name.contains('/') || name.ends_with(".conf") {
            sources.insert(name, std::fs::read(entry.path())?);
        }
    }
    Ok(())
}

impl Engine for Portcullis {
    fn version() -> String {
        format!("portcullis {}", env!("CARGO_PKG_VERSION"))
    }

    fn compile(entry: &str) -> Result<Self, String> {
        let text = std::fs::read_to_string(entry).map_err(|error| format!("{entry}: {error}"))?;
        let mut sources = Sources::new(entry.to_owned(), text);
        files(Path::new("."), "", &mut sources).map_err(|error| error.to_string())?;
        let all = |problems: Vec<_>| format!("{problems:?}");
        let remember = std::env::args().nth(2).is_none_or(|option| option != FORGETFUL);
        let shared = Arc::clone(&SHARED);
        let options = CompileOptions { shared, remember, ..CompileOptions::default() };
        RuleSet::compile(&sources, &options).map(Self).map_err(all)
    }

    fn run(&self, request: &Request, id: u64) -> Result<Option<u16>, String> {
        let stopped = request.through(&self.0, u128::from(id));
        Ok(stopped.map(|found| found.status))
    }
}

fn main() -> ExitCode {
    match serve::<Portcullis>() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("waf-portcullis: {problem}");
            ExitCode::FAILURE
        }
    }
}
