//! Runs phases and rules of a transaction whose costs are counted.

use std::time::Instant;

use crate::cost::{Cost, nanoseconds};
use crate::meta::Phase;
use crate::ruleset::RuleSet;
use crate::transaction::run::Context;
use crate::transaction::state::State;

impl State {
    /// As [`State::run_rules`].
    #[cold]
    #[inline(never)]
    pub(super) fn run_rules_sampled(&mut self, rules: &RuleSet, phase: Phase) {
        let before = self.scans.watch.scans;
        let began = Instant::now();
        self.run_rules(rules, phase);
        let took = nanoseconds(began.elapsed());
        let after = self.scans.watch.scans;
        let scans = Cost {
            count: after.count - before.count,
            nanoseconds: after.nanoseconds - before.nanoseconds,
        };
        rules.ledger.phase(took, scans);
    }

    /// As [`State::evaluate`].
    #[cold]
    #[inline(never)]
    pub(super) fn evaluate_sampled(&mut self, context: Context<'_>) -> bool {
        let before = self.scans.watch.scans.nanoseconds;
        let began = Instant::now();
        let matched = self.evaluate(context);
        let took = nanoseconds(began.elapsed());
        let shared = self.scans.watch.scans.nanoseconds - before;
        context.rules.ledger.rule(context.position, took.saturating_sub(shared));
        matched
    }
}
