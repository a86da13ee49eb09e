//! Answers to probes: per view and pipeline, the patterns and lists that may match any of its values.

use crate::gate::{Gate, Half};
use crate::pipeline::{ByteClasses, PipelineId};
use crate::probe::{Probe, ProbeId, ViewId};
use crate::program::{Link, Target};
use crate::ruleset::RuleSet;
use crate::transaction::bag::Bag;
use crate::transaction::state::State;
use crate::transaction::tx::Datum;
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
    /// By view: version, and the classes of bytes in its values.
    views: Vec<(u64, ByteClasses)>,
}

impl Answers {
    pub(crate) fn reset(&mut self, rules: &RuleSet) {
        self.stride = (rules.program.operators.count as usize).div_ceil(64);
        let probes = &rules.program.probes;
        self.epochs.clear();
        self.epochs.resize(probes.len(), 0);
        self.versions.clear();
        self.versions.resize(probes.len(), NEVER);
        self.words.resize(probes.len() * self.stride, 0);
        self.views.clear();
        self.views.resize(probes.views(), (NEVER, ByteClasses::EMPTY));
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
        let Some(guard) = &link.guard else { return true };
        guard.probes.iter().any(|probe| {
            self.refresh(rules, gate, *probe);
            self.answers.contains(*probe, guard.matcher)
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
        if probe.pipeline != PipelineId::NONE {
            self.refresh(rules, gate, probe.plain);
            let classes = self.classes(rules, probe.view, version);
            let step = rules.program.pipelines.step(probe.pipeline);
            if step.is_none_or(|step| !step.any_trigger.meets(classes)) {
                // The pipeline changes none of the values.
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
        self.unite(rules, gate, probe, start);
    }

    /// Sets the bits of all candidates of all values.
    fn unite(&mut self, rules: &RuleSet, gate: &Gate, probe: Probe, start: usize) {
        let Some(target) = rules.program.probes.target(probe.view) else { return };
        let mut found = std::mem::take(&mut self.work.probed);
        found.clear();
        self.collect(target, &rules.program.names, &mut found);
        for value in &found {
            let id = value.datum.value(&mut self.values);
            let id = self.values.transformed(&rules.program.pipelines, probe.pipeline, id);
            let half: Half = probe.half;
            let candidates = self.scans.candidates((gate, half), &self.values, id);
            if let Some(words) = self.answers.words.get_mut(start..start + self.answers.stride) {
                words.iter_mut().zip(candidates.words()).for_each(|(mine, word)| *mine |= word);
            }
        }
        self.work.probed = found;
    }

    /// Classes of bytes in the values of a view.
    fn classes(&mut self, rules: &RuleSet, view: ViewId, version: u64) -> ByteClasses {
        let at = view.0 as usize;
        match self.answers.views.get(at) {
            Some((known, classes)) if *known == version => return *classes,
            _ => {}
        }
        let Some(target) = rules.program.probes.target(view) else { return ByteClasses::ALL };
        let mut found = std::mem::take(&mut self.work.probed);
        found.clear();
        self.collect(target, &rules.program.names, &mut found);
        let mut classes = ByteClasses::EMPTY;
        for value in &found {
            let id = value.datum.value(&mut self.values);
            classes = classes.union(self.values.classes(id));
        }
        self.work.probed = found;
        if let Some(place) = self.answers.views.get_mut(at) {
            *place = (version, classes);
        }
        classes
    }
}
