//! What a byte of a hostile request costs, against a byte of the dearest ordinary one: values made from every pattern,
//! values full of literals, dear SQL, a thousand short arguments, leaves, cookies, header lines. CPU time of this thread;
//! ratios within one run decide, and what seems to fail is measured again together with what it is compared with.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::cell::Cell;
use std::sync::Arc;

use portcullis_oracles::drive::{Request, core_rule_set};
use portcullis_oracles::worst::cost;
use portcullis_oracles::worst::hostile::{Aim, Case, hostile, ordinary};
use portcullis_waf_engine::RuleSet;

/// How much dearer a byte may be.
const MAX_RATIO: f64 = 3.0;
/// Where every next byte leads a lazy automaton to a state that it has not built, or matches yet another pattern: building
/// a state of the largest patterns takes a microsecond or two, and when its cache is full a pattern is simulated.
/// That is the cost of matching one by one, and bounded by the sizes of the patterns. Measured: 6 to 10 times.
const MAX_THRASHING_RATIO: f64 = 20.0;
/// Cases shown.
const SHOWN: usize = 12;

struct Scale {
    rules: Arc<RuleSet>,
    ordinary: Vec<Case>,
    /// No request comes twice.
    variant: Cell<u64>,
}

impl Scale {
    /// Nanoseconds a byte, the least of so many variants; without what a request costs that has nothing.
    fn cost(&self, case: &Case, runs: u64) -> f64 {
        let empty = cost(&self.rules, &Request::get("/"), 3);
        let each = (0..runs).map(|_| {
            self.variant.set(self.variant.get() + 1);
            let request = case.request(self.variant.get());
            let more = cost(&self.rules, &request, 1).saturating_sub(empty);
            more as f64 / bytes(&request) as f64
        });
        each.fold(f64::INFINITY, f64::min)
    }

    /// Of the dearest ordinary request.
    fn ordinary(&self, runs: u64) -> f64 {
        self.ordinary.iter().map(|case| self.cost(case, runs)).fold(0.0, f64::max)
    }
}

/// What is inspected beyond the head that every request has.
fn bytes(request: &Request) -> usize {
    let headers = request.headers.iter().skip(3);
    headers.map(|(name, value)| name.len() + value.len()).sum::<usize>() + request.body.len()
}

#[test]
fn hostile_bytes_cost_little_more_than_ordinary_ones() {
    let rules = core_rule_set(1, "SecRuleEngine DetectionOnly", true);
    let scale = Scale { rules, ordinary: ordinary(), variant: Cell::new(0) };
    // The first requests build the automata.
    scale.ordinary(20);
    for case in &scale.ordinary {
        println!("{:8.1} ns a byte: {}", scale.cost(case, 20), case.name);
    }
    let ordinary = scale.ordinary(20);
    let cases = hostile();
    assert!(cases.len() > 2_000, "{} cases", cases.len());
    for (aim, most) in [(Aim::Cost, MAX_RATIO), (Aim::Thrash, MAX_THRASHING_RATIO)] {
        let mut table: Vec<(f64, &str)> = Vec::new();
        for case in cases.iter().filter(|case| case.aim == aim) {
            let mut ratio = scale.cost(case, 2) / ordinary;
            for runs in [3, 10, 30] {
                if ratio <= most {
                    break;
                }
                ratio = scale.cost(case, runs) / scale.ordinary(runs);
            }
            table.push((ratio, &case.name));
        }
        table.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (ratio, name) in table.iter().take(SHOWN) {
            println!("{ratio:8.2} times: {aim:?}, {name}");
        }
        let dear: Vec<_> = table.iter().filter(|(ratio, _)| *ratio > most).collect();
        assert!(!table.is_empty() && dear.is_empty(), "more than {most} times: {dear:#?}");
    }
}
