//! Probes: what a link's gate asks before the link looks at any value.
//!
//! A view is what a target means (variable, selector, exceptions), a probe is a view behind a pipeline. Rules share
//! them: hundreds of links ask a few dozen probes, and each is answered once for all patterns.

use std::collections::HashMap;

use crate::gate::Half;
use crate::pipeline::PipelineId;
use crate::program::Target;
use crate::variable::Variable;

/// Position of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ViewId(pub(crate) u32);

/// Position of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ProbeId(pub(crate) u32);

/// A view behind a pipeline, for one half of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Probe {
    pub(crate) view: ViewId,
    pub(crate) pipeline: PipelineId,
    pub(crate) half: Half,
    /// The same view without a pipeline.
    pub(crate) plain: ProbeId,
}

/// All views and probes of a rule set.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    views: Vec<Target>,
    probes: Vec<Probe>,
    /// By what the text said, while rules are compiled.
    view_ids: HashMap<String, ViewId>,
    probe_ids: HashMap<(ViewId, PipelineId, Half), ProbeId>,
}

impl Probes {
    /// The view of a target; `key` is equal exactly for targets that mean the same. `None` where values come and go
    /// while a phase runs.
    pub(crate) fn view(&mut self, key: String, target: &Target) -> Option<ViewId> {
        if target.count || !is_steady(target.variable) {
            return None;
        }
        let next = ViewId(u32::try_from(self.views.len()).ok()?);
        let id = *self.view_ids.entry(key).or_insert(next);
        if id == next {
            self.views.push(target.clone());
        }
        Some(id)
    }

    pub(crate) fn probe(&mut self, view: ViewId, pipeline: PipelineId, half: Half) -> ProbeId {
        if let Some(known) = self.probe_ids.get(&(view, pipeline, half)) {
            return *known;
        }
        let next = |probes: &Vec<Probe>| ProbeId(u32::try_from(probes.len()).unwrap_or(u32::MAX));
        let plain = match pipeline {
            PipelineId::NONE => next(&self.probes),
            _ => self.probe(view, PipelineId::NONE, half),
        };
        let id = next(&self.probes);
        self.probes.push(Probe { view, pipeline, half, plain });
        self.probe_ids.insert((view, pipeline, half), id);
        id
    }

    /// Forgets what only compiling needs.
    pub(crate) fn seal(&mut self) {
        self.view_ids = HashMap::new();
        self.probe_ids = HashMap::new();
    }

    #[inline]
    pub(crate) fn get(&self, id: ProbeId) -> Option<&Probe> {
        self.probes.get(id.0 as usize)
    }

    #[inline]
    pub(crate) fn target(&self, id: ViewId) -> Option<&Target> {
        self.views.get(id.0 as usize)
    }

    pub(crate) fn len(&self) -> usize {
        self.probes.len()
    }

    pub(crate) fn views(&self) -> usize {
        self.views.len()
    }
}

/// Whether the values of a variable change only when the exchange brings something new, not by rules.
pub(crate) fn is_steady(variable: Variable) -> bool {
    !matches!(
        variable,
        Variable::Tx
            | Variable::Ip
            | Variable::Session
            | Variable::Global
            | Variable::User
            | Variable::Resource
            | Variable::Rule
            | Variable::Env
            | Variable::Geo
            | Variable::MatchedVar
            | Variable::MatchedVarName
            | Variable::MatchedVars
            | Variable::MatchedVarsNames
            | Variable::ArgsCombinedSize
            | Variable::HighestSeverity
            | Variable::Duration
            | Variable::Time
            | Variable::TimeDay
            | Variable::TimeEpoch
            | Variable::TimeHour
            | Variable::TimeMin
            | Variable::TimeMon
            | Variable::TimeSec
            | Variable::TimeWday
            | Variable::TimeYear
    )
}
