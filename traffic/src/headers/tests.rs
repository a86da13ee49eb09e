use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use portcullis_canonical::{ClientIp, Host, Path, PathPolicy};
use portcullis_filter::{Downstream, ExchangeId, ExchangeParts, Protocol, Received};

use super::*;

fn changes(set: &[(&str, &str)], add: &[(&str, &str)], remove: &[&str]) -> config::HeaderChanges {
    let pairs = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    config::HeaderChanges {
        set: pairs(set),
        add: pairs(add),
        remove: remove.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn exchange() -> Exchange {
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
    Exchange::new(ExchangeParts {
        id: ExchangeId(1),
        revision: 1,
        downstream: Arc::new(Downstream {
            peer: SocketAddr::from(([192, 0, 2, 1], 50_000)),
            local,
            listener: "http".into(),
            tls: None,
            protocol: Protocol::Http11,
        }),
        client: ClientIp::of_peer(IpAddr::from([192, 0, 2, 1])),
        host: Host::parse(b"example.com", false).unwrap(),
        path: Path::parse(b"/", &PathPolicy::default()).unwrap(),
        received: Received { method: Method::GET, target: Bytes::from_static(b"/") },
        route: "r".into(),
    })
}

fn lines(headers: &HeaderMap) -> Vec<String> {
    let mut lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    lines.sort();
    lines
}

/// Runs the same changes over a request and a response that both begin with `before`.
async fn check(changes: config::HeaderChanges, before: &[(&'static str, &str)], after: &[&str]) {
    let filter =
        HeadersFilter::compile(&config::Headers { request: changes.clone(), response: changes })
            .unwrap();
    let mut request = RequestHeader::build(Method::GET, b"/", None).unwrap();
    let mut response = ResponseHeader::build(200, None).unwrap();
    for (name, value) in before {
        request.append_header(*name, *value).unwrap();
        response.append_header(*name, *value).unwrap();
    }
    let mut ex = exchange();
    let flow = filter.request_head(&mut ex, &mut request).await.unwrap();
    assert!(matches!(flow, Flow::Continue));
    let flow = filter.response_head(&mut ex, &mut response).await.unwrap();
    assert!(matches!(flow, Flow::Continue));
    assert_eq!(lines(&request.headers), after, "request");
    assert_eq!(lines(&response.headers), after, "response");
}

#[tokio::test]
async fn headers_are_removed_then_set_then_added() {
    let before = &[("x-a", "1"), ("x-a", "2"), ("x-b", "1")];
    check(changes(&[], &[], &[]), before, &["x-a: 1", "x-a: 2", "x-b: 1"]).await;
    check(changes(&[("X-A", "3")], &[], &[]), before, &["x-a: 3", "x-b: 1"]).await;
    check(changes(&[("X-C", "")], &[], &[]), &[], &["x-c: "]).await;
    check(changes(&[], &[("x-a", "3")], &[]), before, &["x-a: 1", "x-a: 2", "x-a: 3", "x-b: 1"])
        .await;
    check(changes(&[], &[], &["X-a", "x-none"]), before, &["x-b: 1"]).await;
    check(
        changes(&[("x-a", "set")], &[("x-a", "added")], &["x-a"]),
        before,
        &["x-a: added", "x-a: set", "x-b: 1"],
    )
    .await;
    check(changes(&[("x-u", "grüße")], &[], &[]), &[], &["x-u: grüße"]).await;
}

fn problems(request: config::HeaderChanges, response: config::HeaderChanges) -> Vec<String> {
    HeadersFilter::compile(&config::Headers { request, response })
        .unwrap_err()
        .into_iter()
        .map(|problem| {
            assert!(problem.help.is_some(), "{problem}");
            problem.path
        })
        .collect()
}

#[test]
fn what_the_gateway_writes_itself_is_refused() {
    for name in [
        "Connection",
        "keep-alive",
        "Proxy-Connection",
        "TE",
        "trailer",
        "Transfer-Encoding",
        "upgrade",
        "CONTENT-LENGTH",
        "expect",
        ":path",
        ":status",
        "",
        "bad name",
        "bad\r\nname",
        "name:",
    ] {
        let none = config::HeaderChanges::default;
        let set = changes(&[(name, "x")], &[], &[]);
        assert_eq!(problems(set.clone(), none()), [format!("request.set.{name}")], "{name}");
        assert_eq!(problems(none(), set), [format!("response.set.{name}")], "{name}");
        assert_eq!(problems(changes(&[], &[], &[name]), none()), ["request.remove[0]"], "{name}");
    }
    for name in ["Host", "X-Forwarded-For", "x-forwarded-proto"] {
        let set = changes(&[(name, "x")], &[], &[]);
        assert!(
            HeadersFilter::compile(&config::Headers {
                response: set.clone(),
                ..config::Headers::default()
            })
            .is_ok()
        );
        assert_eq!(problems(set, config::HeaderChanges::default()).len(), 1, "{name}");
    }
}

#[test]
fn values_are_one_line_of_text() {
    let long = "x".repeat(VALUE_BYTES_MAX + 1);
    for value in ["a\r\nb: c", "a\nb", "a\0", " a", "a\t", &long] {
        let set = changes(&[("x-a", value)], &[], &[]);
        assert_eq!(problems(set, config::HeaderChanges::default()), ["request.set.x-a"]);
    }
}

#[test]
fn every_problem_is_reported() {
    let bad = changes(&[("host", "x"), ("x", "\n")], &[("te", "x")], &["ok", "upgrade"]);
    assert_eq!(
        problems(bad.clone(), bad),
        [
            "request.remove[1]",
            "request.set.host",
            "request.set.x",
            "request.add.te",
            "response.remove[1]",
            "response.set.x",
            "response.add.te",
        ]
    );
}

#[test]
fn a_direction_without_changes_costs_nothing() {
    let response = changes(&[("x-a", "1")], &[], &[]);
    let filter =
        HeadersFilter::compile(&config::Headers { response, ..config::Headers::default() })
            .unwrap();
    assert_eq!(filter.interest(), Interest { response_head: true, ..Interest::default() });
    assert_eq!(filter.name(), "headers");
}
