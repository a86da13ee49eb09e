//! What the gateway does for plugins outside an exchange: calls to clusters, logs, the clock.
//!
//! Everything here is called from within a callback and must return at once. What takes time is begun, and its answer
//! given to the [`Reply`] that came with the call, from any thread.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use crate::abi::LogLevel;
use crate::pairs::Pairs;
use crate::plugin::Reply;

/// An HTTP request a module makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpCall {
    /// The cluster, as the module names it: `outbound|443||name.dns`.
    pub cluster: String,
    /// With `:method`, `:path` and `:authority`, and `content-length` where there is a body.
    pub headers: Pairs,
    /// All of it.
    pub body: Bytes,
    /// Empty for none.
    pub trailers: Pairs,
    /// None to wait for ever; whoever makes the call has a limit of its own.
    pub timeout: Option<Duration>,
}

/// What a call was answered with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpAnswer {
    /// With `:status`.
    pub headers: Pairs,
    /// All of it.
    pub body: Bytes,
    /// Empty for none.
    pub trailers: Pairs,
}

/// A gRPC call or stream a module opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcCall {
    /// The name of a cluster, or a serialised `envoy.config.core.v3.GrpcService`, as the module gives it.
    pub service: Bytes,
    /// `package.Service`.
    pub name: String,
    /// The method of the service.
    pub method: String,
    /// Metadata to begin with.
    pub metadata: Pairs,
    /// The one message of a call; none for a stream.
    pub message: Option<Bytes>,
    /// None to wait for ever.
    pub timeout: Option<Duration>,
}

/// Something to do with an open gRPC stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrpcCommand {
    /// A message, and whether it is the last.
    Send(Bytes, bool),
    /// Nothing more is sent.
    Close,
    /// Nothing more is wanted.
    Cancel,
}

/// A Redis a module wants to talk to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisTarget {
    /// The cluster, without the query.
    pub cluster: String,
    /// `?db=`.
    pub database: Option<u32>,
    /// Empty for none.
    pub username: String,
    /// Empty for none.
    pub password: String,
    /// How long a call may take.
    pub timeout: Duration,
    /// `?buffer_flush_timeout=` in milliseconds: how long a call may wait for others to go with it.
    pub flush_after: Option<Duration>,
    /// `?max_buffer_size_before_flush=` in bytes.
    pub flush_bytes: Option<usize>,
}

/// Why a call was not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotBegun {
    /// There is no such cluster.
    UnknownCluster,
    /// Not now.
    Failed,
}

/// A line of a module.
#[derive(Debug, Clone, Copy)]
pub struct LogLine<'a> {
    /// Name of the plugin.
    pub plugin: &'a str,
    /// How loud.
    pub level: LogLevel,
    /// UTF-8 where the module wrote UTF-8.
    pub message: &'a str,
}

/// The gateway around a plugin.
pub trait Services: Send + Sync + 'static {
    /// Begins an HTTP request.
    ///
    /// # Errors
    /// It was not begun; `reply` is never used then.
    fn http_call(&self, _call: HttpCall, _reply: Reply) -> Result<(), NotBegun> {
        Err(NotBegun::UnknownCluster)
    }

    /// Opens a gRPC call or stream. `reply` may be used many times.
    ///
    /// # Errors
    /// It was not begun.
    fn grpc_open(&self, _call: GrpcCall, _reply: Reply) -> Result<(), NotBegun> {
        Err(NotBegun::UnknownCluster)
    }

    /// Goes on with a gRPC stream that [`Services::grpc_open`] has opened for this `reply`.
    fn grpc_command(&self, _stream: &Reply, _command: GrpcCommand) {}

    /// Makes a Redis known. Called again with the same target, it changes nothing.
    ///
    /// # Errors
    /// There is no such cluster.
    fn redis_init(&self, _target: RedisTarget) -> Result<(), NotBegun> {
        Err(NotBegun::UnknownCluster)
    }

    /// Sends a query, as RESP, to a Redis made known before; the cluster stands as in [`Services::redis_init`].
    ///
    /// # Errors
    /// It was not begun.
    fn redis_call(&self, _cluster: &str, _query: Bytes, _reply: Reply) -> Result<(), NotBegun> {
        Err(NotBegun::UnknownCluster)
    }

    /// Writes a line that passed the level and the rate.
    fn log(&self, line: LogLine<'_>) {
        let LogLine { plugin, message, .. } = line;
        match line.level {
            LogLevel::Trace => tracing::trace!(plugin, "{message}"),
            LogLevel::Debug => tracing::debug!(plugin, "{message}"),
            LogLevel::Info => tracing::info!(plugin, "{message}"),
            LogLevel::Warn => tracing::warn!(plugin, "{message}"),
            LogLevel::Error | LogLevel::Critical => tracing::error!(plugin, "{message}"),
        }
    }

    /// The lowest level that is written. Modules ask before they format a line.
    fn log_level(&self) -> LogLevel {
        LogLevel::Info
    }

    /// Time since 1970.
    fn now(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

/// A gateway that makes no calls: for tests and for trying a plugin.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoServices;

impl Services for NoServices {}
