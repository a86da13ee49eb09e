//! From `_initialize` to `proxy_on_delete`.

use std::time::Instant;

use wasmtime::Instance;

use super::{StartError, Vm, exports};
use crate::broken::Broken;
use crate::context::Context;
use crate::plugin::NotOpened;
use crate::state::{Done, ROOT, Stage};
use crate::stream::Stream;

impl Vm {
    /// Starts the module and configures it: a canary if anything is.
    pub(super) fn begin(&mut self, instance: &Instance) -> Result<(), StartError> {
        if let Some(initialize) = self.start_function(instance, "_initialize")? {
            self.enter(&initialize, ())?;
            if let Some(main) = exports::function::<_, u32>(&mut self.store, instance, "main")? {
                self.enter(&main, (0_u32, 0_u32))?;
            }
        } else if let Some(start) = self.start_function(instance, "_start")? {
            self.enter(&start, ())?;
        }
        self.run_start(|e| e.context_create.as_ref(), ROOT, (ROOT, 0))?;
        let spec = &self.store.data().setup.spec;
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let (vm, plugin) = (length(&spec.vm_configuration), length(&spec.configuration));
        if self.run_start(|e| e.vm_start.as_ref(), ROOT, (ROOT, vm))? == Some(0) {
            return Err(StartError::RefusedVm);
        }
        self.store.data_mut().stage = Stage::Configuring;
        if self.run_start(|e| e.configure.as_ref(), ROOT, (ROOT, plugin))? == Some(0) {
            return Err(StartError::RefusedConfiguration);
        }
        self.store.data_mut().stage = Stage::Running;
        Ok(())
    }

    fn start_function(
        &mut self,
        instance: &Instance,
        name: &'static str,
    ) -> Result<Option<wasmtime::TypedFunc<(), ()>>, StartError> {
        exports::function(&mut self.store, instance, name)
    }

    /// Takes an exchange in.
    pub(crate) fn open(&mut self, stream: Box<dyn Stream>) -> Result<u32, NotOpened> {
        let state = self.store.data_mut();
        if state.contexts.len() >= state.setup.spec.limits.contexts {
            return Err(NotOpened { broken: Broken::Full, stream });
        }
        loop {
            self.last_context = self.last_context.wrapping_add(1).max(ROOT + 1);
            if !state.contexts.contains_key(&self.last_context) {
                break;
            }
        }
        let id = self.last_context;
        let context = Context::new(stream, &state.setup.spec.limits);
        state.contexts.insert(id, context);
        let Err(broken) = self.run(|e| e.context_create.as_ref(), id, (id, ROOT)) else {
            return Ok(id);
        };
        match self.store.data_mut().contexts.remove(&id) {
            Some(context) => Err(NotOpened { broken, stream: context.into_stream() }),
            None => Ok(id),
        }
    }

    /// Takes what every exchange lent out of a VM that is no use any more.
    pub(crate) fn take_streams(&mut self) -> impl Iterator<Item = (u32, Box<dyn Stream>)> {
        let contexts = std::mem::take(&mut self.store.data_mut().contexts);
        contexts.into_iter().map(|(id, context)| (id, context.into_stream()))
    }

    /// Ends an exchange: `proxy_on_log`, `proxy_on_done`, `proxy_on_delete`, in Envoy's order. Gives back what it
    /// lent.
    pub(crate) fn close(&mut self, id: u32) -> Result<Option<Box<dyn Stream>>, Broken> {
        let Some(context) = self.store.data_mut().contexts.get_mut(&id) else { return Ok(None) };
        context.logging = true;
        self.run(|e| e.log.as_ref(), id, id)?;
        self.run(|e| e.done.as_ref(), id, id)?;
        self.run(|e| e.delete.as_ref(), id, id)?;
        let context = self.store.data_mut().contexts.remove(&id);
        Ok(context.map(Context::into_stream))
    }

    /// What an exchange lent, between two callbacks.
    pub(crate) fn stream(&mut self, id: u32) -> Option<&mut dyn Stream> {
        let context = self.store.data_mut().contexts.get_mut(&id)?;
        Some(&mut *context.stream)
    }

    /// Runs `proxy_on_tick` if it is due.
    pub(crate) fn tick(&mut self, now: Instant) -> Result<(), Broken> {
        let state = self.store.data_mut();
        let due = state.next_tick.is_some_and(|at| at <= now);
        if !due {
            return Ok(());
        }
        state.next_tick = state.tick.map(|period| now + period);
        self.run(|e| e.tick.as_ref(), ROOT, ROOT)?;
        Ok(())
    }

    /// Asks the root context to end. True when the VM may go; otherwise the module says `proxy_done` later.
    pub(crate) fn end(&mut self) -> Result<bool, Broken> {
        if self.store.data().done == Done::No {
            self.store.data_mut().done = Done::Pending;
            if self.run(|e| e.done.as_ref(), ROOT, ROOT)? != Some(0) {
                self.store.data_mut().done = Done::Yes;
            }
        }
        if self.store.data().done != Done::Yes {
            return Ok(false);
        }
        self.run(|e| e.delete.as_ref(), ROOT, ROOT)?;
        Ok(true)
    }
}
