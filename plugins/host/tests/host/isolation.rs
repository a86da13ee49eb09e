//! What a module cannot do to anybody else.

use std::sync::Arc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use portcullis_plugin_host::{Broken, Limits, PluginSpec, Reason, Side, StartError, Step};

use crate::kit::{Guest, Stage, metrics, new_host, request};

/// What the clock of the operating system may be late on a busy machine.
const SLACK: Duration = Duration::from_millis(500);

/// A guest that misbehaves for a request with the header `x-bad`, and passes any other.
fn bad_guest(body: &str) -> Guest {
    let mut guest = Guest::new();
    let name = guest.text("x-bad");
    let test = format!(
        "(call $proxy_get_header_map_value (i32.const 0) {name} (i32.const 0) (i32.const 4))"
    );
    guest.request_headers(&format!("(if (i32.eqz {test}) (then {body}))"), 0);
    guest
}

fn spec(limits: Limits) -> PluginSpec {
    let mut spec = PluginSpec::new("test", "");
    spec.limits = limits;
    spec
}

fn quick() -> Limits {
    Limits {
        backoff_first: Duration::from_secs(1),
        backoff_max: Duration::from_millis(1500),
        ..Limits::default()
    }
}

/// Sends the request that crashes it, and tells how and how long that took.
fn crash(stage: &Stage) -> (Reason, Duration) {
    let mut stream = request();
    stream.request_headers.as_mut().unwrap().0.push((b"x-bad".to_vec(), b"1".to_vec()));
    let visit = stage.plugin.open(Box::new(stream)).unwrap();
    let began = Instant::now();
    let crashed = visit.headers(Side::Request, true);
    let took = began.elapsed();
    let Err(Broken::Crashed { reason, .. }) = crashed else { panic!("{crashed:?}") };
    let stream = visit.reclaim().expect("what was lent comes back");
    let headers =
        stream.fields_read(portcullis_plugin_host::Map { side: Side::Request, trailers: false });
    assert!(headers.unwrap().value(b"x-bad").is_some());
    (reason, took)
}

fn wait_up(stage: &Stage) -> Duration {
    let began = Instant::now();
    loop {
        match stage.plugin.poll_ready(Waker::noop()) {
            Poll::Ready(true) => return began.elapsed(),
            Poll::Ready(false) | Poll::Pending => {}
        }
        assert!(began.elapsed() < Duration::from_secs(20), "it was not rebuilt");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn each_crash_is_contained_told_apart_and_healed() {
    let loops = "(loop $for_ever (br $for_ever))";
    let floods = "(loop $more (drop (call $proxy_get_log_level (i32.const 8))) (br $more))";
    let grows = "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1000)) (i32.const -1)))) unreachable";
    for (body, expected) in [
        ("unreachable", Reason::Trap),
        ("(drop (i32.load (i32.const -1)))", Reason::Trap),
        ("(call $deep)", Reason::Trap),
        (loops, Reason::Deadline),
        (floods, Reason::HostCalls),
        (grows, Reason::Memory),
        ("(call $proxy_exit_now)", Reason::Exit),
    ] {
        let mut guest = bad_guest(body);
        guest.extra(
            "(func $deep (call $deep)) (func $proxy_exit_now (call $proc_exit (i32.const 3)))",
        );
        let counted = metrics();
        let own = new_host(Arc::clone(&counted));
        let module = own.load(&guest.wasm()).unwrap();
        let mut limits = quick();
        limits.host_calls = 1000;
        let stage = Stage::on(&own, &module, spec(limits), 1).unwrap();
        let (reason, took) = crash(&stage);
        assert_eq!(reason, expected, "{body}");
        assert!(took < Duration::from_millis(10) + SLACK, "{body} took {took:?}");
        wait_up(&stage);
        assert!(matches!(stage.open().headers(Side::Request, true), Ok(Step::Continue(_))));
        let text = counted.render();
        let line = format!(
            "portcullis_plugin_crashes_total{{plugin=\"test\",reason=\"{}\"}} 1\n",
            reason.as_str()
        );
        assert!(text.contains(&line), "{text}");
        assert!(
            text.contains(
                "portcullis_plugin_rebuilds_total{plugin=\"test\",outcome=\"rebuilt\"} 1\n"
            )
        );
    }
}

#[test]
fn a_loop_ends_at_its_deadline_and_not_long_before() {
    let guest = bad_guest("(loop $for_ever (br $for_ever))");
    for milliseconds in [10, 40] {
        let call = Duration::from_millis(milliseconds);
        let stage = Stage::with(&guest, spec(Limits { call, ..quick() })).unwrap();
        let (_, took) = crash(&stage);
        let step = portcullis_plugin_host::limits::EPOCH;
        assert!(took + step + step >= call && took < call + SLACK, "{took:?} for {call:?}");
    }
}

#[test]
fn a_crash_takes_only_the_exchanges_of_its_own_vm() {
    let guest = bad_guest("unreachable");
    let module = crate::kit::host().load(&guest.wasm()).unwrap();
    let other = Stage::on(crate::kit::host(), &module, spec(quick()), 1).unwrap();
    let stage = Stage::on(crate::kit::host(), &module, spec(quick()), 1).unwrap();
    let (bystander, stranger) = (stage.open(), other.open());
    crash(&stage);
    assert_eq!(bystander.headers(Side::Request, true), Err(Broken::Gone));
    assert!(
        bystander.reclaim().is_some(),
        "it gets back what it lent, to go on without the plugin"
    );
    assert!(matches!(stranger.headers(Side::Request, true), Ok(Step::Continue(_))));
}

#[test]
fn while_one_vm_is_down_another_takes_its_exchanges() {
    let module = crate::kit::host().load(&bad_guest("unreachable").wasm()).unwrap();
    let stage = Stage::on(crate::kit::host(), &module, spec(quick()), 2).unwrap();
    crash(&stage);
    assert!(matches!(stage.open().headers(Side::Request, true), Ok(Step::Continue(_))));
}

#[test]
fn repeated_crashes_wait_longer_each_time() {
    let stage = Stage::with(&bad_guest("unreachable"), spec(quick())).unwrap();
    let mut waits = Vec::new();
    for _ in 0..4 {
        crash(&stage);
        waits.push(wait_up(&stage));
    }
    let [first, second, third, fourth] = waits[..] else { panic!() };
    assert!(first < Duration::from_millis(900), "the first is rebuilt at once: {first:?}");
    assert!(second >= Duration::from_millis(990), "{second:?}");
    assert!(
        third >= Duration::from_millis(1490) && fourth >= Duration::from_millis(1490),
        "{third:?} {fourth:?}"
    );
    assert!(fourth < Duration::from_secs(5), "there is a longest wait: {fourth:?}");
}

#[test]
fn an_exchange_that_comes_while_a_vm_is_down_is_given_back() {
    let stage = Stage::with(
        &bad_guest("unreachable"),
        spec(Limits { backoff_first: Duration::from_secs(60), ..quick() }),
    )
    .unwrap();
    crash(&stage);
    wait_up(&stage);
    crash(&stage);
    assert_eq!(stage.plugin.poll_ready(Waker::noop()), Poll::Ready(false));
    let refused = stage.plugin.open(Box::new(request())).unwrap_err();
    assert_eq!(refused.broken, Broken::Down);
    assert!(refused.stream.into_any().is::<portcullis_plugin_host::PlainStream>());
}

#[test]
fn a_crash_in_the_allocator_is_a_crash_of_the_call() {
    let text = r#"(module
        (import "env" "proxy_get_header_map_pairs" (func $pairs (param i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "malloc") (param i32) (result i32) unreachable)
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
          (drop (call $pairs (i32.const 0) (i32.const 0) (i32.const 4))) (i32.const 0)))"#;
    let module = crate::kit::host().load(&wat::parse_str(text).unwrap()).unwrap();
    let stage = Stage::on(crate::kit::host(), &module, spec(quick()), 1).unwrap();
    let step = stage.open().headers(Side::Request, true);
    assert!(matches!(step, Err(Broken::Crashed { reason: Reason::Trap, .. })), "{step:?}");
}

#[test]
fn malformed_maps_are_empty_ones() {
    let mut guest = Guest::new();
    let body: String =
        [&b"\xff\xff\xff\xff"[..], b"\x01\0\0\0\xff\xff\xff\x7f\0\0\0\0", b"\x01\0\0\0", b"x"]
            .iter()
            .map(|bytes| {
                let map = guest.text(bytes);
                format!("(call $number (call $proxy_set_header_map_pairs (i32.const 0) {map}))")
            })
            .collect();
    let beyond = "(call $number (call $proxy_set_header_map_pairs (i32.const 0) (i32.const 131000) (i32.const -1)))";
    guest.request_headers(&format!("{body} {beyond}"), 0);
    let stage = Stage::of(&guest);
    assert!(matches!(stage.open().headers(Side::Request, true), Ok(Step::Continue(_))));
    assert_eq!(stage.desk.said(), ["0", "0", "0", "0", "6"]);
}

#[test]
fn a_panic_of_the_host_is_a_crash_that_says_so() {
    let mut guest = Guest::new();
    let cluster = guest.text("outbound|80||known.static");
    let headers = guest.text(
        b"\x03\0\0\0\x07\0\0\0\x01\0\0\0\x05\0\0\0\x01\0\0\0\x0a\0\0\0\x01\0\0\0:method\0G\0:path\0/\0:authority\0a\0",
    );
    let none = "(i32.const 0) (i32.const 0)";
    guest.request_headers(
        &format!("(drop (call $proxy_http_call {cluster} {headers} {none} {none} (i32.const 5) (i32.const 8)))"),
        0,
    );
    let stage = Stage::with(&guest, spec(quick())).unwrap();
    *stage.desk.panic.lock().unwrap() = true;
    let broken = stage.open().headers(Side::Request, true).unwrap_err();
    assert!(broken.is_panic(), "{broken}");
    *stage.desk.panic.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = false;
    stage.desk.panic.clear_poison();
    wait_up(&stage);
    assert!(stage.open().headers(Side::Request, true).is_ok());
}

#[test]
fn configuring_may_take_longer_than_a_call_but_not_for_ever() {
    let busy = "(local $n i32) (loop $more (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get $n) (i32.const 60000000)))) (i32.const 1)";
    let mut guest = Guest::new();
    guest.on("proxy_on_configure", "id size", "r", busy);
    Stage::with(&guest, spec(Limits { call: Duration::from_millis(2), ..quick() })).unwrap();
    let mut guest = Guest::new();
    guest.on("proxy_on_configure", "id size", "r", "(loop $for_ever (br $for_ever)) (i32.const 1)");
    let error = Stage::with(&guest, spec(Limits { start: Duration::from_millis(50), ..quick() }))
        .err()
        .unwrap();
    let late =
        matches!(error, StartError::Crashed(Broken::Crashed { reason: Reason::Deadline, .. }));
    assert!(late, "{error}");
}

#[test]
fn a_module_that_starts_too_large_is_refused() {
    let text = r#"(module (memory (export "memory") 5000)
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "malloc") (param i32) (result i32) (i32.const 0)))"#;
    let module = crate::kit::host().load(&wat::parse_str(text).unwrap()).unwrap();
    let error = Stage::on(crate::kit::host(), &module, spec(quick()), 1).err().unwrap();
    assert!(matches!(error, StartError::Instantiate(_)), "{error}");
}

#[test]
fn a_module_that_asks_for_it_gets_a_new_vm_and_open_exchanges_stay() {
    let mut guest = Guest::new();
    let (name, value) = (guest.text("wasm_need_rebuild"), guest.text("true"));
    guest.extra("(global $seen (mut i32) (i32.const 0))");
    guest.request_headers(
        &format!(
            "(global.set $seen (i32.add (global.get $seen) (i32.const 1))) (call $number (global.get $seen))
             (if (i32.eq (global.get $seen) (i32.const 2)) (then (drop (call $proxy_set_property {name} {value}))))"
        ),
        0,
    );
    let stage = Stage::with(&guest, spec(quick())).unwrap();
    let open = stage.open();
    open.headers(Side::Request, true).unwrap();
    stage.open().headers(Side::Request, true).unwrap();
    assert_eq!(stage.desk.said(), ["1", "2"]);
    let began = Instant::now();
    loop {
        stage.open().headers(Side::Request, true).unwrap();
        if stage.desk.said() == ["1"] {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "no new VM came");
        thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(open.body(Side::Request, &Bytes::new(), true), Ok(Step::Continue(Bytes::new())));
    assert!(open.finish().1.is_ok());
}

#[test]
fn a_vm_has_room_for_so_many_exchanges() {
    let stage = Stage::with(&Guest::new(), spec(Limits { contexts: 2, ..quick() })).unwrap();
    let (first, _second) = (stage.open(), stage.open());
    assert_eq!(stage.plugin.open(Box::new(request())).unwrap_err().broken, Broken::Full);
    first.finish().1.unwrap();
    stage.open();
}
