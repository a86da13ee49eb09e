//! Configuration sources and the admin API.
//!
//! [`FileSource`] tells when files changed, [`Reloader`] turns a change into a snapshot or into diagnostics, [`admin`]
//! shows both. A document that is wrong changes nothing that runs. This crate knows no socket of traffic: whoever
//! gives the snapshots effect is handed in as a function.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

pub mod admin;
mod contents;
mod reload;
mod status;
mod watch;

pub use reload::{Outcome, Reloader};
pub use status::Status;
pub use watch::{Change, FileSource};
