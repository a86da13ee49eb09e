//! A module that is compiled and linked, and the engine it is for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use wasmtime::{Config, Engine, InstancePre, Linker, OptLevel};

use crate::abi::AbiVersion;
use crate::functions;
use crate::limits::EPOCH;
use crate::state::State;

/// Most native stack of a module in bytes.
const STACK_BYTES: usize = 512 * 1024;

/// Why bytes are no plugin.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not WebAssembly, or not what this engine takes.
    #[error("not a WebAssembly module: {0}")]
    Module(String),
    /// No export names a known version of the ABI.
    #[error(
        "no Proxy-Wasm plugin: it exports none of proxy_abi_version_0_1_0, _0_2_0, _0_2_1 and _0_2_100"
    )]
    NoAbi,
    /// Something it must export is missing.
    #[error("it exports no {0}")]
    NoExport(&'static str),
    /// An import has another type than the function of that name here.
    #[error("it does not fit this host: {0}")]
    Link(String),
    /// The engine could not be made, or its clock not started.
    #[error("the engine could not be started: {0}")]
    Engine(String),
    /// The compiler's process failed.
    #[error("the compiler failed: {0}")]
    Compiler(String),
    /// The cache could not be read or written.
    #[error("the cache of compiled plugins: {0}")]
    Cache(#[from] std::io::Error),
}

/// The settings that compiled code depends on. The compiler's process and the gateway use the same.
pub(crate) fn config() -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.cranelift_opt_level(OptLevel::Speed);
    config.max_wasm_stack(STACK_BYTES);
    config.memory_init_cow(true);
    // Traps are told by their kind; frames of optimised code of somebody else's would help nobody, and the tables for
    // them are a third of an artifact.
    config.wasm_backtrace_max_frames(None);
    config.generate_address_map(false);
    config.wasm_multi_memory(false);
    config
}

/// The engine with its clock: all plugins of a gateway share one.
pub(crate) struct Runtime {
    engine: Engine,
    linker: Linker<State>,
    stop: Arc<AtomicBool>,
}

impl Runtime {
    pub(crate) fn new() -> Result<Self, LoadError> {
        let told = |error: wasmtime::Error| LoadError::Engine(format!("{error:#}"));
        let engine = Engine::new(&config()).map_err(told)?;
        let linker = functions::linker(&engine).map_err(told)?;
        let stop = Arc::new(AtomicBool::new(false));
        let (clock, stopped) = (engine.weak(), Arc::clone(&stop));
        let run = move || {
            while !stopped.load(Ordering::Relaxed) {
                thread::sleep(EPOCH);
                let Some(engine) = clock.upgrade() else { return };
                engine.increment_epoch();
            }
        };
        let started = thread::Builder::new().name("plugin-epochs".to_owned()).spawn(run);
        started.map_err(|error| LoadError::Engine(error.to_string()))?;
        Ok(Self { engine, linker, stop })
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn link(&self, module: &wasmtime::Module) -> Result<Module, LoadError> {
        let exported = |version: &AbiVersion| module.get_export(version.export()).is_some();
        let abi = AbiVersion::ALL.into_iter().find(exported).ok_or(LoadError::NoAbi)?;
        if module.get_export("memory").is_none() {
            return Err(LoadError::NoExport("memory"));
        }
        let has = |name| module.get_export(name).is_some();
        if !has("malloc") && !has("proxy_on_memory_allocate") {
            return Err(LoadError::NoExport("malloc or proxy_on_memory_allocate"));
        }
        let link = |error: wasmtime::Error| LoadError::Link(format!("{error:#}"));
        let linker = functions::linker_for(&self.linker, module).map_err(link)?;
        let pre = linker.instantiate_pre(module).map_err(link)?;
        Ok(Module { abi, pre })
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// A module that is compiled and linked; any number of VMs are made of it.
pub struct Module {
    abi: AbiVersion,
    pre: InstancePre<State>,
}

impl Module {
    /// The version of the ABI it speaks.
    #[must_use]
    pub fn abi(&self) -> AbiVersion {
        self.abi
    }

    /// Whether it exports a function of this name.
    #[must_use]
    pub fn exports(&self, name: &str) -> bool {
        self.pre.module().get_export(name).is_some()
    }

    pub(crate) fn pre(&self) -> &InstancePre<State> {
        &self.pre
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("abi", &self.abi).finish_non_exhaustive()
    }
}
