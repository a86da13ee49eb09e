//! From documents to an explanation: the same matcher and chain that traffic meets.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use portcullis_pipeline::{Loaded, Question, Registry, Snapshot, compile, explain};
use portcullis_telemetry::Metrics;
use portcullis_telemetry::metrics::MetricLimits;

const DOCUMENT: &str = r#"
telemetry: { access_log: { to: off }, waf_log: { to: off } }
listeners:
  - { name: web, address: "127.0.0.1:8080" }
  - { name: internal, address: "127.0.0.1:8081" }
clusters:
  - { name: shop, endpoints: [{ address: "127.0.0.1:9000" }] }
  - { name: canary, endpoints: [{ address: "127.0.0.1:9001" }] }
filters:
  - headers: { request: { set: { x-from: gateway } } }
hosts:
  - host: "*.plain.test"
    disable: [headers]
routes:
  - { name: any, cluster: shop }
  - name: cart
    hosts: ["shop.test", "*.shop.test"]
    match: { path: { prefix: /cart } }
    clusters: [{ name: shop, weight: 90 }, { name: canary, weight: 10 }]
    rewrite: { path_prefix: /v2/cart, host: cart.internal }
  - name: beta
    hosts: ["shop.test"]
    match: { path: { prefix: /cart }, headers: [{ name: x-beta, exact: "1" }] }
    cluster: canary
  - name: inside
    listeners: [internal]
    match: { path: { exact: /inside } }
    cluster: shop
"#;

fn registry() -> Registry {
    Registry::new(Metrics::new(MetricLimits::default(), "test"))
}

fn snapshot(document: &str) -> Snapshot {
    let loaded = portcullis_config::parse_str("gateway.yaml", document).unwrap();
    compile(Arc::new(loaded.gateway), &registry(), Loaded { revision: 1, closed_at: None }).unwrap()
}

fn ask(snapshot: &Snapshot, request: &str, header: Option<(&'static str, &'static str)>) -> String {
    let mut question = Question::parse(request).unwrap();
    if let Some((name, value)) = header {
        question.headers.insert(name, value.parse().unwrap());
    }
    explain(snapshot, &question).to_string()
}

/// Request, header, and lines that must stand in the explanation.
#[test]
fn requests_meet_what_the_documents_say() {
    let snapshot = snapshot(DOCUMENT);
    for (request, header, lines) in [
        (
            "GET http://x.test:8080/",
            None,
            &["listener   web", "route      any", "filters    headers"][..],
        ),
        (
            "GET http://SHOP.test:8080/cart/1?a=b",
            None,
            &[
                "host       shop.test",
                "route      cart",
                "cluster    shop (90 %)",
                "cluster    canary (10 %)",
                "sent as    /v2/cart/1?a=b",
                "sent host  cart.internal",
            ],
        ),
        ("GET http://www.shop.test/cart", None, &["route      cart", "sent as    /v2/cart"]),
        ("GET http://shop.test/cartoon", None, &["route      any"]),
        ("GET http://shop.test/x/../cart/", None, &["path       /cart/", "route      cart"]),
        ("GET http://shop.test/cart", Some(("x-beta", "1")), &["route      beta"]),
        ("GET http://shop.test/cart", Some(("x-beta", "2")), &["route      cart"]),
        ("GET http://a.plain.test/", None, &["route      any", "filters    none"]),
        ("GET http://plain.test/", None, &["filters    headers"]),
        ("GET http://x.test:8081/inside", None, &["listener   internal", "route      inside"]),
        ("GET http://x.test:8080/inside", None, &["listener   web", "route      any"]),
        ("GET http://x.test/%2e%2e/", None, &["answer     400"]),
        ("GET https://x.test/", None, &["listener   none TLS"]),
    ] {
        let told = ask(&snapshot, request, header);
        for line in lines {
            assert!(told.contains(line), "{request}: `{line}` is not in\n{told}");
        }
    }
}

#[test]
fn an_unchanged_cluster_survives_and_a_changed_one_is_new() {
    let registry = registry();
    let make = |document: &str, revision| {
        let loaded = portcullis_config::parse_str("gateway.yaml", document).unwrap();
        compile(Arc::new(loaded.gateway), &registry, Loaded { revision, closed_at: None }).unwrap()
    };
    let one = make(DOCUMENT, 1);
    let two = make(&DOCUMENT.replace("127.0.0.1:9001", "127.0.0.1:9002"), 2);
    let cluster = |snapshot: &Snapshot, name: &str| {
        let found = snapshot.clusters.iter().find(|cluster| cluster.name().as_ref() == name);
        Arc::clone(found.unwrap())
    };
    assert!(Arc::ptr_eq(&cluster(&one, "shop"), &cluster(&two, "shop")));
    assert!(!Arc::ptr_eq(&cluster(&one, "canary"), &cluster(&two, "canary")));
}

/// Several faults in one document are told together, each with its place.
#[test]
fn every_problem_is_told() {
    let document = DOCUMENT
        .replace("exact: /inside", "regex: \"(\"")
        .replace("path_prefix: /v2/cart", "path_regex: { pattern: \"[\", replacement: x }");
    let mut loaded = portcullis_config::parse_str("gateway.yaml", &document).unwrap();
    let made = Loaded { revision: 1, closed_at: None };
    let gateway = Arc::new(std::mem::take(&mut loaded.gateway));
    let mut problems = compile(gateway, &registry(), made).unwrap_err();
    loaded.spans.locate(&mut problems);
    let places: Vec<_> = problems.iter().map(|p| (p.path.as_str(), p.line > 0)).collect();
    assert_eq!(
        places,
        [("routes[1].rewrite.path_regex.pattern", true), ("routes[3].match.path.regex", true),]
    );
}

/// A problem in SecLang that stands in a document is found in that document.
#[test]
fn a_problem_of_rules_in_a_document_has_its_place() {
    let waf = "filters:\n  - waf: { ruleset: none, directives: \"SecRul On\" }\n";
    let mut loaded =
        portcullis_config::parse_str("gateway.yaml", &DOCUMENT.replace("filters:\n", waf)).unwrap();
    let made = Loaded { revision: 1, closed_at: None };
    let gateway = Arc::new(std::mem::take(&mut loaded.gateway));
    let mut problems = compile(gateway, &registry(), made).unwrap_err();
    loaded.spans.locate(&mut problems);
    let told: Vec<_> = problems.iter().map(|p| (p.path.as_str(), p.line)).collect();
    assert_eq!(told, [("filters[0].waf.directives", 10)]);
    assert!(problems[0].message.contains("SecRul"), "{}", problems[0]);
    assert!(problems[0].help.is_some(), "{}", problems[0]);
}
