use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::*;

fn peer() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 50_000))
}

fn line(record: &AccessRecord<'_>) -> String {
    let mut out = Vec::new();
    record.write_line(&Redactor::default(), &mut out);
    String::from_utf8(out).unwrap()
}

fn parsed(record: &AccessRecord<'_>) -> Value {
    let line = line(record);
    assert!(line.ends_with('\n') && line.matches('\n').count() == 1, "{line}");
    serde_json::from_str(&line).unwrap()
}

#[test]
fn a_whole_exchange_is_one_line() {
    let mut flags = Flags::default();
    flags.set(Flag::Upgraded);
    flags.set(Flag::DownstreamClosed);
    let notes = [("waf_score", NoteValue::Number(-5)), ("waf_rule", NoteValue::Text("942100"))];
    let record = AccessRecord {
        time: Timestamp(1_795_258_320_123),
        client: Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9))),
        protocol: Some("HTTP/1.1"),
        tls: Some(TlsFacts { version: "TLSv1.3", server_name: Some("shop.example.com") }),
        method: Some(b"GET"),
        host: Some(b"shop.example.com"),
        path: Some(b"/a"),
        query: Some(b"q=1&password=x"),
        route: Some("shop"),
        cluster: Some("demo"),
        endpoint: Some(SocketAddr::from(([10, 0, 0, 7], 8080))),
        status: 200,
        reply_reason: None,
        flags,
        received_bytes: 12,
        sent_bytes: 3456,
        durations: Durations {
            total: Duration::from_micros(12_345),
            upstream_connect: Some(Duration::from_micros(1)),
            upstream_first_byte: Some(Duration::from_millis(10)),
        },
        retries: 1,
        consumer: Some("alice"),
        user_agent: Some(b"curl/8.0"),
        referer: Some(b"https://example.com/?token=t&x=1"),
        notes: &notes,
        ..AccessRecord::new(0xAB, 7, "https", peer())
    };
    assert_eq!(
        parsed(&record),
        json!({
            "time": "2026-11-21T10:52:00.123Z",
            "id": "000000000000000000000000000000ab",
            "revision": 7,
            "listener": "https",
            "peer": "192.0.2.1:50000",
            "client": "203.0.113.9",
            "protocol": "HTTP/1.1",
            "tls_version": "TLSv1.3",
            "tls_server_name": "shop.example.com",
            "scheme": "https",
            "consumer": "alice",
            "method": "GET",
            "host": "shop.example.com",
            "path": "/a",
            "query": "q=1&password=[redacted]",
            "user_agent": "curl/8.0",
            "referer": "https://example.com/?token=[redacted]&x=1",
            "route": "shop",
            "cluster": "demo",
            "endpoint": "10.0.0.7:8080",
            "status": 200,
            "flags": ["downstream_closed", "upgraded"],
            "received_bytes": 12,
            "sent_bytes": 3456,
            "duration_ms": 12.345,
            "upstream_connect_ms": 0.001,
            "upstream_first_byte_ms": 10.0,
            "retries": 1,
            "notes": { "waf_score": -5, "waf_rule": "942100" },
        })
    );
}

#[test]
fn a_malformed_request_leaves_out_what_is_not_known() {
    let record = AccessRecord {
        time: Timestamp(0),
        status: 400,
        reply_reason: Some("target_invalid"),
        path: Some(b"/\x00\xff\"\n{}"),
        ..AccessRecord::new(1, 1, "http", peer())
    };
    assert_eq!(
        parsed(&record),
        json!({
            "time": "1970-01-01T00:00:00.000Z",
            "id": "00000000000000000000000000000001",
            "revision": 1,
            "listener": "http",
            "peer": "192.0.2.1:50000",
            "scheme": "http",
            "path": "/\u{0}\\xff\"\n{}",
            "status": 400,
            "reply_reason": "target_invalid",
            "received_bytes": 0,
            "sent_bytes": 0,
            "duration_ms": 0.0,
        })
    );
}

#[test]
fn a_line_has_a_bounded_length() {
    let long = "x\u{1}".repeat(100_000);
    let bytes = Some(long.as_bytes());
    let notes: Vec<(&'static str, NoteValue<'_>)> = vec![("n", NoteValue::Text(&long)); 100];
    let record = AccessRecord {
        method: bytes,
        host: bytes,
        path: bytes,
        query: bytes,
        user_agent: bytes,
        referer: bytes,
        notes: &notes,
        tls: Some(TlsFacts { version: "TLSv1.3", server_name: Some(&long) }),
        ..AccessRecord::new(1, 1, "http", peer())
    };
    let line = line(&record);
    assert!(line.len() < 100_000, "{}", line.len());
    assert!(serde_json::from_str::<Value>(&line).is_ok());
}

#[test]
fn flags_are_distinct() {
    let mut all = Flags::default();
    for (at, (flag, _)) in Flag::ALL.iter().enumerate() {
        assert_eq!(*flag as usize, at);
        assert!(!all.contains(*flag));
        all.set(*flag);
        assert!(all.contains(*flag));
    }
}
