//! Traffic policies: what happens to an exchange apart from whether it may pass.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

mod headers;

pub use headers::HeadersFilter;
