//! One VM: a module with its memory, one root context and the exchanges that are in it.
//!
//! Everything here is synchronous and runs under the lock of a [`Slot`](crate::plugin::Slot). A call that fails
//! leaves a VM that is no use any more: it is dropped, with its exchanges.

mod answers;
mod exports;
mod lifecycle;
mod streams;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use wasmtime::{Store, TypedFunc, WasmParams, WasmResults};

use crate::broken::{Broken, Reason, classify};
use crate::limits::Limits;
use crate::module::Module;
use crate::plugin::{Setup, Slot};
use crate::state::{ROOT, State};
use exports::Exports;

/// Why a VM did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The module exports this name with another type.
    #[error("its {0} has another type")]
    Export(&'static str),
    /// Its memory, tables or start function.
    #[error("it cannot be started: {0}")]
    Instantiate(String),
    /// A callback crashed.
    #[error("{0}")]
    Crashed(#[from] Broken),
    /// `proxy_on_vm_start` said no.
    #[error("the plugin refuses its VM configuration")]
    RefusedVm,
    /// `proxy_on_configure` said no.
    #[error("the plugin refuses its configuration")]
    RefusedConfiguration,
}

/// One VM.
pub(crate) struct Vm {
    store: Store<State>,
    exports: Exports,
    last_context: u32,
    born: Instant,
    crashed: bool,
}

impl Vm {
    pub(crate) fn new(
        module: &Module,
        setup: &Arc<Setup>,
        slot: Weak<Slot>,
        generation: u64,
    ) -> Result<Self, StartError> {
        let pre = module.pre();
        let state = State::new(Arc::clone(setup), slot, generation, module.abi());
        let mut store = Store::new(pre.module().engine(), state);
        store.limiter(|state| state);
        let limits = &setup.spec.limits;
        let epochs = Limits::epochs(limits.start);
        store.set_epoch_deadline(epochs);
        store.data_mut().host_calls_left = limits.start_host_calls;
        let instance = guarded(&mut store, |store| pre.instantiate(store))
            .map_err(|(_, message)| StartError::Instantiate(message))?;
        store.data_mut().memory = instance.get_memory(&mut store, "memory");
        let malloc = exports::function(&mut store, &instance, "malloc")?;
        store.data_mut().allocate = match malloc {
            Some(malloc) => Some(malloc),
            None => exports::function(&mut store, &instance, "proxy_on_memory_allocate")?,
        };
        let exports = Exports::find(&mut store, &instance)?;
        let mut vm =
            Self { store, exports, last_context: ROOT, born: Instant::now(), crashed: false };
        vm.begin(&instance)?;
        Ok(vm)
    }

    pub(crate) fn age(&self) -> Duration {
        self.born.elapsed()
    }

    pub(crate) fn generation(&self) -> u64 {
        self.store.data().generation
    }

    /// Whether this VM is no use any more.
    pub(crate) fn is_crashed(&self) -> bool {
        self.crashed
    }

    /// Whether the module has asked for a new VM.
    pub(crate) fn wants_rebuild(&self) -> bool {
        self.store.data().rebuild_wanted
    }

    /// When the next tick is due.
    pub(crate) fn next_tick(&self) -> Option<Instant> {
        self.store.data().next_tick
    }

    /// Exchanges that are in it.
    pub(crate) fn contexts(&self) -> usize {
        self.store.data().contexts.len()
    }

    /// Calls a callback on behalf of a context.
    fn run<P: WasmParams, R: WasmResults>(
        &mut self,
        pick: impl FnOnce(&Exports) -> Option<&TypedFunc<P, R>>,
        context: u32,
        parameters: P,
    ) -> Result<Option<R>, Broken> {
        let Some(function) = pick(&self.exports) else { return Ok(None) };
        let limits = &self.store.data().setup.spec.limits;
        let budget = (Limits::epochs(limits.call), limits.host_calls);
        run(&mut self.store, &mut self.crashed, function, context, parameters, budget).map(Some)
    }

    /// The same while the VM starts, when it may take longer.
    fn run_start<P: WasmParams, R: WasmResults>(
        &mut self,
        pick: impl FnOnce(&Exports) -> Option<&TypedFunc<P, R>>,
        context: u32,
        parameters: P,
    ) -> Result<Option<R>, Broken> {
        let Some(function) = pick(&self.exports) else { return Ok(None) };
        let limits = &self.store.data().setup.spec.limits;
        let budget = (Limits::epochs(limits.start), limits.start_host_calls);
        run(&mut self.store, &mut self.crashed, function, context, parameters, budget).map(Some)
    }

    /// Calls a function that belongs to nobody, while the VM starts.
    fn enter<P: WasmParams, R: WasmResults>(
        &mut self,
        function: &TypedFunc<P, R>,
        parameters: P,
    ) -> Result<R, Broken> {
        let limits = &self.store.data().setup.spec.limits;
        let budget = (Limits::epochs(limits.start), limits.start_host_calls);
        run(&mut self.store, &mut self.crashed, function, ROOT, parameters, budget)
    }
}

/// The one place a module is entered from.
fn run<P: WasmParams, R: WasmResults>(
    store: &mut Store<State>,
    crashed: &mut bool,
    function: &TypedFunc<P, R>,
    context: u32,
    parameters: P,
    (epochs, host_calls): (u64, u32),
) -> Result<R, Broken> {
    if *crashed {
        return Err(Broken::Gone);
    }
    store.set_epoch_deadline(epochs);
    let state = store.data_mut();
    state.current = context;
    state.effective = context;
    state.stopped = false;
    state.memory_refused = false;
    state.host_calls_left = host_calls;
    guarded(store, |store| function.call(store, parameters)).map_err(|(reason, message)| {
        *crashed = true;
        let setup = &store.data().setup;
        setup.counters.crash(reason);
        tracing::error!(plugin = &*setup.spec.name, reason = reason.as_str(), "{message}");
        Broken::Crashed { reason, message }
    })
}

/// Keeps a panic of the host from going any further.
fn guarded<T>(
    store: &mut Store<State>,
    work: impl FnOnce(&mut Store<State>) -> wasmtime::Result<T>,
) -> Result<T, (Reason, String)> {
    match catch_unwind(AssertUnwindSafe(|| work(store))) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(classify(&error, store.data().memory_refused)),
        Err(_) => Err((Reason::Panic, "the host panicked".to_owned())),
    }
}
