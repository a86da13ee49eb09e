//! `setvar`: numbers, text, macros, names in any case.

use crate::harness::{get, run};

#[test]
fn setvar() {
    for (actions, expected) in [
        ("setvar:tx.x=5", Some("5")),
        ("setvar:tx.x=05", Some("05")),
        ("setvar:TX.X=5,setvar:tx.x=+2", Some("7")),
        ("setvar:tx.x=+3", Some("3")),
        ("setvar:tx.x=-3", Some("-3")),
        ("setvar:tx.x=a,setvar:tx.x=+1", Some("1")),
        ("setvar:tx.x", Some("1")),
        ("setvar:tx.x=1,setvar:!tx.x", None),
        ("setvar:tx.y=4,setvar:tx.x=%{tx.Y}", Some("4")),
        ("setvar:tx.y=4,setvar:tx.x=+%{tx.y}", Some("4")),
        ("setvar:'tx.x=a, %{ARGS.a}!'", Some("a, v!")),
        ("setvar:tx.n=x,setvar:tx.%{tx.n}=9", Some("9")),
        ("setvar:tx.x=%{tx.none}", Some("")),
        ("setvar:tx.x=4,setvar:tx.x=+%{tx.none}", Some("4")),
        ("setvar:tx.x=+", Some("0")),
        // A sign before what is no number is text.
        ("setvar:tx.x=-none", Some("-none")),
    ] {
        let text = format!("SecAction \"id:1,phase:1,pass,{actions}\"");
        let found = run(&text, get("/?a=v"));
        assert_eq!(found.tx.tx("x").as_deref(), expected.map(str::as_bytes), "{actions}");
    }
}

/// One time for each value that matches.
#[test]
fn each_match_counts() {
    let found = run("SecRule ARGS \"@rx x\" \"id:1,setvar:tx.n=+1\"", get("/?a=x&b=x&c=y"));
    assert_eq!(found.tx.tx("N").as_deref(), Some(&b"2"[..]));
}

#[test]
fn names_made_at_run_time_are_found_by_pattern() {
    let text = "SecRule ARGS_NAMES \"@rx .\" \"id:1,phase:1,nolog,pass,setvar:'tx.count_%{MATCHED_VAR}=+1'\"\n\
                SecRule TX:/^count_/ \"@gt 1\" \"id:2,msg:'%{MATCHED_VAR_NAME}'\"";
    let found = run(text, get("/?a=1&b=1&A=2"));
    assert_eq!(found.messages, ["TX:count_a"]);
}

#[test]
fn scores() {
    let text = "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.inbound_anomaly_score_pl2=8,\
                setvar:tx.blocking_inbound_anomaly_score=13,setvar:tx.inbound_anomaly_score_threshold=5\"";
    let score = run(text, get("/")).tx.score();
    assert_eq!((score.inbound, score.inbound_threshold, score.inbound_levels[1]), (13, 5, 8));
}
