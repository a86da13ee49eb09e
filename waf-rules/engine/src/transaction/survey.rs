//! Which steps of a phase can match at all: every value is looked at once, for all steps that are about the place it stands
//! at, and what it admits marks steps. What is remembered of a value at its place is not looked at again.

use crate::gate::Scope;
use crate::memory::{self, Mark, Memory, Place, Question, RecordId};
use crate::meta::Phase;
use crate::plan::{PhasePlan, Plan, Side, Watch};
use crate::program::KeyId;
use crate::ruleset::RuleSet;
use crate::transaction::bag::{Entry, selects};
use crate::transaction::state::State;
use crate::transaction::values::{ValueId, Values};
use crate::variable::Kind;
use crate::view::ViewId;

/// Values of a phase that are known one by one to be worth a look; with more, steps look at all values of their views.
const MAX_SUSPECTS: usize = 64;
/// Suspects of one step that are told apart.
const MAX_SUSPECTS_OF_STEP: usize = 8;

/// What is known of the values of an exchange in the phase that runs.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// When the phase was looked at.
    pub(crate) epoch: u32,
    /// Conditions that hold: the first ones of all steps, then the second ones.
    conditions: Vec<u64>,
    /// By view: first conditions that its values fulfil by what bytes they have.
    by_view: Vec<u64>,
    /// Words of the first conditions of the phase.
    half: usize,
    /// Which values fulfil first conditions; `None` for more than are told apart.
    suspects: Vec<Suspect>,
    has_all_suspects: bool,
    /// Conditions that one value fulfils.
    marks: Vec<Mark>,
}

/// A value that fulfils the first condition of a step.
#[derive(Debug, Clone, Copy)]
struct Suspect {
    value: ValueId,
    mark: Mark,
    /// Where that is remembered.
    record: Option<RecordId>,
}

impl Survey {
    fn begin(&mut self, epoch: u32, phase: &PhasePlan, views: usize) {
        self.epoch = epoch;
        self.half = phase.guards.half;
        self.conditions.clear();
        self.conditions.extend_from_slice(phase.guards.open.words());
        self.by_view.clear();
        self.by_view.resize(views * self.half, 0);
        self.suspects.clear();
        self.has_all_suspects = true;
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

    /// The values of a view that can be why a step matches; `None` where that may be any of them.
    pub(crate) fn suspects(&self, step: usize, view: ViewId) -> Option<Suspects> {
        if !self.has_all_suspects {
            return None;
        }
        let mark = Mark { condition: u32::try_from(step).ok()?, view };
        let mut found = Suspects::default();
        for suspect in self.suspects.iter().filter(|suspect| suspect.mark == mark) {
            *found.values.get_mut(found.count)? = suspect.value;
            found.count += 1;
        }
        Some(found)
    }

    /// A value of a view does not match the first link of a step after all; neither will it the next time.
    pub(crate) fn acquit(&self, step: usize, view: ViewId, value: ValueId) {
        let Ok(condition) = u32::try_from(step) else { return };
        let mark = Mark { condition, view };
        let acquitted = self.suspects.iter().filter(|s| s.mark == mark && s.value == value);
        for record in acquitted.filter_map(|suspect| suspect.record) {
            memory::with(|memory| memory.strike(record, mark));
        }
    }

    /// Notes what a value fulfils.
    fn note(
        &mut self,
        phase: &PhasePlan,
        value: ValueId,
        marks: &[Mark],
        record: Option<RecordId>,
    ) {
        for mark in marks.iter().copied() {
            let (at, bit) = (mark.condition as usize / 64, 1 << (mark.condition % 64));
            if let Some(word) = self.conditions.get_mut(at) {
                *word |= bit;
            }
            if at >= self.half {
                continue;
            }
            if let Some(word) = self.by_view.get_mut(mark.view.0 as usize * self.half + at) {
                *word |= bit;
            }
            if !phase.guards.by_view.contains(mark.condition as usize) {
                continue;
            }
            self.has_all_suspects &= self.suspects.len() < MAX_SUSPECTS;
            if self.has_all_suspects {
                self.suspects.push(Suspect { value, mark, record });
            }
        }
    }
}

/// The values that can be why a step matches.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Suspects {
    values: [ValueId; MAX_SUSPECTS_OF_STEP],
    count: usize,
}

impl Suspects {
    pub(crate) fn contains(&self, value: &ValueId) -> bool {
        self.values.get(..self.count).is_some_and(|values| values.contains(value))
    }
}

/// A phase that is looked at.
#[derive(Clone, Copy)]
struct Surveyed<'a> {
    plan: &'a Plan,
    phase: &'a PhasePlan,
    number: Phase,
    rules: &'a RuleSet,
}

impl State {
    /// Finds out which steps of a phase can match as the exchange stands.
    pub(super) fn survey(&mut self, rules: &RuleSet, plan: &Plan, number: Phase) {
        let Some(phase) = plan.phases.get(number.index()) else { return };
        self.survey.begin(self.epoch, phase, rules.program.views.len());
        let surveyed = Surveyed { plan, phase, number, rules };
        memory::with(|memory| self.look_around(surveyed, memory));
    }

    fn look_around(&mut self, surveyed: Surveyed<'_>, memory: &mut Memory) {
        let rosters = &surveyed.phase.guards.rosters;
        for single in &rosters.singles {
            let value = self.single(single.variable).value(&mut self.values);
            let stand = Stand { side: &single.side, key_id: 0, key: ValueId::EMPTY, value };
            self.look_at(surveyed, memory, stand);
        }
        for roster in &rosters.bags {
            let mut at = 0;
            while let Some(entry) = self.bags.get(roster.bag).get(at).copied() {
                at += 1;
                let (key_id, key) = (entry.key_id.0, entry.key);
                for (side, value) in [(&roster.values, entry.value), (&roster.names, entry.key)] {
                    if !side.watches.is_empty() {
                        self.look_at(surveyed, memory, Stand { side, key_id, key, value });
                    }
                }
            }
        }
    }
}

/// A value at its place.
#[derive(Clone, Copy)]
struct Stand<'a> {
    side: &'a Side,
    key_id: u32,
    key: ValueId,
    value: ValueId,
}

impl State {
    /// Notes what a value fulfils at its place, remembered or found out.
    fn look_at(&mut self, surveyed: Surveyed<'_>, memory: &mut Memory, stand: Stand<'_>) {
        let phase = surveyed.phase;
        let known = match surveyed.plan.remembers {
            true => memory.recall(&question(surveyed, stand, &self.values)),
            false => None,
        };
        if let Some((record, marks)) = known {
            return self.survey.note(phase, stand.value, marks, Some(record));
        }
        let mut marks = std::mem::take(&mut self.survey.marks);
        marks.clear();
        for watch in &stand.side.watches {
            if let Some(watch) = phase.guards.watches.get(*watch as usize)
                && self.is_of(surveyed.rules, watch, stand)
            {
                self.judge(surveyed, watch, stand.value, &mut marks);
            }
        }
        // A transaction that had no room for what a value becomes knows nothing of it.
        let record = match surveyed.plan.remembers && !self.values.overflowed() {
            true => memory.keep(&question(surveyed, stand, &self.values), &marks),
            false => None,
        };
        self.survey.note(phase, stand.value, &marks, record);
        self.survey.marks = marks;
    }

    /// Whether a value is one of a view.
    fn is_of(&self, rules: &RuleSet, watch: &Watch, stand: Stand<'_>) -> bool {
        let Some(target) = rules.program.views.target(watch.view) else { return false };
        if target.variable.kind() == Kind::Single {
            return true;
        }
        let key_id = KeyId(stand.key_id);
        let entry = Entry { key: stand.key, value: stand.value, key_id };
        selects(&target.selector, &entry, &self.values)
            && !target.except.iter().any(|except| selects(except, &entry, &self.values))
    }

    /// Adds the conditions that a value of a view fulfils.
    fn judge(
        &mut self,
        surveyed: Surveyed<'_>,
        watch: &Watch,
        value: ValueId,
        marks: &mut Vec<Mark>,
    ) {
        let view = watch.view;
        let classes = self.values.classes(value);
        marks.extend(numbers(watch.present.words()).map(|condition| Mark { condition, view }));
        let met = watch.classes.iter().filter(|(needed, _)| needed.meets(classes));
        marks.extend(met.map(|(_, condition)| Mark { condition: *condition, view }));
        for (trial, condition) in &watch.trials {
            if self.succeeds(surveyed.rules, trial, value) {
                marks.push(Mark { condition: *condition, view });
            }
        }
        if watch.asks.is_empty() {
            return;
        }
        let Some(target) = surveyed.rules.program.views.target(view) else { return };
        let gate = (&surveyed.plan.gate, Scope::of(target.variable, surveyed.number));
        let found = self.scans.candidates(gate, &self.values, value);
        let found_any = meet(found.words(), watch.matchers.words());
        if !found_any && !watch.trigger.meets(classes) {
            return;
        }
        for ask in &watch.asks {
            let behind = match ask.trigger.meets(classes) {
                true => {
                    let pipelines = &surveyed.rules.program.pipelines;
                    self.values.transformed(pipelines, ask.pipeline, value)
                }
                false => value,
            };
            if behind == value && !found_any {
                continue;
            }
            let found = self.scans.candidates(gate, &self.values, behind);
            for matcher in numbers_of_both(found.words(), ask.matchers.words()) {
                let first = ask.interests.partition_point(|interest| interest.matcher < matcher);
                let interests = ask.interests.get(first..).unwrap_or_default();
                let interests = interests.iter().take_while(|i| i.matcher == matcher);
                marks.extend(interests.map(|i| Mark { condition: i.condition, view }));
            }
        }
    }
}

fn question<'v>(surveyed: Surveyed<'_>, stand: Stand<'_>, values: &'v Values) -> Question<'v> {
    let by_pattern = stand.side.by_pattern && stand.key != stand.value;
    let place = Place { plan: surveyed.plan.number(), list: stand.side.list, key: stand.key_id };
    let hash = values.hash(stand.value);
    match by_pattern {
        false => Question { place, key: b"", value: values.get(stand.value), hash },
        true => {
            let hash = hash.rotate_left(32) ^ values.hash(stand.key);
            Question { place, key: values.get(stand.key), value: values.get(stand.value), hash }
        }
    }
}

fn meet(words: &[u64], others: &[u64]) -> bool {
    words.iter().zip(others).any(|(mine, theirs)| mine & theirs != 0)
}

fn numbers(words: &[u64]) -> impl Iterator<Item = u32> {
    bits(words.iter().copied())
}

fn numbers_of_both(words: &[u64], others: &[u64]) -> impl Iterator<Item = u32> {
    bits(words.iter().zip(others).map(|(mine, theirs)| mine & theirs))
}

fn bits(words: impl Iterator<Item = u64>) -> impl Iterator<Item = u32> {
    words.enumerate().flat_map(|(at, word)| {
        let mut rest = word;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros())?;
            rest &= rest - 1;
            Some((at * 64) as u32 + bit)
        })
    })
}
