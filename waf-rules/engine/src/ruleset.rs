//! A compiled rule set.

use std::sync::Arc;

use crate::diagnostic::RuleDiagnostic;
use crate::meta::RuleMeta;
use crate::sources::Sources;

/// How a rule set is compiled. What rule text says (`SecRequestBodyLimit`) wins over nothing here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileOptions {
    /// Whether one scan per value tells which patterns can match it at all. Off only to prove that it changes nothing.
    pub prefilter: bool,
}

impl Default for CompileOptions {
    fn default() -> Self {
        Self { prefilter: true }
    }
}

/// Whether rules interrupt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineMode {
    /// `On`: disruptive actions interrupt.
    On,
    /// `DetectionOnly`: rules match and are recorded, nothing is interrupted.
    DetectionOnly,
    /// `Off`: no rule runs.
    #[default]
    Off,
}

/// An immutable program of rules; cheap to share between threads and exchanges.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Arc<RuleMeta>>,
}

impl RuleSet {
    /// Compiles the entry document of `sources` with all it includes.
    ///
    /// # Errors
    /// Every problem found, up to [`crate::limits::MAX_DIAGNOSTICS`]; a rule set with any is not loaded.
    pub fn compile(
        _sources: &Sources,
        _options: &CompileOptions,
    ) -> Result<Arc<Self>, Vec<RuleDiagnostic>> {
        Ok(Arc::new(Self { rules: Vec::new() }))
    }

    /// The rules in order of evaluation, chains counted once.
    pub fn rules(&self) -> &[Arc<RuleMeta>] {
        &self.rules
    }

    /// `SecRuleEngine`.
    pub fn mode(&self) -> EngineMode {
        EngineMode::Off
    }

    /// `SecRequestBodyLimit`, bytes.
    pub fn request_body_limit(&self) -> usize {
        crate::limits::DEFAULT_REQUEST_BODY_BYTES
    }

    /// `SecResponseBodyLimit`, bytes.
    pub fn response_body_limit(&self) -> usize {
        crate::limits::DEFAULT_RESPONSE_BODY_BYTES
    }
}
