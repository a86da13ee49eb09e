//! Which rule counts, whatever the order of a list: cluster on a route, cluster, route, route prefix, host, and the
//! narrower pattern before the wider one. The order is what Higress' console sorts by; its data plane takes the first rule
//! of the list that matches.

use std::cmp::Reverse;

use portcullis_config::PluginDomain;
use serde_json::{Map, Value};

pub(crate) const RULES: &str = "_rules_";
pub(crate) const ROUTE: &str = "_match_route_";
pub(crate) const DOMAIN: &str = "_match_domain_";
pub(crate) const SERVICE: &str = "_match_service_";
const PREFIX: &str = "_match_route_prefix_";
const CONSUMER: &str = "_match_consumer_";

/// A rule as a plugin reads it.
pub(crate) type Rule = Map<String, Value>;

/// How a plugin's own matcher takes a rule; the earlier counts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Category {
    RouteAndService,
    Service,
    Route,
    PrefixAndConsumer,
    Prefix,
    Host,
}

/// As `ParseRuleConfig` of Higress' kit finds it.
fn category(rule: &Rule) -> Category {
    let given =
        |key: &str| rule.get(key).and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    match (given(ROUTE), given(DOMAIN), given(SERVICE), given(PREFIX) && given(CONSUMER)) {
        (true, _, true, _) => Category::RouteAndService,
        (true, _, false, _) => Category::Route,
        (false, true, _, _) => Category::Host,
        (false, false, true, _) => Category::Service,
        (false, false, false, true) => Category::PrefixAndConsumer,
        (false, false, false, false) => Category::Prefix,
    }
}

/// A pattern of a rule: hosts, or prefixes of routes.
#[derive(Debug, Clone)]
enum Pattern {
    Host(PluginDomain),
    Prefix(String),
}

impl Pattern {
    fn rank(&self) -> (bool, usize, bool) {
        match self {
            Self::Host(domain) => domain.rank(),
            Self::Prefix(prefix) => (false, prefix.len(), false),
        }
    }

    /// Whether something may match both; in doubt, yes.
    fn meets(&self, other: &Self) -> bool {
        let (Self::Host(one), Self::Host(two)) = (self, other) else {
            return match (self, other) {
                (Self::Prefix(one), Self::Prefix(two)) => {
                    one.starts_with(&**two) || two.starts_with(&**one)
                }
                _ => false,
            };
        };
        let exact = |domain: &PluginDomain| domain.rank().0;
        match (exact(one), exact(two)) {
            (true, _) => two.matches(one.as_str()),
            (_, true) => one.matches(two.as_str()),
            (false, false) => true,
        }
    }
}

/// Puts rules into the order in which they count, and hosts into lower case. A rule is taken apart where no order of
/// whole rules would do: when it has a wider and a narrower pattern than another one.
pub(crate) fn order(rules: Vec<Rule>) -> Vec<Rule> {
    let mut ordered: Vec<(Rule, Vec<Pattern>)> = rules.into_iter().map(with_patterns).collect();
    loop {
        ordered.sort_by_key(|(rule, patterns)| {
            (category(rule), Reverse(patterns.iter().map(Pattern::rank).max()))
        });
        let apart: Vec<bool> =
            (0..ordered.len()).map(|at| hides_a_later_one(&ordered, at)).collect();
        if !apart.contains(&true) {
            return ordered.into_iter().map(|(rule, _)| rule).collect();
        }
        let split = ordered.into_iter().zip(apart);
        ordered =
            split.flat_map(|(rule, apart)| if apart { each(rule) } else { vec![rule] }).collect();
    }
}

/// Whether a pattern of a rule takes what a narrower one of a later rule should have.
fn hides_a_later_one(ordered: &[(Rule, Vec<Pattern>)], at: usize) -> bool {
    let Some((rule, patterns)) = ordered.get(at).filter(|(_, patterns)| patterns.len() > 1) else {
        return false;
    };
    let later = ordered.iter().skip(at + 1).filter(|(other, _)| category(other) == category(rule));
    later
        .flat_map(|(_, patterns)| patterns)
        .any(|narrow| patterns.iter().any(|wide| narrow.rank() > wide.rank() && narrow.meets(wide)))
}

fn with_patterns(mut rule: Rule) -> (Rule, Vec<Pattern>) {
    let texts = |rule: &Rule, key: &str| -> Vec<String> {
        let list = rule.get(key).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let patterns = match category(&rule) {
        Category::Host => {
            let hosts: Vec<String> =
                texts(&rule, DOMAIN).iter().map(|host| host.to_ascii_lowercase()).collect();
            rule.insert(DOMAIN.to_owned(), hosts.iter().map(String::as_str).collect());
            // A host that is none matches nothing, so its order does not matter.
            hosts.iter().filter_map(|host| host.parse().ok()).map(Pattern::Host).collect()
        }
        Category::Prefix | Category::PrefixAndConsumer => {
            texts(&rule, PREFIX).into_iter().map(Pattern::Prefix).collect()
        }
        Category::RouteAndService | Category::Service | Category::Route => Vec::new(),
    };
    (rule, patterns)
}

/// A rule for each pattern of one.
fn each((rule, patterns): (Rule, Vec<Pattern>)) -> Vec<(Rule, Vec<Pattern>)> {
    let of = |pattern: Pattern| {
        let mut rule = rule.clone();
        let (key, text) = match &pattern {
            Pattern::Host(domain) => (DOMAIN, domain.as_str()),
            Pattern::Prefix(prefix) => (PREFIX, prefix.as_str()),
        };
        rule.insert(key.to_owned(), [text].into_iter().collect());
        (rule, vec![pattern])
    };
    patterns.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests;
