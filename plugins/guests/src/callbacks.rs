//! The callbacks of the ABI. Each writes a line and does what the script says; `return N` in the script is its result.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::operations::{self, State};
use crate::script::{self, Line};
use crate::{host, text};

/// Buffer of the plugin's configuration.
const CONFIGURATION: u32 = 7;

#[derive(Default)]
struct Guest {
    script: Vec<Line>,
    /// How often each callback came in a context.
    calls: BTreeMap<(u32, &'static str), u32>,
    state: State,
}

thread_local! {
    static GUEST: RefCell<Guest> = RefCell::default();
}

/// Writes what happened and does the lines of this call; `unless_said` is the result without a `return`.
fn run(context: u32, callback: &'static str, arguments: &str, end: bool, unless_said: u32) -> u32 {
    operations::note(&format!("{context} {callback}{arguments}"));
    GUEST.with_borrow_mut(|guest| {
        let call = guest.calls.entry((context, callback)).or_default();
        *call += 1;
        let call = *call;
        let mut result = unless_said;
        guest.state.context = context;
        let Guest { script, state, .. } = guest;
        for line in
            script.iter().filter(|line| line.callback == callback && line.when.fits(call, end))
        {
            if let Some(said) = operations::perform(state, &line.words) {
                result = said;
            }
        }
        result
    })
}

fn end_of(end: u32) -> (String, bool) {
    (format!(" end={end}"), end != 0)
}

fn headers(context: u32, callback: &'static str, count: u32, end: u32) -> u32 {
    // How many there are depends on what a gateway adds; the script shows those it wants to see.
    let _ = count;
    let (text, end) = end_of(end);
    run(context, callback, &text, end, 0)
}

fn body(context: u32, callback: &'static str, size: u32, end: u32) -> u32 {
    let (text, end) = end_of(end);
    run(context, callback, &format!(" size={size}{text}"), end, 0)
}

#[no_mangle]
pub extern "C" fn _initialize() {}

#[no_mangle]
pub extern "C" fn proxy_abi_version_0_2_1() {}

#[no_mangle]
pub extern "C" fn proxy_on_context_create(context: u32, root: u32) {
    GUEST.with_borrow_mut(|guest| {
        if root != 0 {
            guest.state.stream = context;
        } else {
            guest.state.root = context;
        }
    });
    run(context, "create", &format!(" root={root}"), false, 0);
}

#[no_mangle]
pub extern "C" fn proxy_on_vm_start(context: u32, size: u32) -> u32 {
    run(context, "vm_start", &format!(" size={size}"), false, 1)
}

#[no_mangle]
pub extern "C" fn proxy_on_configure(context: u32, size: u32) -> u32 {
    let (status, bytes) = host::buffer(CONFIGURATION, 0, size as usize);
    GUEST.with_borrow_mut(|guest| guest.script = script::read(&String::from_utf8_lossy(&bytes)));
    run(
        context,
        "configure",
        &format!(" size={} status={status}", if size > 0 { "some" } else { "0" }),
        false,
        1,
    )
}

#[no_mangle]
pub extern "C" fn proxy_on_tick(context: u32) {
    run(context, "tick", "", false, 0);
}

#[no_mangle]
pub extern "C" fn proxy_on_queue_ready(context: u32, queue: u32) {
    GUEST.with_borrow_mut(|guest| guest.state.queue = queue);
    run(context, "queue", "", false, 0);
}

#[no_mangle]
pub extern "C" fn proxy_on_request_headers(context: u32, count: u32, end: u32) -> u32 {
    headers(context, "request_headers", count, end)
}

#[no_mangle]
pub extern "C" fn proxy_on_request_body(context: u32, size: u32, end: u32) -> u32 {
    body(context, "request_body", size, end)
}

#[no_mangle]
pub extern "C" fn proxy_on_request_trailers(context: u32, count: u32) -> u32 {
    run(context, "request_trailers", &format!(" count={count}"), true, 0)
}

#[no_mangle]
pub extern "C" fn proxy_on_response_headers(context: u32, count: u32, end: u32) -> u32 {
    headers(context, "response_headers", count, end)
}

#[no_mangle]
pub extern "C" fn proxy_on_response_body(context: u32, size: u32, end: u32) -> u32 {
    body(context, "response_body", size, end)
}

#[no_mangle]
pub extern "C" fn proxy_on_response_trailers(context: u32, count: u32) -> u32 {
    run(context, "response_trailers", &format!(" count={count}"), true, 0)
}

#[no_mangle]
pub extern "C" fn proxy_on_http_call_response(
    context: u32,
    token: u32,
    headers: u32,
    size: u32,
    trailers: u32,
) {
    let known = GUEST.with_borrow_mut(|guest| match guest.state.tokens.remove(&token) {
        Some(stream) => {
            guest.state.stream = stream;
            "known"
        }
        None => "unknown",
    });
    // The number of headers differs from gateway to gateway; none at all means that the call failed.
    let headers = if headers > 0 { "some" } else { "0" };
    let arguments = format!(" token={known} headers={headers} size={size} trailers={trailers}");
    run(context, "http_response", &arguments, true, 0);
}

#[no_mangle]
pub extern "C" fn proxy_on_foreign_function(context: u32, function: u32, size: u32) {
    run(context, "foreign", &format!(" function={function} size={size}"), false, 0);
}

#[no_mangle]
pub extern "C" fn proxy_on_done(context: u32) -> u32 {
    run(context, "done", "", false, 1)
}

#[no_mangle]
pub extern "C" fn proxy_on_log(context: u32) {
    run(context, "log", "", false, 0);
}

#[no_mangle]
pub extern "C" fn proxy_on_delete(context: u32) {
    run(context, "delete", "", false, 0);
    GUEST.with_borrow_mut(|guest| guest.calls.retain(|(own, _), _| *own != context));
}

/// Used by operations that show a header list.
pub(crate) fn listed(bytes: &[u8]) -> String {
    match text::parse(bytes) {
        None => format!("malformed {}", text::shown(bytes)),
        Some(pairs) => pairs
            .iter()
            .map(|(key, value)| format!("{}: {}", text::shown(key), text::shown(value)))
            .collect::<Vec<_>>()
            .join(" | "),
    }
}
