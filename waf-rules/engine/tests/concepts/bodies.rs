//! What bodies fill.

use crate::harness::{GET, Request, check, form, run};

const JSON: &str = "SecAction \"id:9,phase:1,nolog,pass,ctl:requestBodyProcessor=JSON\"\n";

fn post(
    content_type: &'static [(&'static str, &'static str)],
    body: &'static [u8],
) -> Request<'static> {
    Request { method: "POST", headers: content_type, body, ..GET }
}

#[test]
fn bodies() {
    let parts = &[("Content-Type", "multipart/form-data; boundary=B")];
    let upload = post(
        parts,
        b"--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.php\"\r\nContent-Type: text/x\r\n\r\nabc\r\n\
          --B\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nv\r\n--B--\r\n",
    );
    let json = |body: &'static [u8]| post(&[("Content-Type", "application/json")], body);
    let args = format!("{JSON}SecRule ARGS:json.a.b.1 \"@streq y\" \"id:1\"");
    let error = format!("{JSON}SecRule REQBODY_ERROR \"!@eq 0\" \"id:1\"");
    let kept = format!("{JSON}SecRule ARGS:json.a \"@streq 1\" \"id:1\"");
    check(&[
        ("SecRule ARGS_POST:a \"@streq x y\" \"id:1\"", form("a=x+y&b=2"), &[1]),
        ("SecRule REQUEST_BODY \"@streq a=x+y\" \"id:1\"", form("a=x+y"), &[1]),
        ("SecRule REQUEST_BODY_LENGTH \"@eq 5\" \"id:1\"", form("a=x+y"), &[1]),
        ("SecRule REQBODY_PROCESSOR \"@streq URLENCODED\" \"id:1,phase:1\"", form("a"), &[1]),
        ("SecRule FILES \"@streq a.php\" \"id:1\"", upload, &[1]),
        ("SecRule FILES_NAMES \"@streq f\" \"id:1\"", upload, &[1]),
        ("SecRule FILES_SIZES \"@eq 3\" \"id:1\"", upload, &[1]),
        ("SecRule FILES_COMBINED_SIZE \"@eq 3\" \"id:1\"", upload, &[1]),
        ("SecRule ARGS_POST:t \"@streq v\" \"id:1\"", upload, &[1]),
        ("SecRule MULTIPART_PART_HEADERS:f \"@streq Content-Type: text/x\" \"id:1\"", upload, &[1]),
        ("SecRule MULTIPART_STRICT_ERROR \"!@eq 0\" \"id:1\"", upload, &[]),
        ("SecRule MULTIPART_STRICT_ERROR \"!@eq 0\" \"id:1\"", post(parts, b"x"), &[1]),
        (&args, json(b"{\"a\":{\"b\":[\"x\",\"y\"]}}"), &[1]),
        (&error, json(b"{\"a\":1}"), &[]),
        (&error, json(b"{\"a\":"), &[1]),
        // What could be read of a broken document is inspected.
        (&kept, json(b"{\"a\":1,"), &[1]),
        (&error, json(b""), &[]),
    ]);
}

/// More arguments than the limit are an error, not a place to hide in.
#[test]
fn too_many_arguments_are_refused() {
    let text = "SecArgumentsLimit 2\nSecRule REQBODY_ERROR \"!@eq 0\" \"id:1,deny,status:400\"";
    assert!(run(text, form("a=1&b=2")).interruption.is_none());
    assert_eq!(run(text, form("a=1&b=2&c=3")).interruption.map(|by| by.status), Some(400));
}
