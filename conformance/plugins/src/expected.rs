//! What Envoy did, kept in `expected/envoy`, a file for each scenario. `PORTCULLIS_RECORD=1` writes the files anew.

use std::path::PathBuf;

use portcullis_testkit::{Problem, Result};

use crate::modules::root;
use crate::transcript::Transcript;

fn path(name: &str) -> PathBuf {
    root().join("conformance/plugins/expected/envoy").join(format!("{name}.txt"))
}

/// Whether this run writes what it sees, not compares with it.
pub fn recording() -> bool {
    std::env::var_os("PORTCULLIS_RECORD").is_some()
}

/// What was recorded for a scenario.
///
/// # Errors
/// When nothing was.
pub fn read(name: &str) -> Result<Transcript> {
    let path = path(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Transcript::parse(&text)),
        Err(_) => Err(Problem::new(format!(
            "{} is not there; record it: PORTCULLIS_RECORD=1 scripts/plugins-differential.sh",
            path.display()
        ))),
    }
}

/// Records a scenario.
///
/// # Errors
/// When the file cannot be written.
pub fn write(name: &str, transcript: &Transcript) -> Result<()> {
    Ok(std::fs::write(path(name), transcript.text())?)
}

/// The names of everything that was recorded.
///
/// # Errors
/// When the folder cannot be read.
pub fn names() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root().join("conformance/plugins/expected/envoy"))? {
        let path = entry?.path();
        names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}
