//! SecLang transformations over bytes.
//!
//! Decides what a rule sees of a value after `t:` actions. It works on bytes only: it knows no encoding
//! but the one a transformation names, so invalid UTF-8 passes unharmed. Semantics are those of the
//! ModSecurity reference manual (v2, which the OWASP Core Rule Set is written for).

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests"))]

mod bytes;
mod transformation;

pub use transformation::Transformation;
