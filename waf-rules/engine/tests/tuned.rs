//! Fifty routes tuned from one rule set: what they share changes no verdict.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use portcullis_waf_engine::{CompileOptions, RuleSet, Shared, Transaction, TransactionId};

#[path = "tuned/routes.rs"]
mod routes;

const ROUTES: usize = 50;

/// Queries that rules of several families look at, and what own rules of routes look for.
const QUERIES: [&str; 12] = [
    "page=2&sort=price",
    "id=1%20UNION%20SELECT%20password%20FROM%20users--",
    "id=1'%20or%20'1'='1",
    "q=<script>alert(1)</script>",
    "q=<img%20src=x%20onerror=alert(1)>",
    "file=../../../../etc/passwd",
    "cmd=;cat%20/etc/passwd",
    "cmd=$(curl%20http://example.com/x)",
    "x=<?php%20system($_GET['c']);",
    "x=phpinfo()%26eval(base64_decode('eA=='))",
    "field{}=OWN{}abc7&a=secret{}",
    "a=hidden{}&b=own{}",
];

fn compile(route: usize, shared: Arc<Shared>) -> Arc<RuleSet> {
    let options = CompileOptions { shared, ..CompileOptions::default() };
    RuleSet::compile(&routes::sources(route), &options).unwrap()
}

/// Rules matched, score and status of a request.
fn observe(rules: &Arc<RuleSet>, query: &str, route: usize) -> (Vec<u64>, i64, Option<u16>) {
    let home = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let uri = format!("/own/{}?{}", route % 10, query.replace("{}", &route.to_string()));
    let mut tx = Transaction::new(Arc::clone(rules), TransactionId::from(1_u128));
    tx.connection(home, 1, home, 80);
    tx.request_line(b"GET", uri.as_bytes(), uri.as_bytes(), b"HTTP/1.1");
    tx.request_header(b"Host", b"127.0.0.1");
    tx.request_header(b"User-Agent", b"Mozilla/5.0");
    let mut stop = tx.request_headers_done();
    if stop.is_none() {
        stop = tx.request_body(b"", true);
    }
    let ids = tx.matches().iter().map(|found| found.rule.id).collect();
    (ids, tx.score().inbound, stop.map(|stop| stop.status))
}

/// Rule sets compiled apart, each over nothing that is shared, are what takes the time: this many at once.
const THREADS: usize = 2;

/// Of this many routes one is compared. It has no factor in common with the numbers by which routes differ, so that each
/// way of tuning is compared many times.
const EVERY: usize = 3;

#[test]
fn sharing_changes_no_verdict() {
    let shared = Arc::new(Shared::default());
    let together: Vec<_> = (0..ROUTES).map(|route| compile(route, Arc::clone(&shared))).collect();
    let compared = |thread: usize| {
        let mut seen = BTreeSet::new();
        for route in (0..ROUTES).step_by(EVERY).skip(thread).step_by(THREADS) {
            let (together, apart) = (&together[route], compile(route, Arc::default()));
            assert!(together.rules().eq(apart.rules()), "route {route}");
            for query in QUERIES {
                let verdict = observe(together, query, route);
                assert_eq!(verdict, observe(&apart, query, route), "route {route}: {query}");
                seen.insert(verdict);
            }
        }
        seen
    };
    let seen: BTreeSet<_> = std::thread::scope(|scope| {
        let compared = &compared;
        let threads: Vec<_> =
            (0..THREADS).map(|thread| scope.spawn(move || compared(thread))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(seen.len() > 30, "{} different verdicts: the routes were not tuned", seen.len());
    let own = seen.iter().flat_map(|(ids, ..)| ids).filter(|id| **id >= routes::OWN_RULES);
    assert!(own.count() > 5, "own rules did not match");
}
