//! The host: the engine all plugins of a gateway run on, and what they share.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use portcullis_telemetry::Metrics;

use crate::artifact::{Cache, Compiler};
use crate::limits::SharedLimits;
use crate::module::{LoadError, Module, Runtime};
use crate::plugin::{Clock, Counters, Plugin, PluginSpec, Setup};
use crate::services::Services;
use crate::shared::Shared;
use crate::vm::StartError;

/// What a host is made with.
pub struct HostOptions {
    /// Where compiled plugins are kept; none to compile anew each time.
    pub cache: Option<PathBuf>,
    /// Who compiles.
    pub compiler: Compiler,
    /// How far what plugins share may grow.
    pub shared: SharedLimits,
    /// What VMs are counted in.
    pub metrics: Arc<Metrics>,
}

/// The engine all plugins of a gateway run on.
pub struct Host {
    runtime: Runtime,
    cache: Option<Cache>,
    compiler: Compiler,
    shared: Arc<Shared>,
    metrics: Arc<Metrics>,
    clock: Arc<Clock>,
}

impl Host {
    /// Starts the engine, its epochs and its ticks.
    ///
    /// # Errors
    /// The engine, a thread or the cache's folder cannot be made.
    pub fn new(options: HostOptions) -> Result<Arc<Self>, LoadError> {
        let runtime = Runtime::new()?;
        let cache = match options.cache {
            Some(folder) => Some(Cache::open(folder, runtime.engine())?),
            None => None,
        };
        Ok(Arc::new(Self {
            runtime,
            cache,
            compiler: options.compiler,
            shared: Arc::new(Shared::new(options.shared)),
            metrics: options.metrics,
            clock: Clock::start()?,
        }))
    }

    /// Compiles a module, or takes it from the cache. Takes seconds for a large one that is not there yet.
    ///
    /// # Errors
    /// It is no plugin this host can run.
    pub fn load(&self, wasm: &[u8]) -> Result<Arc<Module>, LoadError> {
        let engine = self.runtime.engine();
        let module = match &self.cache {
            Some(cache) => cache.module(engine, wasm, &self.compiler)?,
            None => self.compiler.module(engine, wasm)?,
        };
        Ok(Arc::new(self.runtime.link(&module)?))
    }

    /// Starts a plugin in so many VMs, mostly one a worker, and configures it.
    ///
    /// # Errors
    /// It refuses its configuration, or crashes over it. Nothing of it is left then.
    pub fn start(
        &self,
        module: &Arc<Module>,
        spec: PluginSpec,
        services: Arc<dyn Services>,
        vms: usize,
    ) -> Result<Arc<Plugin>, StartError> {
        let counters = Counters::new(&self.metrics.plugin(&spec.name));
        let setup = Setup {
            spec,
            services,
            shared: Arc::clone(&self.shared),
            counters,
            clock: Arc::clone(&self.clock),
            began: Instant::now(),
        };
        Plugin::start(Arc::clone(module), Arc::new(setup), vms)
    }

    /// What plugins share: their own metrics among it.
    #[must_use]
    pub fn shared(&self) -> &Shared {
        &self.shared
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.clock.stop();
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}
