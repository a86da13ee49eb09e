//! What a line of the script can do: one call of the host each, its status and its answer written down.

use std::collections::BTreeMap;

use crate::callbacks::listed;
use crate::host;
use crate::text::{pairs, serialize, shown};

/// Level of everything this guest writes down.
const INFO: u32 = 2;

/// What operations remember from one another.
#[derive(Default)]
pub(crate) struct State {
    /// The context of the running callback.
    pub(crate) context: u32,
    /// The root context.
    pub(crate) root: u32,
    /// The stream that is meant by `effective stream`: of the call that was answered, or the youngest.
    pub(crate) stream: u32,
    /// Which stream made which call.
    pub(crate) tokens: BTreeMap<u32, u32>,
    /// The queue that `queue` was called for, or that was registered or resolved last.
    pub(crate) queue: u32,
    /// The compare-and-swap number that was read last.
    cas: u32,
    metrics: BTreeMap<String, u32>,
}

/// Writes a line that the differential runner knows.
pub(crate) fn note(line: &str) {
    host::log(INFO, &format!("guest| {line}"));
}

fn says(operation: &[String], status: i32, answer: impl std::fmt::Display) {
    let answer = answer.to_string();
    let blank = if answer.is_empty() { "" } else { " " };
    note(&format!("  {} -> {status}{blank}{answer}", operation.join(" ")));
}

/// Does one operation; `Some` is the callback's result.
pub(crate) fn perform(state: &mut State, words: &[String]) -> Option<u32> {
    let word = |index: usize| words.get(index).map(String::as_str).unwrap_or_default();
    match word(0) {
        "return" => return word(1).parse().ok(),
        "log" => {
            says(words, host::log(number(word(1)), word(2)), "");
            return None;
        }
        "trap" => std::process::abort(),
        "spin" => loop {
            std::hint::black_box(());
        },
        _ => {}
    }
    let _ = maps(words)
        || buffers(words)
        || streams(state, words)
        || shared(state, words)
        || others(state, words);
    None
}

fn number<T: std::str::FromStr + Default>(word: &str) -> T {
    word.parse().unwrap_or_default()
}

/// Header maps: the first argument is the number of the map.
fn maps(words: &[String]) -> bool {
    let word = |index: usize| words.get(index).map(String::as_str).unwrap_or_default();
    let map = number(word(1));
    match word(0) {
        "headers" => {
            let (status, bytes) = host::pairs(map);
            says(words, status, listed(&bytes));
        }
        "get" => {
            let (status, value) = host::value(map, word(2));
            says(words, status, shown(&value));
        }
        "add" => says(words, host::add(map, word(2), word(3)), ""),
        "replace" => says(words, host::replace(map, word(2), word(3)), ""),
        "remove" => says(words, host::remove(map, word(2)), ""),
        "set-headers" => says(words, host::set_pairs(map, &serialize(&pairs(word(2)))), ""),
        // Exactly the bytes of the word, which are no list of pairs.
        "set-malformed" => says(words, host::set_pairs(map, word(2).as_bytes()), ""),
        "map-size" => {
            let (status, size) = host::map_size(map);
            says(words, status, size);
        }
        // What is there besides what a gateway adds by itself.
        "names" => {
            let (status, bytes) = host::pairs(map);
            let wanted: Vec<&str> = word(2).split(',').collect();
            let found = crate::text::parse(&bytes).unwrap_or_default();
            let list: Vec<String> = found
                .iter()
                .filter(|(key, _)| wanted.iter().any(|name| name.as_bytes() == key.as_slice()))
                .map(|(key, value)| format!("{}: {}", shown(key), shown(value)))
                .collect();
            says(words, status, list.join(" | "));
        }
        _ => return false,
    }
    true
}

/// Buffers: the first argument is the number of the buffer.
fn buffers(words: &[String]) -> bool {
    let word = |index: usize| words.get(index).map(String::as_str).unwrap_or_default();
    let kind = number(word(1));
    match word(0) {
        "body" => {
            let (status, bytes) = host::buffer(kind, number(word(2)), number(word(3)));
            says(words, status, shown(&bytes));
        }
        "body-status" => {
            let (status, (length, flags)) = host::buffer_status(kind);
            says(words, status, format!("{length} {flags}"));
        }
        "set-body" => {
            says(
                words,
                host::set_buffer(kind, number(word(2)), number(word(3)), word(4).as_bytes()),
                "",
            );
        }
        // SIZE bytes in the place of everything.
        "fill-body" => {
            let bytes = vec![b'f'; number(word(2))];
            says(words, host::set_buffer(kind, 0, usize::MAX >> 1, &bytes), "");
        }
        _ => return false,
    }
    true
}

/// The streams of an exchange, local replies and calls.
fn streams(state: &mut State, words: &[String]) -> bool {
    let word = |index: usize| words.get(index).map(String::as_str).unwrap_or_default();
    let stream = if word(1) == "response" { 1 } else { 0 };
    match word(0) {
        "continue" => says(words, host::continue_stream(stream), ""),
        "close" => says(words, host::close_stream(stream), ""),
        "reply" => {
            let headers = serialize(&pairs(word(3)));
            says(words, host::reply(number(word(1)), "guest_reply", word(2), &headers, -1), "");
        }
        // call CLUSTER TIMEOUT PATH [BODY [TRAILERS]]
        "call" => {
            let list = format!(":method=POST&:path={}&:authority=callee&x-from=guest", word(3));
            let trailers = pairs(word(5));
            let trailers = if trailers.is_empty() { Vec::new() } else { serialize(&trailers) };
            let (status, token) = host::http_call(
                word(1),
                &serialize(&pairs(&list)),
                word(4),
                &trailers,
                number(word(2)),
            );
            if status == 0 {
                state.tokens.insert(token as u32, state.context);
            }
            says(words, status, "");
        }
        // call-with CLUSTER HEADERS: exactly these headers.
        "call-with" => {
            let (status, _) = host::http_call(word(1), &serialize(&pairs(word(2))), "", &[], 1000);
            says(words, status, "");
        }
        "effective" => {
            let context = match word(1) {
                "stream" => state.stream,
                "root" => state.root,
                other => number(other),
            };
            says(words, host::effective_context(context), "");
        }
        "done" => says(words, host::done(), ""),
        "status" => {
            let (status, (code, text)) = host::last_status();
            says(words, status, format!("{code} {}", shown(&text)));
        }
        _ => return false,
    }
    true
}

/// Shared data, queues and metrics.
fn shared(state: &mut State, words: &[String]) -> bool {
    let word = |index: usize| words.get(index).map(String::as_str).unwrap_or_default();
    match word(0) {
        "shared-get" => {
            let (status, (value, cas)) = host::shared(word(1));
            state.cas = cas;
            says(words, status, shown(&value));
        }
        // shared-set KEY VALUE 0|last|stale
        "shared-set" => {
            let cas = match word(3) {
                "last" => state.cas,
                "stale" => state.cas.wrapping_add(1000),
                _ => 0,
            };
            says(words, host::set_shared(word(1), word(2), cas), "");
        }
        "queue-register" | "queue-resolve" => {
            let (status, id) = if word(0) == "queue-register" {
                host::register_queue(word(1))
            } else {
                host::resolve_queue(word(1), word(2))
            };
            state.queue = id as u32;
            says(words, status, if id == 0 { "none" } else { "some" });
        }
        "enqueue" => says(words, host::enqueue(state.queue, word(1)), ""),
        "enqueue-at" => says(words, host::enqueue(number(word(1)), word(2)), ""),
        "dequeue" => {
            let (status, value) = host::dequeue(state.queue);
            says(words, status, shown(&value));
        }
        "metric" => {
            let kind = match word(1) {
                "counter" => 0,
                "gauge" => 1,
                "histogram" => 2,
                other => number(other),
            };
            let (status, id) = host::define_metric(kind, word(2));
            state.metrics.insert(word(2).to_owned(), id as u32);
            says(words, status, "");
        }
        "increment" => {
            let id = state.metrics.get(word(1)).copied().unwrap_or(u32::MAX);
            says(words, host::increment_metric(id, number(word(2))), "");
        }
        "record" => {
            let id = state.metrics.get(word(1)).copied().unwrap_or(u32::MAX);
            says(words, host::record_metric(id, number(word(2))), "");
        }
        "value" => {
            let id = state.metrics.get(word(1)).copied().unwrap_or(u32::MAX);
            let (status, value) = host::metric(id);
            says(words, status, value);
        }
        _ => return false,
    }
    true
}

/// Properties, ticks, clocks, foreign functions.
fn others(state: &mut State, words: &[String]) -> bool {
    let word = |index: usize| words.get(index).map(String::as_str).unwrap_or_default();
    match word(0) {
        "property" => {
            let (status, value) = host::property(&word(1).replace('/', "\0"));
            says(words, status, shown(&value));
        }
        // Only whether it is there, where the value is of this run alone.
        "has-property" => {
            let (status, value) = host::property(&word(1).replace('/', "\0"));
            says(words, status, format!("{} bytes", value.len()));
        }
        "set-property" => says(words, host::set_property(&word(1).replace('/', "\0"), word(2)), ""),
        "tick" => says(words, host::tick(number(word(1))), ""),
        "time" => {
            let (status, time) = host::time();
            says(
                words,
                status,
                if time > 1_600_000_000_000_000_000 { "of this age" } else { "long ago" },
            );
        }
        "log-level" => {
            let (status, level) = host::log_level();
            says(words, status, level);
        }
        "foreign" => {
            let (status, value) = host::foreign(word(1), word(2));
            says(words, status, shown(&value));
        }
        "contexts" => {
            let own = if state.context == state.root { "root" } else { "stream" };
            says(words, 0, own);
        }
        unknown => note(&format!("  {unknown} is no operation")),
    }
    true
}
