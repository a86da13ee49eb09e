//! What all plugins of a gateway share: values, queues and metrics.
//!
//! Values and queues belong to a `vm_id`: plugins that name the same one see the same. Everything has a limit in
//! [`SharedLimits`], and what is beyond it is refused, never evicted: a lease or a counter must not vanish.

mod data;
mod metrics;
mod queues;

use std::fmt;

use crate::limits::SharedLimits;

pub(crate) use data::Data;
pub use metrics::GuestMetrics;
pub(crate) use queues::Queues;

/// Values, queues and metrics of all plugins of a gateway.
pub struct Shared {
    pub(crate) data: Data,
    pub(crate) queues: Queues,
    metrics: GuestMetrics,
}

impl Shared {
    /// Nothing yet.
    #[must_use]
    pub fn new(limits: SharedLimits) -> Self {
        let metrics = GuestMetrics::new(limits.metrics);
        Self { data: Data::new(limits.clone()), queues: Queues::new(limits), metrics }
    }

    /// What modules count.
    #[must_use]
    pub fn metrics(&self) -> &GuestMetrics {
        &self.metrics
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
