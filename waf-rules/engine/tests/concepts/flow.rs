//! Phases, markers, skips, allow.

use crate::harness::{GET, check, get, run};

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
             SecAction \"id:3,phase:3,pass\"",
            GET,
            &[1, 3],
        ),
        (
            "SecAction \"id:1,phase:1,allow\"\nSecAction \"id:2,phase:3,pass\"\n\
             SecAction \"id:3,phase:5,pass\"",
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
