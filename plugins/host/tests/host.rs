//! The host with real modules, small ones in text: each function, the order of callbacks, and what contains them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

#[path = "host/cache.rs"]
mod cache;
#[path = "host/calls.rs"]
mod calls;
#[path = "host/functions.rs"]
mod functions;
#[path = "host/isolation.rs"]
mod isolation;
#[path = "host/kit.rs"]
mod kit;
#[path = "host/lifecycle.rs"]
mod lifecycle;
#[path = "host/streams.rs"]
mod streams;
#[path = "host/wheel.rs"]
mod wheel;
