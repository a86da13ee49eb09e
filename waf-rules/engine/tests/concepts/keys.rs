//! How keys are told apart: selectors, exclusions and macros find a key in any case; keys keep the case they came in.

use crate::harness::{GET, Request, get, run};

#[test]
fn selectors_in_any_case() {
    let request = Request {
        headers: &[("X-Token", "t"), ("Cookie", "Sid=s")],
        response: (200, &[("Content-Type", "text/html"), ("X-Up", "u")], b""),
        ..get("/?User=me")
    };
    for target in [
        "ARGS:User",
        "ARGS:user",
        "ARGS:USER",
        "ARGS:/^user$/",
        "ARGS:/^USER$/",
        "ARGS_GET:user",
        "ARGS_NAMES:user",
        "REQUEST_HEADERS:x-token",
        "REQUEST_HEADERS:X-TOKEN",
        "REQUEST_HEADERS:/^x-TOKEN$/",
        "REQUEST_HEADERS_NAMES:x-token",
        "REQUEST_COOKIES:sid",
        "REQUEST_COOKIES:/^SID$/",
        "RESPONSE_HEADERS:x-up",
        "args:user",
        "&ARGS:uSER",
        "&REQUEST_HEADERS:x-token",
    ] {
        let text = format!("SecRule {target} \"@rx .\" \"id:1,phase:4\"");
        let expected = if target.starts_with('&') { "@eq 1" } else { "@rx ." };
        assert_eq!(run(&text.replace("@rx .", expected), request).ids, [1], "{target}");
        // The same key takes the value out again.
        if let (false, Some((variable, key))) = (target.starts_with('&'), target.split_once(':')) {
            let text = format!(
                "SecRule {variable}|!{variable}:{key} \"@rx ^(me|User|t|X-Token|s|u)$\" \"id:1,phase:4\""
            );
            assert!(run(&text, request).ids.is_empty(), "!{target}");
        }
    }
}

/// Names are shown, and looked at, as they came.
#[test]
fn names_keep_their_case() {
    let request = Request { headers: &[("X-Token", "t"), ("Cookie", "Sid=s")], ..get("/?User=me") };
    for (rule, expected) in [
        ("ARGS_NAMES \"@streq User\"", true),
        ("ARGS_NAMES \"@streq user\"", false),
        ("REQUEST_HEADERS_NAMES \"@streq X-Token\"", true),
        ("REQUEST_COOKIES_NAMES \"@streq Sid\"", true),
        ("REQUEST_COOKIES_NAMES \"@streq sid\"", false),
    ] {
        let found = run(&format!("SecRule {rule} \"id:1\""), request);
        assert_eq!(!found.ids.is_empty(), expected, "{rule}");
    }
    assert_eq!(run("SecRule ARGS:user \"@rx .\" \"id:1\"", request).names, ["ARGS:User"]);
}

/// `TX` knows no case: its names are lower case.
#[test]
fn tx() {
    for (written, read) in
        [("Name", "name"), ("name", "NAME"), ("NAME", "/^NaMe$/"), ("a.B-c", "A.b-C")]
    {
        let text = format!(
            "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.{written}=1\"\nSecRule TX:{read} \"@eq 1\" \"id:2,phase:1\""
        );
        assert_eq!(run(&text, GET).ids, [2], "{written} {read}");
    }
    let text = "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.n=NAME,setvar:'tx.%{TX.N}=1'\"\n\
                SecRule TX:name \"@eq 1\" \"id:2,phase:1\"\nSecRule TX:/^name$/ \"@eq 1\" \"id:3,phase:1\"\n\
                SecAction \"id:4,phase:1,pass,nolog,setvar:!tx.Name\"\nSecRule &TX:name \"@eq 0\" \"id:5,phase:1\"";
    assert_eq!(run(text, GET).ids, [2, 3, 5]);
}

/// A rule begins with no matched variables, whatever matched before it or in a chain that failed.
#[test]
fn matched_variables_begin_anew() {
    let text = "SecRule ARGS \"@rx x\" \"id:1,chain,nolog,pass\"\nSecRule ARGS:none \"@rx .\"\n\
                SecRule &MATCHED_VARS \"@eq 0\" \"id:2\"\n\
                SecRule ARGS \"@rx x\" \"id:3,chain\"\nSecRule &MATCHED_VARS \"@eq 2\" \"chain\"\n\
                SecRule MATCHED_VARS_NAMES:/a$/ \"@streq ARGS:a\"\n\
                SecRule ARGS \"@rx x\" \"id:4,chain\"\nSecRule MATCHED_VARS:ARGS:b \"@streq x2\"";
    assert_eq!(run(text, get("/?a=x&b=x2&c=y")).ids, [2, 3, 4]);
}
