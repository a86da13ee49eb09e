//! The data plane over real sockets, in process: exact bytes in, exact bytes out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "wire/h1.rs"]
mod h1;
#[path = "wire/h2.rs"]
mod h2;
#[path = "wire/stage.rs"]
mod stage;
