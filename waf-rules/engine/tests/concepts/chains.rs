//! Chains, captures and what was matched.

use crate::harness::{check, get, run};

#[test]
fn chains() {
    check(&[
        (
            "SecRule ARGS:a \"@eq 1\" \"id:1,chain\"\nSecRule ARGS:b \"@eq 2\" \"\"",
            get("/?a=1&b=2"),
            &[1],
        ),
        (
            "SecRule ARGS:a \"@eq 1\" \"id:1,chain\"\nSecRule ARGS:b \"@eq 2\"",
            get("/?a=1&b=3"),
            &[],
        ),
        // What a link does stays done when a later link fails.
        (
            "SecRule ARGS:a \"@eq 1\" \"id:1,chain,setvar:tx.seen=1\"\nSecRule ARGS:b \"@eq 2\"\n\
             SecRule TX:seen \"@eq 1\" \"id:2\"",
            get("/?a=1&b=3"),
            &[2],
        ),
        (
            "SecRule ARGS \"@rx ^(.)(.)?$\" \"id:1,capture,chain\"\nSecRule TX:1 \"@streq x\"",
            get("/?a=x"),
            &[1],
        ),
        // A group that took no part is not set.
        (
            "SecRule ARGS \"@rx ^(.)(.)?$\" \"id:1,capture,chain\"\nSecRule &TX:2 \"@eq 0\"",
            get("/?a=x"),
            &[1],
        ),
        (
            "SecRule ARGS \"@rx x\" \"id:1,chain\"\nSecRule MATCHED_VARS \"@streq yx\"",
            get("/?a=x&b=yx"),
            &[1],
        ),
        (
            "SecRule ARGS \"@rx x\" \"id:1,chain\"\nSecRule MATCHED_VAR_NAME \"@streq ARGS:b\"",
            get("/?a=x&b=yx"),
            &[1],
        ),
        (
            "SecRule ARGS \"@rx x\" \"id:1,chain\"\nSecRule MATCHED_VARS_NAMES \"@streq ARGS:a\"",
            get("/?a=x&b=yx"),
            &[1],
        ),
        // The list begins anew with each rule.
        (
            "SecRule ARGS \"@rx x\" \"id:1\"\nSecRule &MATCHED_VARS \"@eq 0\" \"id:2\"",
            get("/?a=x"),
            &[1, 2],
        ),
    ]);
}

#[test]
fn messages_are_rendered_after_the_chain() {
    let text = "SecRule ARGS:a \"@rx (.*)\" \"id:1,capture,chain,msg:'%{MATCHED_VAR} in %{MATCHED_VAR_NAME}'\"\n\
                SecRule ARGS:b \"@rx .\"";
    assert_eq!(run(text, get("/?a=1&b=2")).messages, ["2 in ARGS:b"]);
    let text = "SecRule ARGS \"@pm one two\" \"id:1,capture,msg:'%{TX.0}|%{tx.none}|%{RULE.id}'\"";
    assert_eq!(run(text, get("/?a=xTWOx")).messages, ["TWO||1"]);
}
