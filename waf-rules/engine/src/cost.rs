//! What the rules of a set cost, measured in a sample of transactions ([`crate::Transaction::sample`]).
//!
//! A rule is charged with the time its evaluation takes, without the scans of values that all rules share: whoever asks
//! first would pay for them. Scans are a line of their own, and so is what is left of a phase: the walk along the rules,
//! records and effects of what matched.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often something was done and how long it took altogether.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// How often it was done.
    pub count: u64,
    /// Wall time of all.
    pub nanoseconds: u64,
}

/// What the transactions of a sample cost so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Costs {
    /// Transactions that were sampled.
    pub transactions: u64,
    /// Phases, everything below included.
    pub phases: Cost,
    /// Scans of values, shared by all rules with patterns and lists.
    pub scans: Cost,
    /// By position of the rule in [`crate::RuleSet::rules`]; empty before the first sample.
    pub rules: Vec<Cost>,
}

/// Counts for one rule set.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    transactions: AtomicU64,
    phases: Account,
    scans: Account,
    /// Allocated with the first sample: most of the rule sets of a gateway with many are never sampled.
    rules: OnceLock<Box<[Account]>>,
}

#[derive(Debug, Default)]
struct Account {
    count: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Account {
    fn add(&self, count: u64, nanoseconds: u64) {
        self.count.fetch_add(count, Ordering::Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    fn read(&self) -> Cost {
        Cost {
            count: self.count.load(Ordering::Relaxed),
            nanoseconds: self.nanoseconds.load(Ordering::Relaxed),
        }
    }
}

impl Ledger {
    /// A transaction is sampled from here on; the rule set has `rules` rules.
    pub(crate) fn open(&self, rules: usize) {
        self.transactions.fetch_add(1, Ordering::Relaxed);
        self.rules.get_or_init(|| (0..rules).map(|_| Account::default()).collect());
    }

    /// A rule was evaluated once.
    pub(crate) fn rule(&self, position: usize, nanoseconds: u64) {
        let account = self.rules.get().and_then(|rules| rules.get(position));
        if let Some(account) = account {
            account.add(1, nanoseconds);
        }
    }

    /// A phase ended, with what of it went into scans.
    pub(crate) fn phase(&self, nanoseconds: u64, scans: Cost) {
        self.phases.add(1, nanoseconds);
        self.scans.add(scans.count, scans.nanoseconds);
    }

    pub(crate) fn read(&self) -> Costs {
        let rules = self.rules.get().map(AsRef::as_ref).unwrap_or_default();
        Costs {
            transactions: self.transactions.load(Ordering::Relaxed),
            phases: self.phases.read(),
            scans: self.scans.read(),
            rules: rules.iter().map(Account::read).collect(),
        }
    }
}

/// Measures scans within a transaction, when it is sampled.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Watch {
    sampled: bool,
    pub(crate) scans: Cost,
}

impl Watch {
    pub(crate) fn start(&mut self) {
        self.sampled = true;
    }

    #[inline]
    pub(crate) const fn is_sampled(self) -> bool {
        self.sampled
    }

    /// When a scan begins; `None` where nobody wants to know.
    #[inline]
    pub(crate) fn scan_begins(self) -> Option<Instant> {
        self.sampled.then(Instant::now)
    }

    #[inline]
    pub(crate) fn scan_ended(&mut self, began: Option<Instant>) {
        if let Some(began) = began {
            self.scans.count += 1;
            self.scans.nanoseconds += nanoseconds(began.elapsed());
        }
    }
}

/// 584 years at most.
pub(crate) fn nanoseconds(took: Duration) -> u64 {
    u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)
}
