//! What runs, and what came of the last change.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use portcullis_config::{Diagnostic, Gateway};
use portcullis_telemetry::Timestamp;
use portcullis_telemetry::metrics::ReloadOutcome;

/// What runs, and what came of the last change. Written by the [`crate::Reloader`], read by the admin API.
#[derive(Debug, Default)]
pub struct Status {
    state: ArcSwap<State>,
    draining: AtomicBool,
}

/// One look at a [`Status`].
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// The configuration that runs and its revision.
    pub(crate) running: Option<(u64, Arc<Gateway>)>,
    /// What came of the last change.
    pub(crate) last: Option<Arc<Last>>,
}

/// What came of the last change.
#[derive(Debug)]
pub(crate) struct Last {
    pub(crate) outcome: ReloadOutcome,
    pub(crate) at: Timestamp,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Status {
    /// Whether traffic can be taken: a snapshot runs and the program is not about to end.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.state.load().running.is_some() && !self.draining.load(Ordering::Relaxed)
    }

    /// The program is about to end: no more traffic should be sent to it.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// The revision that runs.
    #[must_use]
    pub fn revision(&self) -> Option<u64> {
        self.state.load().running.as_ref().map(|(revision, _)| *revision)
    }

    /// What came of the last change, with its diagnostics.
    #[must_use]
    pub fn last(&self) -> Option<(ReloadOutcome, Vec<Diagnostic>)> {
        let state = self.state.load();
        state.last.as_ref().map(|last| (last.outcome, last.diagnostics.clone()))
    }

    pub(crate) fn state(&self) -> Arc<State> {
        self.state.load_full()
    }

    /// A configuration took effect, perhaps with warnings. Told by the [`crate::Reloader`], or by whoever runs a
    /// configuration that comes from no file.
    pub fn applied(&self, revision: u64, gateway: Arc<Gateway>, warnings: Vec<Diagnostic>) {
        let last =
            Last { outcome: ReloadOutcome::Applied, at: Timestamp::now(), diagnostics: warnings };
        let running = Some((revision, gateway));
        self.state.store(Arc::new(State { running, last: Some(Arc::new(last)) }));
    }

    /// A change took no effect.
    pub(crate) fn kept(&self, outcome: ReloadOutcome, diagnostics: Vec<Diagnostic>) {
        let last = Last { outcome, at: Timestamp::now(), diagnostics };
        let running = self.state.load().running.clone();
        self.state.store(Arc::new(State { running, last: Some(Arc::new(last)) }));
    }
}
