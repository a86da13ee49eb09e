//! Every example is loaded, and says nothing to warn of.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use portcullis_config::{Diagnostic, load};

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut examples: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    examples.sort();
    examples
}

#[test]
fn every_example_loads() {
    let examples = examples();
    assert!(examples.len() >= 7);
    // Documents of other projects are read by a crate above; there, every example is compiled.
    for example in examples.into_iter().filter(|example| !example.ends_with("wasm-plugin")) {
        // Certificates are made by whoever tries the example; here any file will do, for nobody reads it.
        let copy = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(&example).unwrap() {
            let file = entry.unwrap().path();
            std::fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
        }
        for name in ["shop.pem", "shop.key", "upstream-ca.pem"] {
            std::fs::write(copy.path().join(name), "").unwrap();
        }
        match load(copy.path()) {
            Ok(loaded) => {
                assert_eq!(loaded.warnings, [], "{}", example.display());
                assert!(!loaded.gateway.routes.is_empty(), "{}", example.display());
            }
            Err(problems) => {
                let shown: Vec<String> = problems.iter().map(Diagnostic::to_string).collect();
                panic!("{}:\n{}", example.display(), shown.join("\n"));
            }
        }
    }
}
