//! Whether an endpoint is asked: by what checks find (active) and by what requests meet (passive).

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use portcullis_config as config;

use crate::clock::Millis;

/// An endpoint that is ejected again soon stays out twice as long each time, up to so many times the first.
const BACKOFF_MAX: u32 = 16;

/// An endpoint that went without ejection for so many times its last one starts over.
const FORGIVEN_AFTER: u64 = 4;

/// What came of an attempt at an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A response came that does not speak against the endpoint.
    Success,
    /// No connection, a reset, a timeout, or a status that speaks against the endpoint (502, 503, 504).
    Failure,
}

/// A change of an endpoint's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// Checks failed so often in a row that it is not asked any more.
    Unhealthy,
    /// Checks succeeded so often in a row that it is asked again.
    Healthy,
    /// Requests failed so often in a row that it is not asked for this long.
    Ejected(Duration),
    /// Its time of ejection is over.
    Returned,
}

impl Transition {
    /// As a word in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unhealthy => "unhealthy",
            Self::Healthy => "healthy",
            Self::Ejected(_) => "ejected",
            Self::Returned => "returned",
        }
    }
}

/// The health of one endpoint. It begins healthy: an endpoint is asked until something speaks against it.
/// Writers of everything but `failures` hold the cluster's health lock.
#[derive(Debug, Default)]
pub(crate) struct EndpointHealth {
    unhealthy: AtomicBool,
    /// Checks in a row that spoke against the current state.
    contrary_checks: AtomicU32,
    /// Requests in a row that failed.
    failures: AtomicU32,
    ejected: AtomicBool,
    /// When the current ejection ends, or the last one ended.
    ejected_until: AtomicU64,
    /// How long the last ejection lasted, as a multiple of the first; 0 for never.
    backoff: AtomicU32,
}

impl EndpointHealth {
    /// The same health, for an endpoint that takes the place of another.
    pub(crate) fn inherit(&self) -> Self {
        let number = |from: &AtomicU32| AtomicU32::new(from.load(Ordering::Relaxed));
        let flag = |from: &AtomicBool| AtomicBool::new(from.load(Ordering::Relaxed));
        Self {
            unhealthy: flag(&self.unhealthy),
            contrary_checks: number(&self.contrary_checks),
            failures: number(&self.failures),
            ejected: flag(&self.ejected),
            ejected_until: AtomicU64::new(self.ejected_until.load(Ordering::Relaxed)),
            backoff: number(&self.backoff),
        }
    }

    pub(crate) fn is_good(&self) -> bool {
        !self.unhealthy.load(Ordering::Relaxed) && !self.is_ejected()
    }

    pub(crate) fn is_ejected(&self) -> bool {
        self.ejected.load(Ordering::Relaxed)
    }

    /// When the current ejection ends.
    pub(crate) fn returns_at(&self) -> Option<Millis> {
        self.is_ejected().then(|| self.ejected_until.load(Ordering::Relaxed))
    }

    /// Takes in the result of a check.
    pub(crate) fn checked(&self, ok: bool, rule: &config::ActiveHealth) -> Option<Transition> {
        let unhealthy = self.unhealthy.load(Ordering::Relaxed);
        if ok != unhealthy {
            self.contrary_checks.store(0, Ordering::Relaxed);
            return None;
        }
        let contrary = self.contrary_checks.load(Ordering::Relaxed) + 1;
        let needed = if unhealthy { rule.healthy_after } else { rule.unhealthy_after };
        if contrary < needed.max(1) {
            self.contrary_checks.store(contrary, Ordering::Relaxed);
            return None;
        }
        self.contrary_checks.store(0, Ordering::Relaxed);
        self.unhealthy.store(!unhealthy, Ordering::Relaxed);
        if unhealthy {
            self.failures.store(0, Ordering::Relaxed);
            return Some(Transition::Healthy);
        }
        Some(Transition::Unhealthy)
    }

    /// Counts a success; a read where nothing failed, which is the usual case.
    pub(crate) fn succeeded(&self) {
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
        }
    }

    /// Counts a failure; whether there are now enough in a row.
    pub(crate) fn failed(&self, rule: &config::PassiveHealth) -> bool {
        let before = self.failures.fetch_add(1, Ordering::Relaxed);
        before.saturating_add(1) >= rule.consecutive_failures.max(1)
    }

    /// Ejects from `now` on. Returns for how long.
    pub(crate) fn eject(&self, now: Millis, rule: &config::PassiveHealth) -> Duration {
        let base = rule.eject_for.as_millis();
        let last = self.backoff.load(Ordering::Relaxed);
        let quiet = now.saturating_sub(self.ejected_until.load(Ordering::Relaxed));
        let forgiven = quiet > base.saturating_mul(u64::from(last)).saturating_mul(FORGIVEN_AFTER);
        let backoff = if last == 0 || forgiven { 1 } else { (last * 2).min(BACKOFF_MAX) };
        let length = base.saturating_mul(u64::from(backoff));
        self.backoff.store(backoff, Ordering::Relaxed);
        self.ejected_until.store(now.saturating_add(length), Ordering::Relaxed);
        self.failures.store(0, Ordering::Relaxed);
        self.ejected.store(true, Ordering::Relaxed);
        Duration::from_millis(length)
    }

    /// Ends the ejection if its time is over; whether it ended.
    pub(crate) fn return_at(&self, now: Millis) -> bool {
        let over = self.returns_at().is_some_and(|until| until <= now);
        if over {
            self.ejected.store(false, Ordering::Relaxed);
            self.failures.store(0, Ordering::Relaxed);
        }
        over
    }
}
