//! Answers to probes: per view and pipeline, the patterns and lists that may match any of its values.

use crate::gate::Gate;
use crate::pipeline::{ByteClasses, PipelineId};
use crate::probe::{Probe, ProbeId, ViewId};
use crate::program::{Link, Target};
use crate::ruleset::RuleSet;
use crate::transaction::bag::Bag;
use crate::transaction::state::State;
use crate::transaction::tx::Datum;
use crate::transaction::values::ValueId;
use crate::variable::Kind;

/// Never the version of a view.
const NEVER: u64 = 0;

#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// By probe: the epoch the answer was last known to be right in.
    epochs: Vec<u32>,
    /// By probe: of which version of its view the answer is.
    versions: Vec<u64>,
    /// By probe: one bit a matcher.
    words: Vec<u64>,
    stride: usize,
    views: Vec<View>,
    /// Values of views, one after the other.
    values: Vec<ValueId>,
}

/// What is known of a view.
#[derive(Debug, Clone, Copy)]
struct View {
    version: u64,
    /// Classes of bytes in its values.
    classes: ByteClasses,
    /// Where its values stand.
    start: u32,
    end: u32,
}

impl View {
    const UNKNOWN: Self = Self { version: NEVER, classes: ByteClasses::EMPTY, start: 0, end: 0 };
}

impl Answers {
    pub(crate) fn reset(&mut self, rules: &RuleSet) {
        self.stride = rules.gate.as_ref().map_or(0, |gate| gate.count.div_ceil(64));
        let probes = &rules.program.probes;
        self.epochs.clear();
        self.epochs.resize(probes.len(), 0);
        self.versions.clear();
        self.versions.resize(probes.len(), NEVER);
        self.words.resize(probes.len() * self.stride, 0);
        self.views.clear();
        self.views.resize(probes.views(), View::UNKNOWN);
        self.values.clear();
    }

    #[inline]
    fn contains(&self, probe: ProbeId, matcher: usize) -> bool {
        let at = probe.0 as usize * self.stride + matcher / 64;
        self.words.get(at).is_none_or(|word| word >> (matcher % 64) & 1 == 1)
    }
}

impl State {
    /// Whether any value of the link may match; false only where none does.
    #[inline]
    pub(super) fn may_match(&mut self, rules: &RuleSet, gate: &Gate, link: &Link) -> bool {
        let (Some(guard), Some(matcher)) = (&link.guard, link.matcher) else { return true };
        guard.probes.iter().any(|probe| {
            self.refresh(rules, gate, *probe);
            self.answers.contains(*probe, matcher as usize)
        })
    }

    /// Brings the answer of a probe up to date.
    #[inline]
    fn refresh(&mut self, rules: &RuleSet, gate: &Gate, id: ProbeId) {
        if self.answers.epochs.get(id.0 as usize) == Some(&self.epoch) {
            return;
        }
        if let Some(epoch) = self.answers.epochs.get_mut(id.0 as usize) {
            *epoch = self.epoch;
        }
        self.refresh_changed(rules, gate, id);
    }

    fn refresh_changed(&mut self, rules: &RuleSet, gate: &Gate, id: ProbeId) {
        let Some(probe) = rules.program.probes.get(id) else { return };
        let Some(target) = rules.program.probes.target(probe.view) else { return };
        let version = self.version(target);
        if self.answers.versions.get(id.0 as usize).copied() != Some(version) {
            self.answer(rules, gate, (id, *probe), version);
        }
    }

    /// A number that changes whenever the values of a view do. Collections only grow.
    #[inline]
    fn version(&self, target: &Target) -> u64 {
        if target.variable.kind() == Kind::Single {
            return match self.singles.get(target.variable.index()).copied().flatten() {
                None => 1,
                Some(Datum::Value(id)) => id.index() as u64 + 2,
                Some(Datum::Number(number)) => number as u64 | 1 << 63,
            };
        }
        let entries: usize =
            Bag::of(target.variable).iter().map(|bag| self.bags.get(*bag).len()).sum();
        entries as u64 + 1
    }

    fn answer(
        &mut self,
        rules: &RuleSet,
        gate: &Gate,
        (id, probe): (ProbeId, Probe),
        version: u64,
    ) {
        let stride = self.answers.stride;
        let start = id.0 as usize * stride;
        if let Some(known) = self.answers.versions.get_mut(id.0 as usize) {
            *known = version;
        }
        let view = self.view(rules, probe.view, version);
        if probe.pipeline != PipelineId::NONE {
            let step = rules.program.pipelines.step(probe.pipeline);
            if step.is_none_or(|step| !step.any_trigger.meets(view.classes)) {
                // The pipeline changes none of the values.
                self.refresh(rules, gate, probe.plain);
                let plain = probe.plain.0 as usize * stride;
                if plain + stride <= self.answers.words.len()
                    && start + stride <= self.answers.words.len()
                {
                    self.answers.words.copy_within(plain..plain + stride, start);
                }
                return;
            }
        }
        if let Some(words) = self.answers.words.get_mut(start..start + stride) {
            words.fill(0);
        }
        for at in view.start..view.end {
            self.unite(rules, gate, probe, at as usize, start);
        }
    }

    /// Sets the bits of all candidates of one value.
    fn unite(&mut self, rules: &RuleSet, gate: &Gate, probe: Probe, value: usize, start: usize) {
        let Some(id) = self.answers.values.get(value).copied() else { return };
        let id = self.values.transformed(&rules.program.pipelines, probe.pipeline, id);
        let candidates = self.scans.candidates((gate, probe.half), &self.values, id);
        if let Some(words) = self.answers.words.get_mut(start..start + self.answers.stride) {
            words.iter_mut().zip(candidates.words()).for_each(|(mine, word)| *mine |= word);
        }
    }

    /// The values of a view and the classes of bytes in them.
    fn view(&mut self, rules: &RuleSet, id: ViewId, version: u64) -> View {
        let at = id.0 as usize;
        match self.answers.views.get(at) {
            Some(view) if view.version == version => return *view,
            Some(_) | None => {}
        }
        let Some(target) = rules.program.probes.target(id) else { return View::UNKNOWN };
        let mut found = std::mem::take(&mut self.work.probed);
        found.clear();
        self.collect(target, &rules.program.names, &mut found);
        let position = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let start = position(self.answers.values.len());
        let mut classes = ByteClasses::EMPTY;
        for value in &found {
            let id = value.datum.value(&mut self.values);
            classes = classes.union(self.values.classes(id));
            self.answers.values.push(id);
        }
        self.work.probed = found;
        let end = position(self.answers.values.len());
        let view = View { version, classes, start, end };
        if let Some(place) = self.answers.views.get_mut(at) {
            *place = view;
        }
        view
    }
}
