//! Rules that only look at `TX` variables known at load are decided at load: paranoia levels, defaults, what they skip.
//!
//! The rules of each phase are walked once over what is known of `TX` at each of them. A rule that can never match, or that
//! is never reached, is left out; one that always matches is done without being asked. What the first rules set without
//! having seen anything of an exchange becomes the image every exchange starts with.

use crate::ast::AllowScope;
use crate::bits::BitSet;
use crate::compile::Compiled;
use crate::meta::Phase;
use crate::operator::Operator;
use crate::pipeline::{PathStep, Pipelines};
use crate::plan::knowledge::{Knowledge, Known};
use crate::plan::trace::{
    does_only_setvar, is_neutral, is_quiet, leaves_traces, sees_last_match, setvar,
};
use crate::program::{Effect, Flow, Link, Outcome, Rule, Selector, Target, TxName};
use crate::variable::Variable;

/// One rule of a phase that is left to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Position among the rules.
    pub(crate) rule: u32,
    /// Its chain is known to match.
    pub(crate) decided: bool,
    /// The step to go on with after a match.
    pub(crate) next: u32,
    /// By link, the argument of a text test with its macros replaced; `None` where it depends on the exchange.
    pub(crate) arguments: Box<[Option<Box<[u8]>>]>,
}

/// What is left of a rule set.
#[derive(Debug)]
pub(super) struct Folded {
    /// Whether some rule looks at what the rule before it matched.
    pub(super) looks_back: bool,
    pub(super) steps: [Vec<Step>; 5],
    /// By slot, what an exchange starts with.
    pub(super) image: Vec<Known>,
}

/// Walks the rule set.
pub(super) fn fold(program: &Compiled) -> Folded {
    let mut walk = Walk {
        program,
        removals: Vec::new(),
        decides: !program.rules.iter().any(sees_last_match),
        starts: Default::default(),
        image: Knowledge::start(&program.names),
        hoists: true,
    };
    walk.starts[0] = Some(Knowledge::start(&program.names));
    let steps = Phase::ALL.map(|phase| {
        let steps = walk.phase(phase);
        if phase == Phase::RequestHeaders {
            // Whoever leaves phase 1 out begins with the image.
            let image = walk.image.clone();
            walk.arrive(Phase::RequestBody.index(), Some(&image));
        }
        steps
    });
    Folded { looks_back: !walk.decides, steps, image: walk.image.slots().to_vec() }
}

/// Whether a rule matches, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Never,
    Always,
    Open,
}

struct Walk<'a> {
    program: &'a Compiled,
    /// Rules that matches before this point may have left out.
    removals: Vec<Removal<'a>>,
    /// Whether a match may go without being asked for: no rule looks back at it.
    decides: bool,
    /// By phase, what is known when it begins; `None` until some way leads there.
    starts: [Option<Knowledge>; 5],
    image: Knowledge,
    /// Whether nothing before this point has seen or changed anything that hoisted rules set.
    hoists: bool,
}

impl Walk<'_> {
    fn phase(&mut self, phase: Phase) -> Vec<Step> {
        let program = self.program;
        let list = program.phases.get(phase.index()).map(Vec::as_slice).unwrap_or_default();
        let mut flow = self.starts.get_mut(phase.index()).and_then(Option::take);
        self.hoists &= phase == Phase::RequestHeaders;
        let mut pending: Vec<Option<Knowledge>> = vec![None; list.len() + 1];
        let mut kept = Vec::new();
        for (at, position) in list.iter().enumerate() {
            if let Some(landing) = pending.get_mut(at).and_then(Option::take) {
                join(&mut flow, &landing);
            }
            let Some(rule) = program.rules.get(*position as usize) else { continue };
            // No way leads here.
            let Some(state) = flow.take() else { continue };
            let next = destination(rule.flow, at, list.len());
            let skipped = list.get(at + 1..next).unwrap_or_default();
            let removable = self.is_removable(*position as usize, rule, skipped);
            let (verdict, after) = self.verdict(removable, rule, &state);
            if verdict == Verdict::Never {
                flow = Some(state);
                continue;
            }
            if !self.is_hoisted(rule, verdict, &after) {
                let decided = verdict == Verdict::Always && self.is_decided(rule);
                let arguments = self.arguments(rule, &state);
                kept.push((at, Step { rule: *position, decided, next: next as u32, arguments }));
            }
            self.leave(rule, phase, &after);
            self.removals.extend(removed_by(rule));
            if verdict == Verdict::Open {
                flow = Some(state);
                // What links did stays done when a later one fails.
                join(&mut flow, &after);
            }
            match (next == at + 1, pending.get_mut(next)) {
                (true, _) | (_, None) => join(&mut flow, &after),
                (false, Some(landing)) => join(landing, &after),
            }
        }
        let landing = pending.pop().flatten();
        if let Some(end) = flow.or(landing.clone()) {
            let mut end = Some(end);
            if let Some(landing) = landing {
                join(&mut end, &landing);
            }
            self.arrive(phase.index() + 1, end.as_ref());
        }
        let effects = |step: &Step| {
            let links = program.rules.get(step.rule as usize).map(|rule| &*rule.links);
            links.unwrap_or_default().iter().map(|link| link.effects.len()).sum::<usize>()
        };
        renumbered(&kept, |step| effects(step) == 0)
    }

    /// What follows when the rule ends its phase on a match.
    fn leave(&mut self, rule: &Rule, phase: Phase, after: &Knowledge) {
        let first = match &rule.outcome {
            Outcome::Pass => return,
            Outcome::Deny
            | Outcome::Drop
            | Outcome::Redirect(_)
            | Outcome::Allow(AllowScope::All) => Phase::Logging.index(),
            Outcome::Allow(AllowScope::Request) if phase <= Phase::RequestBody => {
                Phase::ResponseHeaders.index()
            }
            Outcome::Allow(AllowScope::Request | AllowScope::Phase) => phase.index() + 1,
        };
        self.arrive(first, Some(after));
    }

    /// Any of the phases from `first` on may be the next one that runs.
    fn arrive(&mut self, first: usize, state: Option<&Knowledge>) {
        for start in self.starts.iter_mut().skip(first) {
            if let Some(state) = state {
                join(start, state);
            }
        }
    }

    /// Whether it makes a difference that an exchange may have left the rule out. Not where it only skips rules that are
    /// left out with it: CRS removes itself by one tag.
    fn is_removable(&self, position: usize, rule: &Rule, skipped: &[u32]) -> bool {
        let only_skips = rule.links.iter().all(|link| link.effects.is_empty() && !link.capture)
            && is_quiet(rule);
        self.removals.iter().filter(|removal| removal.rules.contains(position)).any(|removal| {
            let removed = |other: &u32| removal.whole && removal.rules.contains(*other as usize);
            !only_skips || !skipped.iter().all(removed)
        })
    }

    /// Whether a rule matches, and what is known after it did, or may have.
    fn verdict(&self, removable: bool, rule: &Rule, state: &Knowledge) -> (Verdict, Knowledge) {
        let mut after = state.clone();
        let mut open = removable;
        let mut traceless = true;
        for link in &rule.links {
            match about(link, &self.program.pipelines, &after, rule) {
                // Whatever the links before it say, and they say nothing that stays.
                Verdict::Never if traceless => return (Verdict::Never, after),
                Verdict::Never | Verdict::Open => open = true,
                Verdict::Always => {}
            }
            traceless &= !leaves_traces(link, !self.decides);
            for effect in link.effects.iter() {
                let Some((name, change)) = setvar(effect) else { continue };
                let names = &self.program.names;
                match open {
                    true => after.blur((name, change), names, &rule.meta),
                    false => after.apply((name, change), names, &rule.meta),
                }
            }
        }
        (if open { Verdict::Open } else { Verdict::Always }, after)
    }

    /// What text tests of a rule are about, where links before them have not changed it.
    fn arguments(&self, rule: &Rule, state: &Knowledge) -> Box<[Option<Box<[u8]>>]> {
        let mut state = state.clone();
        let arguments = rule.links.iter().map(|link| {
            let argument = match &link.operator {
                Some(Operator::Text(_, text)) => state.text(text, &rule.meta),
                _ => None,
            };
            for change in link.effects.iter().filter_map(setvar) {
                state.blur(change, &self.program.names, &rule.meta);
            }
            argument.map(Vec::into_boxed_slice)
        });
        arguments.collect()
    }

    /// Whether nothing but `TX` tells that the rule matched.
    fn is_decided(&self, rule: &Rule) -> bool {
        self.decides && is_quiet(rule) && rule.links.iter().all(does_only_setvar)
    }

    /// Takes what the rule sets into the image, where every exchange gets there and nothing before could tell.
    fn is_hoisted(&mut self, rule: &Rule, verdict: Verdict, after: &Knowledge) -> bool {
        if !self.hoists {
            return false;
        }
        if verdict == Verdict::Open {
            self.hoists = is_neutral(rule);
            return false;
        }
        let is_known = |effect: &Effect| match setvar(effect) {
            Some((TxName::Slot(slot), _)) => after.get(*slot) != &Known::Open,
            Some((TxName::Dynamic(_), _)) | None => false,
        };
        let sets_known = |link: &Link| link.effects.iter().all(is_known);
        let hoisted = self.is_decided(rule) && rule.links.iter().all(sets_known);
        if hoisted {
            self.image = after.clone();
        } else {
            self.hoists = false;
        }
        hoisted
    }
}

/// Rules that a match leaves out for the rest of the exchange.
struct Removal<'a> {
    rules: &'a BitSet,
    /// Not only their `TX` targets.
    whole: bool,
}

fn removed_by(rule: &Rule) -> impl Iterator<Item = Removal<'_>> {
    let effects = rule.links.iter().flat_map(|link| &*link.effects);
    effects.filter_map(|effect| {
        if let Effect::Remove(rules) = effect {
            Some(Removal { rules, whole: true })
        } else if let Effect::RemoveTarget(rules, Variable::Tx, _) = effect {
            Some(Removal { rules, whole: false })
        } else {
            None
        }
    })
}

fn join(place: &mut Option<Knowledge>, state: &Knowledge) {
    match place {
        Some(known) => known.join(state),
        None => *place = Some(state.clone()),
    }
}

/// The position in its phase's list that a match goes on with.
fn destination(flow: Flow, at: usize, length: usize) -> usize {
    match flow {
        Flow::Next => at + 1,
        Flow::Skip(count) => (at + 1).saturating_add(count).min(length),
        Flow::To(marker) => marker.clamp(at + 1, length),
    }
}

/// Steps with `next` counted in steps instead of rules. A step that is known to skip what is left out anyway goes as well.
fn renumbered(kept: &[(usize, Step)], does_nothing: impl Fn(&Step) -> bool) -> Vec<Step> {
    let skips_none = |at: usize, next: u32| {
        kept.get(at + 1).is_none_or(|(position, _)| *position >= next as usize)
    };
    let kept = kept.iter().enumerate().filter(|(at, (_, step))| {
        !(step.decided && does_nothing(step) && skips_none(*at, step.next))
    });
    let kept: Vec<_> = kept.map(|(_, kept)| kept.clone()).collect();
    let step = |at: usize| kept.partition_point(|(known, _)| *known < at) as u32;
    kept.iter().map(|(_, old)| Step { next: step(old.next as usize), ..old.clone() }).collect()
}

/// A value behind a pipeline.
fn transformed(value: &Known, path: &[PathStep]) -> Known {
    let Some(mut bytes) = value.bytes() else { return Known::Open };
    let mut after = Vec::new();
    for step in path {
        if step.transformation.apply(&bytes, &mut after) {
            std::mem::swap(&mut bytes, &mut after);
        }
    }
    Known::Text(bytes.into())
}

/// Whether a link matches, by what is known of `TX`.
fn about(link: &Link, pipelines: &Pipelines, state: &Knowledge, rule: &Rule) -> Verdict {
    let Some(operator) = &link.operator else { return Verdict::Always };
    if !link.stages.is_empty() {
        return Verdict::Open;
    }
    let path = pipelines.path(link.pipeline);
    let mut verdicts =
        link.targets.iter().map(|target| of_target(link, operator, (target, path), (state, rule)));
    match (&*link.targets, verdicts.next()) {
        // A link does its effects once for each value: more than one target is not counted here.
        ([_], Some(verdict)) => verdict,
        (_, Some(Verdict::Never)) if verdicts.all(|verdict| verdict == Verdict::Never) => {
            Verdict::Never
        }
        _ => Verdict::Open,
    }
}

fn of_target(
    link: &Link,
    operator: &Operator,
    (target, path): (&Target, &[PathStep]),
    (state, rule): (&Knowledge, &Rule),
) -> Verdict {
    let (Variable::Tx, Selector::Tx(slot)) = (target.variable, &target.selector) else {
        return Verdict::Open;
    };
    let value = match (state.get(*slot), target.count) {
        (Known::Open, _) => return Verdict::Open,
        (known, true) => Known::Number(i64::from(known != &Known::Unset)),
        // Without a value there is nothing to look at, negated or not.
        (Known::Unset, false) => return Verdict::Never,
        (known, false) => known.clone(),
    };
    let value = if path.is_empty() { value } else { transformed(&value, path) };
    let holds = if let Operator::Compare(comparison, right) = operator {
        let right = state.number(right, &rule.meta);
        value.number().zip(right).map(|(left, right)| comparison.holds(left, right))
    } else if let Operator::Text(test, argument) = operator {
        let argument = state.text(argument, &rule.meta);
        value.bytes().zip(argument).map(|(value, argument)| test.matches(&value, &argument))
    } else {
        None
    };
    match holds {
        None => Verdict::Open,
        Some(holds) if holds != link.negated => Verdict::Always,
        Some(_) => Verdict::Never,
    }
}
