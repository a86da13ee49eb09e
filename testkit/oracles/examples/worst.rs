//! The worst requests: CPU milliseconds of the request phases, Core Rule Set as packaged, paranoia level 4.
//!
//! `cargo run --release -p portcullis-oracles --example worst [-- WORD]`; with a word, only cases whose name holds it.

use portcullis_config::defaults;
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
        let mut table: Vec<(u64, &str, Option<&str>)> = cases
            .iter()
            .map(|(name, request)| {
                let runs = if word.is_empty() { 1 } else { 10 };
                let first = cost(&rules, request, runs);
                // What is near the limit is measured again: the least of several is the cost.
                let least =
                    if first > 15_000_000 { cost(&rules, request, 3).min(first) } else { first };
                (least, name.as_str(), refusing_limit(request))
            })
            .collect();
        table.sort_by_key(|(nanoseconds, ..)| std::cmp::Reverse(*nanoseconds));
        let over = |refused: bool| {
            let dear = table.iter().filter(|(nanoseconds, ..)| *nanoseconds > 50_000_000);
            dear.filter(|(.., limit)| limit.is_some() == refused).count()
        };
        let (passing, refused) = (over(false), over(true));
        println!(
            "{mode}: {} cases; above 50 ms: {passing}, and {refused} that a limit of the gateway answers",
            table.len()
        );
        for (nanoseconds, name, limit) in table.iter().take(SHOWN) {
            let limit = limit.map(|limit| format!("  (beyond {limit})")).unwrap_or_default();
            println!("{:>9.2} ms  {name}{limit}", *nanoseconds as f64 / 1e6);
        }
    }
}

/// The limit by which the gateway, as it comes, answers the request before any rule does.
fn refusing_limit(request: &Request) -> Option<&'static str> {
    let lines = request.headers.iter().map(|(name, value)| name.len() + value.len() + 4);
    if request.uri.len() as u64 > defaults::URI.bytes() {
        Some("limits.uri")
    } else if lines.sum::<usize>() as u64 > defaults::HEADERS.bytes() {
        Some("limits.headers")
    } else if request.headers.len() > defaults::HEADERS_COUNT as usize {
        Some("limits.headers_count")
    } else if request.body.len() as u64 > defaults::REQUEST_BODY_INSPECTION.bytes() {
        Some("request_body.limit")
    } else {
        None
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
