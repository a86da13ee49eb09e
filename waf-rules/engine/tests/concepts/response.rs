//! Phases 3 to 5.

use crate::harness::{GET, Request, check};

#[test]
fn responses() {
    let html = Request {
        response: (
            500,
            &[("Content-Type", "text/html; charset=utf-8"), ("Server", "x")],
            b"secret",
        ),
        ..GET
    };
    let image = Request { response: (200, &[("Content-Type", "image/png")], b"secret"), ..GET };
    check(&[
        ("SecRule RESPONSE_STATUS \"@rx ^5\" \"id:1,phase:3\"", html, &[1]),
        ("SecRule RESPONSE_HEADERS:server \"@streq x\" \"id:1,phase:3\"", html, &[1]),
        ("SecRule RESPONSE_CONTENT_TYPE \"@streq text/html\" \"id:1,phase:3\"", html, &[1]),
        ("SecRule RESPONSE_BODY \"@contains secret\" \"id:1,phase:4\"", html, &[1]),
        ("SecRule RESPONSE_BODY \"@contains secret\" \"id:1,phase:4\"", image, &[]),
        (
            "SecResponseBodyMimeType image/png\nSecRule RESPONSE_BODY \"@contains secret\" \"id:1,phase:4\"",
            image,
            &[1],
        ),
        ("SecAction \"id:1,phase:5,pass\"", html, &[1]),
    ]);
}
