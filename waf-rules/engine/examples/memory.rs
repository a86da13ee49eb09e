//! What a tuned route costs: the packaged Core Rule Set compiled once, and then for fifty routes that are tuned differently.
//!
//! `cargo run --release -p portcullis-waf-engine --example memory [ROUTES] [apart]`; prints resident memory and CPU time of
//! the first rule set and of each further one. As many others come first, to fill what compiling the first one left free.
//! With `apart` they share nothing.

use std::sync::Arc;

use portcullis_waf_engine::{CompileOptions, RuleSet, Shared, Sources};

#[path = "../tests/tuned/routes.rs"]
#[allow(dead_code, reason = "the ids of own rules are for the tests")]
mod routes;

fn main() {
    let routes = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(50);
    let apart = std::env::args().any(|argument| argument == "apart");
    let shared = Arc::new(Shared::default());
    let compile = |sources: &Sources| {
        let shared = if apart { Arc::default() } else { Arc::clone(&shared) };
        let options = CompileOptions { shared, ..CompileOptions::default() };
        RuleSet::compile(sources, &options).unwrap_or_else(|problems| {
            problems.iter().for_each(|problem| eprintln!("{problem}"));
            panic!("{} problems", problems.len())
        })
    };
    let mut kept = Vec::new();
    let first = Spent::of(|| kept.push(compile(&routes::sources(0))));
    println!("first rule set: {first}");
    let filling = Spent::of(|| kept.extend((1..=routes).map(|n| compile(&routes::sources(n)))));
    println!("{routes} routes: {filling}");
    let measured = routes + 1..=2 * routes;
    let all = Spent::of(|| kept.extend(measured.map(|n| compile(&routes::sources(n)))));
    let each = f64::from(u32::try_from(routes).unwrap_or(1));
    let (memory, time) = (all.megabytes / each, all.milliseconds / each);
    println!("{routes} more: {all}; each {memory:.3} MB and {time:.1} ms");
}

struct Spent {
    megabytes: f64,
    milliseconds: f64,
}

impl Spent {
    fn of(work: impl FnOnce()) -> Self {
        let (memory, time) = (resident_pages(), cpu_nanoseconds());
        work();
        Self {
            megabytes: (resident_pages() - memory) * 4096.0 / 1e6,
            milliseconds: (cpu_nanoseconds() - time) / 1e6,
        }
    }
}

impl std::fmt::Display for Spent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} MB resident, {:.1} ms of CPU", self.megabytes, self.milliseconds)
    }
}

fn resident_pages() -> f64 {
    field("/proc/self/statm", 1)
}

/// Time this process was running, as the scheduler counts it: other work on the machine does not show.
fn cpu_nanoseconds() -> f64 {
    field("/proc/self/schedstat", 0)
}

fn field(file: &str, at: usize) -> f64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.split_ascii_whitespace().nth(at).and_then(|field| field.parse().ok()).unwrap_or(0.0)
}
