//! Which rules of a set take the time, and why: what [`Costs`] counted, put in order and explained.

mod reason;

use std::fmt;
use std::sync::Arc;

use crate::cost::{Cost, Costs};
use crate::meta::RuleMeta;
use crate::ruleset::RuleSet;

/// What the transactions of a sample spent their time on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Transactions that were sampled.
    pub transactions: u64,
    /// All phases.
    pub phases: Cost,
    /// Scans of values for all rules at once, where the patterns of a rule set share one.
    pub scans: Cost,
    /// Nanoseconds of phases that are neither scans nor evaluations of a rule: finding out which rules can match, and
    /// what follows a match.
    pub rest: u64,
    /// Rules that were evaluated, the dearest first.
    pub rules: Vec<ProfiledRule>,
}

/// A rule of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfiledRule {
    /// The rule.
    pub rule: Arc<RuleMeta>,
    /// Its evaluations, those of its chain included.
    pub cost: Cost,
    /// What of the rule takes time; empty where nothing about it stands out.
    pub reason: String,
}

impl RuleSet {
    /// What the rules cost the exchanges that were sampled ([`crate::Transaction::sample`]) since the set was compiled,
    /// with the `top` dearest rules.
    pub fn profile(&self, top: usize) -> Profile {
        let Costs { transactions, phases, scans, rules } = self.costs();
        let of_rules: u64 = rules.iter().map(|cost| cost.nanoseconds).sum();
        let mut positions: Vec<(usize, Cost)> =
            rules.into_iter().enumerate().filter(|(_, cost)| cost.count > 0).collect();
        positions.sort_by(|a, b| b.1.nanoseconds.cmp(&a.1.nanoseconds).then(a.0.cmp(&b.0)));
        positions.truncate(top);
        let profiled = |(position, cost): (usize, Cost)| {
            let rule = self.program.rules.get(position)?;
            let reason = reason::of(self, position, rule);
            Some(ProfiledRule { rule: Arc::clone(&rule.meta), cost, reason })
        };
        Profile {
            transactions,
            phases,
            scans,
            rest: phases.nanoseconds.saturating_sub(of_rules + scans.nanoseconds),
            rules: positions.into_iter().filter_map(profiled).collect(),
        }
    }
}

impl Profile {
    /// One line: how often a transaction does it, how long that takes it, and its share of all.
    fn row(
        &self,
        f: &mut fmt::Formatter<'_>,
        cost: Cost,
        text: (&dyn fmt::Display, &str),
    ) -> fmt::Result {
        let transactions = self.transactions.max(1) as f64;
        let all = self.phases.nanoseconds.max(1) as f64;
        let (what, why) = text;
        let share = cost.nanoseconds as f64 * 100.0 / all;
        let micros = cost.nanoseconds as f64 / 1_000.0 / transactions;
        let times = cost.count as f64 / transactions;
        writeln!(f, "{share:>6.1} % {micros:>10.3} {times:>8.2}  {what:<56}  {why}")
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transactions = self.transactions;
        let micros = self.phases.nanoseconds as f64 / 1_000.0 / transactions.max(1) as f64;
        writeln!(f, "{transactions} transactions sampled, {micros:.1} us in phases each")?;
        writeln!(
            f,
            "{:>8} {:>10} {:>8}  {:<56}  why",
            "share", "us", "times", "rule, each a transaction"
        )?;
        self.row(f, self.scans, (&"(scans for all rules)", ""))?;
        let rest = Cost { count: self.phases.count, nanoseconds: self.rest };
        self.row(f, rest, (&"(choosing rules, effects of matches)", ""))?;
        for ProfiledRule { rule, cost, reason } in &self.rules {
            let file = rule.file.rsplit('/').next().unwrap_or(&rule.file);
            let place = format!("{} {file}:{}", rule.id, rule.line);
            self.row(f, *cost, (&place, reason))?;
        }
        Ok(())
    }
}
