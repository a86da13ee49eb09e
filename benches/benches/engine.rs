//! CPU time of the rule engine for one request, with stock CRS at paranoia level 1, blocking, both
//! request phases, without any proxy around it. The shapes are those for which other engines'
//! figures stand in the README.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark ends at the first error")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use portcullis_benches::timing::report;
use portcullis_waf_engine::{RuleSet, Transaction, TransactionId};
use portcullis_waf_rulesets::embedded;
use portcullis_waf_tune::{Setting, compile};

struct Shape {
    name: &'static str,
    method: &'static [u8],
    uri: &'static [u8],
    content_type: Option<&'static [u8]>,
    body: Vec<u8>,
    blocked: Option<bool>,
}

const FORM: &[u8] = b"application/x-www-form-urlencoded";

fn get(name: &'static str, uri: &'static [u8], blocked: bool) -> Shape {
    let body = Vec::new();
    Shape { name, method: b"GET", uri, content_type: None, body, blocked: Some(blocked) }
}

fn shapes() -> Vec<Shape> {
    let form = b"first=Anna&last=Schmidt&street=Lindenweg+12&zip=10115&city=Berlin&country=DE&\
                 phone=%2B49+30+1234567&note=Please+ring+twice+at+the+door";
    let graphql = br#"{"query":"query Q($id: ID!) { user(id: $id) { name posts { title } } }","variables":{"id":"42"}}"#;
    let words = "the quick brown fox jumps over the lazy dog near the river bank today ";
    let long = format!("text={}", words.replace(' ', "+").repeat(146));
    let post = |name, uri, media: &'static [u8], body: &[u8], blocked| Shape {
        name,
        method: b"POST",
        uri,
        content_type: Some(media),
        body: body.to_vec(),
        blocked,
    };
    vec![
        get("GET, 2 parameters", b"/catalogue/items?page=2&sort=price", false),
        get("GET, 4 parameters", b"/search?q=garden+chair&page=2&sort=price&lang=en", false),
        post("POST form, 8 parameters", b"/account/address", FORM, form, Some(false)),
        // Stock CRS blocks some GraphQL; told, not judged.
        post("POST JSON GraphQL", b"/graphql", b"application/json", graphql, None),
        post("POST form, one value of 10 KB", b"/comments", FORM, long.as_bytes(), Some(false)),
        get(
            "GET with UNION SELECT",
            b"/item?id=1%27%20UNION%20SELECT%20password%20FROM%20users--",
            true,
        ),
    ]
}

fn run(rules: &Arc<RuleSet>, shape: &Shape, id: u128) -> bool {
    let mut tx = Transaction::new(Arc::clone(rules), TransactionId::from(id));
    let home = IpAddr::V4(Ipv4Addr::LOCALHOST);
    tx.connection(home, 54_321, home, 80);
    tx.request_line(shape.method, shape.uri, shape.uri, b"HTTP/1.1");
    tx.request_header(b"Host", b"shop.example.com");
    tx.request_header(
        b"User-Agent",
        b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    );
    tx.request_header(
        b"Accept",
        b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    );
    tx.request_header(b"Accept-Language", b"en-US,en;q=0.5");
    tx.request_header(b"Cookie", b"session=3f6c1a9e7b2d4c58; theme=light");
    if let Some(media) = shape.content_type {
        tx.request_header(b"Content-Type", media);
        tx.request_header(b"Content-Length", shape.body.len().to_string().as_bytes());
    }
    let stopped = tx.request_headers_done().or_else(|| tx.request_body(&shape.body, true));
    stopped.is_some()
}

fn main() {
    let package = embedded().expect(portcullis_waf_rulesets::HOW_TO_BRING_ONE);
    let start = Instant::now();
    let rules = compile(package, Setting::Stock).unwrap();
    println!(
        "CRS {}, {} rules, compiled in {:.0} ms",
        package.version,
        rules.rules().len(),
        start.elapsed().as_secs_f64() * 1e3
    );
    let mut id = 0;
    for shape in shapes() {
        let blocked = run(&rules, &shape, 0);
        if let Some(expected) = shape.blocked {
            assert_eq!(blocked, expected, "{}", shape.name);
        }
        let name = format!("{}{}", shape.name, if blocked { " (blocked)" } else { "" });
        report(&name, || {
            id += 1;
            run(&rules, &shape, id)
        });
    }
}
