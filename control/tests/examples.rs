//! Every example compiles to a snapshot, rules and certificates included, and says nothing to warn of.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_config::{Diagnostic, Severity};
use portcullis_pipeline::{Loaded, Registry, compile};
use portcullis_plugin_documents::FOREIGN;
use portcullis_telemetry::Metrics;
use portcullis_telemetry::metrics::MetricLimits;

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut examples: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    examples.sort();
    examples
}

/// A copy of an example with the certificates its reader is told to make.
fn copy(example: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(example).unwrap() {
        let file = entry.unwrap().path();
        fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
    }
    let names = vec!["shop.example.com".to_owned(), "*.shop.example.com".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let write = |name: &str, text: String| fs::write(copy.path().join(name), text).unwrap();
    write("shop.pem", made.cert.pem());
    write("shop.key", made.signing_key.serialize_pem());
    write("upstream-ca.pem", made.cert.pem());
    copy
}

#[test]
fn every_example_compiles() {
    let metrics = Metrics::new(MetricLimits::default(), "test");
    let registry = Registry::new(metrics);
    for example in examples() {
        let copy = copy(&example);
        let told = |problems: &[Diagnostic]| {
            let shown: Vec<String> = problems.iter().map(Diagnostic::to_string).collect();
            panic!("{}:\n{}", example.display(), shown.join("\n"));
        };
        let noted = |told: &Diagnostic| told.severity == Severity::Note;
        let loaded = match FOREIGN.load(copy.path()) {
            Ok(loaded) if loaded.warnings.iter().all(noted) => loaded,
            Ok(loaded) => told(&loaded.warnings),
            Err(problems) => told(&problems),
        };
        let number = Loaded { revision: 1, closed_at: None };
        match compile(Arc::new(loaded.gateway), &registry, number) {
            Ok(snapshot) => assert!(!snapshot.listeners.is_empty(), "{}", example.display()),
            Err(mut problems) => {
                loaded.spans.locate(&mut problems);
                told(&problems);
            }
        }
    }
}
