//! What one request costs the engine: CRS as packaged, stock setup, blocking, paranoia level 1, phases 1 and 2.
//!
//! `cargo run --release -p portcullis-waf-engine --example cost [LEVEL] [SHAPE]`; prints CPU microseconds a request by shape.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use portcullis_waf_engine::{CompileOptions, RuleSet, Sources, Transaction, TransactionId};

/// `{n}` stands for what is different in every request.
struct Shape {
    name: &'static str,
    method: &'static str,
    uri: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// Requests of a shape that differ: more than a thread remembers values.
const VARIANTS: u64 = 4_096;

impl Shape {
    fn variants(&self) -> Vec<Self> {
        let variants = if self.body.len() > 8_000 { 16 } else { VARIANTS };
        let numbers = (1..=variants).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_string());
        let variant = |number: String| Self {
            uri: self.uri.replace("{n}", &number),
            headers: self.headers.iter().map(|(n, v)| (*n, v.replace("{n}", &number))).collect(),
            body: self.body.replace("{n}", &number),
            ..*self
        };
        numbers.map(variant).collect()
    }
}

fn main() {
    let level = std::env::args().nth(1).unwrap_or_else(|| "1".to_owned());
    let only = std::env::args().nth(2);
    // One shape alone is measured for longer, for a profiler to look at.
    let milliseconds = if only.is_some() { 4_000 } else { 500 };
    for prefilter in [true, false].into_iter().take(if only.is_some() { 1 } else { 2 }) {
        let began = cpu_nanoseconds();
        let rules = rules(&level, prefilter);
        let cost = (cpu_nanoseconds() - began) / 1_000_000;
        println!("prefilter {prefilter}: compiled in {cost} ms of CPU");
        for shape in shapes().iter().filter(|s| only.as_ref().is_none_or(|o| s.name.contains(o))) {
            measure(&rules, shape, milliseconds);
        }
    }
}

fn rules(level: &str, prefilter: bool) -> Arc<RuleSet> {
    let package = portcullis_waf_rulesets::embedded();
    let Some(package) = package else { panic!("built without the Core Rule Set") };
    let overrides = format!(
        "SecRuleEngine On\nSecAction \"id:900000,phase:1,pass,nolog,setvar:tx.blocking_paranoia_level={level}\"\n"
    );
    let sources = Sources::new("entry.conf", package.entry(&overrides))
        .with_files(package.files.iter().map(|file| (file.path.clone(), file.content.clone())));
    let options = CompileOptions { prefilter, ..CompileOptions::default() };
    RuleSet::compile(&sources, &options).unwrap_or_else(|problems| {
        for problem in &problems {
            eprintln!("{problem}");
        }
        panic!("{} problems", problems.len())
    })
}

fn shapes() -> Vec<Shape> {
    let browser = |more: &[(&'static str, &str)]| {
        let mut headers = vec![
            ("Host", "shop.example.com".to_owned()),
            (
                "User-Agent",
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(),
            ),
            (
                "Accept",
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8".to_owned(),
            ),
            ("Accept-Language", "en-US,en;q=0.5".to_owned()),
            ("Accept-Encoding", "gzip, deflate, br".to_owned()),
            ("Referer", "https://shop.example.com/products/shoes/{n}".to_owned()),
            (
                "Cookie",
                "session=8f14e45fceea167a{n}; theme=dark; _ga=GA1.2.{n}.1700000000".to_owned(),
            ),
            ("Connection", "keep-alive".to_owned()),
        ];
        headers.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        headers
    };
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let prose = "The quick brown fox jumps over the lazy dog while the select committee considers union rates and updates from the table. ";
    let leaves: Vec<String> = (0..60)
        .map(|i| format!("\"field_{i}\":\"value {{n}}{i} with some text in it, as people write\""))
        .collect();
    let post = |name, body: String, kind: (&'static str, &str)| {
        let length = body.len().to_string();
        let headers = browser(&[kind, ("Content-Length", &length)]);
        Shape { name, method: "POST", uri: "/checkout".to_owned(), headers, body }
    };
    let get = |name, uri: &str| Shape {
        name,
        method: "GET",
        uri: uri.to_owned(),
        headers: browser(&[]),
        body: String::new(),
    };
    vec![
        get("GET, 2 params", "/products?page={n}&sort=price"),
        get("GET, 4 params", "/products?page={n}&sort=price&q=running+shoes+{n}&lang=en"),
        post(
            "form, 8 params",
            "name=Ada+Lovelace+{n}&street={n}+Crescent+Rd%2C+London&email=ada{n}%40example.com&phone=%2B44+20+7946+0958&note=Please+deliver+between+{n}+and+5&lang=en-GB&gift=true&date=2026-11-21".to_owned(),
            form,
        ),
        post("JSON, GraphQL", "{\"query\":\"query Product($id: ID!) { product(id: $id) { name price { amount currency } } }\",\"variables\":{\"id\":\"42\"}}".to_owned(), ("Content-Type", "application/json")),
        post("JSON 4 KB, 60 leaves", format!("{{{}}}", leaves.join(",")), ("Content-Type", "application/json")),
        post("form, one 10 KB value", format!("text={}", prose.repeat(85).get(..10_000).unwrap_or_default().replace(' ', "+")), form),
        post("form, 120 KB of `a`", format!("text={}", "a".repeat(120_000)), form),
        post("form, 120 KB of quotes", format!("text={}", "'\"(=".repeat(30_000)), form),
        post("form, 900 params", (0..900).map(|i| format!("p{i}=v{i}&")).collect(), form),
        get("GET, UNION SELECT", "/products?id=1%20UNION%20SELECT%20username%2Cpassword%20FROM%20users--"),
    ]
}

/// Time this process was running, as the scheduler counts it: other work on the machine does not show.
fn cpu_nanoseconds() -> u64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split_ascii_whitespace().next().and_then(|field| field.parse().ok()).unwrap_or(0)
}

fn measure(rules: &Arc<RuleSet>, shape: &Shape, milliseconds: u128) {
    let home = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));
    let variants = shape.variants();
    let run = |id: u128| {
        let Some(shape) = variants.get(id as usize % variants.len()) else { return (None, vec![]) };
        let mut tx = Transaction::new(Arc::clone(rules), TransactionId::from(id));
        tx.connection(home, 50_000, home, 443);
        tx.request_line(
            shape.method.as_bytes(),
            shape.uri.as_bytes(),
            shape.uri.as_bytes(),
            b"HTTP/1.1",
        );
        for (name, value) in &shape.headers {
            tx.request_header(name.as_bytes(), value.as_bytes());
        }
        let mut stop = tx.request_headers_done();
        if stop.is_none() {
            stop = tx.request_body(shape.body.as_bytes(), true);
        }
        (stop.map(|i| i.status), tx.matches().iter().map(|m| m.rule.id).collect::<Vec<_>>())
    };
    let (status, ids) = run(1);
    if std::env::var_os("COUNT").is_some() {
        // For instruction counts: `perf stat -e instructions:u` of two counts, subtracted.
        let count = std::env::var("COUNT").ok().and_then(|c| c.parse().ok()).unwrap_or(0);
        (1..=count).for_each(|id: u128| drop(std::hint::black_box(run(id))));
        return;
    }
    let (budget, began) = (Instant::now(), cpu_nanoseconds());
    let mut count = 0_u128;
    while budget.elapsed().as_millis() < milliseconds {
        (count..count + 50).for_each(|id| drop(std::hint::black_box(run(id))));
        count += 50;
    }
    let mean = (cpu_nanoseconds() - began) as f64 / 1e3 / count as f64;
    println!("  {:<24} {mean:>9.1} us  status {status:?} rules {ids:?}", shape.name);
}
