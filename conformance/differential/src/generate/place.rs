//! A request around payloads.

use super::{body, encode, payload};
use crate::exchange::Exchange;
use crate::random::Random;

const NAMES: &[&str] = &[
    "id", "q", "name", "user", "email", "page", "sort", "file", "url", "cmd", "a", "b[]", "c[d]",
    "e.f", "X", "_", "0",
];
const PATHS: &[&str] = &[
    "/",
    "/index.php",
    "/search",
    "/api/v1/users",
    "/static/app.js",
    "/a/b/../c",
    "/admin/",
    "/%7Euser/x",
    "/get",
    "/post",
    "/a;b=c/d",
    "/up%20load",
    "/x.bak",
    "/.git/config",
    "//double",
    "/caf%C3%A9",
];
const AGENTS: &[&str] = &[
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15",
    "curl/8.5.0",
    "Googlebot/2.1 (+http://www.google.com/bot.html)",
    "python-requests/2.31",
];

/// A request with one to four payloads.
pub(super) fn request(random: &mut Random, payloads: &[Vec<u8>]) -> Exchange {
    let line = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut headers = Vec::new();
    for (likely, name, value) in [
        (97, "Host", "shop.example.com"),
        (95, "User-Agent", random.pick(AGENTS)),
        (
            95,
            "Accept",
            random.pick(&["*/*", "text/html,application/xhtml+xml", "application/json"]),
        ),
        (60, "Accept-Language", "en-US,en;q=0.5"),
        (50, "Accept-Encoding", "gzip, deflate, br"),
        (20, "Connection", "keep-alive"),
        (10, "X-Requested-With", "XMLHttpRequest"),
    ] {
        if random.chance(likely) {
            headers.push(line(name, value));
        }
    }
    let mut exchange = Exchange {
        name: String::new(),
        method: "GET".to_owned(),
        target: random.pick(PATHS).to_owned(),
        version: random
            .pick(&["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/2.0", "HTTP/1.0"])
            .to_owned(),
        headers,
        body: Vec::new(),
        answer: Exchange::ordinary_answer(),
    };
    if random.chance(60) {
        let bodies = body::request_body(random, payloads);
        exchange.method = random.pick(&["POST", "POST", "POST", "PUT", "PATCH"]).to_owned();
        exchange.headers.push(line("Content-Type", &bodies.media));
        exchange.body = bodies.bytes;
    } else if random.chance(10) {
        exchange.method =
            random.pick(&["HEAD", "OPTIONS", "DELETE", "TRACE", "PROPFIND"]).to_owned();
    }
    for _ in 0..=random.below(3) {
        let payload = payload::pick(random, payloads);
        put(random, &mut exchange, &payload);
    }
    frame(&mut exchange);
    exchange
}

/// Puts a payload somewhere into the head.
pub(super) fn put(random: &mut Random, exchange: &mut Exchange, payload: &[u8]) {
    let payload = encode::encode(random, payload.to_vec());
    let name = random.pick(NAMES);
    match random.below(12) {
        0..5 => {
            let escaped = escaped(random, &payload);
            argument(exchange, &format!("{name}={escaped}"));
        }
        5 => {
            let escaped = escaped(random, &payload);
            argument(exchange, &format!("{escaped}=1"));
        }
        6 => {
            let segment: String = payload.iter().map(|byte| segment(*byte)).collect();
            let (path, query) = exchange.target.split_once('?').unwrap_or((&exchange.target, ""));
            let mark = if query.is_empty() { "" } else { "?" };
            exchange.target = format!("{path}/{segment}{mark}{query}");
        }
        7 => cookie(exchange, &format!("{name}={}", header_text(&payload))),
        8 => cookie(exchange, &format!("{}=1", header_text(&payload))),
        9 => header(exchange, "User-Agent", &header_text(&payload)),
        10 => header(
            exchange,
            "Referer",
            &format!("https://www.example.com/?{name}={}", header_text(&payload)),
        ),
        _ => header(exchange, "X-Custom", &header_text(&payload)),
    }
}

/// Content-Length as the body has it, where there is one.
pub(super) fn frame(exchange: &mut Exchange) {
    let bytes = exchange.body.len();
    for (name, value) in &mut exchange.headers {
        if name.eq_ignore_ascii_case("content-length") {
            *value = bytes.to_string();
        }
    }
    if bytes > 0 && exchange.header("content-length").is_none() {
        exchange.headers.push(("Content-Length".to_owned(), bytes.to_string()));
    }
}

/// Escaped for a query or form: mostly as a browser does it, sometimes everything, sometimes as little as a request
/// line allows.
pub(super) fn escaped(random: &mut Random, payload: &[u8]) -> String {
    let style = random.below(10);
    let mut out = Vec::with_capacity(payload.len() * 2);
    for byte in payload {
        let plain = match style {
            0 => false,
            1 | 2 => (0x21..0x7f).contains(byte) && !matches!(byte, b'&' | b'#'),
            _ => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~'),
        };
        match byte {
            _ if plain => out.push(*byte),
            b' ' if style > 5 => out.push(b'+'),
            _ => encode::percent(*byte, &mut out),
        }
    }
    String::from_utf8(out).unwrap_or_default()
}

/// A byte of a path as Go and every other parser take it.
fn segment(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    }
}

/// Text that a header line can hold: bytes that are no text, and line ends, are escaped.
pub(super) fn header_text(payload: &[u8]) -> String {
    let mut text = String::with_capacity(payload.len());
    for chunk in payload.utf8_chunks() {
        for next in chunk.valid().chars() {
            match next {
                '\0' | '\r' | '\n' => text.push_str(&format!("%{:02X}", u32::from(next))),
                _ => text.push(next),
            }
        }
        text.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02X}")));
    }
    text.trim().to_owned()
}

fn argument(exchange: &mut Exchange, pair: &str) {
    let mark = if exchange.target.contains('?') { '&' } else { '?' };
    exchange.target.push(mark);
    exchange.target.push_str(pair);
}

fn cookie(exchange: &mut Exchange, pair: &str) {
    match exchange.headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("cookie")) {
        Some((_, value)) => value.push_str(&format!("; {pair}")),
        None => exchange.headers.push(("Cookie".to_owned(), pair.to_owned())),
    }
}

fn header(exchange: &mut Exchange, name: &str, value: &str) {
    exchange.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    exchange.headers.push((name.to_owned(), value.to_owned()));
}
