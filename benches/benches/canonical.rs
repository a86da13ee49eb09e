//! CPU time of bringing a request head into canonical form.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark ends at the first error")]

use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use portcullis_benches::timing::report;
use portcullis_canonical::{Policy, RawHead, canonicalise};

fn headers(count: usize) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("shop.example.com"));
    headers.insert("content-length", HeaderValue::from_static("42"));
    for number in 2..count {
        let name = HeaderName::from_bytes(format!("x-header-{number}").as_bytes()).unwrap();
        headers.insert(name, HeaderValue::from_static("some ordinary value; q=0.8"));
    }
    headers
}

fn main() {
    let policy = Policy::default();
    let cases: [(&str, &[u8], usize); 4] = [
        ("plain path, 10 headers", b"/catalogue/items?page=2&sort=price", 10),
        ("plain path, 40 headers", b"/catalogue/items?page=2&sort=price", 40),
        ("dots, escapes and slashes", b"/a/./b//%63/../%7Ed?x=%2F..%2F", 10),
        ("query of 4 KB", &[b"/search?q=".as_slice(), &[b'a'; 4000]].concat(), 10),
    ];
    for (name, target, count) in cases {
        let headers = headers(count);
        let head = RawHead {
            method: &Method::GET,
            target,
            authority: None,
            version: Version::HTTP_11,
            headers: &headers,
            tls: false,
        };
        assert!(canonicalise(&head, &policy).is_ok(), "{name}");
        report(name, || canonicalise(&head, &policy));
    }
}
