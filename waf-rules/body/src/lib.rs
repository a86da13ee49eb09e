//! Body parsers for inspection: urlencoded, multipart, JSON, XML, and the content codings around them.
//!
//! Decides what names and values a body holds, the way the most lenient server behind us would read
//! them: everything that could be read goes into the result, and everything that should not be there is
//! a named problem. It knows nothing of rules, HTTP libraries or what a problem leads to.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests"))]

pub mod content_type;
mod fields;
pub mod inflate;
pub mod json;
pub mod multipart;
mod percent;
#[cfg(test)]
mod property;
pub mod urlencoded;
pub mod xml;

pub use content_type::ContentType;
pub use fields::{Fields, Values};
