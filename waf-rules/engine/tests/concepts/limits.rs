//! Limits on bodies: refused, or the part within them inspected.

use crate::harness::{GET, Request, form, run};

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
