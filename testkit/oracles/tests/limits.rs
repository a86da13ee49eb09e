//! Every limit that a request can reach shows: in `REQBODY_ERROR` or `MULTIPART_STRICT_ERROR`, which recommended rules
//! refuse, or as an interruption. Nothing beyond a limit is left uninspected in silence.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use portcullis_oracles::drive::{Request, drive};
use portcullis_waf_engine::{CompileOptions, RuleSet, Sources, limits};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const XML: &str = "text/xml";
const MULTIPART: &str = "multipart/form-data; boundary=x";

fn rules(more: &str) -> Arc<RuleSet> {
    let text = format!(
        "SecRuleEngine On\nSecRequestBodyAccess On\nSecRequestBodyLimit 10000000\n\
         SecRule REQUEST_HEADERS:Content-Type \"@contains json\" \"id:10,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON\"\n\
         SecRule REQUEST_HEADERS:Content-Type \"@contains xml\" \"id:11,phase:1,pass,nolog,ctl:requestBodyProcessor=XML\"\n\
         {more}\nSecRule REQBODY_ERROR|MULTIPART_STRICT_ERROR \"!@eq 0\" \"id:1,phase:2,deny,status:400\"\n"
    );
    RuleSet::compile(&Sources::new("limits.conf", text), &CompileOptions::default()).unwrap()
}

fn times(count: usize, part: impl Fn(usize) -> String) -> Vec<u8> {
    (0..count).map(part).collect::<String>().into_bytes()
}

fn enclosed(open: &str, inner: Vec<u8>, close: &str) -> Vec<u8> {
    [open.as_bytes(), &inner, close.as_bytes()].concat()
}

fn field(headers: &str) -> String {
    format!("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n{headers}\r\nv\r\n")
}

/// Header lines of different names; a name that comes twice would be an error of its own.
fn lines(count: usize) -> String {
    (0..count).map(|i| format!("X{i}: b\r\n")).collect()
}

fn parts(inner: Vec<u8>) -> Request {
    Request::post(MULTIPART, enclosed("", inner, "--x--\r\n"))
}

/// A request with this many of what the limit counts.
type Make = fn(usize) -> Request;

/// Name, directives before the rules, the most that passes, and the request.
const CASES: &[(&str, &str, usize, Make)] = &[
    ("arguments of a form", "", limits::DEFAULT_ARGUMENTS, |n| {
        Request::post(FORM, times(n, |i| format!("a{i}=1&")))
    }),
    ("arguments of a query", "", limits::DEFAULT_ARGUMENTS, |n| {
        Request::get(enclosed("/?", times(n, |i| format!("a{i}=1&")), ""))
    }),
    ("arguments, as set", "SecArgumentsLimit 7", 7, |n| {
        Request::post(FORM, times(n, |i| format!("a{i}=1&")))
    }),
    ("arguments, query and body together", "SecArgumentsLimit 7", 4, |n| Request {
        uri: b"/?a=1&b=2&c=3".to_vec(),
        ..Request::post(FORM, times(n, |_| "a=1&".to_owned()))
    }),
    // The length of the array is an entry too.
    ("JSON entries", "", limits::DEFAULT_ARGUMENTS - 1, |n| {
        Request::post(JSON, enclosed("[1", times(n - 1, |_| ",1".to_owned()), "]"))
    }),
    ("JSON depth", "", limits::DEFAULT_JSON_DEPTH, |n| {
        Request::post(JSON, enclosed(&"{\"a\":".repeat(n), b"1".to_vec(), &"}".repeat(n)))
    }),
    ("JSON depth, as set", "SecRequestBodyJsonDepthLimit 3", 3, |n| {
        Request::post(JSON, enclosed(&"[".repeat(n), b"1".to_vec(), &"]".repeat(n)))
    }),
    ("XML depth", "", 512, |n| {
        Request::post(XML, enclosed(&"<a>".repeat(n), b"t".to_vec(), &"</a>".repeat(n)))
    }),
    // The one that fills the limit is refused with what follows it.
    ("XML nodes", "", limits::MAX_BODY_ENTRIES / 2 - 1, |n| {
        Request::post(XML, enclosed("<a>", times(n, |_| "<b>t</b>".to_owned()), "</a>"))
    }),
    ("header lines", "", limits::MAX_HEADERS - 3, |n| {
        (0..n).fold(Request::get("/"), |request, i| request.header(&format!("X-{i}"), "v"))
    }),
    ("cookies", "", limits::MAX_BODY_ENTRIES, |n| {
        Request::get("/").header("Cookie", times(n, |_| "a=b;".to_owned()))
    }),
    ("parts", "", limits::DEFAULT_ARGUMENTS, |n| parts(times(n, |_| field("")))),
    ("files", "", limits::DEFAULT_UPLOAD_FILES, |n| {
        parts(times(n, |i| {
            format!(
                "--x\r\nContent-Disposition: form-data; name=\"f{i}\"; filename=\"a\"\r\n\r\n\r\n"
            )
        }))
    }),
    ("headers of a part", "", 63, |n| parts(field(&lines(n)).into_bytes())),
    ("bytes of a part's header", "", 4_096 - 5, |n| {
        parts(field(&format!("X-A: {}\r\n", "b".repeat(n))).into_bytes())
    }),
    ("headers of all parts", "", limits::MAX_BODY_ENTRIES / 50, |n| {
        parts(times(n, |_| field(&lines(49))))
    }),
];

#[test]
fn a_limit_that_is_passed_shows() {
    for (name, directives, most, make) in CASES {
        let rules = rules(directives);
        let within = drive(&rules, &make(*most));
        assert_eq!(within.interruption, None, "{name}: {most} should pass");
        let beyond = drive(&rules, &make(most + 1));
        let status =
            beyond.interruption.map(|interruption| (interruption.rule_id, interruption.status));
        assert_eq!(status, Some((1, 400)), "{name}: {} should not pass", most + 1);
    }
}

/// One long key above many values would be inspected once a value.
#[test]
fn json_that_grows_is_refused() {
    let rules = rules("");
    let document = |key: usize| {
        let values = times(500, |_| "1,".to_owned());
        Request::post(JSON, enclosed(&format!("{{\"{}\":[", "k".repeat(key)), values, "1]}"))
    };
    assert_eq!(drive(&rules, &document(200)).interruption, None);
    assert!(drive(&rules, &document(20_000)).interruption.is_some());
}

/// Matches that are not kept count all the same.
#[test]
fn scores_go_on_where_matches_are_no_longer_kept() {
    let many: String = (100..100 + limits::MAX_KEPT_MATCHES + 50)
        .map(|id| {
            format!("SecAction \"id:{id},phase:2,pass,log,setvar:tx.blocking_inbound_anomaly_score=+1\"\n")
        })
        .collect();
    let observed = drive(&rules(&many), &Request::get("/"));
    assert_eq!(observed.matches.len(), limits::MAX_KEPT_MATCHES);
    assert_eq!(observed.score.inbound, limits::MAX_KEPT_MATCHES as i64 + 50);
}

/// A chain looks at every value its starter matched, however many decoys stand before the one that counts.
#[test]
fn decoys_do_not_hide_a_match_from_a_chain() {
    let rules = rules(
        "SecRule REQUEST_COOKIES \"@contains a\" \"id:2,phase:1,deny,status:418,chain\"\n\
         SecRule MATCHED_VARS \"@streq attack\" \"t:none\"\n",
    );
    let cookies = times(15_000, |_| "a=a;".to_owned());
    let request = |last: &str| {
        Request::get("/").header("Cookie", [cookies.as_slice(), last.as_bytes()].concat())
    };
    assert_eq!(drive(&rules, &request("b=abc")).interruption, None);
    let stopped = drive(&rules, &request("b=attack")).interruption.map(|by| by.status);
    assert_eq!(stopped, Some(418));
}
