//! How many retries a cluster gets: a share of its requests, and a few a second in any case.

use std::sync::atomic::{AtomicU64, Ordering};

use portcullis_config::Retry;

use crate::clock::{Clock, Millis};

/// A token bucket that requests fill by a share of a retry each, and time by `min_per_second`. Retries take one token
/// each, so that a cluster that fails altogether gets at most its share of extra load.
///
/// Source: Finagle's `RetryBudget`, which linkerd took over. The bucket holds what ten seconds of
/// `min_per_second` give, at least [`RetryBudget::TOKENS_MIN`]; more saved-up retries would only hit a cluster
/// when it begins to fail.
#[derive(Debug)]
pub struct RetryBudget {
    /// Thousandths of a retry.
    tokens: AtomicU64,
    tokens_max: u64,
    per_request: u64,
    per_second: u64,
    filled_at: AtomicU64,
    clock: Clock,
}

/// Thousandths of a retry.
const RETRY: u64 = 1000;

/// For how many seconds of `min_per_second` the bucket has room.
const SAVED_SECONDS: u64 = 10;

impl RetryBudget {
    /// Least capacity of the bucket, in retries.
    pub const TOKENS_MIN: u64 = 100;

    /// The budget of a cluster; it starts with one second's worth of `min_per_second`.
    #[must_use]
    pub fn new(retry: &Retry, clock: Clock) -> Self {
        let per_second = u64::from(retry.min_per_second) * RETRY;
        Self {
            tokens: AtomicU64::new(per_second),
            tokens_max: (per_second * SAVED_SECONDS).max(Self::TOKENS_MIN * RETRY),
            per_request: u64::from(retry.budget_percent.get()) * RETRY / 100,
            per_second,
            filled_at: AtomicU64::new(clock.now()),
            clock,
        }
    }

    /// Counts a request that was sent for the first time.
    pub fn deposit(&self) {
        if self.per_request > 0 {
            self.fill(self.per_request);
        }
    }

    /// Takes one retry, if there is one.
    #[must_use]
    pub fn withdraw(&self) -> bool {
        self.fill_by_time(self.clock.now());
        self.tokens
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |tokens| tokens.checked_sub(RETRY))
            .is_ok()
    }

    /// Retries that could be taken now.
    #[must_use]
    pub fn available(&self) -> u64 {
        self.fill_by_time(self.clock.now());
        self.tokens.load(Ordering::Acquire) / RETRY
    }

    fn fill(&self, tokens: u64) {
        // A full bucket, the usual state of a healthy cluster, is only read: no cache line changes hands.
        let mut current = self.tokens.load(Ordering::Relaxed);
        while current < self.tokens_max {
            let next = current.saturating_add(tokens).min(self.tokens_max);
            match self.tokens.compare_exchange_weak(
                current,
                next,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(seen) => current = seen,
            }
        }
    }

    fn fill_by_time(&self, now: Millis) {
        let filled_at = self.filled_at.load(Ordering::Acquire);
        let due = now.saturating_sub(filled_at).saturating_mul(self.per_second) / 1000;
        if due < RETRY {
            return;
        }
        // Whoever moves the mark fills; the others see a mark that is moved already.
        let moved =
            self.filled_at.compare_exchange(filled_at, now, Ordering::AcqRel, Ordering::Relaxed);
        if moved.is_ok() {
            self.fill(due);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use portcullis_config::Percent;

    use super::*;

    fn budget(percent: u8, min_per_second: u32) -> (RetryBudget, Clock) {
        let clock = Clock::manual();
        let retry =
            Retry { budget_percent: Percent::new(percent), min_per_second, ..Retry::default() };
        (RetryBudget::new(&retry, clock.clone()), clock)
    }

    fn withdraw_all(budget: &RetryBudget) -> u32 {
        (0..100_000).take_while(|_| budget.withdraw()).count() as u32
    }

    #[test]
    fn retries_are_a_share_of_requests() {
        let (budget, _clock) = budget(20, 0);
        assert!(!budget.withdraw());
        for _ in 0..4 {
            budget.deposit();
        }
        assert!(!budget.withdraw());
        budget.deposit();
        assert!(budget.withdraw());
        assert!(!budget.withdraw());
    }

    #[test]
    fn a_failing_cluster_gets_its_share_of_extra_load_only() {
        let (budget, _clock) = budget(20, 0);
        let retries = (0..10_000)
            .filter(|_| {
                budget.deposit();
                budget.withdraw()
            })
            .count();
        assert_eq!(retries, 2_000);
    }

    #[test]
    fn a_quiet_cluster_gets_some_retries_a_second() {
        let (budget, clock) = budget(20, 10);
        assert_eq!(withdraw_all(&budget), 10);
        clock.advance(Duration::from_millis(500));
        assert_eq!(withdraw_all(&budget), 5);
        clock.advance(Duration::from_millis(99));
        assert_eq!(withdraw_all(&budget), 0);
        clock.advance(Duration::from_millis(1));
        assert_eq!(withdraw_all(&budget), 1);
    }

    #[test]
    fn saved_retries_are_bounded() {
        let (quiet, clock) = budget(100, 10);
        clock.advance(Duration::from_secs(3600));
        assert_eq!(withdraw_all(&quiet), 100);
        let (busy, _clock) = budget(100, 0);
        for _ in 0..5_000 {
            busy.deposit();
        }
        assert_eq!(withdraw_all(&busy), 100);
        let (many, clock) = budget(0, 50);
        clock.advance(Duration::from_secs(3600));
        assert_eq!(withdraw_all(&many), 500);
    }

    #[test]
    fn nothing_configured_is_nothing_allowed() {
        let (budget, clock) = budget(0, 0);
        budget.deposit();
        clock.advance(Duration::from_secs(60));
        assert!(!budget.withdraw());
    }
}
