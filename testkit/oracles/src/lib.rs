//! What must hold of parsers, transformations and transactions for any input at all.
//!
//! Each oracle takes bytes and panics where something does not hold; the fuzz targets of `fuzz/` and the tests of this
//! crate are two ways to feed them. The crate is small on purpose: a fuzz build compiles it with instrumentation, so
//! nothing here may need a socket, a runtime or the rest of the testkit.

#![expect(clippy::expect_used, reason = "an oracle speaks by panicking")]

pub mod body;
pub mod drive;
pub mod injection;
pub mod worst;
