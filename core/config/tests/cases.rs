//! Every `cases/*.yaml` is loaded, and what is said of it stands beside it in `*.txt`. `PORTCULLIS_UPDATE=1` writes
//! those files anew; read the difference before it is kept.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use portcullis_config::{Diagnostic, load};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = entries
        .filter(|path| path.is_dir() || path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    cases.sort();
    cases
}

fn said(path: &Path) -> String {
    let diagnostics = match load(path) {
        Ok(loaded) => loaded.warnings,
        Err(diagnostics) => diagnostics,
    };
    let shown: Vec<String> = diagnostics.iter().map(Diagnostic::to_string).collect();
    let folder = format!("{}/", path.parent().unwrap().display());
    let mut text = shown.join("\n\n").replace(&folder, "");
    text.push('\n');
    text
}

#[test]
fn what_is_said_of_every_case() {
    let cases = cases();
    assert!(cases.len() >= 10);
    let mut wrong = Vec::new();
    for case in cases {
        let expected = case.with_extension("txt");
        let said = said(&case);
        if std::env::var_os("PORTCULLIS_UPDATE").is_some() {
            std::fs::write(&expected, &said).unwrap();
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("{}:\n{said}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
