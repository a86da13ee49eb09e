//! Logs every exchange in one line: method, path, status, and what the configuration asks for.

mod config;
mod line;
// The host's functions exist only inside a host; everything else can be tested on the machine itself.
#[cfg(target_arch = "wasm32")]
mod plugin;
