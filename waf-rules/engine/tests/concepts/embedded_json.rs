//! JSON inside a parameter or cookie, opened where a rule set asks for it.

use crate::harness::{GET, Request, form, get, run};

/// The names under which values were seen, and the values, in order.
fn seen(settings: &str, variable: &str, request: Request<'_>) -> String {
    let text = format!(
        "{settings}\nSecRule {variable} \"@unconditionalMatch\" \"id:1,pass,nolog,setvar:'tx.out=%{{tx.out}}%{{MATCHED_VAR_NAME}}=%{{MATCHED_VAR}} '\""
    );
    let out = run(&text, request).tx.tx("out").unwrap_or_default();
    String::from_utf8_lossy(&out).trim_end().replace(&format!("{variable}:"), "")
}

const ON: &str = "SecDecodeJsonInArgs Arguments";
const BOTH: &str = "SecDecodeJsonInArgs ArgumentsAndCookies";

#[test]
fn arguments() {
    for (settings, query, expected) in [
        ("", "f=%7B%22a%22:1%7D", "f={\"a\":1}"),
        ("SecDecodeJsonInArgs Off", "f=%7B%22a%22:1%7D", "f={\"a\":1}"),
        (ON, "f=%7B%22a%22:1%7D", "f.a=1"),
        (ON, "x=1&f={\"a\":[{\"b\":\"c%20d\"},null]}&y=2", "x=1 f.a.0.b=c d f.a.1= f.a=2 y=2"),
        (ON, "f=[1,true]", "f.0=1 f.1=true f=2"),
        // What servers may take differently is all seen.
        (ON, "f={\"a\":1,\"a\":\"2\"}", "f.a=1 f.a=2"),
        (ON, "f={\"\\u0061\":\"\\u003cscript>\"}", "f.a=<script>"),
        (ON, "f= {\"a\":1} ", "f.a=1"),
        (BOTH, "f={\"a\":1}", "f.a=1"),
        // Anything that is not one whole document stays as it came.
        (ON, "f={\"a\":1", "f={\"a\":1"),
        (ON, "f={\"a\":1}x", "f={\"a\":1}x"),
        (ON, "f={\"a\":1} OR 1=1", "f={\"a\":1} OR 1=1"),
        (ON, "f={\"a\":1}{\"b\":2}", "f={\"a\":1}{\"b\":2}"),
        (ON, "f={a:1}", "f={a:1}"),
        (ON, "f={}", "f={}"),
        (ON, "f=[]", "f=[]"),
        (ON, "f=\"text\"", "f=\"text\""),
        (ON, "f=1", "f=1"),
    ] {
        let uri = format!("/?{query}");
        assert_eq!(seen(settings, "ARGS", get(&uri)), expected, "{settings} {query}");
        assert_eq!(seen(settings, "ARGS", form(query)), expected, "{settings} {query} as a form");
    }
}

#[test]
fn cookies() {
    for (settings, cookie, expected) in [
        (ON, "p={\"a\":1}", "p={\"a\":1}"),
        (BOTH, "p={\"a\":1}; q=2", "p.a=1 q=2"),
        (BOTH, "p=%7B%22a%22%3A%22x%20y+z%22%7D", "p.a=x y+z"),
        (BOTH, "p=%7Bnot json%7D", "p=%7Bnot json%7D"),
    ] {
        let headers = [("Cookie", cookie)];
        let request = Request { headers: &headers, ..GET };
        assert_eq!(seen(settings, "REQUEST_COOKIES", request), expected, "{settings} {cookie}");
    }
}

#[test]
fn form_fields_of_multipart_bodies() {
    let body =
        b"--B\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n{\"a\":\"v\"}\r\n--B--\r\n";
    let headers = &[("Content-Type", "multipart/form-data; boundary=B")];
    let request = Request { method: "POST", headers, body, ..GET };
    assert_eq!(seen(ON, "ARGS", request), "f.a=v");
}

/// What is too deep or too much stays whole: it is still inspected.
#[test]
fn limits() {
    let deep = |depth: usize| format!("f={}1{}", "[".repeat(depth), "]".repeat(depth));
    let uri = |query: &str| format!("/?{query}");
    assert!(seen(ON, "ARGS", get(&uri(&deep(32)))).starts_with("f.0.0"));
    assert_eq!(seen(ON, "ARGS", get(&uri(&deep(33)))), deep(33));
    let many = |leaves: usize| format!("f={{{}}}", vec!["\"a\":1"; leaves].join(","));
    let few = format!("{ON}\nSecArgumentsLimit 10");
    assert_eq!(seen(&few, "ARGS", get(&uri(&many(10)))), ["f.a=1"; 10].join(" "));
    assert_eq!(seen(&few, "ARGS", get(&uri(&many(11)))), many(11));
    // Leaves that take the room of later arguments are an error, not a place to hide in.
    let text = format!("{few}\nSecRule REQBODY_ERROR \"@eq 1\" \"id:1\"");
    assert_eq!(run(&text, get(&uri(&format!("{}&x=evil", many(10))))).ids, [1]);
}

/// The point of it: an exclusion can name the leaf.
#[test]
fn exclusions_name_leaves() {
    let rule = "SecRule ARGS|!ARGS:/^filter\\.text$/ \"@contains select\" \"id:1\"";
    let query = |key: &str| format!("/?filter=%7B%22{key}%22:%22select%20one%22%7D");
    assert!(run(&format!("{ON}\n{rule}"), get(&query("text"))).ids.is_empty());
    assert_eq!(run(&format!("{ON}\n{rule}"), get(&query("other"))).ids, [1]);
    let names = format!("{ON}\nSecRule ARGS_NAMES \"@streq filter.$gt\" \"id:1\"");
    assert_eq!(run(&names, get(&query("$gt"))).ids, [1]);
}
