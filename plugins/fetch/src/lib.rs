//! Brings the module of a plugin: from a file, a server or a registry, or from what was brought before.
//!
//! Decides what may be taken for the module an operator named: its digest, its size, who served it. Knows nothing of what
//! a module does; whoever compiles it finds out whether it is one. Blocking, for it runs while documents are loaded.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")
)]

mod agent;
mod archive;
mod cache;
mod credentials;
mod error;
mod fetcher;
mod manifest;
mod registry;

pub use error::FetchError;
pub use fetcher::{Fetcher, Module};
