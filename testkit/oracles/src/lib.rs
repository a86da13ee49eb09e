//! What must hold of parsers, transformations and transactions for any input at all.
//!
//! Each oracle takes bytes and panics where something does not hold; the fuzz targets of `fuzz/` and the tests of this
//! crate are two ways to feed them. The crate is small on purpose: a fuzz build compiles it with instrumentation, so
//! nothing here may need a socket, a runtime or the rest of the testkit.

#![expect(clippy::expect_used, reason = "an oracle speaks by panicking")]

pub mod body;
pub mod canonical;
pub mod drive;
pub mod injection;
pub mod prefilter;
pub mod seclang;
pub mod transaction;
pub mod transformations;
pub mod worst;

/// An oracle: panics where something does not hold.
pub type Oracle = fn(&[u8]);

/// Every oracle by the name of its fuzz target and of its seeds in `fuzz/corpus-seeds`.
pub const ORACLES: &[(&str, Oracle)] = &[
    ("body_inflate", body::inflate),
    ("body_json", body::json),
    ("body_multipart", body::multipart),
    ("body_urlencoded", body::urlencoded),
    ("body_xml", body::xml),
    ("canonical", canonical::check),
    ("injection", injection::check),
    ("prefilter", prefilter::check),
    ("seclang", seclang::check),
    ("transaction", transaction::check),
    ("transformations", transformations::check),
];
