//! Proxy-Wasm plugins: the host side of the ABI, and what contains them.
//!
//! This crate knows WebAssembly and the ABI (0.1.0, 0.2.0, 0.2.1 and Higress' 0.2.100) and no HTTP library: an exchange
//! lends itself through [`Stream`], the gateway through [`Services`]. A [`Host`] compiles modules and starts
//! [`Plugin`]s; an exchange takes part through a [`Visit`], whose methods each run one callback and say what becomes
//! of what was shown. Nothing here waits: what is held is polled for.
//!
//! A module can do no more than answer late, wrongly or not at all. Each callback has a deadline, a VM has a limit on
//! everything, and one that crashes takes no more with it than the exchanges that were in it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

mod abi;
mod artifact;
mod broken;
mod context;
mod functions;
mod guest;
mod host;
pub mod limits;
mod module;
pub mod pairs;
mod plain;
mod plugin;
mod services;
mod shared;
mod state;
mod stream;
mod vm;

pub use abi::{AbiVersion, LogLevel, Map, MetricKind, Side, Status};
pub use artifact::{Compiler, ProcessCompiler, compile_main};
pub use broken::{Broken, Reason};
pub use context::{PluginReply, Step};
pub use host::{Host, HostOptions};
pub use limits::{Limits, SharedLimits};
pub use module::{LoadError, Module};
pub use plain::{PlainFields, PlainStream};
pub use plugin::{GrpcEvent, NotOpened, Plugin, PluginSpec, Reply, Visit};
pub use services::{
    GrpcCall, GrpcCommand, HttpAnswer, HttpCall, LogLine, NoServices, NotBegun, RedisTarget,
    Services,
};
pub use shared::{GuestMetrics, Shared};
pub use stream::{Field, Fields, Refused, Stream, UpstreamHost, Value};
pub use vm::StartError;
