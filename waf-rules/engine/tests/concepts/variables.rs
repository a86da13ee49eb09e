//! What each variable holds.

use std::time::{Duration, SystemTime};

use portcullis_waf_engine::{Transaction, TransactionId};

use crate::harness::{GET, Request, check, compile, form, get, phases, run};

/// A macro and what it expands to in phase 4.
fn expect(request: Request<'_>, cases: &[(&str, &str)]) {
    for (name, expected) in cases {
        let text = format!("SecAction \"id:1,phase:4,pass,setvar:'tx.out=%{{{name}}}'\"");
        let found = run(&text, request);
        let out = found.tx.tx("out").unwrap_or_default();
        assert_eq!(String::from_utf8_lossy(&out), *expected, "{name}");
    }
}

#[test]
fn request_line_and_connection() {
    expect(
        get("/a/b%20c.php?x=1&y=%32#frag"),
        &[
            ("REQUEST_METHOD", "GET"),
            ("REQUEST_PROTOCOL", "HTTP/1.1"),
            ("REQUEST_LINE", "GET /a/b%20c.php?x=1&y=%32#frag HTTP/1.1"),
            ("REQUEST_URI", "/a/b%20c.php?x=1&y=%32#frag"),
            ("REQUEST_URI_RAW", "/a/b%20c.php?x=1&y=%32#frag"),
            ("REQUEST_FILENAME", "/a/b c.php"),
            ("PATH_INFO", "/a/b c.php"),
            ("REQUEST_BASENAME", "b c.php"),
            ("QUERY_STRING", "x=1&y=%32"),
            ("ARGS.y", "2"),
            ("ARGS_GET.y", "2"),
            ("ARGS_COMBINED_SIZE", "4"),
            ("URLENCODED_ERROR", "0"),
            ("REMOTE_ADDR", "192.0.2.1"),
            ("REMOTE_HOST", "192.0.2.1"),
            ("REMOTE_PORT", "50000"),
            ("SERVER_ADDR", "192.0.2.80"),
            ("SERVER_PORT", "443"),
            ("UNIQUE_ID", "00000000000000000000000000000007"),
            ("WEBAPPID", "default"),
        ],
    );
    expect(get("/a/b/"), &[("REQUEST_FILENAME", "/a/b/"), ("REQUEST_BASENAME", "/a/b/")]);
    expect(get("/a%5cb"), &[("REQUEST_BASENAME", "b")]);
    expect(
        get("/%zz/x?a=1"),
        &[("URLENCODED_ERROR", "1"), ("REQUEST_FILENAME", "/%zz/x"), ("ARGS.a", "1")],
    );
}

#[test]
fn headers_and_credentials() {
    let request = Request {
        headers: &[
            ("Host", "shop.example:8443"),
            ("Authorization", "Basic YW5uOnNlY3JldDp4"),
            ("Cookie", "a=1; B=x%20y"),
        ],
        ..GET
    };
    expect(
        request,
        &[
            ("SERVER_NAME", "shop.example"),
            ("REQUEST_HEADERS.host", "shop.example:8443"),
            ("REQUEST_COOKIES.b", "x%20y"),
            ("AUTH_TYPE", "Basic"),
            ("REMOTE_USER", "ann"),
            (
                "FULL_REQUEST",
                "GET / HTTP/1.1\r\nHost: shop.example:8443\r\nAuthorization: Basic YW5uOnNlY3JldDp4\r\n\
                 Cookie: a=1; B=x%20y\r\n\r\n",
            ),
            ("FULL_REQUEST_LENGTH", "104"),
        ],
    );
    for (value, scheme, user) in [
        ("Bearer abc", "Bearer", ""),
        ("basic YW5uOg==", "basic", "ann"),
        // No colon: no name.
        ("Basic YW5u", "Basic", ""),
        ("", "", ""),
    ] {
        let headers = [("authorization", value)];
        expect(
            Request { headers: &headers, ..GET },
            &[("AUTH_TYPE", scheme), ("REMOTE_USER", user)],
        );
    }
}

#[test]
fn bodies() {
    let headers = &[("Content-Type", "application/json")];
    let json = Request { method: "POST", headers, body: b"{\"a\":{\"b\":[\"x\"]}}", ..GET };
    let read = "SecAction \"id:9,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON\"\n";
    check(&[
        (&format!("{read}SecRule JSON:json.a.b.0 \"@streq x\" \"id:1\""), json, &[1]),
        (&format!("{read}SecRule JSON:/^json\\.a/ \"@streq x\" \"id:1\""), json, &[1]),
        ("SecRule &JSON \"@eq 0\" \"id:1\"", form("a=1"), &[1]),
        ("SecRule FULL_REQUEST \"@endsWith a=1\" \"id:1,phase:1\"", form("a=1"), &[]),
        ("SecRule FULL_REQUEST \"@endsWith a=1\" \"id:1,phase:2\"", form("a=1"), &[1]),
    ]);
    let upload = Request {
        method: "POST",
        headers: &[("Content-Type", "multipart/form-data; boundary=B")],
        body: b"--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\n<?php\xff\r\n--B--\r\n",
        ..GET
    };
    expect(
        upload,
        &[
            ("FILES.f", "a.txt"),
            ("FILES_NAMES.f", "f"),
            ("FILES_SIZES.f", "6"),
            ("FILES_COMBINED_SIZE", "6"),
            ("FILES_TMP_CONTENT.f", "<?php\u{fffd}"),
            ("MULTIPART_FILENAME.f", "a.txt"),
            ("MULTIPART_NAME.f", "f"),
            ("REQBODY_PROCESSOR", "MULTIPART"),
        ],
    );
    check(&[("SecRule FILES_TMP_CONTENT \"@rx ^<\\?php\\xff$\" \"id:1\"", upload, &[1])]);
}

#[test]
fn responses() {
    let headers = &[("Content-Type", "application/json; charset=utf-8"), ("Server", "x")];
    let broken = Request { response: (503, headers, b"{"), ..GET };
    expect(
        broken,
        &[
            ("RESPONSE_STATUS", "503"),
            ("RESPONSE_PROTOCOL", "HTTP/1.1"),
            ("STATUS_LINE", "HTTP/1.1 503"),
            ("RESPONSE_CONTENT_TYPE", "application/json"),
            ("RESPONSE_HEADERS.SERVER", "x"),
        ],
    );
    let read = "SecResponseBodyMimeType application/json\n\
                SecAction \"id:9,phase:3,pass,nolog,ctl:responseBodyProcessor=JSON\"\n";
    for name in ["RES_BODY_ERROR", "RES_BODY_PROCESSOR_ERROR"] {
        let text = format!("{read}SecRule {name} \"@eq 1\" \"id:1,phase:4\"");
        assert_eq!(run(&text, broken).ids, [1], "{name}");
        let text = format!("{read}SecRule {name}_MSG \"@rx .\" \"id:1,phase:4\"");
        assert_eq!(run(&text, broken).ids, [1], "{name}");
    }
}

#[test]
fn severities() {
    let text = "SecAction \"id:1,phase:1,pass,setvar:tx.before=%{HIGHEST_SEVERITY}\"\n\
                SecAction \"id:2,phase:1,pass,severity:WARNING\"\n\
                SecAction \"id:3,phase:1,pass,severity:CRITICAL\"\n\
                SecAction \"id:4,phase:1,pass,severity:NOTICE\"\n\
                SecRule HIGHEST_SEVERITY \"@eq 2\" \"id:5,phase:1\"";
    let found = run(text, GET);
    assert_eq!(found.ids, [1, 2, 3, 4, 5]);
    assert_eq!(found.tx.tx("before").as_deref(), Some(&b"255"[..]));
}

#[test]
fn times() {
    let names = [
        ("TIME", "14:05:09"),
        ("TIME_EPOCH", "1795269909"),
        ("TIME_YEAR", "2026"),
        ("TIME_MON", "11"),
        ("TIME_DAY", "21"),
        ("TIME_WDAY", "6"),
        ("TIME_HOUR", "14"),
        ("TIME_MIN", "5"),
        ("TIME_SEC", "9"),
    ];
    for (name, expected) in names {
        let rules =
            compile(&format!("SecRule {name} \"@streq {expected}\" \"id:1,phase:1\""), true);
        let mut tx = Transaction::new(rules, TransactionId::from(7_u128));
        tx.began(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_269_909));
        assert!(phases(&mut tx, GET).is_none());
        assert_eq!(tx.matches().len(), 1, "{name}");
    }
}

/// Microseconds since the exchange began, not since a rule first asked.
#[test]
fn durations() {
    let rules = compile("SecRule DURATION \"@ge 2000\" \"id:1,phase:1\"", true);
    let mut tx = Transaction::new(rules, TransactionId::from(7_u128));
    std::thread::sleep(Duration::from_millis(2));
    assert!(phases(&mut tx, GET).is_none());
    assert_eq!(tx.matches().len(), 1);
}
