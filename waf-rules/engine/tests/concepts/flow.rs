//! Phases, markers, skips, allow.

use portcullis_waf_engine::{CompileOptions, RuleSet, Sources, Transaction, TransactionId};

use crate::harness::{GET, check, get, phases, run};

#[test]
fn flow() {
    check(&[
        // A rule without a phase runs in phase 2, and phase 2 runs without a body.
        ("SecAction \"id:2,pass\"\nSecAction \"id:1,phase:1,pass\"", GET, &[1, 2]),
        (
            "SecAction \"id:1,phase:1,pass,skipAfter:END\"\nSecAction \"id:2,phase:1,pass\"\n\
             SecMarker END\nSecAction \"id:3,phase:1,pass\"",
            GET,
            &[1, 3],
        ),
        // A marker is looked for after the rule, and ends only the phase it is reached in.
        (
            "SecMarker END\nSecAction \"id:1,phase:1,pass,skipAfter:END\"\nSecAction \"id:2,phase:1,pass\"\n\
             SecAction \"id:3,phase:2,pass\"\nSecMarker \"END\"\nSecAction \"id:4,phase:1,pass\"",
            GET,
            &[1, 4, 3],
        ),
        (
            "SecAction \"id:1,phase:1,pass,skip:1\"\nSecAction \"id:2,phase:1,pass\"\n\
             SecAction \"id:3,phase:1,pass\"",
            GET,
            &[1, 3],
        ),
        (
            "SecAction \"id:1,phase:1,allow:phase\"\nSecAction \"id:2,phase:1,pass\"\n\
             SecAction \"id:3,phase:2,pass\"",
            GET,
            &[1, 3],
        ),
        (
            "SecAction \"id:1,phase:1,allow:request\"\nSecAction \"id:2,phase:2,pass\"\n\
             SecAction \"id:3,phase:3,pass\"\nSecAction \"id:4,phase:3,pass\"",
            GET,
            &[1, 3, 4],
        ),
        (
            "SecAction \"id:1,phase:1,allow\"\nSecAction \"id:2,phase:3,pass\"\n\
             SecAction \"id:3,phase:5,pass\"",
            GET,
            &[1, 3],
        ),
    ]);
}

#[test]
fn skips_and_what_is_let_through() {
    check(&[
        // Skipping counts rules of the phase only, markers not, and ends with the phase.
        (
            "SecAction \"id:1,phase:1,pass,skip:2\"\nSecAction \"id:2,phase:2,pass\"\n\
             SecAction \"id:3,phase:1,pass\"\nSecMarker X\nSecAction \"id:4,phase:1,pass\"\n\
             SecAction \"id:5,phase:1,pass\"",
            GET,
            &[1, 5, 2],
        ),
        (
            "SecAction \"id:1,phase:1,pass,skip:9\"\nSecAction \"id:2,phase:1,pass\"\n\
             SecAction \"id:3,phase:2,pass\"",
            GET,
            &[1, 3],
        ),
        // A whole chain is one rule.
        (
            "SecAction \"id:1,pass,skip:1\"\nSecRule ARGS:a \"@rx .\" \"id:2,chain\"\n\
             SecRule ARGS:a \"@rx .\"\nSecAction \"id:3,pass\"",
            get("/?a=1"),
            &[1, 3],
        ),
        // A chain that fails skips nothing.
        (
            "SecRule ARGS:a \"@rx .\" \"id:1,chain,skipAfter:END\"\nSecRule ARGS:b \"@rx .\"\n\
             SecAction \"id:2,pass\"\nSecMarker END",
            get("/?a=1"),
            &[2],
        ),
        (
            "SecAction \"id:1,phase:2,allow\"\nSecAction \"id:2,phase:2,pass\"\n\
             SecAction \"id:3,phase:3,pass\"\nSecAction \"id:4,phase:5,pass\"",
            GET,
            &[1, 4],
        ),
        (
            "SecAction \"id:1,phase:3,allow:phase\"\nSecAction \"id:2,phase:3,pass\"\n\
             SecAction \"id:3,phase:4,pass\"",
            GET,
            &[1, 3],
        ),
        // Logging runs after an interruption.
        (
            "SecAction \"id:1,phase:1,deny\"\nSecAction \"id:2,phase:1,pass\"\n\
             SecAction \"id:3,phase:2,pass\"\nSecAction \"id:4,phase:5,pass\"",
            GET,
            &[1, 4],
        ),
    ]);
}

#[test]
fn off_runs_nothing() {
    let found = run("SecAction \"id:1,phase:1,deny\"\nSecRuleEngine Off", get("/"));
    assert!(found.ids.is_empty() && found.interruption.is_none());
}

/// The marker may stand in a later file.
#[test]
fn markers_of_other_files() {
    let mut sources =
        Sources::new("entry.conf", "SecRuleEngine On\nInclude one.conf\nInclude two.conf");
    sources.insert(
        "one.conf",
        &b"SecAction id:1,phase:1,pass,skipAfter:END\nSecAction id:2,phase:1,pass"[..],
    );
    sources.insert(
        "two.conf",
        &b"SecAction id:3,phase:1,pass\nSecMarker END\nSecAction id:4,phase:1,pass"[..],
    );
    let rules = RuleSet::compile(&sources, &CompileOptions::default()).unwrap();
    let mut tx = Transaction::new(rules, TransactionId::from(7_u128));
    assert!(phases(&mut tx, GET).is_none());
    let ids: Vec<u64> = tx.matches().iter().map(|found| found.rule.id).collect();
    assert_eq!(ids, [1, 4]);
}
