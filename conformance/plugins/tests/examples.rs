//! The plugins of `plugins/examples` through Envoy: the same in every language.
//!
//! Needs `make plugins` and `scripts/plugins-oracle.sh`. Envoy compiles Go's modules for 10 s of CPU time each.

#![allow(clippy::unwrap_used, reason = "tests")]

use portcullis_conformance_plugins::drive;
use portcullis_conformance_plugins::envoy::Envoy;
use portcullis_conformance_plugins::scenario::Scenario;

async fn holds(language: &str) {
    let mut scenarios = Scenario::all().unwrap();
    scenarios.retain(|scenario| scenario.example && scenario.plugin.starts_with(language));
    assert_eq!(scenarios.len(), 6, "{language}");
    let transcripts = drive::run(&Envoy::found().unwrap(), &scenarios).await.unwrap();
    let mut report = Vec::new();
    for (scenario, transcript) in scenarios.iter().zip(&transcripts) {
        let lacks = transcript.lacks(&scenario.states);
        let never = |text: &String| transcript.0.iter().any(|line| line.contains(text.as_str()));
        if lacks.is_some() || scenario.never.iter().any(never) {
            report.push(format!("{}: lacks {lacks:?}\n{}", scenario.name, transcript.text()));
        }
    }
    assert!(report.is_empty(), "{}", report.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rust() {
    holds("rust").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn assemblyscript() {
    holds("assemblyscript").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn go() {
    holds("go").await;
}
