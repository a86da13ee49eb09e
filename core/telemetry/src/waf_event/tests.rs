use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::*;

fn matched<'a>(variable: &'a str, key: &'a [u8], value: &'a [u8]) -> WafMatch<'a> {
    WafMatch {
        rule: 942_100,
        message: b"SQL Injection Attack",
        expanded: false,
        data: b"Matched Data: s&1 found",
        quotes_hidden: Redactor::default().hides_variable(variable, key),
        severity: "critical",
        phase: 2,
        tags: &["attack-sqli", "paranoia-level/1"],
        file: "owasp_crs/REQUEST-942.conf",
        line: 47,
        variable,
        key,
        offset: Some(3),
        length: Some(5),
        value,
    }
}

fn event<'a>(matches: &'a [WafMatch<'a>]) -> WafEvent<'a> {
    WafEvent {
        time: Timestamp(0),
        id: 0xAB,
        revision: 7,
        route: "shop",
        client: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)),
        method: b"POST",
        host: b"shop.example.com",
        path: b"/login",
        action: WafAction::Blocked,
        status: 403,
        blocking_rule: Some(949_110),
        scores: Scores { inbound: 15, inbound_threshold: 5, outbound: 0, outbound_threshold: 4 },
        ruleset: "crs",
        ruleset_version: "4.25.0",
        matches,
    }
}

fn parsed(event: &WafEvent<'_>) -> Value {
    let mut out = Vec::new();
    event.write_line(&Redactor::default(), &mut out);
    assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 1);
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn an_event_is_one_line() {
    let matches = [matched("ARGS", b"q", b"1' or \x01\xff")];
    assert_eq!(
        parsed(&event(&matches)),
        json!({
            "time": "1970-01-01T00:00:00.000Z",
            "event_id": "000000000000000000000000000000ab",
            "revision": 7,
            "route": "shop",
            "client": "203.0.113.9",
            "method": "POST",
            "host": "shop.example.com",
            "path": "/login",
            "action": "blocked",
            "status": 403,
            "blocking_rule": 949_110,
            "scores": {
                "inbound": 15, "inbound_threshold": 5, "outbound": 0, "outbound_threshold": 4,
            },
            "ruleset": "crs",
            "ruleset_version": "4.25.0",
            "matches_total": 1,
            "matches": [{
                "rule": 942_100,
                "data": "Matched Data: s&1 found",
                "message": "SQL Injection Attack",
                "severity": "critical",
                "phase": 2,
                "tags": ["attack-sqli", "paranoia-level/1"],
                "file": "owasp_crs/REQUEST-942.conf",
                "line": 47,
                "variable": "ARGS",
                "key": "q",
                "offset": 3,
                "length": 5,
                "value": "1' or \u{1}\\xff",
            }],
        })
    );
}

#[test]
fn secrets_are_hidden_wherever_a_rule_quotes_them() {
    for (variable, key, value) in [
        ("ARGS", &b"password"[..], &b"hunter2"[..]),
        ("ARGS", b"json.user.password", b"hunter2"),
        ("REQUEST_COOKIES", b"sid", b"hunter2"),
        ("REQUEST_HEADERS", b"Authorization", b"Basic hunter2"),
        ("REQUEST_BODY", b"", b"a=1&password=hunter2"),
        ("QUERY_STRING", b"", b"access_token=hunter2&a=1"),
        ("REQUEST_URI", b"", b"/x?api_key=hunter2"),
    ] {
        let data = [b"Matched Data: x found within ", value].concat();
        let mut matched = matched(variable, key, value);
        matched.expanded = true;
        matched.data = &data;
        matched.message = &data;
        let line = parsed(&event(&[matched])).to_string();
        assert!(!line.contains("hunter2"), "{variable}: {line}");
        assert!(line.contains("[redacted]"), "{variable}: {line}");
    }
}

#[test]
fn an_event_has_a_bounded_length() {
    let long = vec![0; 100_000];
    let tags = vec!["tag"; 1000];
    let mut one = matched("ARGS", &long, &long);
    one.message = &long;
    one.data = &long;
    one.tags = &tags;
    let matches = vec![one; 1000];
    let mut out = Vec::new();
    event(&matches).write_line(&Redactor::default(), &mut out);
    assert!(out.len() < 3_000_000, "{}", out.len());
    let value: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(value["matches_total"], 1000);
    assert_eq!(value["matches"].as_array().unwrap().len(), MATCHES_MAX);
}

#[test]
fn a_match_without_a_place_leaves_it_out() {
    let mut one = matched("REQUEST_METHOD", b"", b"GET");
    one.offset = None;
    one.length = None;
    one.severity = "";
    let value = parsed(&event(&[one]));
    let object = value["matches"][0].as_object().unwrap();
    for absent in ["key", "offset", "length", "severity"] {
        assert!(!object.contains_key(absent), "{absent}");
    }
}
