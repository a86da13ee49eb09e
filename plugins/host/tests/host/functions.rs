//! Each host function: the good case, each status, limits at the limit. All of it runs in `on_request_headers`.

use std::sync::atomic::Ordering;

use portcullis_plugin_host::{Limits, PluginSpec, Side, Step, UpstreamHost};

use crate::kit::{Guest, Stage, host, metrics, new_host, plain};

/// Runs a body and compares what the guest says.
fn check(build: impl FnOnce(&mut Guest) -> String, expected: &[&str]) {
    let mut guest = Guest::new();
    let body = build(&mut guest);
    guest.request_headers(&body, 0);
    let stage = Stage::of(&guest);
    let visit = stage.open();
    plain(&visit, |stream| {
        let host = |address: &str| UpstreamHost { address: address.into(), facts: "{}".into() };
        stream.hosts = Some(vec![host("10.0.0.1:80")]);
    });
    assert!(matches!(visit.headers(Side::Request, true), Ok(Step::Continue(_))));
    assert_eq!(stage.desk.said(), expected);
}

/// A call whose status is said.
fn say(call: &str) -> String {
    format!("(call $number (call ${call}))")
}

/// A call whose status is said, and what it has left.
fn show(call: &str) -> String {
    format!("(call $out_if (call ${call}))")
}

const OUT: &str = "(i32.const 0) (i32.const 4)";

#[test]
fn header_values() {
    check(
        |g| {
            let (first, empty, missing) = (g.text("X-A"), g.text("x-b"), g.text("x-c"));
            let path = g.text(":path");
            let get = |map: u32, name: &str| {
                show(&format!("proxy_get_header_map_value (i32.const {map}) {name} {OUT}"))
            };
            [
                get(0, &first),
                get(0, &empty),
                get(0, &missing),
                get(0, &path),
                get(2, &first),
                get(1, &first),
                get(6, &first),
                get(8, &first),
                say(&format!("proxy_get_header_map_value (i32.const 0) (i32.const 131070) (i32.const 9) {OUT}")),
            ]
            .concat()
        },
        &["0", "1", "0", "", "1", "0", "/a?b=c", "2", "2", "2", "2", "6"],
    );
}

#[test]
fn header_changes() {
    check(
        |g| {
            let (name, value, other) = (g.text("X-New"), g.text("v"), g.text("w"));
            let bad = g.text("a\r\nb");
            let change = |function: &str, map: u32, name: &str, value: &str| {
                say(&format!("proxy_{function}_header_map_value (i32.const {map}) {name} {value}"))
            };
            let get = show(&format!("proxy_get_header_map_value (i32.const 0) {name} {OUT}"));
            let remove = say(&format!("proxy_remove_header_map_value (i32.const 0) {name}"));
            [
                change("add", 0, &name, &value),
                change("replace", 0, &name, &other),
                get.clone(),
                remove,
                get,
                change("add", 2, &name, &value),
                change("replace", 6, &name, &value),
                change("add", 0, &name, &bad),
            ]
            .concat()
        },
        &["0", "0", "0", "w", "0", "1", "2", "2", "2"],
    );
}

#[test]
fn header_pairs_and_sizes() {
    let mut list = 2_u32.to_le_bytes().to_vec();
    for length in [5_u32, 2, 1, 1] {
        list.extend_from_slice(&length.to_le_bytes());
    }
    list.extend_from_slice(b":path\0/z\0a\0b\0");
    let mut written = list.clone();
    check(
        |g| {
            let pairs = g.text(&list);
            list.push(0);
            let longer = g.text(&list);
            let get = show(&format!("proxy_get_header_map_pairs (i32.const 0) {OUT}"));
            [
                say(&format!("proxy_set_header_map_pairs (i32.const 0) {pairs}")),
                get.clone(),
                say("proxy_get_header_map_size (i32.const 0) (i32.const 8)"),
                "(call $number (i32.load (i32.const 8)))".to_owned(),
                say(&format!("proxy_set_header_map_pairs (i32.const 0) {longer}")),
                get,
                say(&format!("proxy_set_header_map_pairs (i32.const 2) {pairs}")),
                say("proxy_get_header_map_size (i32.const 9) (i32.const 8)"),
            ]
            .concat()
        },
        &[
            "0",
            "0",
            &String::from_utf8_lossy(&std::mem::take(&mut written)),
            "0",
            "9",
            "0",
            "0",
            "",
            "2",
            "2",
        ],
    );
}

#[test]
fn buffers_outside_a_body() {
    check(
        |g| {
            let text = g.text("x");
            let get = |n: u32| {
                say(&format!(
                    "proxy_get_buffer_bytes (i32.const {n}) (i32.const 0) (i32.const 9) {OUT}"
                ))
            };
            [
                get(0),
                get(2),
                get(4),
                get(5),
                get(6),
                get(7),
                get(8),
                get(9),
                get(10),
                say(&format!(
                    "proxy_get_buffer_bytes (i32.const 0) (i32.const -1) (i32.const 2) {OUT}"
                )),
                say(&format!(
                    "proxy_set_buffer_bytes (i32.const 0) (i32.const 0) (i32.const 0) {text}"
                )),
                say(&format!(
                    "proxy_set_buffer_bytes (i32.const 6) (i32.const 0) (i32.const 0) {text}"
                )),
                say(&format!(
                    "proxy_set_buffer_bytes (i32.const 4) (i32.const 0) (i32.const 0) {text}"
                )),
            ]
            .concat()
        },
        &["0", "1", "1", "1", "0", "1", "1", "1", "1", "2", "2", "2", "1"],
    );
}

#[test]
fn properties() {
    check(
        |g| {
            let get = |g: &mut Guest, path: &str| {
                let path = g.text(path);
                show(&format!("proxy_get_property {path} {OUT}"))
            };
            let set = |g: &mut Guest, path: &str, value: &str| {
                let (path, value) = (g.text(path), g.text(value));
                say(&format!("proxy_set_property {path} {value}"))
            };
            [
                get(g, "route_name"),
                get(g, "request\0path"),
                get(g, "request\0headers\0x-a\0"),
                get(g, "plugin_name"),
                get(g, "nothing"),
                set(g, "custom_log", "{}"),
                get(g, "custom_log"),
                set(g, "clear_route_cache", "off"),
                get(g, "clear_route_cache"),
                set(g, "set_decoder_buffer_limit", "abc"),
                set(g, "set_decoder_buffer_limit", "10485760"),
                set(g, "empty", ""),
            ]
            .concat()
        },
        &[
            "0", "main", "0", "/a?b=c", "0", "1", "0", "test", "1", "0", "0", "{}", "0", "1", "2",
            "0", "0",
        ],
    );
}

#[test]
fn changes_clear_the_route_unless_told_off() {
    for (steer, cleared) in [("on", 1), ("off", 0)] {
        let mut guest = Guest::new();
        let (path, value) = (guest.text("clear_route_cache"), guest.text(steer));
        let name = guest.text("x");
        let body = format!(
            "(drop (call $proxy_set_property {path} {value}))
             (drop (call $proxy_add_header_map_value (i32.const 0) {name} {name}))"
        );
        guest.request_headers(&body, 0);
        let stage = Stage::of(&guest);
        let visit = stage.open();
        visit.headers(Side::Request, true).unwrap();
        assert_eq!(plain(&visit, |stream| stream.route_cleared), cleared);
    }
}

#[test]
fn shared_data() {
    check(
        |g| {
            let (name, value, other) = (g.text("function-test"), g.text("v"), g.text("w"));
            let set = |value: &str, cas: &str| {
                say(&format!("proxy_set_shared_data {name} {value} {cas}"))
            };
            let get = show(&format!("proxy_get_shared_data {name} {OUT} (i32.const 8)"));
            [
                get.clone(),
                set(&value, "(i32.const 9)"),
                get.clone(),
                set(&other, "(i32.add (i32.const 1) (i32.load (i32.const 8)))"),
                set(&other, "(i32.load (i32.const 8))"),
                get,
                set(&value, "(i32.const 0)"),
            ]
            .concat()
        },
        &["1", "0", "0", "v", "8", "0", "0", "w", "0"],
    );
}

#[test]
fn metrics_of_a_module() {
    let mut guest = Guest::new();
    let (counter, gauge) = (guest.text("requests"), guest.text("depth"));
    let read = "(call $number (i32.load (i32.const 8)))";
    let id = "(i32.load (i32.const 16))";
    let body = [
        say("proxy_define_metric (i32.const 3) (i32.const 0) (i32.const 1) (i32.const 16)"),
        say(&format!("proxy_define_metric (i32.const 0) {counter} (i32.const 16)")),
        say(&format!("proxy_increment_metric {id} (i64.const 0)")),
        say(&format!("proxy_increment_metric {id} (i64.const 3)")),
        say(&format!("proxy_record_metric {id} (i64.const 4)")),
        say(&format!("proxy_get_metric {id} (i32.const 8)")),
        read.to_owned(),
        say("proxy_get_metric (i32.const 40000) (i32.const 8)"),
        say(&format!("proxy_define_metric (i32.const 1) {gauge} (i32.const 16)")),
        say(&format!("proxy_increment_metric {id} (i64.const -2)")),
        say(&format!("proxy_record_metric {id} (i64.const 9)")),
        say(&format!("proxy_get_metric {id} (i32.const 8)")),
        read.to_owned(),
    ];
    guest.request_headers(&body.concat(), 0);
    let own = new_host(metrics());
    let module = own.load(&guest.wasm()).unwrap();
    let stage = Stage::on(&own, &module, PluginSpec::new("test", ""), 1).unwrap();
    stage.open().headers(Side::Request, true).unwrap();
    let expected = ["2", "0", "2", "0", "0", "0", "7", "1", "0", "0", "0", "0", "9"];
    assert_eq!(stage.desk.said(), expected);
    let mut text = String::new();
    own.shared().metrics().render(&mut text);
    assert!(
        text.contains("portcullis_plugin_counter_total{plugin=\"test\",name=\"requests\"} 7\n")
    );
    assert!(text.contains("portcullis_plugin_gauge{plugin=\"test\",name=\"depth\"} 9\n"));
}

#[test]
fn foreign_functions() {
    check(
        |g| {
            let (level, unknown) = (g.text("get_log_level"), g.text("compress"));
            let (cycle, eight) = (g.text("set_global_max_requests_per_io_cycle"), g.text([0; 8]));
            let clear = g.text("clear_route_cache");
            let none = "(i32.const 0) (i32.const 0)";
            [
                // An address of 0 says that no answer is wanted.
                say(&format!(
                    "proxy_call_foreign_function {level} {none} (i32.const 16) (i32.const 20)"
                )),
                "(call $text (i32.load (i32.const 16)) (i32.load (i32.const 20)))".to_owned(),
                say(&format!("proxy_call_foreign_function {unknown} {none} {OUT}")),
                say(&format!("proxy_call_foreign_function {cycle} {eight} {none}")),
                say(&format!("proxy_call_foreign_function {cycle} {none} {none}")),
                say(&format!("proxy_call_foreign_function {clear} {none} {none}")),
            ]
            .concat()
        },
        &["0", "\0\0\0\0", "1", "0", "2", "0"],
    );
}

#[test]
fn upstream_hosts() {
    check(
        |g| {
            let (known, unknown) = (g.text("10.0.0.1:80"), g.text("10.0.0.2:80"));
            [
                say(&format!("proxy_get_upstream_hosts {OUT}")),
                "(call $number (i32.load (i32.const 4)))".to_owned(),
                say(&format!("proxy_set_upstream_override_host {known}")),
                say(&format!("proxy_set_upstream_override_host {unknown}")),
            ]
            .concat()
        },
        // 4 for the count, 8 for the lengths, the texts with a NUL each.
        &["0", "27", "0", "2"],
    );
}

#[test]
fn log_clock_and_status() {
    check(
        |g| {
            let line = g.text("hello");
            [
                say(&format!("proxy_log (i32.const 6) {line}")),
                say(&format!("proxy_log (i32.const 0) {line}")),
                say("proxy_get_log_level (i32.const 8)"),
                say("proxy_get_current_time_nanoseconds (i32.const 8)"),
                "(call $number (i32.wrap_i64 (i64.rem_u (i64.load (i32.const 8)) (i64.const 1000000000))))"
                    .to_owned(),
                show(&format!("proxy_get_status (i32.const 8) {OUT}")),
                say("proxy_done"),
                say("proxy_set_effective_context (i32.const 999)"),
                say("proxy_set_effective_context (i32.const 1)"),
                say("proxy_get_header_map_size (i32.const 0) (i32.const 8)"),
                say("proxy_made_up (i32.const 0)"),
            ]
            .concat()
        },
        &[
            "2",
            "hello",
            "0",
            "0",
            "0",
            "123456789",
            "0",
            "",
            "1",
            "2",
            "0",
            "2",
            "env.proxy_made_up is not a function of this host",
            "12",
        ],
    );
}

#[test]
fn wasi() {
    let mut guest = Guest::new();
    let line = guest.text("to stderr\n");
    let at = line.split_whitespace().nth(1).unwrap().trim_end_matches(')').to_owned();
    let body = format!(
        "(i32.store (i32.const 16) (i32.const {at})) (i32.store (i32.const 20) (i32.const 10))
         (call $number (call $fd_write (i32.const 2) (i32.const 16) (i32.const 1) (i32.const 8)))
         (call $number (i32.load (i32.const 8)))
         (call $number (call $fd_write (i32.const 3) (i32.const 16) (i32.const 1) (i32.const 8)))
         (call $number (call $random_get (i32.const 4096) (i32.const 65536)))
         (call $number (call $random_get (i32.const 4096) (i32.const 65537)))
         (call $number (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 8)))
         (call $number (call $clock_time_get (i32.const 2) (i64.const 0) (i32.const 8)))
         (i32.store (i32.const 8) (i32.const 7))
         (call $number (call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 8)))
         (call $number (i32.load (i32.const 8)))
         (call $number (call $fd_fdstat_get (i32.const 1) (i32.const 40)))
         (call $number (i32.load (i32.const 48)))
         (call $number (call $fd_fdstat_get (i32.const 0) (i32.const 40)))
         (call $number (call $environ_sizes_get (i32.const 8) (i32.const 12)))
         (call $number (i32.load (i32.const 12)))
         (call $number (call $environ_get (i32.const 40) (i32.const 80)))
         (call $text (i32.load (i32.const 40)) (i32.const 3))"
    );
    guest.request_headers(&body, 0);
    let mut spec = PluginSpec::new("test", "");
    spec.environment = vec![("A".to_owned(), "b".to_owned())];
    let stage = Stage::with(&guest, spec).unwrap();
    stage.open().headers(Side::Request, true).unwrap();
    let expected = [
        "to stderr",
        "0",
        "10",
        "8",
        "0",
        "28",
        "0",
        "58",
        "0",
        "0",
        "0",
        "64",
        "8",
        "0",
        "4",
        "0",
        "A=b",
    ];
    assert_eq!(stage.desk.said(), expected);
}

#[test]
fn log_lines_have_a_level_and_a_rate() {
    let mut guest = Guest::new();
    let line = guest.text("line");
    let body = format!("(drop (call $proxy_log (i32.const 3) {line}))").repeat(5);
    guest.request_headers(&body, 0);
    let mut spec = PluginSpec::new("test", "");
    spec.limits = Limits { log_lines_per_second: 3, log_line_bytes: 2, ..Limits::default() };
    let stage = Stage::with(&guest, spec).unwrap();
    stage.desk.level.store(4, Ordering::Relaxed);
    stage.open().headers(Side::Request, true).unwrap();
    assert!(stage.desk.said().is_empty(), "below the level nothing counts against the rate");
    stage.desk.level.store(0, Ordering::Relaxed);
    stage.open().headers(Side::Request, true).unwrap();
    assert_eq!(stage.desk.said(), ["li", "li", "li"]);
}

#[test]
fn a_missing_header_is_empty_in_the_oldest_abi() {
    let mut guest = Guest::with_abi("0_1_0");
    let missing = guest.text("x-none");
    let body = show(&format!("proxy_get_header_map_value (i32.const 0) {missing} {OUT}"));
    guest.on("proxy_on_request_headers", "id n", "r", &format!("{body} (i32.const 0)"));
    let stage = Stage::of(&guest);
    stage.open().headers(Side::Request, true).unwrap();
    assert_eq!(stage.desk.said(), ["0", ""]);
}

#[test]
fn what_is_no_plugin_is_refused_with_a_reason() {
    let parse = |text: &str| wat::parse_str(text).unwrap();
    let abi = "(func (export \"proxy_abi_version_0_2_1\"))";
    let memory = "(memory (export \"memory\") 1)";
    let malloc = "(func (export \"malloc\") (param i32) (result i32) (i32.const 0))";
    for (wasm, expected) in [
        (b"nonsense".to_vec(), "not a WebAssembly module"),
        (parse("(module)"), "it exports none of proxy_abi_version_0_1_0"),
        (parse(&format!("(module {abi})")), "no memory"),
        (parse(&format!("(module {abi} {memory})")), "no malloc or"),
        (
            parse(&format!(
                "(module (import \"env\" \"proxy_log\" (func (param i64) (result i32))) {abi} {memory} {malloc})"
            )),
            "does not fit this host",
        ),
    ] {
        let error = host().load(&wasm).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
