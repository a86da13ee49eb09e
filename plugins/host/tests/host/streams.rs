//! An exchange's messages: held, changed, resumed, answered.

use std::sync::Arc;
use std::task::{Poll, Wake, Waker};

use bytes::Bytes;
use portcullis_plugin_host::{PlainFields, Side, Step, Visit};

use crate::kit::{Guest, Stage, plain};

struct Flag(std::sync::atomic::AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

fn poll(visit: &Visit, side: Side) -> Poll<Step> {
    visit.poll(side, Waker::noop()).unwrap()
}

fn go(bytes: &'static str) -> Step {
    Step::Continue(Bytes::from_static(bytes.as_bytes()))
}

fn body(visit: &Visit, text: &'static str, end: bool) -> Step {
    visit.body(Side::Request, &Bytes::from_static(text.as_bytes()), end).unwrap()
}

/// Says the size and the end of every part of the body.
const SIZES: &str = "(call $number (local.get $size)) (call $number (local.get $end))";

fn on_body(guest: &mut Guest, text: &str) {
    guest.on("proxy_on_request_body", "id size end", "r", text);
}

#[test]
fn headers_that_are_held_mean_another_thing_in_each_abi() {
    for (abi, answer, expected) in [
        ("0_2_100", 0, go("")),
        ("0_2_100", 1, Step::HoldHeaders),
        ("0_2_100", 2, Step::ContinueAndEnd),
        ("0_2_100", 3, Step::Hold),
        ("0_2_100", 4, Step::Hold),
        ("0_2_100", 77, Step::Hold),
        ("0_2_0", 1, Step::Hold),
        ("0_2_1", 1, Step::Hold),
        ("0_2_1", 0, go("")),
    ] {
        let mut guest = Guest::with_abi(abi);
        guest.request_headers("", answer);
        let visit = Stage::of(&guest).open();
        assert_eq!(visit.headers(Side::Request, false).unwrap(), expected, "{abi} {answer}");
    }
    let mut guest = Guest::new();
    guest.request_headers("", 1);
    let visit = Stage::of(&guest).open();
    assert_eq!(visit.headers(Side::Request, true), Ok(Step::Hold), "no body will release them");
}

#[test]
fn a_body_is_cumulative_while_it_is_held() {
    let mut guest = Guest::new();
    on_body(&mut guest, &format!("{SIZES} (i32.eqz (local.get $end))"));
    let stage = Stage::of(&guest);
    let visit = stage.open();
    assert_eq!(body(&visit, "AAA", false), Step::Hold);
    assert_eq!(body(&visit, "BBB", false), Step::Hold);
    assert_eq!(body(&visit, "CCC", false), Step::Hold);
    assert_eq!(body(&visit, "", true), go("AAABBBCCC"));
    assert_eq!(stage.desk.said(), ["3", "0", "6", "0", "9", "0", "9", "1"]);

    let mut guest = Guest::new();
    on_body(&mut guest, &format!("{SIZES} (i32.const 0)"));
    let stage = Stage::of(&guest);
    let visit = stage.open();
    for text in ["AAA", "BBB", "CCC"] {
        assert_eq!(body(&visit, text, false), go(text));
    }
    assert_eq!(body(&visit, "", true), go(""));
    assert_eq!(stage.desk.said(), ["3", "0", "3", "0", "3", "0", "0", "1"]);
}

#[test]
fn each_way_to_hold_a_body_keeps_what_it_should() {
    for (answer, sizes, last) in [
        (1, ["3", "0", "6", "1"], "AAABBB"),
        (2, ["3", "0", "3", "1"], "AAABBB"),
        (3, ["3", "0", "3", "1"], "BBB"),
    ] {
        let mut guest = Guest::new();
        let text = format!(
            "{SIZES} (if (result i32) (local.get $end) (then (i32.const 0)) (else (i32.const {answer})))"
        );
        on_body(&mut guest, &text);
        let stage = Stage::of(&guest);
        let visit = stage.open();
        assert_eq!(body(&visit, "AAA", false), Step::Hold);
        assert_eq!(body(&visit, "BBB", true), Step::Continue(Bytes::from(last)));
        assert_eq!(stage.desk.said(), sizes, "{answer}");
    }
}

#[test]
fn a_body_is_changed_as_in_envoy() {
    for (start, length, result, status) in [
        (0, 0, "newAAABBB", "0"),
        (0, 3, "newBBB", "0"),
        (0, 99, "new", "0"),
        (6, 0, "AAABBBnew", "0"),
        (99, 0, "AAABBBnew", "0"),
        (3, 1, "AAABBB", "2"),
    ] {
        let mut guest = Guest::new();
        let new = guest.text("new");
        let set = format!(
            "(call $number (call $proxy_set_buffer_bytes (i32.const 0) (i32.const {start}) (i32.const {length}) {new}))"
        );
        on_body(
            &mut guest,
            &format!("(if (local.get $end) (then {set})) (i32.eqz (local.get $end))"),
        );
        let stage = Stage::of(&guest);
        let visit = stage.open();
        assert_eq!(body(&visit, "AAA", false), Step::Hold);
        assert_eq!(
            body(&visit, "BBB", true),
            Step::Continue(Bytes::from(result)),
            "{start} {length}"
        );
        assert_eq!(stage.desk.said(), [status]);
    }
}

#[test]
fn a_body_is_read_in_pieces_and_never_beyond_its_end() {
    let mut guest = Guest::new();
    let read = |start: u32, most: u32| {
        format!(
            "(call $out_if (call $proxy_get_buffer_bytes (i32.const 0) (i32.const {start}) (i32.const {most}) (i32.const 0) (i32.const 4)))"
        )
    };
    let text = [read(0, 3), read(2, 99), read(6, 1), read(99, 1)].concat();
    on_body(
        &mut guest,
        &format!(
            "{text} (call $number (call $proxy_get_buffer_status (i32.const 0) (i32.const 8) (i32.const 12))) (call $number (i32.load (i32.const 8))) (i32.const 0)"
        ),
    );
    let stage = Stage::of(&guest);
    body(&stage.open(), "abcdef", true);
    assert_eq!(stage.desk.said(), ["0", "abc", "0", "cdef", "0", "", "0", "", "0", "6"]);
}

#[test]
fn what_is_held_has_a_limit_that_can_be_raised() {
    let large = Bytes::from(vec![b'x'; 1024 * 1024 + 1]);
    for (raise, expected) in [(false, Step::TooLarge), (true, Step::Hold)] {
        let mut guest = Guest::new();
        let (name, bytes) = (guest.text("set_decoder_buffer_limit"), guest.text("2097152"));
        let raised = format!("(drop (call $proxy_set_property {name} {bytes}))");
        guest.request_headers(if raise { &raised } else { "" }, 1);
        on_body(&mut guest, "(i32.const 1)");
        let stage = Stage::of(&guest);
        let visit = stage.open();
        visit.headers(Side::Request, false).unwrap();
        assert_eq!(visit.body(Side::Request, &large, false), Ok(expected));
    }
}

#[test]
fn held_headers_can_be_changed_until_they_go() {
    let mut guest = Guest::new();
    let (name, value) = (guest.text("x-new"), guest.text("v"));
    let add =
        format!("(call $number (call $proxy_add_header_map_value (i32.const 0) {name} {value}))");
    guest.request_headers("", 1);
    on_body(&mut guest, &format!("{add} (i32.eqz (local.get $end))"));
    guest.on("proxy_on_response_headers", "id n end", "r", &format!("{add} (i32.const 0)"));
    guest.on("proxy_on_log", "id", "", &format!("{add} (call $out_if (call $proxy_get_header_map_value (i32.const 0) {name} (i32.const 0) (i32.const 4))) (call $number (call $proxy_get_header_map_value (i32.const 2) {name} (i32.const 0) (i32.const 4)))"));
    let stage = Stage::of(&guest);
    let visit = stage.open();
    assert_eq!(visit.headers(Side::Request, false), Ok(Step::HoldHeaders));
    assert_eq!(body(&visit, "a", false), Step::Hold);
    assert_eq!(body(&visit, "b", true), go("ab"));
    plain(&visit, |stream| stream.response_headers = Some(PlainFields::of(&[(":status", "200")])));
    assert_eq!(visit.headers(Side::Response, true), Ok(go("")));
    visit.finish().1.unwrap();
    assert_eq!(stage.desk.said(), ["0", "0", "2", "2", "0", "v", "1"]);
}

#[test]
fn a_held_exchange_goes_on_when_the_module_says_so() {
    for (side, call) in [
        (Side::Request, "proxy_continue_stream (i32.const 0)"),
        (Side::Response, "proxy_continue_stream (i32.const 1)"),
        (Side::Request, "proxy_continue_request"),
        (Side::Response, "proxy_continue_response"),
    ] {
        let mut guest = Guest::new();
        let callback = match side {
            Side::Request => "proxy_on_request_headers",
            Side::Response => "proxy_on_response_headers",
        };
        guest.on(callback, "id n end", "r", "(global.set $kept (local.get $id)) (i32.const 3)");
        guest.on(
            "proxy_on_configure",
            "id size",
            "r",
            "(drop (call $proxy_set_tick_period_milliseconds (i32.const 30))) (i32.const 1)",
        );
        guest.on("proxy_on_tick", "id", "", &format!("(if (global.get $kept) (then (drop (call $proxy_set_effective_context (global.get $kept))) (drop (call ${call}))))"));
        let stage = Stage::of(&guest);
        let visit = stage.open();
        plain(&visit, |stream| {
            stream.response_headers = Some(PlainFields::of(&[(":status", "200")]))
        });
        assert_eq!(visit.headers(side, true), Ok(Step::Hold));
        let flag = Arc::new(Flag(false.into()));
        let waker = Waker::from(Arc::clone(&flag));
        let mut step = visit.poll(side, &waker).unwrap();
        for _ in 0..2000 {
            if step.is_ready() {
                break;
            }
            if flag.0.load(std::sync::atomic::Ordering::Relaxed) {
                step = visit.poll(side, &waker).unwrap();
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        assert_eq!(step, Poll::Ready(go("")), "{call}");
        assert_eq!(poll(&visit, side), Poll::Pending, "once is once");
    }
}

#[test]
fn a_module_answers_itself_in_every_phase() {
    let reply = |guest: &mut Guest, status: u32| {
        let (details, text) = (guest.text("because"), guest.text("no"));
        let mut list = 1_u32.to_le_bytes().to_vec();
        list.extend_from_slice(&[3, 0, 0, 0, 1, 0, 0, 0]);
        list.extend_from_slice(b"X-A\0b\0");
        let list = guest.text(list);
        let send = format!(
            "(call $number (call $proxy_send_local_response (i32.const {status}) {details} {text} {list} (i32.const -1)))"
        );
        format!("{send} {send} (i32.const 0)")
    };
    let mut guest = Guest::new();
    for callback in ["request_headers", "request_body", "response_headers", "response_body"] {
        let text = reply(&mut guest, 403);
        guest.on(&format!("proxy_on_{callback}"), "id n end", "r", &text);
    }
    for callback in ["request_trailers", "response_trailers"] {
        let text = reply(&mut guest, 403);
        guest.on(&format!("proxy_on_{callback}"), "id n", "r", &text);
    }
    let stage = Stage::of(&guest);
    for phase in 0..6 {
        let visit = stage.open();
        plain(&visit, |stream| stream.response_headers = Some(PlainFields::default()));
        let part = Bytes::from_static(b"x");
        let step = match phase {
            0 => visit.headers(Side::Request, true),
            1 => visit.body(Side::Request, &part, true),
            2 => visit.trailers(Side::Request),
            3 => visit.headers(Side::Response, true),
            4 => visit.body(Side::Response, &part, true),
            _ => visit.trailers(Side::Response),
        };
        let Ok(Step::Reply(reply)) = step else { panic!("{phase}: {step:?}") };
        assert_eq!((reply.status, &reply.body[..], reply.grpc_status), (403, &b"no"[..], None));
        assert_eq!(reply.headers, [(b"x-a".to_vec(), b"b".to_vec())]);
        assert_eq!(stage.desk.said(), ["0", "2"], "a second answer is refused");
        assert_eq!(plain(&visit, |stream| stream.details.clone()), ["because"]);
    }
}

#[test]
fn a_module_closes_a_stream() {
    for (number, status, expected) in
        [(0, "0", Step::Reset), (1, "0", Step::Reset), (4, "2", go(""))]
    {
        let mut guest = Guest::new();
        guest.request_headers(
            &format!("(call $number (call $proxy_close_stream (i32.const {number})))"),
            0,
        );
        let stage = Stage::of(&guest);
        assert_eq!(stage.open().headers(Side::Request, true), Ok(expected));
        assert_eq!(stage.desk.said(), [status]);
    }
}

#[test]
fn trailers_release_a_body_and_can_be_begun() {
    let mut guest = Guest::new();
    let (name, value) = (guest.text("x-t"), guest.text("v"));
    let add =
        format!("(call $number (call $proxy_add_header_map_value (i32.const 1) {name} {value}))");
    on_body(&mut guest, &format!("{add} (i32.const 1)"));
    guest.on(
        "proxy_on_request_trailers",
        "id n",
        "r",
        &format!("(call $number (local.get $n)) {add} (i32.const 0)"),
    );
    let stage = Stage::of(&guest);
    let visit = stage.open();
    assert_eq!(body(&visit, "ab", false), Step::Hold);
    assert_eq!(stage.desk.said(), ["2"], "not before the end");
    plain(&visit, |stream| stream.request_trailers = Some(PlainFields::of(&[("a", "b")])));
    assert_eq!(visit.trailers(Side::Request), Ok(go("ab")));
    assert_eq!(stage.desk.said(), ["1", "0"]);
    let visit = stage.open();
    assert_eq!(body(&visit, "ab", true), Step::Hold);
    assert_eq!(stage.desk.said(), ["0"], "at the end there may be new ones");
    assert!(plain(&visit, |stream| stream.request_trailers.is_some()));
}

#[test]
fn bytes_are_sent_past_what_is_held() {
    let mut guest = Guest::new();
    let text = guest.text("data: 1\n\n");
    guest.on("proxy_on_response_body", "id size end", "r", &format!("(drop (call $proxy_inject_encoded_data_to_filter_chain {text} (local.get $end))) (i32.const 3)"));
    let stage = Stage::of(&guest);
    let visit = stage.open();
    let expected = |end| Step::Inject(Bytes::from_static(b"data: 1\n\n"), end);
    assert_eq!(visit.body(Side::Response, &Bytes::from_static(b"x"), false), Ok(expected(false)));
    assert_eq!(poll(&visit, Side::Response), Poll::Pending);
    assert_eq!(visit.body(Side::Response, &Bytes::new(), true), Ok(expected(true)));
}
