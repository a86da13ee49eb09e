//! Pipelines, `multiMatch`, negation.

use crate::harness::{check, get, run};

#[test]
fn pipelines() {
    check(&[
        ("SecRule ARGS \"@streq ab\" \"id:1,t:lowercase\"", get("/?x=AB"), &[1]),
        ("SecRule ARGS \"@streq ab\" \"id:1,t:lowercase,t:none\"", get("/?x=AB"), &[]),
        (
            "SecRule ARGS \"@streq <\" \"id:1,t:urlDecodeUni,t:htmlEntityDecode\"",
            get("/?x=%2526lt;"),
            &[1],
        ),
        ("SecRule ARGS \"@eq 3\" \"id:1,t:length\"", get("/?x=abc"), &[1]),
        (
            "SecDefaultAction \"phase:2,log,pass,t:lowercase\"\nSecRule ARGS \"@streq ab\" \"id:1\"",
            get("/?x=AB"),
            &[1],
        ),
        (
            "SecDefaultAction \"phase:2,log,pass,t:lowercase\"\nSecRule ARGS \"@streq ab\" \"id:1,t:none\"",
            get("/?x=AB"),
            &[],
        ),
        ("SecRule ARGS \"!@rx ^a\" \"id:1\"", get("/?x=b"), &[1]),
        ("SecRule ARGS \"!@rx ^a\" \"id:1\"", get("/?x=ab"), &[]),
        ("SecRule ARGS \"@rx (?i)^union\" \"id:1\"", get("/?x=UNION"), &[1]),
        ("SecRule ARGS \"a{1}b\" \"id:1\"", get("/?x=ab"), &[1]),
        // Bytes that are no UTF-8 pass unharmed.
        (
            r#"SecRule ARGS "@rx ^\xff\x{fe}$" "id:1,t:lowercase,t:removeNulls""#,
            get("/?x=%ff%00%fe"),
            &[1],
        ),
    ]);
}

#[test]
fn multi_match_sees_every_stage() {
    let text = "SecRule ARGS \"@rx ^(%41|A|a)$\" \"id:1,multiMatch,t:urlDecode,t:lowercase,setvar:tx.n=+1\"";
    let found = run(text, get("/?x=%2541"));
    assert_eq!(found.tx.tx("n").as_deref(), Some(&b"3"[..]));
    let six = "SecRule ARGS \"@rx .\" \"id:1,multiMatch,t:urlDecode,t:urlDecode,t:urlDecode,t:urlDecode,\
               t:lowercase,t:removeWhitespace,setvar:tx.n=+1\"";
    let found = run(six, get("/?x=%252525252525252541%2520b"));
    assert_eq!(found.tx.tx("n").as_deref(), Some(&b"6"[..]));
    let found = run(text, get("/?x=a"));
    assert_eq!(found.tx.tx("n").as_deref(), Some(&b"1"[..]));
}
