//! Counts, and how far they may move.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How far a count may move from the kept one, percent, either way: who makes something cheaper writes it down too.
const TOLERANCE_PERCENT: f64 = 5.0;

/// Instructions of one call, by case.
pub(crate) type Counts = BTreeMap<String, u64>;

/// One case, before and now; `None` where it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    name: String,
    kept: Option<u64>,
    now: Option<u64>,
}

impl Line {
    fn moved_percent(&self) -> Option<f64> {
        let (kept, now) = self.kept.zip(self.now)?;
        Some((now as f64 / kept as f64 - 1.0) * 100.0)
    }

    /// Whether the count may stand beside the kept one.
    pub(crate) fn holds(&self) -> bool {
        self.moved_percent().is_some_and(|percent| percent.abs() <= TOLERANCE_PERCENT)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show =
            |count: Option<u64>| count.map_or_else(|| "none".to_owned(), |count| count.to_string());
        let moved =
            self.moved_percent().map_or_else(String::new, |percent| format!("{percent:+.2} %"));
        let verdict = if self.holds() { "" } else { "  MOVED" };
        let (kept, now) = (show(self.kept), show(self.now));
        write!(f, "{:<52} {kept:>10} -> {now:>10} {moved:>9}{verdict}", self.name)
    }
}

/// Every case of either side.
pub(crate) fn compare(kept: &Counts, now: &Counts) -> Vec<Line> {
    let names: BTreeSet<&String> = kept.keys().chain(now.keys()).collect();
    let of = |counts: &Counts, name: &String| counts.get(name).copied();
    names
        .into_iter()
        .map(|name| Line { name: name.clone(), kept: of(kept, name), now: of(now, name) })
        .collect()
}

/// The total of a file of callgrind.
pub(crate) fn total(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("totals: "))?.trim().parse().ok()
}
