//! Bytes that are no UTF-8 come through everything as they were sent: collections, transformations, macros, captures.

use portcullis_waf_engine::Transaction;

use crate::harness::{GET, Request, compile, get, run};

/// Invalid in UTF-8 wherever they stand, and among them what some encodings take for letters.
const RAW: &[u8] = b"a\xff\x80\xfe\xc3b";

/// What `tx.out` holds after rules took `%{name}` into it.
fn taken(name: &str, settings: &str, request: Request<'_>) -> Vec<u8> {
    let text =
        format!("{settings}\nSecAction \"id:1,phase:4,pass,nolog,setvar:'tx.out=%{{{name}}}'\"");
    run(&text, request).tx.tx("out").unwrap_or_default()
}

type Headers = &'static [(&'static str, &'static str)];

fn post(headers: Headers, body: &[u8]) -> Request<'_> {
    Request { method: "POST", headers, body, ..GET }
}

#[test]
fn collections() {
    let escaped = "a%ff%80%fe%c3b";
    let uri = format!("/{escaped}?x={escaped}&{escaped}=1");
    assert_eq!(taken("ARGS.x", "", get(&uri)), RAW);
    assert_eq!(taken("REQUEST_BASENAME", "", get(&uri)), RAW);
    assert_eq!(taken("REQUEST_FILENAME", "", get(&uri)), [b"/", RAW].concat());
    let names = "SecRule ARGS_NAMES \"@rx ^a\\xff\\x80\\xfe\\xc3b$\" \"id:9,phase:1,setvar:'tx.name=%{MATCHED_VAR}'\"";
    let found = run(names, get(&uri));
    assert_eq!((found.ids, found.tx.tx("name").unwrap()), (vec![9], RAW.to_vec()));

    let form = [b"x=", RAW].concat();
    let urlencoded = &[("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(taken("ARGS_POST.x", "", post(urlencoded, &form)), RAW);
    assert_eq!(taken("REQUEST_BODY", "", post(urlencoded, &form)), form);

    let part = |headers: &[u8], content: &[u8]| {
        let disposition = b"--B\r\nContent-Disposition: form-data; name=\"f\"";
        [disposition, headers, b"\r\n\r\n", content, b"\r\n--B--\r\n"].concat()
    };
    let multipart = &[("Content-Type", "multipart/form-data; boundary=B")];
    assert_eq!(taken("ARGS_POST.f", "", post(multipart, &part(b"", RAW))), RAW);
    let named = part(&[b"; filename=\"", RAW, b"\""].concat(), b"x");
    assert_eq!(taken("FILES.f", "", post(multipart, &named)), RAW);
    let headed = part(&[b"\r\nX-A: ", RAW].concat(), b"x");
    let rule = "SecRule MULTIPART_PART_HEADERS:f \"@rx ^X-A: a\\xff\\x80\\xfe\\xc3b$\" \"id:9\"";
    assert_eq!(run(rule, post(multipart, &headed)).ids, [9]);

    let json = [b"{\"x\":\"", RAW, b"\"}"].concat();
    let read = "SecAction \"id:9,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON\"";
    let none = &[("Content-Type", "x/y")];
    assert_eq!(taken("ARGS.json.x", read, post(none, &json)), RAW);
    let xml = [b"<x y='", RAW, b"'>", RAW, b"</x>"].concat();
    let read = "SecAction \"id:9,phase:1,pass,nolog,ctl:requestBodyProcessor=XML\"";
    for target in ["XML:/*", "XML://@*"] {
        let rule = format!("{read}\nSecRule {target} \"@rx ^a\\xff\\x80\\xfe\\xc3b$\" \"id:8\"");
        assert_eq!(run(&rule, post(none, &xml)).ids, [8], "{target}");
    }
}

/// Header values reach the engine as bytes.
#[test]
fn headers_and_cookies() {
    let text = "SecRule REQUEST_HEADERS:x-a \"@rx ^a\\xff\\x80\\xfe\\xc3b$\" \"id:1,phase:1\"\n\
                SecRule REQUEST_COOKIES:c \"@rx ^a\\xff\\x80\\xfe\\xc3b$\" \"id:2,phase:1\"\n\
                SecRule RESPONSE_HEADERS:x-a \"@rx ^a\\xff\\x80\\xfe\\xc3b$\" \"id:3,phase:3\"\n\
                SecRule RESPONSE_BODY \"@rx ^a\\xff\\x80\\xfe\\xc3b$\" \"id:4,phase:4\"";
    for prefilter in [false, true] {
        let mut tx = Transaction::new(compile(text, prefilter), 7_u128.into());
        tx.request_line(b"GET", b"/", b"/", b"HTTP/1.1");
        tx.request_header(b"X-A", RAW);
        tx.request_header(b"Cookie", &[b"c=", RAW].concat());
        assert!(tx.request_headers_done().is_none() && tx.request_body(b"", true).is_none());
        tx.response_head(200, b"HTTP/1.1");
        tx.response_header(b"Content-Type", b"text/html");
        tx.response_header(b"X-A", RAW);
        assert!(tx.response_headers_done().is_none() && tx.response_body(RAW, true).is_none());
        let ids: Vec<u64> = tx.matches().iter().map(|found| found.rule.id).collect();
        assert_eq!(ids, [1, 2, 3, 4]);
    }
}

/// No transformation makes a replacement character of a byte it does not understand, and those that are about other
/// bytes leave it where it is.
#[test]
fn transformations() {
    let kept = [
        "cmdLine",
        "compressWhitespace",
        "cssDecode",
        "escapeSeqDecode",
        "htmlEntityDecode",
        "jsDecode",
        "lowercase",
        "none",
        "normalizePath",
        "normalizePathWin",
        "removeComments",
        "removeCommentsChar",
        "removeNulls",
        "removeWhitespace",
        "replaceComments",
        "replaceNulls",
        "sqlHexDecode",
        "trim",
        "trimLeft",
        "trimRight",
        "urlDecode",
        "urlDecodeUni",
    ];
    let changed: &[(&str, &[u8])] = &[
        ("uppercase", b"A\xff\x80\xfe\xc3B"),
        ("hexEncode", b"61ff80fec362"),
        ("urlEncode", b"a%ff%80%fe%c3b"),
        ("base64Encode", b"Yf+A/sNi"),
        ("length", b"6"),
        ("parityZero7bit", b"a\x7f\x00\x7eCb"),
    ];
    let expected = kept.iter().map(|name| (*name, RAW)).chain(changed.iter().copied());
    for (name, expected) in expected {
        let text = format!(
            "SecRule ARGS:x \"@unconditionalMatch\" \"id:1,phase:1,pass,nolog,t:{name},setvar:'tx.out=%{{MATCHED_VAR}}'\""
        );
        let found = run(&text, get("/?x=a%ff%80%fe%c3b"));
        assert_eq!(found.tx.tx("out").as_deref(), Some(expected), "{name}");
    }
}

#[test]
fn captures_macros_and_names() {
    let text = "SecRule ARGS:x \"@rx ^a(\\xff.)(\\xfe)\" \"id:1,phase:1,capture,pass,nolog,setvar:'tx.%{TX.1}=%{TX.2}'\"\n\
                SecRule TX:/^\\xff\\x80$/ \"@rx ^\\xfe$\" \"id:2,phase:1\"\n\
                SecRule ARGS:x \"@contains %{TX.1}\" \"id:3,phase:1\"\n\
                SecRule ARGS:x \"@streq %{ARGS.x}\" \"id:4,phase:1\"\n\
                SecRule ARGS:/^\\xe9$/ \"@streq 1\" \"id:5,phase:1\"\n\
                SecRule ARGS|!ARGS:/\\xe9/ \"@streq 1\" \"id:6,phase:1\"";
    assert_eq!(run(text, get("/?x=a%ff%80%fe%c3b&%e9=1")).ids, [2, 3, 4, 5]);
}
