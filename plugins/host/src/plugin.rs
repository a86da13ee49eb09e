//! A plugin that was accepted: a module with its configuration, and the VMs that run it.
//!
//! There is a VM for each worker, each behind a lock that is held for one callback. A VM that crashes is taken out,
//! and a new one is made on a thread of its own; meanwhile exchanges go to the VMs of other workers.

mod clock;
mod reply;
mod slot;
mod visit;

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use portcullis_telemetry::metrics::{Counter, PluginMetrics};

use crate::broken::{Broken, Reason};
use crate::limits::Limits;
use crate::module::Module;
use crate::services::Services;
use crate::shared::Shared;
use crate::stream::Stream;
use crate::vm::StartError;

pub(crate) use clock::Clock;
pub(crate) use reply::{Answer, Event};
pub use reply::{GrpcEvent, Reply};
pub(crate) use slot::Slot;
pub use visit::Visit;

/// What a plugin is made of, beside its module.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PluginSpec {
    /// Its name in configuration, logs and metrics; `plugin_name` to the module.
    pub name: Arc<str>,
    /// Which of several roots in a module it is; mostly empty.
    pub root_id: String,
    /// Plugins of the same id share values and queues.
    pub vm_id: String,
    /// What `proxy_on_vm_start` is told.
    pub vm_configuration: Bytes,
    /// What `proxy_on_configure` is told: JSON for most plugins.
    pub configuration: Bytes,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
    /// What it may take.
    pub limits: Limits,
}

impl PluginSpec {
    /// A plugin of this name and configuration, with nothing else said.
    #[must_use]
    pub fn new(name: &str, configuration: impl Into<Bytes>) -> Self {
        Self {
            name: name.into(),
            root_id: String::new(),
            vm_id: String::new(),
            vm_configuration: Bytes::new(),
            configuration: configuration.into(),
            environment: Vec::new(),
            limits: Limits::default(),
        }
    }
}

/// What all VMs of a plugin have in common.
pub(crate) struct Setup {
    pub(crate) spec: PluginSpec,
    pub(crate) services: Arc<dyn Services>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) counters: Counters,
    pub(crate) clock: Arc<Clock>,
    pub(crate) began: Instant,
}

/// What is counted of a plugin.
pub(crate) struct Counters {
    pub(crate) rebuilt: Counter,
    pub(crate) rebuild_failed: Counter,
    pub(crate) log_lines_dropped: Counter,
    crashes: Vec<Counter>,
}

impl Counters {
    pub(crate) fn new(metrics: &PluginMetrics) -> Self {
        Self {
            rebuilt: metrics.rebuilt.clone(),
            rebuild_failed: metrics.rebuild_failed.clone(),
            log_lines_dropped: metrics.log_lines_dropped.clone(),
            crashes: Reason::ALL.iter().map(|reason| metrics.crashes(reason.as_str())).collect(),
        }
    }

    pub(crate) fn crash(&self, reason: Reason) {
        if let Some(counter) = self.crashes.get(reason as usize) {
            counter.increment();
        }
    }
}

/// A plugin that was accepted.
pub struct Plugin {
    setup: Arc<Setup>,
    module: Arc<Module>,
    slots: Box<[Arc<Slot>]>,
}

/// An exchange that was not taken in, with what it lent.
pub struct NotOpened {
    /// Why.
    pub broken: Broken,
    /// What it lent.
    pub stream: Box<dyn Stream>,
}

impl fmt::Debug for NotOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotOpened").field("broken", &self.broken).finish_non_exhaustive()
    }
}

impl Plugin {
    /// Starts and configures the VMs. The first is the canary: what it refuses is refused.
    pub(crate) fn start(
        module: Arc<Module>,
        setup: Arc<Setup>,
        vms: usize,
    ) -> Result<Arc<Self>, StartError> {
        let slots: Result<Vec<_>, _> =
            (0..vms.max(1)).map(|_| Slot::start(&module, &setup)).collect();
        let slots = slots?;
        setup.clock.watch(&slots);
        Ok(Arc::new(Self { setup, module, slots: slots.into() }))
    }

    /// What it was made of.
    #[must_use]
    pub fn spec(&self) -> &PluginSpec {
        &self.setup.spec
    }

    /// Its module.
    #[must_use]
    pub fn module(&self) -> &Arc<Module> {
        &self.module
    }

    /// Takes an exchange in: into the VM of this thread, or any other while that one is down.
    ///
    /// # Errors
    /// No VM takes it; what it lent is given back.
    pub fn open(&self, stream: Box<dyn Stream>) -> Result<Visit, NotOpened> {
        let first = thread_number() % self.slots.len();
        let (before, after) = self.slots.split_at(first);
        let mut stream = stream;
        let mut why = Broken::Down;
        for slot in after.iter().chain(before) {
            match Slot::open(slot, stream) {
                Ok(visit) => return Ok(visit),
                Err(NotOpened { broken: broken @ (Broken::Down | Broken::Full), stream: back }) => {
                    stream = back;
                    why = broken;
                }
                Err(crashed) => return Err(crashed),
            }
        }
        Err(NotOpened { broken: why, stream })
    }

    /// Whether [`Plugin::open`] may succeed now; pending while a VM is being made at this very moment. False when
    /// every VM is down and waits after repeated crashes.
    pub fn poll_ready(&self, waker: &Waker) -> Poll<bool> {
        let mut coming = false;
        for slot in &self.slots {
            match slot.poll_up(waker) {
                Poll::Ready(true) => return Poll::Ready(true),
                Poll::Ready(false) => {}
                Poll::Pending => coming = true,
            }
        }
        if coming { Poll::Pending } else { Poll::Ready(false) }
    }

    /// Exchanges that are in its VMs.
    #[must_use]
    pub fn open_exchanges(&self) -> usize {
        self.slots.iter().map(|slot| slot.contexts()).sum()
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin").field("name", &self.setup.spec.name).finish_non_exhaustive()
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        for slot in &self.slots {
            if !slot.retire() {
                self.setup.clock.keep(slot);
            }
        }
    }
}

/// A number for each thread that opens exchanges, from 0.
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
    }
    NUMBER.with(|number| {
        number.get().unwrap_or_else(|| {
            let new = NEXT.fetch_add(1, Ordering::Relaxed);
            number.set(Some(new));
            new
        })
    })
}
