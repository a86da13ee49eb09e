//! Which steps of a phase can match at all: every view is looked at once, and what its values admit marks steps.

use crate::gate::{Gate, Half};
use crate::pipeline::ByteClasses;
use crate::plan::{Ask, PhasePlan, Plan, Watch};
use crate::program::Target;
use crate::ruleset::RuleSet;
use crate::transaction::bag::Bag;
use crate::transaction::state::State;
use crate::transaction::tx::Datum;
use crate::transaction::values::ValueId;
use crate::variable::Kind;
use crate::view::ViewId;

/// Never the version of a view.
const NEVER: u64 = 0;

/// What is known of the views of an exchange, and of the phase that runs.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// When the phase was looked at.
    pub(crate) epoch: u32,
    views: Vec<View>,
    /// Values of views, one view after the other.
    values: Vec<(ValueId, ByteClasses)>,
    /// Conditions that hold: the first ones of all steps, then the second ones.
    conditions: Vec<u64>,
    /// By view: first conditions that its values fulfil by what bytes they have.
    by_view: Vec<u64>,
    /// Words of the first conditions of the phase.
    half: usize,
    /// Matchers that may match any value of a view as it stands.
    plain: Vec<u64>,
    /// The same behind a pipeline.
    behind: Vec<u64>,
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

impl Survey {
    pub(crate) fn reset(&mut self, rules: &RuleSet) {
        self.views.clear();
        self.views.resize(rules.program.views.len(), View::UNKNOWN);
        self.values.clear();
    }

    /// The first step from `from` on that can match.
    #[inline]
    pub(crate) fn next_step(&self, phase: &PhasePlan, from: usize) -> Option<usize> {
        let half = phase.guards.half;
        let mut at = from / 64;
        let mut mask = u64::MAX << (from % 64);
        while at < half {
            let both = self.conditions.get(at)? & self.conditions.get(half + at)? & mask;
            if both != 0 {
                return Some(at * 64 + both.trailing_zeros() as usize);
            }
            mask = u64::MAX;
            at += 1;
        }
        None
    }

    /// Whether a view can be why a step matches.
    #[inline]
    pub(crate) fn admits(&self, step: usize, view: ViewId) -> bool {
        let at = view.0 as usize * self.half + step / 64;
        self.by_view.get(at).is_none_or(|word| word >> (step % 64) & 1 == 1)
    }

    #[inline]
    fn mark(&mut self, view: ViewId, condition: u32) {
        let (at, bit) = (condition as usize / 64, 1 << (condition % 64));
        if let Some(word) = self.conditions.get_mut(at) {
            *word |= bit;
        }
        if at < self.half
            && let Some(word) = self.by_view.get_mut(view.0 as usize * self.half + at)
        {
            *word |= bit;
        }
    }

    /// Marks the conditions of an ask that the matchers found fulfil.
    fn mark_found(&mut self, view: ViewId, ask: &Ask, behind: bool) {
        for (at, wanted) in ask.matchers.words().iter().enumerate() {
            let words = if behind { &self.behind } else { &self.plain };
            let mut found = words.get(at).copied().unwrap_or(0) & wanted;
            while found != 0 {
                let matcher = (at * 64) as u32 + found.trailing_zeros();
                found &= found - 1;
                let first = ask.interests.partition_point(|interest| interest.matcher < matcher);
                let interests = ask.interests.get(first..).unwrap_or_default();
                for interest in interests.iter().take_while(|i| i.matcher == matcher) {
                    self.mark(view, interest.condition);
                }
            }
        }
    }
}

fn meet(words: &[u64], others: &[u64]) -> bool {
    words.iter().zip(others).any(|(mine, theirs)| mine & theirs != 0)
}

fn unite(words: &mut [u64], more: &[u64]) {
    words.iter_mut().zip(more).for_each(|(mine, word)| *mine |= word);
}

impl State {
    /// Finds out which steps of a phase can match as the exchange stands.
    pub(super) fn survey(
        &mut self,
        rules: &RuleSet,
        (plan, phase): (&Plan, &PhasePlan),
        half: Half,
    ) {
        let survey = &mut self.survey;
        survey.epoch = self.epoch;
        survey.half = phase.guards.half;
        survey.conditions.clear();
        survey.conditions.extend_from_slice(phase.guards.open.words());
        survey.by_view.clear();
        survey.by_view.resize(survey.views.len() * survey.half, 0);
        for watch in &phase.guards.watches {
            self.watch(rules, &plan.gate, half, watch);
        }
    }

    fn watch(&mut self, rules: &RuleSet, gate: &Gate, half: Half, watch: &Watch) {
        let Some(view) = self.view(rules, watch) else { return };
        unite(&mut self.survey.conditions, watch.present.words());
        for (classes, condition) in &watch.classes {
            if classes.meets(view.classes) {
                self.survey.mark(watch.view, *condition);
            }
        }
        if watch.asks.is_empty() {
            return;
        }
        self.survey.plain.clear();
        self.survey.plain.resize(gate.words(), 0);
        for at in view.start as usize..view.end as usize {
            let Some((id, _)) = self.survey.values.get(at).copied() else { continue };
            let found = self.scans.candidates((gate, half), &self.values, id);
            unite(&mut self.survey.plain, found.words());
        }
        let found_any = meet(&self.survey.plain, watch.matchers.words());
        for ask in &watch.asks {
            let plain = match ask.trigger.meets(view.classes) {
                true => self.look_behind(rules, (gate, half), (watch.view, view), ask),
                false => true,
            };
            if plain && found_any {
                self.survey.mark_found(watch.view, ask, false);
            }
        }
    }

    /// Marks what the values admit that the pipeline of an ask may change; true where there are others as well. Those
    /// are then taken together with all values as they stand: a step may be asked for nothing.
    fn look_behind(
        &mut self,
        rules: &RuleSet,
        (gate, half): (&Gate, Half),
        (id, view): (ViewId, View),
        ask: &Ask,
    ) -> bool {
        self.survey.behind.clear();
        self.survey.behind.resize(gate.words(), 0);
        let mut plain = false;
        for at in view.start as usize..view.end as usize {
            let Some((value, classes)) = self.survey.values.get(at).copied() else { continue };
            if !ask.trigger.meets(classes) {
                plain = true;
                continue;
            }
            let value = self.values.transformed(&rules.program.pipelines, ask.pipeline, value);
            let found = self.scans.candidates((gate, half), &self.values, value);
            unite(&mut self.survey.behind, found.words());
        }
        self.survey.mark_found(id, ask, true);
        plain
    }

    /// A view as it stands; `None` where it has no value.
    fn view(&mut self, rules: &RuleSet, watch: &Watch) -> Option<View> {
        let target = rules.program.views.target(watch.view)?;
        let version = self.version(target)?;
        let at = watch.view.0 as usize;
        let known = self.survey.views.get(at).copied().unwrap_or(View::UNKNOWN);
        if known.version == version {
            return (known.start < known.end).then_some(known);
        }
        let mut found = std::mem::take(&mut self.work.found);
        found.clear();
        self.collect(target, &rules.program.names, &mut found);
        let position = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let start = position(self.survey.values.len());
        let mut all = ByteClasses::EMPTY;
        for value in &found {
            let id = value.datum.value(&mut self.values);
            let classes = self.values.classes(id);
            all = all.union(classes);
            self.survey.values.push((id, classes));
        }
        self.work.found = found;
        let end = position(self.survey.values.len());
        let view = View { version, classes: all, start, end };
        if let Some(place) = self.survey.views.get_mut(at) {
            *place = view;
        }
        (start < end).then_some(view)
    }

    /// A number that changes whenever the values of a view do; `None` where there can be none. Collections only grow.
    #[inline]
    fn version(&self, target: &Target) -> Option<u64> {
        if target.variable.kind() == Kind::Single {
            return Some(match self.singles.get(target.variable.index()).copied().flatten() {
                None => 1,
                Some(Datum::Value(id)) => id.index() as u64 + 2,
                Some(Datum::Number(number)) => number as u64 | 1 << 63,
            });
        }
        let bags = Bag::of(target.variable).iter();
        let entries: usize = bags.map(|bag| self.bags.get(*bag).len()).sum();
        (entries > 0).then_some(entries as u64)
    }
}
