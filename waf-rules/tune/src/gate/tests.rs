use std::collections::BTreeSet;

use portcullis_waf_rulesets::{HOW_TO_BRING_ONE, embedded};

use super::*;
use crate::{Setting, compile};

fn judged(requests: Vec<Request>) -> Vec<Judged> {
    let package = embedded().expect(HOW_TO_BRING_ONE);
    let rules = compile(package, Setting::Stock).unwrap();
    judge(&rules, requests)
}

#[test]
fn every_attack_is_blocked_before_the_upstream() {
    let attacks = attacks().unwrap();
    assert!(attacks.len() >= 30);
    let mut passed = Vec::new();
    for attack in judged(attacks) {
        // 400 is the rules' answer to a body that two parsers may read differently (200002, 200003).
        if !matches!(attack.blocked, Some(400 | 403)) || attack.upstream_reached {
            passed
                .push(format!("{}: {:?} {:?}", attack.request.name, attack.blocked, attack.rules));
        }
    }
    assert_eq!(passed, Vec::<String>::new());
}

#[test]
fn attacks_cover_every_request_family() {
    let families: BTreeSet<u16> = attacks().unwrap().iter().map(|attack| attack.family).collect();
    let expected = [911, 913, 920, 921, 922, 930, 931, 932, 933, 934, 941, 942, 943, 944]
        .into_iter()
        .collect();
    assert_eq!(families, expected);
}

#[test]
fn ordinary_requests_are_blocked_only_as_listed() {
    let benign = benign().unwrap();
    assert!(benign.len() >= 60);
    let mut blocked: Vec<Blocked> = judged(benign)
        .into_iter()
        .filter(|request| request.blocked.is_some())
        .map(|request| Blocked { name: request.request.name, rules: request.rules })
        .collect();
    blocked.sort();
    let mut listed = benign_blocked().unwrap();
    listed.sort();
    assert_eq!(blocked, listed);
}

#[test]
fn names_are_unique_and_requests_complete() {
    for list in [attacks().unwrap(), benign().unwrap()] {
        let names: BTreeSet<&str> = list.iter().map(|request| request.name.as_str()).collect();
        assert_eq!(names.len(), list.len());
        // What the gateway refuses by itself would say nothing about rules.
        for request in &list {
            assert!(front::admit(&request.wire()).is_ok(), "{}", request.name);
        }
    }
}
