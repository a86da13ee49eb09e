//! Why a VM is no use any more.

use std::fmt;

/// What a host function stops a module with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    #[error("the module has called the host too often")]
    HostCalls,
    #[error("the module has ended itself with code {0}")]
    Exit(u32),
}

/// What ended a VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The module trapped: unreachable code, an address or a number out of range, a full stack.
    Trap,
    /// It ran longer than it may.
    Deadline,
    /// It trapped after it was refused more memory.
    Memory,
    /// It called the host more often than it may.
    HostCalls,
    /// It called `proc_exit`.
    Exit,
    /// The host panicked. That is a fault of ours and never lets an exchange pass.
    Panic,
    /// The module has asked for a new VM.
    Asked,
}

impl Reason {
    /// Every reason, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::Trap,
        Self::Deadline,
        Self::Memory,
        Self::HostCalls,
        Self::Exit,
        Self::Panic,
        Self::Asked,
    ];

    /// As in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::Deadline => "deadline",
            Self::Memory => "memory",
            Self::HostCalls => "host_calls",
            Self::Exit => "exit",
            Self::Panic => "panic",
            Self::Asked => "asked",
        }
    }
}

/// A VM is no use any more, or there is none at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// It ended in this very call.
    Crashed {
        /// Why.
        reason: Reason,
        /// What was said about it.
        message: String,
    },
    /// It ended in somebody else's call, with everything that was in it.
    Gone,
    /// It is being rebuilt, or waits to be.
    Down,
    /// It has as many exchanges as it may have.
    Full,
}

impl Broken {
    /// Whether the host is at fault; such an exchange is never let pass.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        matches!(self, Self::Crashed { reason: Reason::Panic, .. })
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crashed { reason, message } => {
                write!(f, "the plugin crashed ({}): {message}", reason.as_str())
            }
            Self::Gone => write!(f, "the plugin crashed in another exchange"),
            Self::Down => write!(f, "the plugin is being restarted after a crash"),
            Self::Full => write!(f, "the plugin has too many exchanges open"),
        }
    }
}

impl std::error::Error for Broken {}

/// Tells a trap's reason.
pub(crate) fn classify(error: &wasmtime::Error, memory_refused: bool) -> (Reason, String) {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        let reason = match stop {
            Stop::HostCalls => Reason::HostCalls,
            // The Go runtime ends itself when it gets no memory.
            Stop::Exit(_) if memory_refused => Reason::Memory,
            Stop::Exit(_) => Reason::Exit,
        };
        return (reason, stop.to_string());
    }
    let message = format!("{error:#}");
    match error.downcast_ref::<wasmtime::Trap>() {
        Some(wasmtime::Trap::Interrupt) => (Reason::Deadline, "it ran too long".to_owned()),
        _ if memory_refused => (Reason::Memory, message),
        _ => (Reason::Trap, message),
    }
}
