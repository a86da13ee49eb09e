//! Real peers for tests: upstreams that record every byte, downstreams that send exact bytes, a
//! proxy that breaks connections, load, and the `portcullis` binary itself as the gateway under
//! test. Everything goes over real sockets; nothing here knows a crate of the gateway.
//!
//! Every wait ends after [`DEADLINE`] at the latest, so a hang is a failure with a name.

pub mod certificates;
pub mod document;
pub mod fault;
pub mod gateway;
pub mod h2_client;
pub mod h2_frames;
pub mod h2_upstream;
pub mod load;
pub mod message;
pub mod metrics;
pub mod ports;
pub mod raw;
pub mod sse;
pub mod upstream;
pub mod websocket;
pub mod wire;

use std::time::Duration;

/// The longest any single wait of a test lasts.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// What went wrong in a peer, in words for the one who reads the failed test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(pub String);

/// Result of everything a peer does.
pub type Result<T> = std::result::Result<T, Problem>;

impl Problem {
    /// A problem in the given words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self(format!("input or output failed: {error}"))
    }
}

impl From<h2::Error> for Problem {
    fn from(error: h2::Error) -> Self {
        Self(format!("h2 failed: {error}"))
    }
}

impl From<http::Error> for Problem {
    fn from(error: http::Error) -> Self {
        Self(format!("not a message: {error}"))
    }
}

/// Waits for a future at most [`DEADLINE`].
///
/// # Errors
/// The future's own error, or a problem that names `what` when the time is over.
pub async fn within<T, E: Into<Problem>>(
    what: &str,
    future: impl Future<Output = std::result::Result<T, E>>,
) -> Result<T> {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(result) => result.map_err(Into::into),
        Err(_) => Err(Problem::new(format!("{what}: nothing within {DEADLINE:?}"))),
    }
}

/// Asks again every 10 ms until the answer is `Some`, at most [`DEADLINE`].
///
/// # Errors
/// A problem that names `what` when the time is over.
pub async fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> Result<T> {
    let end = tokio::time::Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = ask() {
            return Ok(answer);
        }
        if tokio::time::Instant::now() > end {
            return Err(Problem::new(format!("{what}: not within {DEADLINE:?}")));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
