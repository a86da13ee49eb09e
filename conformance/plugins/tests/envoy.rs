//! Every scenario through Envoy: what the Proxy-Wasm specification states holds, and nothing differs from what was recorded.
//!
//! Needs `make plugins` and `scripts/plugins-oracle.sh`; `PORTCULLIS_RECORD=1` records anew.

use portcullis_conformance_plugins::compare::differences;
use portcullis_conformance_plugins::envoy::Envoy;
use portcullis_conformance_plugins::scenario::Scenario;
use portcullis_conformance_plugins::transcript::Transcript;
use portcullis_conformance_plugins::{drive, expected};

/// A piece that came together with the next because the machine was busy is tried again.
const TRIES: usize = 3;

/// What is wrong with a transcript.
fn problems(scenario: &Scenario, transcript: &Transcript) -> Vec<String> {
    if scenario.ends_envoy {
        let ended = transcript.0 == ["gateway> has ended"];
        return if ended {
            Vec::new()
        } else {
            vec![format!("{}: Envoy survives it now", scenario.name)]
        };
    }
    let mut problems = Vec::new();
    if let Some(line) = transcript.lacks(&scenario.states) {
        problems.push(format!("{}: lacks {line:?}, or it comes in another order", scenario.name));
    }
    for text in &scenario.never {
        problems.extend(
            transcript
                .0
                .iter()
                .filter(|line| line.contains(text.as_str()))
                .map(|line| format!("{}: has {line:?}, which must never come", scenario.name)),
        );
    }
    if !expected::recording() {
        match expected::read(&scenario.name) {
            Err(problem) => problems.push(problem.0),
            Ok(recorded) => problems.extend(
                differences(&recorded, transcript)
                    .iter()
                    .map(|difference| format!("{}: {difference}", scenario.name)),
            ),
        }
    }
    problems
}

#[tokio::test(flavor = "multi_thread")]
async fn envoy_does_what_is_recorded_and_what_the_specification_states() {
    let envoy = Envoy::found().unwrap();
    let mut left = Scenario::all().unwrap();
    left.retain(|scenario| !scenario.example);
    let mut report = Vec::new();
    for _ in 0..TRIES {
        report.clear();
        let transcripts = drive::run(&envoy, &left).await.unwrap();
        let mut again = Vec::new();
        for (scenario, transcript) in left.iter().zip(&transcripts) {
            if expected::recording() && !scenario.ends_envoy {
                expected::write(&scenario.name, transcript).unwrap();
            }
            let found = problems(scenario, transcript);
            if !found.is_empty() {
                report.push(format!(
                    "{}\n--- {}\n{}",
                    found.join("\n"),
                    scenario.name,
                    transcript.text()
                ));
                again.push(scenario.clone());
            }
        }
        left = again;
        if left.is_empty() || expected::recording() {
            break;
        }
    }
    assert!(report.is_empty(), "{} scenarios:\n{}", report.len(), report.join("\n\n"));
}

#[test]
fn every_record_belongs_to_a_scenario() {
    let names: Vec<String> =
        Scenario::all().unwrap().into_iter().map(|scenario| scenario.name).collect();
    let lost: Vec<String> =
        expected::names().unwrap().into_iter().filter(|name| !names.contains(name)).collect();
    assert!(lost.is_empty(), "no scenario for {lost:?}");
}
