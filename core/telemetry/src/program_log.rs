//! The program's own log, on stderr: what the gateway does and what goes wrong in it.
//!
//! Libraries that speak through `log`, as Pingora does, come out of the same place; they are heard from
//! `warn` on, since what they say below that is about each connection.

use std::fmt;
use std::io;

use portcullis_config::LogLevel;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{Layer as _, fmt as layer};

/// Crates whose own level is capped at `warn`.
const LIBRARIES: &[&str] = &[
    "pingora_core",
    "pingora_http",
    "pingora_pool",
    "pingora_runtime",
    "pingora_timeout",
    "h2",
    "hyper",
    "rustls",
    "tokio",
    "mio",
];

/// How it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

fn targets(level: LogLevel) -> Targets {
    let libraries = filter(level).min(LevelFilter::WARN);
    Targets::new()
        .with_default(filter(level))
        .with_targets(LIBRARIES.iter().map(|name| (*name, libraries)))
}

/// The log of this process.
#[derive(Debug)]
pub struct ProgramLog;

/// The process has a log already.
#[derive(Debug)]
pub struct ProgramLogError(TryInitError);

impl ProgramLog {
    /// Sets up the log of this process, once; it stays as it is until the process ends.
    ///
    /// # Errors
    /// When the process has a log already.
    pub fn init(level: LogLevel, format: LogFormat) -> Result<(), ProgramLogError> {
        let lines = match format {
            LogFormat::Text => layer::layer().with_ansi(false).with_writer(io::stderr).boxed(),
            LogFormat::Json => {
                layer::layer().json().flatten_event(true).with_writer(io::stderr).boxed()
            }
        };
        tracing_subscriber::registry()
            .with(lines.with_filter(targets(level)))
            .try_init()
            .map_err(ProgramLogError)
    }
}

impl fmt::Display for ProgramLogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the process has a log already: {}", self.0)
    }
}

impl std::error::Error for ProgramLogError {}
