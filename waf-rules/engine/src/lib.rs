//! The SecLang compiler and transaction.
//!
//! Rule text becomes a [`RuleSet`] once ([`RuleSet::compile`]: lexer, syntax tree, compiled program; every problem is a
//! [`RuleDiagnostic`] with its place), and a [`Transaction`] runs one exchange through it, phase by phase. The crate
//! works on bytes: it knows no HTTP library, opens no file and no socket, and decides nothing about what happens to an
//! exchange it asks to interrupt.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests"))]

mod ast;
mod audit;
mod bits;
mod collections;
mod compile;
mod cost;
mod diagnostic;
mod gate;
mod lex;
pub mod limits;
mod memory;
mod meta;
mod operator;
mod outcome;
mod parse;
mod pipeline;
mod plan;
mod profile;
mod program;
mod proof;
pub mod reference;
mod ruleset;
mod settings;
mod shared;
mod sources;
mod template;
mod transaction;
mod variable;
mod view;

pub use ast::OnLimit;
pub use audit::{AuditFormat, AuditPart, AuditParts};
pub use collections::{
    Access, Change, Collection, CollectionCounts, CollectionLimits, CollectionStore, Edit,
    LocalCollections, Opened, RecordId, Stored,
};
pub use cost::{Cost, Costs};
pub use diagnostic::RuleDiagnostic;
pub use meta::{Phase, RuleMeta, Severity};
pub use outcome::{Disruption, Interruption, Matched, RuleMatch, Score};
pub use profile::{Profile, ProfiledRule};
pub use ruleset::{CompileOptions, EngineMode, Kept, RuleSet};
pub use shared::Shared;
pub use sources::Sources;
pub use transaction::{Audit, AuditFile, Mark, Transaction, TransactionId};
