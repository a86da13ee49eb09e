//! The list of known differences, and whether it covers what was found.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::cause::{Case, Cause};
use crate::exchange::Exchange;
use crate::explain::Explained;
use crate::statement::Statements;

/// Ids below belong to generated rule sets.
const GENERATED: u64 = 1_000;
const LIST: &str = include_str!("../known.yaml");

/// One known difference.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What the report calls it.
    pub name: String,
    /// What is checked on each transaction.
    pub cause: Cause,
    /// Rules it may be about; empty where the cause itself says which.
    #[serde(default)]
    pub rules: BTreeSet<u64>,
    /// Why this engine's answer is the right one.
    pub reason: String,
}

/// The list.
#[derive(Debug, Clone)]
pub struct Known(Vec<Entry>);

/// How often each entry covered a difference, by name.
pub type Counts = BTreeMap<String, usize>;

impl Known {
    /// Reads the list that is built in.
    ///
    /// # Errors
    /// Says what is wrong with it and where; a test holds that nothing is.
    pub fn built_in() -> Result<Known, String> {
        serde_saphyr::from_str(LIST).map(Known).map_err(|error| format!("known.yaml: {error}"))
    }

    /// The entries.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The entry for a request that the reference engine answers differently from run to run.
    pub fn unstable(&self) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.cause == Cause::Unstable)
    }

    /// The entries that cover a difference, or the rules that none covers; no rule when something else differs that
    /// follows from no rule.
    ///
    /// # Errors
    /// The rules without entry.
    pub fn covers<'a>(
        &'a self,
        statements: &Statements,
        exchange: &Exchange,
        explained: &Explained,
    ) -> Result<Vec<&'a Entry>, Vec<u64>> {
        let mut used = Vec::new();
        let mut bare = Vec::new();
        for (rule, values) in &explained.rules {
            let case = Case { exchange, explained, links: statements.of(*rule), values };
            let listed = |entry: &&Entry| entry.rules.is_empty() || entry.rules.contains(rule);
            match self.0.iter().filter(listed).find(|entry| entry.cause.holds(&case)) {
                Some(entry) => used.push(entry),
                None => bare.push(*rule),
            }
        }
        // What a covered rule of a generated set switches, sets or jumps over changes what the rules after it find.
        let flows = |rule: &u64| {
            let words = ["ctl:", "skip", "allow", "setvar"];
            *rule < GENERATED
                && statements.of(*rule).iter().any(|link| {
                    link.actions
                        .split(',')
                        .any(|action| words.iter().any(|word| action.starts_with(word)))
                })
        };
        let covered = explained.rules.keys().filter(|rule| !bare.contains(rule));
        if covered.into_iter().any(flows) {
            bare.clear();
        }
        // Rules that one engine did not come to, because another rule that is covered ended the exchange there first.
        if !used.is_empty()
            && let Some((here, there)) = &explained.difference.interruption
        {
            let cut_here = here.as_ref().is_some_and(|ending| !bare.contains(&ending.rule));
            let cut_there = there.as_ref().is_some_and(|ending| !bare.contains(&ending.rule));
            bare.retain(|rule| {
                !(cut_here && explained.difference.less.contains(rule)
                    || cut_there && explained.difference.more.contains(rule))
            });
        }
        if used.is_empty() || !bare.is_empty() { Err(bare) } else { Ok(used) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_and_names_each_entry_once() {
        let known = Known::built_in().unwrap();
        let names: BTreeSet<&str> =
            known.entries().iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names.len(), known.entries().len());
        assert!(known.entries().iter().all(|entry| entry.reason.len() > 20));
    }
}
