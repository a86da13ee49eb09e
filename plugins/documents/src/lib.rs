//! Plugins as others write them, and which configuration of a plugin counts where.
//!
//! Decides what a Higress or Istio `WasmPlugin` says in our words ([`FOREIGN`]), what the module reads and for which
//! exchanges ([`Configured`]), and for which plugins a filter of the gateway's own stands in. Knows no module, no VM and
//! no network.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")
)]

mod configured;
mod precedence;
mod tree;
mod twins;
mod wasm_plugin;

pub use configured::Configured;
use portcullis_config::Foreign;
pub use twins::twin_of;

/// What whoever reads documents passes to the loader, so that `WasmPlugin` documents are read beside our own.
pub const FOREIGN: Foreign =
    Foreign { dialects: &[wasm_plugin::translate], rewrites: &[twins::serve_natively] };
