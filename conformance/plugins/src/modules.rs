//! Where built plugins lie, and the tiny ones that are written as text.

use std::path::{Path, PathBuf};

use portcullis_testkit::{Problem, Result};

/// The repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The folder that `make plugins` builds into: `PORTCULLIS_PLUGINS`, or `plugins` in cargo's target folder.
pub fn built() -> PathBuf {
    if let Some(folder) = std::env::var_os("PORTCULLIS_PLUGINS") {
        return PathBuf::from(folder);
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| root().join("target")).join("plugins")
}

/// A module that `make plugins` builds, by name: `script`, `rust-logger`, `trap`.
///
/// # Errors
/// Says which line builds it when it is not there.
pub fn module(name: &str) -> Result<PathBuf> {
    let path = built().join(format!("{name}.wasm"));
    if path.is_file() {
        return Ok(path);
    }
    Err(Problem::new(format!("{} is not there; build it: make plugins", path.display())))
}

/// Turns every `*.wat` of a folder into a module in another; tells how many were written. What is up to date is left.
///
/// # Errors
/// When a file cannot be read, is no module or cannot be written.
pub fn assemble(from: &Path, to: &Path) -> Result<usize> {
    std::fs::create_dir_all(to)?;
    let mut written = 0;
    for entry in std::fs::read_dir(from)? {
        let source = entry?.path();
        if source.extension().is_none_or(|ending| ending != "wat") {
            continue;
        }
        let name = source.file_stem().unwrap_or_default();
        let module = to.join(name).with_extension("wasm");
        let bytes = wat::parse_file(&source).map_err(|error| Problem::new(error.to_string()))?;
        if std::fs::read(&module).is_ok_and(|old| old == bytes) {
            continue;
        }
        std::fs::write(&module, bytes)?;
        written += 1;
    }
    Ok(written)
}
