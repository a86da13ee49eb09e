//! The gate over sockets: with stock CRS at paranoia level 1 every attack of the list is refused
//! without a byte for the upstream, and every ordinary request passes, but for those that stock CRS
//! is known to block.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;

use portcullis_conformance::{Failures, Stage};
use portcullis_testkit::document;
use portcullis_testkit::raw::{RawDownstream, ask};
use portcullis_testkit::upstream::Answer;
use portcullis_waf_tune::gate;

async fn stage() -> Stage {
    Stage::start(&document::waf(""), |_| Answer::ok("ok")).await.unwrap()
}

#[tokio::test]
async fn every_attack_is_refused_and_the_upstream_sees_nothing() {
    let stage = stage().await;
    let attacks = gate::attacks().unwrap();
    assert!(attacks.len() >= 30, "{} attacks", attacks.len());
    let mut failures = Failures::default();
    let mut malformed = Vec::new();
    for attack in &attacks {
        match ask(stage.http(), attack.wire()).await {
            // What no server should read is refused before any rule sees it.
            Ok(answer) if [400, 405].contains(&answer.status()) => malformed.push(&attack.name),
            Ok(answer) => failures.check(&attack.name, answer.status() == 403, || {
                format!("{} instead of 403", answer.status())
            }),
            Err(problem) => failures.note(&attack.name, problem),
        }
    }
    assert_eq!(stage.targets(), Vec::<String>::new());
    assert_eq!(stage.upstream.total_bytes(), 0);
    println!("refused before the rules: {malformed:?}");
    assert!(malformed.len() * 5 < attacks.len(), "{malformed:?}");
    failures.finish(attacks.len());
}

#[tokio::test]
async fn ordinary_requests_pass() {
    let stage = stage().await;
    let benign = gate::benign().unwrap();
    assert!(benign.len() >= 60, "{} ordinary requests", benign.len());
    let known: BTreeSet<String> =
        gate::benign_blocked().unwrap().into_iter().map(|blocked| blocked.name).collect();
    let mut failures = Failures::default();
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    for request in &benign {
        let answer = match down.ask(request.wire()).await {
            Ok(answer) => answer,
            Err(problem) => {
                failures.note(&request.name, problem);
                down = RawDownstream::connect(stage.http()).await.unwrap();
                continue;
            }
        };
        let expected = if known.contains(&request.name) { 403 } else { 200 };
        failures.check(&request.name, answer.status() == expected, || {
            format!("{} instead of {expected}", answer.status())
        });
        if answer.status() == 200 {
            let seen = stage.upstream.last().map(|seen| seen.body.bytes).unwrap_or_default();
            failures.check(&request.name, seen == request.body, || {
                format!("{} of {} bytes arrived", seen.len(), request.body.len())
            });
        }
        if answer.head.names("connection", "close") {
            down = RawDownstream::connect(stage.http()).await.unwrap();
        }
    }
    failures.finish(benign.len());
}
