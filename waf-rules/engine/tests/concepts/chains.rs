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
fn links() {
    let seen = |text: &str, uri: &str| {
        let found = run(text, get(uri));
        let number = |name| String::from_utf8(found.tx.tx(name).unwrap_or_default()).unwrap();
        format!("{:?} {}/{}", found.ids, number("a"), number("b"))
    };
    // What links do on a match stays done, once for each value, wherever the chain fails later.
    let three = "SecRule ARGS \"@rx x\" \"id:1,deny,chain,setvar:tx.a=+1\"\n\
                 SecRule ARGS:c \"@rx y\" \"chain,setvar:tx.b=+1\"\nSecRule ARGS:d \"@rx z\"";
    assert_eq!(seen(three, "/?a=x&b=x&c=n"), "[] 2/");
    assert_eq!(seen(three, "/?a=x&c=y"), "[] 1/1");
    assert_eq!(seen(three, "/?a=x&c=y&d=z"), "[1] 1/1");
    assert!(run(three, get("/?a=x&c=y")).interruption.is_none());
    assert_eq!(run(three, get("/?a=x&c=y&d=z")).interruption.map(|by| by.rule_id), Some(1));
    // An action may stand anywhere in a chain.
    let first =
        "SecAction \"id:1,chain,setvar:tx.a=1\"\nSecRule ARGS:b \"@rx x\" \"setvar:tx.b=1\"";
    assert_eq!(seen(first, "/?b=x"), "[1] 1/1");
    assert_eq!(seen(first, "/?b=n"), "[] 1/");
    let last = "SecRule ARGS:b \"@rx x\" \"id:1,chain,setvar:tx.a=1\"\nSecAction \"setvar:tx.b=1\"";
    assert_eq!(seen(last, "/?b=x"), "[1] 1/1");
    assert_eq!(seen(last, "/?b=n"), "[] /");
}

/// Captures of one link are there for the next and for the message.
#[test]
fn captures_of_links() {
    let text = "SecRule ARGS:a \"@rx ^(.)\" \"id:1,capture,chain,msg:'%{TX.0}%{TX.1}'\"\n\
                SecRule ARGS:b \"@streq %{TX.1}\"";
    assert_eq!(run(text, get("/?a=qr&b=q")).messages, ["qq"]);
    assert!(run(text, get("/?a=qr&b=r")).ids.is_empty());
    // Negation captures nothing, and a rule without `capture` leaves what was captured.
    let text = "SecRule ARGS:a \"@rx ^(.)\" \"id:1,capture,pass,nolog\"\n\
                SecRule ARGS:a \"!@rx (z)\" \"id:2,capture,pass,nolog\"\n\
                SecRule ARGS:a \"@rx (r)\" \"id:3,pass,nolog\"\nSecRule TX:1 \"@streq q\" \"id:4\"";
    assert_eq!(run(text, get("/?a=qr")).ids, [4]);
}

/// The first link with a message gives it.
#[test]
fn messages_of_links() {
    let text = "SecRule ARGS:a \"@rx .\" \"id:1,chain\"\n\
                SecRule ARGS:b \"@rx .\" \"chain,msg:'second %{MATCHED_VAR}',logdata:'d'\"\n\
                SecRule ARGS:c \"@rx .\" \"msg:'third'\"";
    let found = run(text, get("/?a=1&b=2&c=3"));
    assert_eq!(found.messages, ["second 3"]);
    assert_eq!(found.tx.matches()[0].data, "d");
}

#[test]
fn messages_are_rendered_after_the_chain() {
    let text = "SecRule ARGS:a \"@rx (.*)\" \"id:1,capture,chain,msg:'%{MATCHED_VAR} in %{MATCHED_VAR_NAME}'\"\n\
                SecRule ARGS:b \"@rx .\"";
    assert_eq!(run(text, get("/?a=1&b=2")).messages, ["2 in ARGS:b"]);
    let text = "SecRule ARGS \"@pm one two\" \"id:1,capture,msg:'%{TX.0}|%{tx.none}|%{RULE.id}'\"";
    assert_eq!(run(text, get("/?a=xTWOx")).messages, ["TWO||1"]);
}
