//! The worst requests: CPU milliseconds of the request phases, Core Rule Set as packaged, paranoia level 4.
//!
//! `cargo run --release -p portcullis-oracles --example worst [-- WORD]`; with a word, only cases whose name holds it.

use portcullis_oracles::drive::{Request, core_rule_set};
use portcullis_oracles::worst::{cost, form, pattern, patterns, shapes, structures};

/// Bytes of the one argument.
const VALUE_BYTES: usize = 128 << 10;
/// Bytes of one header line: what the gateway takes for all of them together.
const HEADER_BYTES: usize = 64 << 10;
/// Parts or levels.
const PARTS: usize = 10_000;
const SHOWN: usize = 25;

fn main() {
    let word = std::env::args().nth(1).unwrap_or_default();
    let cases: Vec<(String, Request)> =
        cases().into_iter().filter(|(name, _)| name.contains(&word)).collect();
    for mode in ["SecRuleEngine DetectionOnly", "SecRuleEngine On"] {
        let rules = core_rule_set(4, mode, true);
        let mut table: Vec<(u64, &str)> = cases
            .iter()
            .map(|(name, request)| {
                let runs = if word.is_empty() { 1 } else { 10 };
                let first = cost(&rules, request, runs);
                // What is near the limit is measured again: the least of several is the cost.
                (
                    if first > 15_000_000 { cost(&rules, request, 3).min(first) } else { first },
                    name.as_str(),
                )
            })
            .collect();
        table.sort_by_key(|(nanoseconds, _)| std::cmp::Reverse(*nanoseconds));
        let over = table.iter().filter(|(nanoseconds, _)| *nanoseconds > 50_000_000).count();
        println!("{mode}: {} cases, {over} above 50 ms", table.len());
        for (nanoseconds, name) in table.iter().take(SHOWN) {
            println!("{:>9.2} ms  {name}", *nanoseconds as f64 / 1e6);
        }
    }
}

fn cases() -> Vec<(String, Request)> {
    let mut cases = Vec::new();
    for pattern in patterns(false) {
        let start: String = pattern.chars().take(60).collect();
        for (shape, value) in pattern::values(&pattern, VALUE_BYTES) {
            cases.push((format!("{shape} of {start}"), form(&value, VALUE_BYTES)));
        }
    }
    for (name, value) in shapes::values(VALUE_BYTES) {
        cases.push((format!("argument: {name}"), form(&value, VALUE_BYTES)));
        let text = value.escape_ascii().to_string().replace('\\', "\\\\");
        let json = format!("{{\"a\":\"{}\"}}", text.replace('"', "\\\""));
        cases.push((format!("JSON: {name}"), Request::post("application/json", json.into())));
        let plain = Request::post("text/plain", value.clone());
        cases.push((format!("plain body: {name}"), plain));
        let xml = [b"<a>", value.as_slice(), b"</a>"].concat();
        cases.push((format!("XML: {name}"), Request::post("text/xml", xml)));
        let short = value.get(..HEADER_BYTES).unwrap_or_default().to_vec();
        for header in ["User-Agent", "Referer", "X-Other", "Range", "Accept-Encoding"] {
            cases.push((
                format!("{header}: {name}"),
                Request::get("/").header(header, short.clone()),
            ));
        }
        let cookie = [b"c=", short.as_slice()].concat();
        cases.push((format!("cookie: {name}"), Request::get("/").header("Cookie", cookie)));
        cases.push((format!("query: {name}"), Request::get([b"/?q=", short.as_slice()].concat())));
        cases.push((format!("path: {name}"), Request::get([b"/", short.as_slice()].concat())));
        let name_only = [short.as_slice(), b"=1"].concat();
        cases.push((
            format!("argument name: {name}"),
            Request::post("application/x-www-form-urlencoded", name_only),
        ));
    }
    for (name, request) in structures::requests(PARTS) {
        cases.push((format!("{PARTS} {name}"), request));
    }
    for (name, request) in structures::requests(100_000) {
        cases.push((format!("100000 {name}"), request));
    }
    cases
}
