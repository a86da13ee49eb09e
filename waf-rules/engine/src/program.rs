//! A rule set as it runs: slots instead of names, ids instead of pipelines, numbers instead of text.

use std::sync::Arc;

use crate::ast::{AllowScope, AuditMode, Processor, Sanitise};
use crate::audit::PartsChange;
use crate::bits::BitSet;
use crate::collections::Collection;
use crate::meta::RuleMeta;
use crate::operator::{Operator, Pattern};
use crate::pipeline::PipelineId;
use crate::ruleset::EngineMode;
use crate::variable::Variable;
use crate::view::ViewId;

/// A rule with its chain.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) meta: Arc<RuleMeta>,
    /// The starter first.
    pub(crate) links: Box<[Link]>,
    pub(crate) message: Text,
    pub(crate) log_data: Text,
    pub(crate) outcome: Outcome,
    pub(crate) status: u16,
    pub(crate) log: bool,
    pub(crate) audit: bool,
    pub(crate) flow: Flow,
    /// A match takes protection away: it lets through, leaves rules out or switches inspection off, and does not
    /// interrupt.
    pub(crate) relaxes: bool,
}

/// One link of a chain.
#[derive(Debug)]
pub(crate) struct Link {
    /// Shared with equal ones of other links and rule sets, as the effects are.
    pub(crate) targets: Arc<[Target]>,
    pub(crate) pipeline: PipelineId,
    /// The pipelines after which `multiMatch` looks at a value; empty without it.
    pub(crate) stages: Box<[PipelineId]>,
    /// `None` for a `SecAction`.
    pub(crate) operator: Option<Operator>,
    pub(crate) negated: bool,
    /// The number of the operator's pattern or list in the gate; `None` where it has neither.
    pub(crate) matcher: Option<u32>,
    pub(crate) capture: bool,
    pub(crate) effects: Arc<[Effect]>,
    /// Where its values come from, shared with other links; `None` where some change while a phase runs, and when the
    /// plan is made.
    pub(crate) views: Option<Box<[ViewId]>>,
}

/// Where values come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) variable: Variable,
    pub(crate) count: bool,
    pub(crate) selector: Selector,
    /// `!VAR:key` of the same variable.
    pub(crate) except: Box<[Selector]>,
}

/// Which values of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Selector {
    All,
    Key(KeyId),
    Regex(Arc<Pattern>),
    /// A variable of `TX` known at load.
    Tx(TxSlot),
}

/// A key some rule names, without regard to case. 0 is no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct KeyId(pub(crate) u32);

/// Position of a `TX` variable known at load. The first ten are `TX.0` to `TX.9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TxSlot(pub(crate) u32);

/// What follows a match beside interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Next,
    /// That many rules of the phase are left out.
    Skip(usize),
    /// The phase goes on at this position of its rule list.
    To(usize),
}

/// The disruptive action, `block` resolved.
#[derive(Debug)]
pub(crate) enum Outcome {
    Pass,
    Deny,
    Drop,
    Allow(AllowScope),
    Redirect(Text),
}

impl Outcome {
    pub(crate) const fn disrupts(&self) -> bool {
        match self {
            Self::Deny | Self::Drop | Self::Redirect(_) => true,
            Self::Pass | Self::Allow(_) => false,
        }
    }
}

/// Text with macros resolved to slots; equal ones are shared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Text {
    pub(crate) parts: Arc<[Part]>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Literal(Box<[u8]>),
    Tx(TxSlot),
    Variable(Variable),
    Keyed(Variable, KeyId),
    /// `%{RULE.id}` and the like.
    Rule(RuleField),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RuleField {
    Id,
    Message,
    Severity,
    Revision,
    Version,
}

impl Text {
    pub(crate) fn literal(&self) -> Option<&[u8]> {
        match &*self.parts {
            [] => Some(b""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

/// A number as written, in a `TX` variable, or in text that is expanded first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Number {
    Literal(i64),
    Tx(TxSlot),
    Text(Text),
}

/// What a link does for each value that matches.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum Effect {
    SetTx(TxName, TxChange),
    SetEnv(Text, Text),
    Open(OpenRecord),
    SetRecord(Collection, Text, RecordChange),
    AuditEngine(AuditMode),
    AuditParts(PartsChange),
    Sanitise(Sanitise),
    ForceRequestBody(bool),
    ForceResponseBody(bool),
    RequestBodyAccess(bool),
    RequestBodyLimit(usize),
    RequestBodyProcessor(Processor),
    ResponseBodyAccess(bool),
    ResponseBodyLimit(usize),
    ResponseBodyProcessor(Processor),
    Engine(EngineMode),
    /// Rules by position.
    Remove(Arc<BitSet>),
    RemoveTarget(Arc<BitSet>, Variable, Selector),
}

impl Effect {
    /// Whether it takes protection away.
    pub(crate) const fn relaxes(&self) -> bool {
        matches!(
            self,
            Self::Remove(_)
                | Self::RemoveTarget(..)
                | Self::Engine(EngineMode::Off | EngineMode::DetectionOnly)
                | Self::RequestBodyAccess(false)
                | Self::ResponseBodyAccess(false)
        )
    }
}

/// Opens the record of a key.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct OpenRecord {
    pub(crate) collection: Collection,
    pub(crate) key: Text,
    /// The variable that shows the key.
    pub(crate) shown: Option<Variable>,
}

/// What happens to a variable of an open record.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum RecordChange {
    Assign(Text),
    Add(Number),
    Subtract(Number),
    Unset,
    /// After this many seconds.
    Expire(Number),
    Decay {
        amount: u64,
        seconds: u64,
    },
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum TxName {
    Slot(TxSlot),
    Dynamic(Text),
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum TxChange {
    AssignNumber(i64),
    /// Takes over the value of another variable as it is.
    Copy(TxSlot),
    Assign(Text),
    Add(Number),
    Subtract(Number),
    Unset,
}
