//! The cost of a request grows with its size, not faster: four times as much costs no more than ten times as much CPU
//! time of this thread, where a quadratic step would cost sixteen times as much. Ratios within one run decide; a case
//! that seems to fail is measured again, so that a busy machine does not.

use std::sync::Arc;

use portcullis_oracles::drive::{Request, core_rule_set};
use portcullis_oracles::worst::{cost, form, pattern, patterns, shapes, structures};
use portcullis_waf_engine::RuleSet;

const SMALL: usize = 4 << 10;
const GROWTH: usize = 4;
const MAX_RATIO: u64 = 10;

struct Scale {
    rules: Arc<RuleSet>,
    /// What a request without anything costs.
    empty: u64,
}

impl Scale {
    fn new() -> Self {
        let rules = core_rule_set(4, "SecRuleEngine DetectionOnly", true);
        let empty = form(b"x", 100);
        // The first requests build the automata.
        cost(&rules, &empty, 20);
        let empty = cost(&rules, &empty, 20);
        Self { rules, empty }
    }

    fn grows(&self, name: &str, small: &Request, large: &Request) {
        let mut last = (0, 0);
        for runs in [1, 3, 10, 30] {
            let small =
                cost(&self.rules, small, runs).saturating_sub(self.empty).max(self.empty / 2);
            let large = cost(&self.rules, large, runs).saturating_sub(self.empty);
            if large <= MAX_RATIO * small {
                return;
            }
            last = (small, large);
        }
        panic!("{name}: {} ns, and {} ns for {GROWTH} times as much", last.0, last.1);
    }
}

#[test]
fn values_cost_in_proportion_to_their_size() {
    let scale = Scale::new();
    let grows = |name: &str, small: &[u8], large: &[u8]| {
        scale.grows(name, &form(small, SMALL), &form(large, SMALL * GROWTH));
    };
    for ((name, small), (_, large)) in shapes::values(SMALL).zip(shapes::values(SMALL * GROWTH)) {
        grows(name, &small, &large);
    }
    let mut cases = 0;
    let found = patterns(false);
    for pattern in &found {
        // The values of both sizes are sorted: their names say which belong together.
        let large = pattern::values(pattern, SMALL * GROWTH);
        for (name, small) in pattern::values(pattern, SMALL) {
            let Some((_, large)) = large.iter().find(|(other, _)| *other == name) else { continue };
            if name.starts_with("pump") || name.starts_with("near") {
                grows(&format!("{name} of {pattern}"), &small, large);
                cases += 1;
            }
        }
    }
    assert!(found.len() > 150 && cases > 600, "{} patterns, {cases} cases", found.len());
}

#[test]
fn parts_cost_in_proportion_to_their_number() {
    let scale = Scale::new();
    let (small, large) = (structures::requests(200), structures::requests(200 * GROWTH));
    for ((name, small), (_, large)) in small.iter().zip(&large) {
        scale.grows(name, small, large);
    }
}
