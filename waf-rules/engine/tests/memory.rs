//! What tuned routes and reloads keep in memory. One test alone in its process, because it reads the size of the process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use portcullis_waf_engine::{CompileOptions, RuleSet, Shared};

#[path = "tuned/routes.rs"]
#[allow(dead_code, reason = "the ids of own rules are for other tests")]
mod routes;

/// Megabytes that each tuned route may take; one that shares nothing takes some 22.
const MAX_ROUTE_MEGABYTES: f64 = 1.0;

#[test]
fn tuned_routes_are_small_and_reloads_leave_nothing() {
    let shared = Arc::new(Shared::default());
    let compile = |route: usize| {
        let shared = Arc::clone(&shared);
        let options = CompileOptions { shared, ..CompileOptions::default() };
        RuleSet::compile(&routes::sources(route), &options).unwrap()
    };
    // The first ones fill what compiling the very first leaves free.
    let kept: Vec<_> = (0..30).map(compile).collect();
    let before = resident_megabytes();
    let more: Vec<_> = (30..50).map(compile).collect();
    let each = (resident_megabytes() - before) / 20.0;
    assert!(each <= MAX_ROUTE_MEGABYTES, "{each:.3} MB a route");
    drop((kept, more));

    // Each round has text that no round had before, as edited rules do.
    let mut loaded: Vec<_> = (0..5).map(compile).collect();
    let mut sizes = Vec::new();
    for round in 1..=10 {
        let next = (0..5).map(|route| compile(1_000 * round + route)).collect();
        drop(std::mem::replace(&mut loaded, next));
        sizes.push(resident_megabytes());
    }
    let (early, late) = (sizes[3], sizes[9]);
    assert!(late - early < 2.0, "{early:.1} MB after 4 reloads, {late:.1} MB after 10: {sizes:?}");
}

fn resident_megabytes() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: f64 = text.split_ascii_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096.0 / 1e6
}
