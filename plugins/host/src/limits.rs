//! What a plugin may take: each limit with its unit and its default.

use std::time::Duration;

/// Limits of one plugin. The defaults suit a plugin nobody has looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Longest a callback may run before it is stopped. In steps of [`EPOCH`]; it is never exceeded by more than the
    /// operating system delays the clock.
    pub call: Duration,
    /// The same for `_initialize`, `proxy_on_vm_start` and `proxy_on_configure`: a dictionary is built here.
    pub start: Duration,
    /// Most memory of a VM in bytes.
    pub memory_bytes: usize,
    /// Most elements of all tables of a VM.
    pub table_elements: usize,
    /// Most host functions a callback may call.
    pub host_calls: u32,
    /// The same while a VM starts.
    pub start_host_calls: u32,
    /// Most log lines of a VM in a second; further ones are counted and dropped.
    pub log_lines_per_second: u32,
    /// Longest log line in bytes; the rest is cut.
    pub log_line_bytes: usize,
    /// Most calls of a VM that wait for an answer, HTTP, gRPC and Redis together.
    pub pending_calls: usize,
    /// Longest answer to a call in bytes; a longer one is a failed call.
    pub answer_bytes: usize,
    /// Most bytes of a body that are held for a module in one direction of an exchange. A module may raise it for
    /// an exchange up to [`Limits::raised_body_bytes`].
    pub body_bytes: usize,
    /// What a module may raise its body limit to.
    pub raised_body_bytes: usize,
    /// Most exchanges open in a VM.
    pub contexts: usize,
    /// Longest an exchange waits for a module that holds it.
    pub hold: Duration,
    /// Shortest interval between two ticks.
    pub tick: Duration,
    /// Wait before the second rebuild of a VM that keeps crashing; it doubles each time.
    pub backoff_first: Duration,
    /// Longest wait before a rebuild.
    pub backoff_max: Duration,
    /// How long a VM must live for the next crash to count as a first one.
    pub calm: Duration,
}

/// Step of the clock that stops callbacks.
pub const EPOCH: Duration = Duration::from_millis(2);
/// Longest name of a shared value, a queue or a metric in bytes.
pub const NAME_BYTES: usize = 4096;
/// Most bytes `random_get` gives at once; the limit of the C++ host.
pub const RANDOM_BYTES: usize = 64 * 1024;
/// Most events that wait for a VM: answers and queues with something in them.
pub const INBOX_EVENTS: usize = 16 * 1024;
/// Most values a module may leave on an exchange.
pub const PROPERTIES: usize = 256;
/// Most bytes of a value a module may leave on an exchange.
pub const PROPERTY_BYTES: usize = 64 * 1024;

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            call: Duration::from_millis(10),
            start: Duration::from_secs(30),
            memory_bytes: 256 * MIB,
            table_elements: 1_000_000,
            host_calls: 100_000,
            start_host_calls: 10_000_000,
            log_lines_per_second: 1000,
            log_line_bytes: 16 * 1024,
            pending_calls: 1024,
            answer_bytes: 8 * MIB,
            body_bytes: MIB,
            raised_body_bytes: 100 * MIB,
            contexts: 100_000,
            hold: Duration::from_secs(60),
            tick: Duration::from_millis(10),
            backoff_first: Duration::from_secs(1),
            backoff_max: Duration::from_secs(10),
            calm: Duration::from_secs(60),
        }
    }
}

impl Limits {
    /// Steps of the clock until a callback of this length is stopped, so that it is never late.
    pub(crate) fn epochs(wait: Duration) -> u64 {
        u64::try_from(wait.as_nanos() / EPOCH.as_nanos()).unwrap_or(u64::MAX / 2).max(1)
    }
}

/// What all plugins of a gateway share, and how far it may grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedLimits {
    /// Most shared values of a `vm_id`.
    pub entries: usize,
    /// Most bytes of names and values of a `vm_id`.
    pub bytes: usize,
    /// Most queues of a `vm_id`.
    pub queues: usize,
    /// Most entries of a queue.
    pub queue_entries: usize,
    /// Most bytes of a queue.
    pub queue_bytes: usize,
    /// Most metrics of a plugin.
    pub metrics: usize,
}

impl Default for SharedLimits {
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            entries: 100_000,
            bytes: 64 * MIB,
            queues: 64,
            queue_entries: 10_000,
            queue_bytes: 16 * MIB,
            metrics: 10_000,
        }
    }
}
