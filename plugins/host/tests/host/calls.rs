//! Calls to clusters and their answers: HTTP, gRPC, Redis.

use std::task::{Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use portcullis_plugin_host::{
    GrpcCommand, GrpcEvent, HttpAnswer, Limits, PlainFields, PluginSpec, RedisTarget, Side, Step,
};

use crate::kit::{Guest, Stage, plain};

const KNOWN: &str = "outbound|80||known.static";

fn pairs(list: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = u32::try_from(list.len()).unwrap().to_le_bytes().to_vec();
    for text in list.iter().flat_map(|(n, v)| [n, v]) {
        bytes.extend_from_slice(&u32::try_from(text.len()).unwrap().to_le_bytes());
    }
    for text in list.iter().flat_map(|(n, v)| [n, v]) {
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
    }
    bytes
}

fn http_call(guest: &mut Guest, cluster: &str, headers: &[(&str, &str)], timeout: i32) -> String {
    let (cluster, headers) = (guest.text(cluster), guest.text(pairs(headers)));
    let body = guest.text("ask");
    let none = "(i32.const 0) (i32.const 0)";
    format!(
        "(call $proxy_http_call {cluster} {headers} {body} {none} (i32.const {timeout}) (i32.const 8))"
    )
}

const HEADERS: [(&str, &str); 3] = [(":method", "POST"), (":path", "/p"), (":authority", "a")];

#[test]
fn a_call_needs_a_cluster_and_a_head() {
    let mut guest = Guest::new();
    let calls = [
        http_call(&mut guest, "unknown", &HEADERS, 500),
        http_call(&mut guest, "down", &HEADERS, 500),
        http_call(&mut guest, KNOWN, &HEADERS[..2], 500),
        http_call(&mut guest, KNOWN, &HEADERS, -1),
        http_call(&mut guest, KNOWN, &HEADERS, 500),
        http_call(&mut guest, KNOWN, &HEADERS, 0),
    ];
    let body: String = calls.iter().map(|call| format!("(call $number {call})")).collect();
    guest.request_headers(&body, 0);
    let mut spec = PluginSpec::new("test", "");
    spec.limits = Limits { pending_calls: 1, ..Limits::default() };
    let stage = Stage::with(&guest, spec).unwrap();
    stage.open().headers(Side::Request, true).unwrap();
    assert_eq!(stage.desk.said(), ["2", "10", "2", "2", "0", "10"], "the last one is one too many");
    let calls = stage.desk.http.lock().unwrap();
    let (call, _) = &calls[0];
    assert_eq!((call.body.as_ref(), call.timeout), (&b"ask"[..], Some(Duration::from_millis(500))));
    assert!(call.headers.contains(&(b"content-length".to_vec(), b"3".to_vec())));
}

/// A guest that calls, holds the request, and when the answer has come tells it, changes the request and goes on.
fn caller() -> Guest {
    let mut guest = Guest::new();
    let call = http_call(&mut guest, KNOWN, &HEADERS, 500);
    guest.request_headers(&format!("(global.set $kept (local.get $id)) (drop {call})"), 3);
    let (status, name, value) = (guest.text(":status"), guest.text("x-user"), guest.text("bob"));
    let out = "(i32.const 0) (i32.const 4)";
    let body = format!(
        "(call $number (local.get $n)) (call $number (local.get $size)) (call $number (local.get $t))
         (call $out_if (call $proxy_get_header_map_value (i32.const 6) {status} {out}))
         (call $out_if (call $proxy_get_buffer_bytes (i32.const 4) (i32.const 0) (i32.const 99) {out}))
         (call $out_if (call $proxy_get_status (i32.const 12) {out})) (call $number (i32.load (i32.const 12)))
         (call $number (call $proxy_set_effective_context (global.get $kept)))
         (call $number (call $proxy_add_header_map_value (i32.const 0) {name} {value}))
         (call $number (call $proxy_continue_stream (i32.const 0)))
         (call $number (call $proxy_add_header_map_value (i32.const 0) {name} {value}))"
    );
    guest.on("proxy_on_http_call_response", "id token n size t", "", &body);
    guest
}

#[test]
fn an_answer_resumes_what_waits_for_it() {
    let stage = Stage::of(&caller());
    let visit = stage.open();
    assert_eq!(visit.headers(Side::Request, true), Ok(Step::Hold));
    assert_eq!(visit.poll(Side::Request, Waker::noop()), Ok(Poll::Pending));
    let (_, reply) = stage.desk.http.lock().unwrap().remove(0);
    let headers = vec![(b":status".to_vec(), b"200".to_vec())];
    reply.http(HttpAnswer { headers, body: Bytes::from_static(b"told"), trailers: Vec::new() });
    let said = ["1", "4", "0", "0", "200", "0", "told", "0", "", "0", "0", "0", "0", "2"];
    assert_eq!(stage.desk.said(), said, "after it has gone on the request is closed");
    let step = visit.poll(Side::Request, Waker::noop());
    assert_eq!(step, Ok(Poll::Ready(Step::Continue(Bytes::new()))));
    assert_eq!(
        plain(&visit, |s| s.request_headers.as_ref().unwrap().text("x-user")).as_deref(),
        Some("bob")
    );
}

#[test]
fn a_call_without_an_answer_is_a_reset() {
    let stage = Stage::of(&caller());
    let visit = stage.open();
    visit.headers(Side::Request, true).unwrap();
    stage.desk.http.lock().unwrap().clear();
    let said = ["0", "0", "0", "2", "1", "0", "reset", "11", "0", "0", "0", "2"];
    assert_eq!(stage.desk.said(), said);
}

#[test]
fn an_answer_for_an_exchange_that_is_gone_is_told_to_the_root() {
    let stage = Stage::of(&caller());
    let visit = stage.open();
    visit.headers(Side::Request, true).unwrap();
    visit.finish().1.unwrap();
    stage.desk.http.lock().unwrap().clear();
    let said = stage.desk.said();
    assert_eq!(
        said[8..],
        ["2", "2", "0", "2"],
        "there is no such context, and the root has no headers"
    );
}

#[test]
fn a_response_body_waits_for_an_answer() {
    let mut guest = Guest::new();
    let call = http_call(&mut guest, KNOWN, &HEADERS, 500);
    let body = format!(
        "(global.set $kept (local.get $id)) (if (local.get $end) (then (drop {call}))) (i32.const 1)"
    );
    guest.on("proxy_on_response_body", "id size end", "r", &body);
    let new = guest.text("<masked>");
    let answered = format!(
        "(drop (call $proxy_set_effective_context (global.get $kept)))
         (call $number (call $proxy_set_buffer_bytes (i32.const 1) (i32.const 0) (i32.const 6) {new}))
         (drop (call $proxy_continue_stream (i32.const 1)))"
    );
    guest.on("proxy_on_http_call_response", "id token n size t", "", &answered);
    let stage = Stage::of(&guest);
    let visit = stage.open();
    plain(&visit, |stream| stream.response_headers = Some(PlainFields::of(&[(":status", "200")])));
    visit.headers(Side::Response, false).unwrap();
    assert_eq!(
        visit.body(Side::Response, &Bytes::from_static(b"secret text"), true),
        Ok(Step::Hold)
    );
    let (_, reply) = stage.desk.http.lock().unwrap().remove(0);
    reply.http(HttpAnswer::default());
    let step = visit.poll(Side::Response, Waker::noop()).unwrap();
    assert_eq!(step, Poll::Ready(Step::Continue(Bytes::from_static(b"<masked> text"))));
    assert_eq!(stage.desk.said(), ["0"]);
}

#[test]
fn redis_is_made_known_and_asked() {
    let mut guest = Guest::new();
    let service = guest
        .text(format!("{KNOWN}?db=3&buffer_flush_timeout=2&max_buffer_size_before_flush=1024"));
    let (bad, unknown) = (guest.text(format!("{KNOWN}?db=x")), guest.text("nowhere"));
    let (plain_name, user, query) =
        (guest.text(KNOWN), guest.text("u"), guest.text("*1\r\n$4\r\nPING\r\n"));
    let init = |service: &str| {
        format!("(call $number (call $proxy_redis_init {service} {user} {user} (i32.const 100)))")
    };
    let ask = |service: &str| {
        format!("(call $number (call $proxy_redis_call {service} {query} (i32.const 8)))")
    };
    let body = [
        init(&unknown),
        init(&bad),
        init(&service),
        ask(&unknown),
        ask(&plain_name),
        ask(&plain_name),
    ]
    .concat();
    guest.request_headers(&body, 0);
    let answered = "(call $number (local.get $status)) (call $number (local.get $size))
        (call $out_if (call $proxy_get_buffer_bytes (i32.const 9) (i32.const 0) (i32.const 99) (i32.const 0) (i32.const 4)))";
    guest.on("proxy_on_redis_call_response", "id token status size", "", answered);
    let stage = Stage::of(&guest);
    stage.open().headers(Side::Request, true).unwrap();
    assert_eq!(stage.desk.said(), ["2", "2", "0", "2", "0", "0"]);
    let expected = RedisTarget {
        cluster: KNOWN.to_owned(),
        database: Some(3),
        username: "u".to_owned(),
        password: "u".to_owned(),
        timeout: Duration::from_millis(100),
        flush_after: Some(Duration::from_millis(2)),
        flush_bytes: Some(1024),
    };
    assert_eq!(*stage.desk.targets.lock().unwrap(), [expected]);
    let (_, query, reply) = stage.desk.redis.lock().unwrap().remove(0);
    assert_eq!(query, "*1\r\n$4\r\nPING\r\n");
    reply.redis(Bytes::from_static(b"+PONG\r\n"));
    assert_eq!(stage.desk.said(), ["0", "7", "0", "+PONG\r\n"]);
    stage.desk.redis.lock().unwrap().clear();
    assert_eq!(stage.desk.said(), ["1", "0", "1"], "a broken connection has no bytes");
}

#[test]
fn grpc_calls_and_streams() {
    let mut guest = Guest::new();
    let (known, unknown) = (guest.text(KNOWN), guest.text("nowhere"));
    let (name, message) = (guest.text("p.S"), guest.text("m"));
    let none = "(i32.const 0) (i32.const 0)";
    let call = |service: &str| {
        format!(
            "(call $number (call $proxy_grpc_call {service} {name} {name} {none} {message} (i32.const 5) (i32.const 8)))"
        )
    };
    let stream = format!(
        "(call $number (call $proxy_grpc_stream {known} {name} {name} {none} (i32.const 12)))"
    );
    let token = "(i32.load (i32.const 12))";
    let body = [
        call(&unknown),
        call(&known),
        stream,
        format!("(call $number (call $proxy_grpc_send {token} {message} (i32.const 1)))"),
        format!(
            "(call $number (call $proxy_grpc_send (i32.load (i32.const 8)) {message} (i32.const 1)))"
        ),
        "(call $number (call $proxy_grpc_close (i32.const 999)))".to_owned(),
        format!("(call $number (call $proxy_grpc_close {token}))"),
    ];
    guest.request_headers(&body.concat(), 0);
    let cancel = "(call $number (call $proxy_grpc_cancel (i32.load (i32.const 12))))";
    guest.on(
        "proxy_on_grpc_receive_initial_metadata",
        "id token n",
        "",
        "(call $number (local.get $n))",
    );
    guest.on("proxy_on_grpc_receive", "id token n", "", "(call $out_if (call $proxy_get_buffer_bytes (i32.const 5) (i32.const 0) (i32.const 9) (i32.const 0) (i32.const 4)))");
    guest.on(
        "proxy_on_grpc_receive_trailing_metadata",
        "id token n",
        "",
        "(call $number (local.get $n))",
    );
    guest.on("proxy_on_grpc_close", "id token status", "", &format!("(call $number (local.get $status)) (call $out_if (call $proxy_get_status (i32.const 16) (i32.const 0) (i32.const 4))) {cancel}"));
    let stage = Stage::of(&guest);
    stage.open().headers(Side::Request, true).unwrap();
    assert_eq!(stage.desk.said(), ["4", "0", "0", "0", "2", "1", "0"]);
    let sent = [GrpcCommand::Send(Bytes::from_static(b"m"), true), GrpcCommand::Close];
    assert_eq!(*stage.desk.commands.lock().unwrap(), sent);
    let (_, mut stream) = stage.desk.grpc.lock().unwrap().pop().unwrap();
    stream.grpc(GrpcEvent::Metadata(vec![(b"a".to_vec(), b"b".to_vec())]));
    stream.grpc(GrpcEvent::Message(Bytes::from_static(b"one")));
    stream.grpc(GrpcEvent::Trailers(Vec::new()));
    stream.grpc(GrpcEvent::Closed(7, "denied".to_owned()));
    stream.grpc(GrpcEvent::Message(Bytes::from_static(b"unheard")));
    assert_eq!(stage.desk.said(), ["1", "0", "one", "0", "7", "0", "denied", "1"]);
    let (_, mut call) = stage.desk.grpc.lock().unwrap().pop().unwrap();
    call.grpc(GrpcEvent::Message(Bytes::from_static(b"answer")));
    assert_eq!(stage.desk.said(), ["0", "answer"]);
    drop(call);
    assert!(stage.desk.said().is_empty(), "a call is over with its message");
}
