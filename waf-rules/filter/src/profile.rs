//! Which rules take the time, from the exchanges that were sampled: as metrics, and as text for an operator.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use portcullis_config::defaults::WAF_PROFILE_RULES;
use portcullis_telemetry::Metrics;
use portcullis_telemetry::metrics::{Gauge, WafRuleMetrics};
use portcullis_waf_engine::{Cost, RuleSet};

/// Label of the scans that all rules share.
const SCANS: &str = "scans";

/// Label of what is neither a scan nor the evaluation of a rule.
const REST: &str = "rest";

/// Whether an exchange is one of those whose rules are timed: one in so many, none for 0. Numbers of exchanges follow each
/// other, and so may requests of one kind: they are spread first.
pub(crate) const fn is_sampled(exchange: u128, one_in: u64) -> bool {
    let spread = (exchange as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    match u64::MAX.checked_div(one_in) {
        Some(share) => spread <= share,
        None => false,
    }
}

/// Series that are shown, by name of the rule set; they go when they are dropped here.
#[derive(Debug, Default)]
pub(crate) struct Shown(HashMap<String, ShownRules>);

#[derive(Debug)]
struct ShownRules {
    sampled: Gauge,
    /// By label.
    rules: HashMap<String, WafRuleMetrics>,
}

/// What the variants of a rule set cost together: routes may tune it, and its name stays.
#[derive(Debug, Default)]
struct Sum {
    sampled: u64,
    scans: Cost,
    rest: Cost,
    /// By id.
    rules: HashMap<u64, Cost>,
}

impl Sum {
    fn add(&mut self, rules: &RuleSet) {
        let costs = rules.costs();
        let of_rules: u64 = costs.rules.iter().map(|cost| cost.nanoseconds).sum();
        let rest = costs.phases.nanoseconds.saturating_sub(of_rules + costs.scans.nanoseconds);
        self.sampled += costs.transactions;
        add(&mut self.scans, costs.scans);
        add(&mut self.rest, Cost { count: costs.phases.count, nanoseconds: rest });
        for (rule, cost) in rules.rules().zip(costs.rules).filter(|(_, cost)| cost.count > 0) {
            add(self.rules.entry(rule.id).or_default(), cost);
        }
    }

    /// The dearest rules, and what belongs to none.
    fn into_lines(self) -> Vec<(String, Cost)> {
        let mut rules: Vec<(u64, Cost)> = self.rules.into_iter().collect();
        rules.sort_unstable_by_key(|(id, cost)| (std::cmp::Reverse(cost.nanoseconds), *id));
        rules.truncate(WAF_PROFILE_RULES);
        let shared = [(SCANS.to_owned(), self.scans), (REST.to_owned(), self.rest)];
        let rules = rules.into_iter().map(|(id, cost)| (id.to_string(), cost));
        shared.into_iter().chain(rules).collect()
    }
}

fn add(sum: &mut Cost, cost: Cost) {
    sum.count += cost.count;
    sum.nanoseconds += cost.nanoseconds;
}

impl Shown {
    /// Brings metrics up to date with these rule sets, under their names.
    pub(crate) fn update(&mut self, metrics: &Metrics, rulesets: &[(String, Arc<RuleSet>)]) {
        let mut sums = BTreeMap::<&str, Sum>::new();
        for (name, rules) in rulesets {
            sums.entry(name).or_default().add(rules);
        }
        self.0.retain(|name, _| sums.contains_key(name.as_str()));
        for (name, sum) in sums.into_iter().filter(|(_, sum)| sum.sampled > 0) {
            let shown = self.0.entry(name.to_owned()).or_insert_with(|| ShownRules {
                sampled: metrics.waf_sampled(name),
                rules: HashMap::new(),
            });
            set(&shown.sampled, sum.sampled);
            let mut before = std::mem::take(&mut shown.rules);
            for (label, cost) in sum.into_lines() {
                let known = before.remove(&label);
                let rule = known.unwrap_or_else(|| metrics.waf_rule(name, &label));
                set(&rule.nanoseconds, cost.nanoseconds);
                set(&rule.evaluations, cost.count);
                shown.rules.insert(label, rule);
            }
        }
    }
}

fn set(gauge: &Gauge, value: u64) {
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
}

/// The profiles of rule sets as text, the one that took most time first.
pub(crate) fn text(rulesets: &[(String, Arc<RuleSet>)]) -> String {
    let mut profiles: Vec<_> = rulesets
        .iter()
        .map(|(name, rules)| (name, rules, rules.profile(WAF_PROFILE_RULES)))
        .filter(|(_, _, profile)| profile.transactions > 0)
        .collect();
    profiles.sort_by_key(|(_, _, profile)| std::cmp::Reverse(profile.phases.nanoseconds));
    if profiles.is_empty() {
        return "No exchange was sampled yet; `profile_one_in` of the filter says how many are.\n"
            .to_owned();
    }
    let mut out = String::new();
    for (name, rules, profile) in profiles {
        let version = rules.signatures().join(", ");
        let _ = writeln!(out, "Rule set {name} ({version}), {} rules", rules.rules().len());
        let _ = writeln!(out, "{profile}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::is_sampled;

    #[test]
    fn one_in_so_many_is_sampled_whatever_comes_in_turn() {
        let start = 0x1234_5678_9abc_def0_u128;
        for one_in in [10, 1_000] {
            for step in [1, 2, 3, 7, 10, 100, 1000] {
                let numbers = (0..200 * one_in).map(|n| start + u128::from(n * step));
                let count = numbers.filter(|number| is_sampled(*number, one_in)).count();
                assert!((150..=250).contains(&count), "{count} of {one_in} with every {step}th");
            }
        }
        assert!((0..1_000).all(|number| is_sampled(start + number, 1)));
        assert!(!(0..1_000).any(|number| is_sampled(start + number, 0)));
    }
}
