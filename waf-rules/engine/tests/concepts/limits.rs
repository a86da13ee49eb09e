//! Limits on bodies: refused, or the part within them inspected. Limits on what rules make: what is beyond is left out.

use portcullis_waf_engine::limits::{
    MAX_EXPANSION_BYTES, MAX_PATH_ARGUMENTS, MAX_REMOVED_TARGETS, MAX_TX_VARIABLES,
};

use crate::harness::{GET, Request, form, get, run};

fn upload() -> Request<'static> {
    let body = b"--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n0123456789012345678901234567890123456789\r\n\
                 --B\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nvalue\r\n--B--\r\n";
    let headers = &[("Content-Type", "multipart/form-data; boundary=B")];
    Request { method: "POST", headers, body, ..GET }
}

/// Rules, request, status of the refusal, rules that matched.
type Case = (&'static str, Request<'static>, Option<u16>, &'static [u64]);

#[test]
fn request_bodies() {
    let see = "SecRule ARGS_POST:b \"@streq 2\" \"id:1\"\nSecRule INBOUND_DATA_ERROR \"@eq 1\" \"id:2\"\n\
               SecRule REQBODY_ERROR \"@eq 1\" \"id:3\"";
    let cases: &[Case] = &[
        ("", form("a=1&b=2"), None, &[1]),
        ("SecRequestBodyLimit 7", form("a=1&b=2"), None, &[1]),
        ("SecRequestBodyLimit 6", form("a=1&b=2"), Some(413), &[]),
        (
            "SecRequestBodyLimit 6\nSecRequestBodyLimitAction ProcessPartial",
            form("a=1&b=2"),
            None,
            &[2],
        ),
        ("SecRequestBodyLimit 6\nSecRuleEngine DetectionOnly", form("a=1&b=2"), None, &[2]),
        ("SecRequestBodyLimit 6\nSecRequestBodyAccess Off", form("a=1&b=2"), None, &[]),
        (
            "SecAction \"id:9,phase:1,pass,nolog,ctl:requestBodyLimit=6\"",
            form("a=1&b=2"),
            Some(413),
            &[],
        ),
        (
            "SecRequestBodyLimit 6\nSecAction \"id:9,phase:1,pass,nolog,ctl:requestBodyLimit=7\"",
            form("a=1&b=2"),
            None,
            &[1],
        ),
        // Everything but the content of files.
        ("SecRequestBodyNoFilesLimit 7", form("a=1&b=2"), None, &[1]),
        ("SecRequestBodyNoFilesLimit 6", form("a=1&b=2"), Some(413), &[]),
        (
            "SecRequestBodyNoFilesLimit 6\nSecRequestBodyLimitAction ProcessPartial",
            form("a=1&b=2"),
            None,
            &[1, 2, 3],
        ),
        ("SecRequestBodyNoFilesLimit 160", upload(), None, &[]),
        ("SecRequestBodyNoFilesLimit 100", upload(), Some(413), &[]),
    ];
    for (text, request, status, ids) in cases {
        let found = run(&format!("{text}\n{see}"), *request);
        assert_eq!(found.interruption.map(|by| by.status), *status, "{text}");
        assert_eq!(found.ids, *ids, "{text}");
    }
    let body = upload().body.len();
    assert!((140..200).contains(&body), "the cases above count on it: {body}");
}

#[test]
fn response_bodies() {
    let see = "SecRule RESPONSE_BODY \"@contains end\" \"id:1,phase:4\"\n\
               SecRule OUTBOUND_DATA_ERROR \"@eq 1\" \"id:2,phase:4\"";
    let page = Request { response: (200, &[("Content-Type", "text/html")], b"begin end"), ..GET };
    let cases: &[Case] = &[
        ("", page, None, &[1]),
        ("SecResponseBodyLimit 9", page, None, &[1]),
        ("SecResponseBodyLimit 8", page, None, &[2]),
        ("SecResponseBodyLimit 8\nSecResponseBodyLimitAction Reject", page, Some(500), &[]),
        ("SecAction \"id:9,phase:3,pass,nolog,ctl:responseBodyLimit=8\"", page, None, &[2]),
    ];
    for (text, request, status, ids) in cases {
        let found = run(&format!("{text}\n{see}"), *request);
        assert_eq!(found.interruption.map(|by| by.status), *status, "{text}");
        assert_eq!(found.ids, *ids, "{text}");
    }
}

/// `count` arguments, `v0` and so on, of which a value each is what `value` says.
fn arguments(count: usize, value: impl Fn(usize) -> String) -> String {
    (0..count).map(|n| format!("v{n}={}&", value(n))).collect()
}

#[test]
fn expanded_text_is_cut() {
    let half = MAX_EXPANSION_BYTES / 2;
    let see = format!(
        "SecAction \"id:1,phase:2,pass,nolog,setvar:'tx.a=%{{ARGS.v0}}%{{ARGS.v1}}'\"\n\
         SecRule TX:a \"@eq {MAX_EXPANSION_BYTES}\" \"id:2,phase:2,pass,t:none,t:length\"\n\
         SecRule TX:a \"@endsWith bb\" \"id:3,phase:2,pass,t:none\""
    );
    for (second, expected) in [(half - 1, vec![3]), (half, vec![2, 3]), (half + 1, vec![2, 3])] {
        let body = arguments(2, |n| if n == 0 { "a".repeat(half) } else { "b".repeat(second) });
        let found = run(&see, form(&body));
        assert_eq!(found.ids, expected, "{second}");
        let length = found.tx.tx("a").map(|text| text.len());
        assert_eq!(length, Some((half + second).min(MAX_EXPANSION_BYTES)));
    }
}

#[test]
fn variables_beyond_the_most_are_not_made() {
    let text = "SecArgumentsLimit 10000\n\
                SecRule ARGS \"@rx ^x\" \"id:1,phase:2,pass,nolog,setvar:tx.%{MATCHED_VAR}=1\"\n\
                SecRule &TX:/^x/ \"@eq 4096\" \"id:2,phase:2,pass\"\n\
                SecAction \"id:3,phase:2,pass,nolog,setvar:tx.known=1\"\n\
                SecRule TX:known \"@eq 1\" \"id:4,phase:2,pass\"";
    assert_eq!(MAX_TX_VARIABLES, 4_096, "the rule above counts on it");
    for (count, expected) in [
        (MAX_TX_VARIABLES - 1, vec![4]),
        (MAX_TX_VARIABLES, vec![2, 4]),
        (MAX_TX_VARIABLES + 5, vec![2, 4]),
    ] {
        let body = arguments(count, |n| format!("x{n}"));
        assert_eq!(run(text, form(&body)).ids, expected, "{count}");
    }
}

/// A target that cannot be excluded any more is inspected.
#[test]
fn exclusions_beyond_the_most_are_not_made() {
    let text = "SecArgumentsLimit 10000\n\
                SecRule ARGS \"@streq fill\" \"id:1,phase:2,pass,nolog,ctl:ruleRemoveTargetById=3;ARGS:other\"\n\
                SecAction \"id:2,phase:2,pass,nolog,ctl:ruleRemoveTargetById=3;ARGS:bad\"\n\
                SecRule ARGS:bad \"@streq attack\" \"id:3,phase:2,pass\"";
    for (filled, expected) in [(MAX_REMOVED_TARGETS - 1, vec![]), (MAX_REMOVED_TARGETS, vec![3])] {
        let body = format!("{}bad=attack", arguments(filled, |_| "fill".to_owned()));
        assert_eq!(run(text, form(&body)).ids, expected, "{filled}");
    }
}

#[test]
fn segments_beyond_the_most_are_no_arguments() {
    for count in [MAX_PATH_ARGUMENTS, MAX_PATH_ARGUMENTS + 3] {
        let template: String = (0..count).map(|n| format!("/{{p{n}}}")).collect();
        let path: String = (0..count).map(|n| format!("/s{n}")).collect();
        let last = MAX_PATH_ARGUMENTS - 1;
        let text = format!(
            "SecRule REQUEST_URI \"@restpath {template}\" \"id:1,phase:1,pass\"\n\
             SecRule &ARGS_PATH \"@eq {MAX_PATH_ARGUMENTS}\" \"id:2,phase:1,pass\"\n\
             SecRule ARGS_PATH:p{last} \"@streq s{last}\" \"id:3,phase:1,pass\"\n\
             SecRule ARGS_PATH:p{MAX_PATH_ARGUMENTS} \"@unconditionalMatch\" \"id:4,phase:1,pass\""
        );
        assert_eq!(run(&text, get(&path)).ids, [1, 2, 3], "{count}");
    }
}
