//! Conditions under which a step can match at all, sorted by the view they are about.

use std::collections::BTreeMap;

use crate::bits::BitSet;
use crate::compile::Compiled;
use crate::meta::Phase;
use crate::operator::Operator;
use crate::pipeline::{ByteClasses, PipelineId};
use crate::plan::fold::Step;
use crate::plan::foretell::foretell;
use crate::plan::rosters::Rosters;
use crate::plan::trace::leaves_traces;
use crate::plan::trial::Trial;
use crate::program::{Link, Rule};
use crate::variable::Kind;
use crate::view::ViewId;

/// Every step has one condition on its first link and may have a second one on a later link: both must hold. Bits of
/// the first condition stand in the first half of a set, those of the second in the other.
#[derive(Debug)]
pub(crate) struct Guards {
    /// Conditions that hold for every exchange.
    pub(crate) open: BitSet,
    /// Steps whose first link can only match values of views that fulfil its condition by what bytes they have.
    pub(crate) by_view: BitSet,
    /// Where in a set of conditions the second ones begin, in words.
    pub(crate) half: usize,
    pub(crate) watches: Box<[Watch]>,
    pub(crate) rosters: Rosters,
}

/// What steps want to know of a view.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) view: ViewId,
    /// Conditions that hold when there is any value.
    pub(crate) present: BitSet,
    /// Conditions that hold when a value has bytes of one of the classes.
    pub(crate) classes: Box<[(ByteClasses, u32)]>,
    /// Conditions that hold when a link matches a value.
    pub(crate) trials: Box<[(Trial, u32)]>,
    /// By pipeline, which patterns and lists matter.
    pub(crate) asks: Box<[Ask]>,
    /// All patterns and lists of the asks.
    pub(crate) matchers: BitSet,
    /// Classes without which no pipeline of the asks changes anything.
    pub(crate) trigger: ByteClasses,
}

/// Patterns and lists that steps look for in the values of a view behind one pipeline.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) pipeline: PipelineId,
    /// Classes without which the pipeline changes nothing.
    pub(crate) trigger: ByteClasses,
    /// All the matchers below.
    pub(crate) matchers: BitSet,
    /// In order of the matchers.
    pub(crate) interests: Box<[Interest]>,
}

/// A condition that holds when the pattern or list may match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Interest {
    pub(crate) matcher: u32,
    pub(crate) condition: u32,
}

/// What a link needs of one of its views.
enum Condition<'a> {
    /// None: it may always match.
    Nothing,
    /// Some view has a value.
    Present(&'a [ViewId]),
    /// Some value has bytes of one of the classes.
    Classes(&'a [ViewId], ByteClasses),
    /// The gate admits some value.
    Matcher(&'a [ViewId], &'a Link, u32),
    /// The trial of some value succeeds.
    Trial(&'a [ViewId], Trial),
}

impl Guards {
    pub(super) fn new(
        program: &Compiled,
        (phase, steps): (Phase, &[Step]),
        looks_back: bool,
    ) -> Self {
        let half = steps.len().div_ceil(64);
        let mut open = BitSet::default();
        open.reset(half * 128);
        let mut by_view = BitSet::default();
        let mut builders = BTreeMap::<ViewId, Builder>::new();
        for (at, step) in steps.iter().enumerate() {
            let Some(rule) = program.rules.get(step.rule as usize) else { continue };
            let (first, second) = match step.decided {
                true => (Condition::Nothing, Condition::Nothing),
                false => conditions(program, (step, rule), looks_back),
            };
            let foretold = |trial: &Trial| trial.foretold.is_some();
            match &first {
                // The first link of a chain that is foretold matches other values as well.
                Condition::Trial(_, trial) if foretold(trial) => {}
                Condition::Matcher(..) | Condition::Classes(..) | Condition::Trial(..) => {
                    by_view.insert(at);
                }
                Condition::Nothing | Condition::Present(_) => {}
            }
            for (condition, bit) in [(first, at), (second, half * 64 + at)] {
                match condition {
                    Condition::Nothing => open.insert(bit),
                    Condition::Present(views) => {
                        for view in views {
                            builders.entry(*view).or_default().present.insert(bit);
                        }
                    }
                    Condition::Classes(views, classes) => {
                        for view in views {
                            let known = &mut builders.entry(*view).or_default().classes;
                            known.push((classes, bit as u32));
                        }
                    }
                    Condition::Trial(views, trial) => {
                        for view in views {
                            let known = &mut builders.entry(*view).or_default().trials;
                            known.push((trial.clone(), bit as u32));
                        }
                    }
                    Condition::Matcher(views, link, matcher) => {
                        for view in views {
                            let builder = builders.entry(*view).or_default();
                            builder.asks(link, Interest { matcher, condition: bit as u32 });
                        }
                    }
                }
            }
        }
        let watches = builders.into_iter().map(|(view, builder)| builder.build(program, view));
        let watches: Box<[Watch]> = watches.collect();
        let rosters = Rosters::new(&watches, &program.views, phase);
        Self { open, by_view, half, watches, rosters }
    }
}

#[derive(Default)]
struct Builder {
    present: BitSet,
    classes: Vec<(ByteClasses, u32)>,
    trials: Vec<(Trial, u32)>,
    asks: BTreeMap<PipelineId, Vec<Interest>>,
}

impl Builder {
    fn asks(&mut self, link: &Link, interest: Interest) {
        let pipelines = match &*link.stages {
            [] => std::slice::from_ref(&link.pipeline),
            stages => stages,
        };
        for pipeline in pipelines {
            self.asks.entry(*pipeline).or_default().push(interest);
        }
    }

    fn build(self, program: &Compiled, view: ViewId) -> Watch {
        let asks = self.asks.into_iter().map(|(pipeline, mut interests)| {
            interests.sort_unstable();
            interests.dedup();
            let mut matchers = BitSet::default();
            interests.iter().for_each(|interest| matchers.insert(interest.matcher as usize));
            let step = program.pipelines.step(pipeline);
            let trigger = step.map_or(ByteClasses::EMPTY, |step| step.any_trigger);
            Ask { pipeline, trigger, matchers, interests: interests.into() }
        });
        let asks: Box<[Ask]> = asks.collect();
        let mut matchers = BitSet::default();
        asks.iter().for_each(|ask| matchers.union(&ask.matchers));
        let trigger = asks.iter().fold(ByteClasses::EMPTY, |all, ask| all.union(ask.trigger));
        let (classes, trials) = (self.classes.into(), self.trials.into());
        Watch { view, present: self.present, classes, trials, asks, matchers, trigger }
    }
}

/// The condition of the first link, and the best one of a later link whose failing nobody would notice.
fn conditions<'a>(
    program: &Compiled,
    (step, rule): (&Step, &'a Rule),
    looks_back: bool,
) -> (Condition<'a>, Condition<'a>) {
    let Some((first, later)) = rule.links.split_first() else {
        return (Condition::Nothing, Condition::Nothing);
    };
    let mut second = Condition::Nothing;
    if !leaves_traces(first, looks_back) {
        for (before, link) in later.iter().enumerate() {
            let trial = || Trial::of_later(program, step, (before + 1, link));
            match (condition(program, link, trial), &second) {
                (found @ Condition::Matcher(..), _) => {
                    second = found;
                    break;
                }
                (found, Condition::Nothing) => second = found,
                _ => {}
            }
            if leaves_traces(link, looks_back) {
                break;
            }
        }
    }
    let foretold = foretell(program, step, rule, looks_back);
    if let (Some(_), Some(views)) = (&foretold, &first.views) {
        let trial = Trial { rule: step.rule, link: 0, argument: Box::default(), foretold };
        return (Condition::Trial(views, trial), second);
    }
    (condition(program, first, || Trial::of_link(step, 0, first)), second)
}

fn condition<'a>(
    program: &Compiled,
    link: &'a Link,
    trial: impl FnOnce() -> Option<Trial>,
) -> Condition<'a> {
    let (Some(views), Some(operator)) = (&link.views, &link.operator) else {
        return Condition::Nothing;
    };
    if let Some(matcher) = link.matcher.filter(|_| !link.negated) {
        return Condition::Matcher(views, link, matcher);
    }
    if let Some(classes) = needed_classes(operator).filter(|_| !link.negated) {
        // What the pipeline would change is looked at behind it.
        let pipelines = link.stages.iter().chain([&link.pipeline]);
        let triggers = pipelines.filter_map(|pipeline| program.pipelines.step(*pipeline));
        let classes = triggers.fold(classes, |all, step| all.union(step.any_trigger));
        return Condition::Classes(views, classes);
    }
    if let Some(trial) = trial() {
        return Condition::Trial(views, trial);
    }
    // A variable without keys always has a value, if only the empty one.
    let sometimes_empty = views.iter().all(|view| {
        let target = program.views.target(*view);
        target.is_some_and(|target| target.variable.kind() != Kind::Single)
    });
    if sometimes_empty { Condition::Present(views) } else { Condition::Nothing }
}

/// Classes of bytes of which a value that satisfies the operator has one; `None` where that is not known.
pub(crate) fn needed_classes(operator: &Operator) -> Option<ByteClasses> {
    match operator {
        Operator::ByteRange(range) => ByteClasses::covering(|byte| range.violated_by(&[byte])),
        Operator::Sqli => Some(ByteClasses::SQL),
        Operator::Xss => Some(ByteClasses::HTML),
        Operator::Rx(_)
        | Operator::RxGlobal(_)
        | Operator::Backtracking(_)
        | Operator::Geo(_)
        | Operator::Identifier(_)
        | Operator::RestPath(_)
        | Operator::Schema(_)
        | Operator::Pm(_)
        | Operator::Compare(..)
        | Operator::Text(..)
        | Operator::IpMatch(_)
        | Operator::UrlEncoding
        | Operator::Utf8Encoding
        | Operator::Always
        | Operator::Never => None,
    }
}
