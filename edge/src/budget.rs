//! How many bytes of bodies all exchanges together hold in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use portcullis_telemetry::metrics::Gauge;

/// The sum over all exchanges.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    held: Arc<AtomicUsize>,
    shown: Gauge,
}

impl Budget {
    pub(crate) fn new(shown: Gauge) -> Self {
        Self { held: Arc::default(), shown }
    }

    /// A share that holds nothing yet.
    pub(crate) fn share(&self, limit: usize) -> Share {
        Share { budget: self.clone(), limit, held: 0 }
    }
}

/// What one exchange holds; given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Budget,
    limit: usize,
    held: usize,
}

impl Share {
    /// Takes more; false when all exchanges together would hold more than they may.
    #[must_use]
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let before = self.budget.held.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.limit {
            self.budget.held.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        self.held += bytes;
        self.budget.shown.add(i64::try_from(bytes).unwrap_or(i64::MAX));
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.held, Ordering::Relaxed);
        self.budget.shown.add(-i64::try_from(self.held).unwrap_or(i64::MAX));
    }
}
