//! CPU time of finding the route, with ten routes and with fifty thousand.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark ends at the first error")]

use http::{HeaderMap, HeaderValue, Method, Version};
use portcullis_benches::timing::report;
use portcullis_canonical::{Canonical, Policy, RawHead, canonicalise};
use portcullis_config::Route;
use portcullis_matching::{Query, RouteTable};
use serde_json::json;

/// Hosts of five routes each: an exact path, two prefixes, a method and a header.
fn routes(count: usize) -> Vec<Route> {
    (0..count)
        .map(|number| {
            let host = format!("shop{}.example.com", number / 5);
            let matches = match number % 5 {
                0 => json!({ "path": { "exact": "/health" } }),
                1 => json!({ "path": { "prefix": "/api/v1" } }),
                2 => json!({ "path": { "prefix": "/api" }, "methods": ["GET", "POST"] }),
                3 => json!({ "path": { "prefix": "/" }, "headers": [{ "name": "x-beta", "exact": "1" }] }),
                _ => json!({ "path": { "prefix": "/" } }),
            };
            let written = json!({ "name": format!("r{number}"), "hosts": [host], "match": matches, "cluster": "c" });
            serde_json::from_value(written).unwrap()
        })
        .collect()
}

fn request(host: &str, path: &str, headers: &mut HeaderMap) -> Canonical {
    headers.insert("host", HeaderValue::from_str(host).unwrap());
    let head = RawHead {
        method: &Method::GET,
        target: path.as_bytes(),
        authority: None,
        version: Version::HTTP_11,
        headers,
        tls: false,
    };
    canonicalise(&head, &Policy::default()).unwrap()
}

fn main() {
    for count in [10, 1_000, 50_000] {
        let routes = routes(count);
        let table = RouteTable::new(routes.iter().enumerate()).unwrap();
        let last = format!("shop{}.example.com", count / 5 - 1);
        let cases = [
            ("exact path of the first host", "shop0.example.com", "/health", Some(0)),
            ("prefix of the last host", &last, "/api/v1/orders/17", Some(count - 4)),
            ("the last host's last route", &last, "/anything/else", Some(count - 1)),
            ("a host without routes", "nobody.example.org", "/", None),
        ];
        for (name, host, path, expected) in cases {
            let mut headers = HeaderMap::new();
            let canonical = request(host, path, &mut headers);
            let query = Query {
                host: &canonical.host,
                path: &canonical.path,
                method: &Method::GET,
                headers: &headers,
            };
            assert_eq!(table.find(&query), expected, "{name}");
            report(&format!("{count} routes: {name}"), || table.find(&query));
        }
    }
}
