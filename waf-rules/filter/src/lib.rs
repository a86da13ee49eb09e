//! The SecLang engine as a filter: which rule set an exchange meets, what of the exchange the rules see, and what
//! becomes of their verdict.
//!
//! It decides nothing about rules, which is the engine's work, and nothing about errors, which is the pipeline's.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

mod audit;
mod filter;
mod inflate;
mod profile;
mod report;
mod rulesets;
mod sources;

pub use audit::{AuditSource, OpenAudit, check_audit};
pub use filter::{WafFilter, WafParts};
pub use rulesets::RuleSets;
