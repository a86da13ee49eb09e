//! One file a concept, one table of cases a file: rule text and a request in, matched rules and verdict out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    missing_docs,
    reason = "tests"
)]

#[path = "concepts/harness.rs"]
mod harness;
#[path = "concepts/random.rs"]
mod random;

#[path = "concepts/actions.rs"]
mod actions;
#[path = "concepts/audit.rs"]
mod audit;
#[path = "concepts/bodies.rs"]
mod bodies;
#[path = "concepts/bytes.rs"]
mod bytes;
#[path = "concepts/chains.rs"]
mod chains;
#[path = "concepts/collections.rs"]
mod collections;
#[path = "concepts/costs.rs"]
mod costs;
#[path = "concepts/ctl.rs"]
mod ctl;
#[path = "concepts/diagnostics.rs"]
mod diagnostics;
#[path = "concepts/embedded_json.rs"]
mod embedded_json;
#[path = "concepts/flow.rs"]
mod flow;
#[path = "concepts/folding.rs"]
mod folding;
#[path = "concepts/keys.rs"]
mod keys;
#[path = "concepts/limits.rs"]
mod limits;
#[path = "concepts/memory.rs"]
mod memory;
#[path = "concepts/multipart.rs"]
mod multipart;
#[path = "concepts/operators.rs"]
mod operators;
#[path = "concepts/response.rs"]
mod response;
#[path = "concepts/setvar.rs"]
mod setvar;
#[path = "concepts/targets.rs"]
mod targets;
#[path = "concepts/transformations.rs"]
mod transformations;
#[path = "concepts/updates.rs"]
mod updates;
#[path = "concepts/variables.rs"]
mod variables;
