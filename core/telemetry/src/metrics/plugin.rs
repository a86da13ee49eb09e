//! Metrics of plugins: what became of their VMs. What plugins count themselves is rendered by their host.

use std::sync::Arc;

use super::family::Forget;
use super::{Counter, Metrics};

/// What is counted of a plugin.
#[derive(Debug, Clone)]
pub struct PluginMetrics {
    /// VMs made anew.
    pub rebuilt: Counter,
    /// VMs that could not be made anew.
    pub rebuild_failed: Counter,
    /// Log lines beyond the rate.
    pub log_lines_dropped: Counter,
    plugin: Arc<str>,
    metrics: Arc<Metrics>,
}

impl Metrics {
    /// Metrics of a plugin, by its name.
    #[must_use]
    pub fn plugin(self: &Arc<Self>, plugin: &Arc<str>) -> PluginMetrics {
        let rebuilds = |outcome| self.plugin_rebuilds.series(&[plugin, outcome], Forget::Unheld);
        PluginMetrics {
            rebuilt: rebuilds("rebuilt"),
            rebuild_failed: rebuilds("failed"),
            log_lines_dropped: self.plugin_log_lines_dropped.series(&[plugin], Forget::Unheld),
            plugin: Arc::clone(plugin),
            metrics: Arc::clone(self),
        }
    }
}

impl PluginMetrics {
    /// VMs that ended for a reason; the reasons are few and known to the host.
    #[must_use]
    pub fn crashes(&self, reason: &'static str) -> Counter {
        self.metrics.plugin_crashes.series(&[&self.plugin, reason], Forget::Unheld)
    }
}
