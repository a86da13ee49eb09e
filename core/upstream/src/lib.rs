//! Clusters: which endpoint a request goes to, and which endpoints may be asked at all.
//!
//! This crate decides by weights, load, hashes, health, budgets and bounds. It opens no socket and knows no HTTP: the
//! edge connects, checks health and reports what came of it. On the request path everything is atomics; what
//! changes seldom, health above all, is published as a new [view](cluster::Cluster) under a lock.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

mod balance;
mod clock;
mod cluster;
mod endpoint;
mod hash;
mod health;
mod lease;
mod retry;

pub use clock::{Clock, Millis};
pub use cluster::{Cluster, PickError, PickKey};
pub use endpoint::{Endpoint, EndpointId};
pub use hash::stable_hash;
pub use health::{Outcome, Transition};
pub use lease::Lease;
pub use retry::RetryBudget;
