//! What the two verdicts cost by the kind of value: nanoseconds a value and a byte, best of several rounds.
//!
//! `cargo run --release -p portcullis-waf-injection --example cost`. With `COUNT=n` each value is only read `n`
//! times, for instruction counts: `valgrind --tool=callgrind` of two counts, subtracted.

use std::hint::black_box;
use std::time::Instant;

use portcullis_waf_injection::{sqli, xss};

/// Ordinary values first, then some made to be dear: text repeated to this length.
const HOSTILE_BYTES: usize = 12_000;

const ORDINARY: &[&str] = &[
    "price",
    "2026-11-21",
    "GA1.2.1234567890.1700000000",
    "https://shop.example.com/products/shoes",
    "12 Crescent Rd, London",
    "Please deliver between 9 and 5",
    "value number 12 with some text in it, as people write",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
];

const HOSTILE: &[&str] = &[
    "1,1,",
    "1,a,",
    "'or ",
    "a::b,-1,",
    "a.b.c",
    "select.union ",
    "'\"(=",
    "<a b=c>",
    "\"x=1 ",
    "'=",
];

fn main() {
    let ordinary = ORDINARY.iter().map(|text| (*text, (*text).to_owned()));
    let hostile = HOSTILE.iter().map(|text| (*text, text.repeat(HOSTILE_BYTES / text.len())));
    let count = std::env::var("COUNT").ok().and_then(|count| count.parse::<u32>().ok());
    for (name, value) in ordinary.chain(hostile) {
        let value = value.as_bytes();
        let sql = nanoseconds(count, || sqli(black_box(value)).is_some());
        let script = nanoseconds(count, || xss(black_box(value)));
        let bytes = value.len() as f64;
        println!(
            "SQL {sql:>9.0} ns {:>6.2} a byte   XSS {script:>9.0} ns {:>6.2} a byte   {name}",
            sql / bytes,
            script / bytes
        );
    }
}

/// The time of one run, the shortest of the rounds.
fn nanoseconds(count: Option<u32>, run: impl Fn() -> bool) -> f64 {
    let (rounds, runs) = count.map_or((20, 200), |count| (1, count));
    let round = || {
        let start = Instant::now();
        for _ in 0..runs {
            black_box(run());
        }
        start.elapsed().as_nanos() as f64 / f64::from(runs.max(1))
    };
    (0..rounds).map(|_| round()).fold(f64::INFINITY, f64::min)
}
