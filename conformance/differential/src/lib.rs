//! The same transactions through this engine and through the reference engine, and what differs.
//!
//! The reference engine is OWASP Coraza 3.7, built by Go behind the feature `reference-engine`; without the feature
//! this crate only makes transactions and judges differences. It drives engines, not gateways: nothing that the HTTP
//! front refuses is refused here, because a rule has to answer the same however a request came in. Every difference
//! either is a bug that gets fixed, or stands in `known.yaml` with a cause that is checked on the transaction itself.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

#[cfg(feature = "reference-engine")]
pub mod bodies;
#[cfg(feature = "reference-engine")]
pub mod cause;
pub mod compare;
#[cfg(feature = "reference-engine")]
pub mod engines;
pub mod exchange;
pub mod explain;
pub mod generate;
#[cfg(feature = "reference-engine")]
pub mod injection;
#[cfg(feature = "reference-engine")]
pub mod known;
pub mod ours;
pub mod pattern;
pub mod percent;
pub mod random;
#[cfg(feature = "reference-engine")]
pub mod reference;
pub mod rules;
#[cfg(feature = "reference-engine")]
pub mod stage;
pub mod statement;
#[cfg(feature = "reference-engine")]
pub mod transformations;
pub mod value;
pub mod verdict;
