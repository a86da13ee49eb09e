//! Rule set tests and tuning tools: the Core Rule Set's own regression tests, and the gate of attacks and ordinary
//! requests at paranoia level 1.
//!
//! Rules run in process on the engine, with the bytes a downstream would send. Only `ftw::through` opens sockets: it sends
//! the same bytes to a gateway that runs elsewhere, and reads its log.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

pub mod drive;
pub mod ftw;
pub mod gate;
mod har;
pub mod profile;
mod setup;

pub use setup::{REGRESSION, Setting, SetupError, compile, compile_with};
