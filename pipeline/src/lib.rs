//! From what an operator wrote to what traffic runs through.
//!
//! [`compile`] turns a [`portcullis_config::Gateway`] into a [`Snapshot`]: listeners, routes and chains of filters, all
//! precompiled. It knows every filter and no socket. A [`Registry`] keeps what outlives a snapshot.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

mod chain;
mod compile;
mod explain;
mod filters;
mod order;
mod plugins;
mod registry;
mod rewrite;
mod route;
mod snapshot;
mod tls;
mod weights;

pub use chain::{Chain, Decision, Link, OnError};
pub use compile::{Loaded, compile};
pub use explain::{Explanation, Question, explain};
pub use order::ORDER;
pub use registry::Registry;
pub use rewrite::{Rewrite, Rewritten};
pub use route::{Route, RouteTimeouts, Routed, Routes};
pub use snapshot::{Listener, ListenerTls, Snapshot, SnapshotHandle};
pub use tls::Certificates;
pub use weights::Weights;
