//! The order of callbacks, the canary, ticks, queues and the end.

use std::thread;
use std::time::{Duration, Instant};

use portcullis_plugin_host::{Broken, PluginSpec, Reason, Side, StartError};

use crate::kit::{Guest, Stage};

/// A guest that says each callback it gets.
fn storyteller() -> Guest {
    let mut guest = Guest::new();
    let mut tell = |name: &str, parameters: &str, answer: Option<u32>| {
        let said = guest.text(name.trim_start_matches("proxy_"));
        let numbers: String = parameters
            .split_whitespace()
            .map(|n| format!("(call $number (local.get ${n}))"))
            .collect();
        let result = if answer.is_some() { "r" } else { "" };
        let answer = answer.map(|n| format!("(i32.const {n})")).unwrap_or_default();
        guest.on(name, parameters, result, &format!("(call $text {said}) {numbers} {answer}"));
    };
    tell("_initialize", "", None);
    tell("proxy_on_context_create", "id parent", None);
    tell("proxy_on_vm_start", "id size", Some(1));
    tell("proxy_on_configure", "id size", Some(1));
    tell("proxy_on_request_headers", "id n end", Some(0));
    tell("proxy_on_done", "id", Some(1));
    tell("proxy_on_log", "id", None);
    tell("proxy_on_delete", "id", None);
    guest
}

#[test]
fn callbacks_come_in_envoys_order() {
    let mut spec = PluginSpec::new("test", "four");
    spec.vm_configuration = "three".into();
    let stage = Stage::with(&storyteller(), spec).unwrap();
    let start = [
        "_initialize",
        "on_context_create",
        "1",
        "0",
        "on_vm_start",
        "1",
        "5",
        "on_configure",
        "1",
        "4",
    ];
    assert_eq!(stage.desk.said(), start);
    let visit = stage.open();
    visit.headers(Side::Request, true).unwrap();
    let (stream, ended) = visit.finish();
    assert!(stream.is_some() && ended.is_ok());
    let exchange = [
        "on_context_create",
        "2",
        "1",
        "on_request_headers",
        "2",
        "7",
        "1",
        "on_log",
        "2",
        "on_done",
        "2",
        "on_delete",
        "2",
    ];
    assert_eq!(stage.desk.said(), exchange);
    // One that is dropped ends as well.
    drop(stage.open());
    let dropped = ["on_context_create", "3", "1", "on_log", "3", "on_done", "3", "on_delete", "3"];
    assert_eq!(stage.desk.said(), dropped);
    assert_eq!(stage.plugin.open_exchanges(), 0);
    let desk = std::sync::Arc::clone(&stage.desk);
    drop(stage);
    assert_eq!(desk.said(), ["on_done", "1", "on_delete", "1"]);
}

#[test]
fn a_plugin_that_says_no_is_not_started() {
    for (callback, expected) in
        [("proxy_on_vm_start", "VM configuration"), ("proxy_on_configure", "its configuration")]
    {
        let mut guest = Guest::new();
        guest.on(callback, "id size", "r", "(i32.const 0)");
        let error = Stage::with(&guest, PluginSpec::new("test", "")).err().unwrap();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let mut guest = Guest::new();
    guest.on("proxy_on_configure", "id size", "r", "unreachable");
    let error = Stage::with(&guest, PluginSpec::new("test", "")).err().unwrap();
    let trapped =
        matches!(error, StartError::Crashed(Broken::Crashed { reason: Reason::Trap, .. }));
    assert!(trapped, "{error}");
    let mut guest = Guest::new();
    guest.on("proxy_on_log", "id more", "", "");
    let error = Stage::with(&guest, PluginSpec::new("test", "")).err().unwrap();
    assert!(matches!(error, StartError::Export("proxy_on_log")), "{error}");
}

#[test]
fn a_configuration_can_be_read_while_it_is_told() {
    let mut guest = Guest::new();
    let body = "(call $out_if (call $proxy_get_buffer_bytes (i32.const 7) (i32.const 0) (i32.const 99) (i32.const 0) (i32.const 4)))
                (call $out_if (call $proxy_get_configuration (i32.const 0) (i32.const 4))) (i32.const 1)";
    guest.on("proxy_on_configure", "id size", "r", body);
    let stage = Stage::with(&guest, PluginSpec::new("test", "{\"a\":1}")).unwrap();
    assert_eq!(stage.desk.said(), ["0", "{\"a\":1}", "0", "{\"a\":1}"]);
}

fn wait_for(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what} did not come");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn ticks_come_again_until_they_are_stopped() {
    let mut guest = Guest::new();
    let said = guest.text("tick");
    guest.extra("(global $ticks (mut i32) (i32.const 0))");
    guest.on(
        "proxy_on_configure",
        "id size",
        "r",
        "(drop (call $proxy_set_tick_period_milliseconds (i32.const 10))) (i32.const 1)",
    );
    let stop = "(drop (call $proxy_set_tick_period_milliseconds (i32.const 0)))";
    let body = format!(
        "(call $text {said}) (global.set $ticks (i32.add (global.get $ticks) (i32.const 1)))
         (if (i32.eq (global.get $ticks) (i32.const 3)) (then {stop}))"
    );
    guest.on("proxy_on_tick", "id", "", &body);
    let stage = Stage::of(&guest);
    wait_for("the third tick", || stage.desk.lines.lock().unwrap().len() >= 3);
    thread::sleep(Duration::from_millis(50));
    assert_eq!(stage.desk.said(), ["tick"; 3]);
}

#[test]
fn a_queue_tells_who_registered_it() {
    let mut guest = Guest::new();
    let (name, vm, entry) = (guest.text("queue"), guest.text("queue-vm"), guest.text("entry"));
    let out = "(i32.const 0) (i32.const 4)";
    let body = format!(
        "(call $number (call $proxy_resolve_shared_queue {vm} {name} (i32.const 8)))
         (call $number (call $proxy_register_shared_queue {name} (i32.const 8)))
         (call $number (call $proxy_resolve_shared_queue {vm} {name} (i32.const 12)))
         (call $number (i32.sub (i32.load (i32.const 8)) (i32.load (i32.const 12))))
         (call $number (call $proxy_enqueue_shared_queue (i32.load (i32.const 8)) {entry}))
         (call $number (call $proxy_enqueue_shared_queue (i32.const 9999) {entry}))"
    );
    guest.request_headers(&body, 0);
    let ready = format!(
        "(call $out_if (call $proxy_dequeue_shared_queue (local.get $queue) {out}))
         (call $number (call $proxy_dequeue_shared_queue (local.get $queue) {out}))
         (call $number (call $proxy_dequeue_shared_queue (i32.const 9999) {out}))"
    );
    guest.on("proxy_on_queue_ready", "id queue", "", &ready);
    let mut spec = PluginSpec::new("test", "");
    spec.vm_id = "queue-vm".to_owned();
    let stage = Stage::with(&guest, spec).unwrap();
    stage.open().headers(Side::Request, true).unwrap();
    let expected = ["1", "0", "0", "0", "0", "1", "0", "entry", "7", "1"];
    assert_eq!(stage.desk.said(), expected, "the event comes after the callback that caused it");
}

#[test]
fn a_root_that_is_not_done_is_waited_for() {
    let mut guest = Guest::new();
    let (said, gone) = (guest.text("tick"), guest.text("gone"));
    guest.on(
        "proxy_on_configure",
        "id size",
        "r",
        "(drop (call $proxy_set_tick_period_milliseconds (i32.const 10))) (i32.const 1)",
    );
    guest.on("proxy_on_done", "id", "r", "(i32.const 0)");
    guest.on(
        "proxy_on_tick",
        "id",
        "",
        &format!("(if (i32.eqz (call $proxy_done)) (then (call $text {said})))"),
    );
    guest.on("proxy_on_delete", "id", "", &format!("(call $text {gone})"));
    let stage = Stage::of(&guest);
    thread::sleep(Duration::from_millis(40));
    assert!(stage.desk.said().is_empty(), "proxy_done is not found before it is asked for");
    let desk = std::sync::Arc::clone(&stage.desk);
    drop(stage);
    wait_for("the end", || desk.lines.lock().unwrap().len() >= 2);
    assert_eq!(desk.said(), ["tick", "gone"]);
}
