//! A compiled rule set, as its users see it.

use std::fmt;
use std::sync::Arc;

use crate::ast::{AuditMode, OnLimit};
use crate::audit::AuditFormat;
use crate::collections::{CollectionStore, LocalCollections};
use crate::compile::{Compiled, compile};
use crate::cost::{Costs, Ledger};
use crate::diagnostic::RuleDiagnostic;
use crate::limits::{MAX_EXCERPT_BYTES, MAX_KEPT_VALUES};
use crate::meta::RuleMeta;
use crate::plan::Plan;
use crate::shared::Shared;
use crate::sources::Sources;
use crate::transaction::ScoreSlots;
use crate::variable::Variable;

/// How a rule set is compiled.
#[derive(Debug, Clone)]
pub struct CompileOptions {
    /// Whether rules are decided at load where they can be, and one scan per value tells which patterns can match it at
    /// all. Off only to prove that it changes nothing.
    pub prefilter: bool,
    /// Whether a thread remembers what values of earlier exchanges can match, so that they are not looked at again. Off
    /// only to measure, and to prove that it changes nothing.
    pub remember: bool,
    /// Where persistent collections live; `None` for a store of the rule set's own, gone with it.
    pub collections: Option<Arc<dyn CollectionStore>>,
    /// What a transaction keeps of each match for its reader.
    pub kept: Kept,
    /// Where it finds parts that rule sets compiled before it have in common with it.
    pub shared: Arc<Shared>,
}

impl Default for CompileOptions {
    fn default() -> Self {
        let shared = Arc::new(Shared::default());
        let kept = Kept::default();
        Self { prefilter: true, remember: true, collections: None, kept, shared }
    }
}

/// What a transaction keeps of a rule's match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Values one match lists.
    pub values: usize,
    /// Bytes of each value.
    pub value_bytes: usize,
}

impl Kept {
    /// Everything, for a reader who compares.
    pub const WHOLE: Kept = Kept { values: usize::MAX, value_bytes: usize::MAX };
}

impl Default for Kept {
    fn default() -> Self {
        Self { values: MAX_KEPT_VALUES, value_bytes: MAX_EXCERPT_BYTES }
    }
}

/// Whether rules interrupt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum EngineMode {
    /// `On`: disruptive actions interrupt.
    On,
    /// `DetectionOnly`: rules match and are recorded, nothing is interrupted.
    DetectionOnly,
    /// `Off`: no rule runs.
    #[default]
    Off,
}

impl EngineMode {
    /// As `SecRuleEngine` writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::On => "On",
            Self::DetectionOnly => "DetectionOnly",
            Self::Off => "Off",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "on" => Self::On,
            "off" => Self::Off,
            "detectiononly" => Self::DetectionOnly,
            _ => return None,
        })
    }
}

/// An immutable program of rules; cheap to share between threads and exchanges.
pub struct RuleSet {
    pub(crate) program: Compiled,
    /// `None` where the prefilter is off.
    pub(crate) plan: Option<Plan>,
    /// `None` where no rule opens a persistent collection.
    pub(crate) collections: Option<Arc<dyn CollectionStore>>,
    pub(crate) kept: Kept,
    pub(crate) ledger: Ledger,
    pub(crate) scores: ScoreSlots,
}

impl RuleSet {
    /// Compiles the entry document of `sources` with all it includes.
    ///
    /// # Errors
    /// Every problem found, up to [`crate::limits::MAX_DIAGNOSTICS`]; a rule set with any is not loaded.
    pub fn compile(
        sources: &Sources,
        options: &CompileOptions,
    ) -> Result<Arc<Self>, Vec<RuleDiagnostic>> {
        options.shared.sweep();
        let mut program = compile(sources, &options.shared)?;
        let plan = match options.prefilter {
            true => Some(Plan::new(&mut program, options.remember)?),
            false => {
                program.compile_live(&program.live())?;
                None
            }
        };
        program.operators.forget();
        let given = || options.collections.clone();
        let own = || Arc::new(LocalCollections::default()) as Arc<dyn CollectionStore>;
        let collections = program.opens_records.then(|| given().unwrap_or_else(own));
        Ok(Arc::new(Self {
            scores: ScoreSlots::of(&program.names),
            program,
            plan,
            collections,
            kept: options.kept,
            ledger: Ledger::default(),
        }))
    }

    /// Whether some rule names the variable.
    pub(crate) fn names(&self, variable: Variable) -> bool {
        self.program.named.contains(variable.index())
    }

    /// Whether some rule opens a record of a persistent collection.
    pub fn keeps_records(&self) -> bool {
        self.program.opens_records
    }

    /// The rules in order, a chain being one rule.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &Arc<RuleMeta>> {
        self.program.rules.iter().map(|rule| &rule.meta)
    }

    /// What the rules cost the exchanges that were sampled ([`crate::Transaction::sample`]) since the set was compiled.
    pub fn costs(&self) -> Costs {
        self.ledger.read()
    }

    /// `SecRuleEngine`.
    pub fn mode(&self) -> EngineMode {
        self.program.settings.engine
    }

    /// `SecRequestBodyAccess`; a rule may still change it for an exchange.
    pub fn request_body_access(&self) -> bool {
        self.program.settings.request_body_access
    }

    /// `SecRequestBodyLimit`, bytes.
    pub fn request_body_limit(&self) -> usize {
        self.program.settings.request_body_limit
    }

    /// `SecRequestBodyLimitAction`.
    pub fn request_body_on_limit(&self) -> OnLimit {
        self.program.settings.request_body_on_limit
    }

    /// `SecResponseBodyAccess`; a rule may still change it for an exchange.
    pub fn response_body_access(&self) -> bool {
        self.program.settings.response_body_access
    }

    /// `SecResponseBodyLimit`, bytes.
    pub fn response_body_limit(&self) -> usize {
        self.program.settings.response_body_limit
    }

    /// `SecResponseBodyLimitAction`.
    pub fn response_body_on_limit(&self) -> OnLimit {
        self.program.settings.response_body_on_limit
    }

    /// `SecComponentSignature`s in order, such as `OWASP_CRS/4.25.0`.
    pub fn signatures(&self) -> &[String] {
        &self.program.settings.signatures
    }

    /// Whether any exchange can belong in the audit log: `SecAuditEngine` is not off, or a rule may turn it on.
    pub fn audits(&self) -> bool {
        let audit = &self.program.settings.audit;
        audit.mode != AuditMode::Off || audit.turned_by_rules
    }

    /// `SecAuditLog`, as written.
    pub fn audit_log(&self) -> Option<&str> {
        self.program.settings.audit.path.as_deref()
    }

    /// `SecAuditLogFormat`.
    pub fn audit_format(&self) -> Option<AuditFormat> {
        self.program.settings.audit.format
    }

    /// What works and should be known: patterns that are tried step by step. Up to
    /// [`crate::limits::MAX_DIAGNOSTICS`].
    pub fn warnings(&self) -> &[RuleDiagnostic] {
        &self.program.warnings
    }

    /// Directives that are accepted and have no effect here, with their arguments.
    pub fn accepted_directives(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.program.settings.accepted.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

impl fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuleSet")
            .field("rules", &self.program.rules.len())
            .field("mode", &self.mode())
            .field("signatures", &self.signatures())
            .field("prefilter", &self.plan.is_some())
            .finish()
    }
}
