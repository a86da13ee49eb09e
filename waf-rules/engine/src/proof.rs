//! Whether the prefilter leaves out what would have matched: never, and this is how tests and fuzzing find out.
//!
//! For one value it does plainly what an exchange avoids: every transformation of every pipeline, and the search of every
//! pattern, list and injection test that the prefilter says cannot match.

use std::collections::HashMap;

use crate::bits::BitSet;
use crate::gate::{Gate, Scope, Scratch};
use crate::meta::Phase;
use crate::operator::{Matcher, Operator};
use crate::pipeline::{ByteClasses, PipelineId, Pipelines};
use crate::plan::needed_classes;
use crate::program::{Link, Rule};
use crate::ruleset::RuleSet;

impl RuleSet {
    /// Ids of the rules, in order, with a link that `value` satisfies behind the link's own transformations although the
    /// prefilter says that it cannot: a proof against the prefilter, for tests. Rules that compare numbers, texts or
    /// addresses are not prefiltered by values and never among them.
    pub fn wrongly_left_out(&self, value: &[u8]) -> Vec<u64> {
        let Some(plan) = &self.plan else { return Vec::new() };
        let mut trial = Trial {
            gate: &plan.gate,
            pipelines: &self.program.pipelines,
            classes: ByteClasses::of(value),
            values: HashMap::from([(PipelineId::NONE, value.to_vec())]),
            candidates: HashMap::new(),
            scratch: Scratch::default(),
        };
        let mut is_wrong =
            |rule: &&Rule| rule.links.iter().any(|link| trial.is_wrong(link, rule.meta.phase));
        self.program.rules.iter().filter(|rule| is_wrong(rule)).map(|rule| rule.meta.id).collect()
    }
}

/// One value on its way through all pipelines.
struct Trial<'a> {
    gate: &'a Gate,
    pipelines: &'a Pipelines,
    /// Of the value as it stands.
    classes: ByteClasses,
    /// The value behind pipelines.
    values: HashMap<PipelineId, Vec<u8>>,
    /// What the gate says of transformed values.
    candidates: HashMap<(Scope, Vec<u8>), [BitSet; 2]>,
    scratch: Scratch,
}

impl Trial<'_> {
    fn is_wrong(&mut self, link: &Link, phase: Phase) -> bool {
        let Some(operator) = &link.operator else { return false };
        let pipelines = if link.stages.is_empty() { &[link.pipeline][..] } else { &link.stages };
        pipelines.iter().any(|pipeline| {
            let value = self.behind(*pipeline);
            self.misses_change(*pipeline, &value)
                || match (operator.matcher(), link.matcher) {
                    (Some(matcher), Some(number)) => {
                        let mut targets = link.targets.iter();
                        targets.any(|target| {
                            let scope = Scope::of(target.variable, phase);
                            !self.admits(scope, &value, number as usize)
                        }) && matcher.is_match(&value)
                    }
                    _ => !self.has_classes(link, operator) && operator.matches(&value, b""),
                }
        })
    }

    /// The value behind a pipeline, every transformation applied.
    fn behind(&mut self, pipeline: PipelineId) -> Vec<u8> {
        if let Some(known) = self.values.get(&pipeline) {
            return known.clone();
        }
        let mut value = self.values.get(&PipelineId::NONE).cloned().unwrap_or_default();
        for step in self.pipelines.path(pipeline) {
            let mut changed = Vec::new();
            if step.transformation.apply(&value, &mut changed) {
                value = changed;
            }
        }
        self.values.insert(pipeline, value.clone());
        value
    }

    /// Whether a pipeline changes a value of which its classes say that it does not.
    fn misses_change(&self, pipeline: PipelineId, value: &[u8]) -> bool {
        let step = self.pipelines.step(pipeline);
        let may_change = step.is_some_and(|step| step.any_trigger.meets(self.classes));
        !may_change && self.values.get(&PipelineId::NONE).is_none_or(|plain| plain != value)
    }

    /// Whether the gate admits the value by whichever scan an exchange takes: its own, or that of its lower case.
    fn admits(&mut self, scope: Scope, value: &[u8], number: usize) -> bool {
        let (gate, scratch) = (self.gate, &mut self.scratch);
        let found = self.candidates.entry((scope, value.to_vec())).or_insert_with(|| {
            [value.to_vec(), value.to_ascii_lowercase()].map(|scanned| {
                let mut found = BitSet::default();
                gate.candidates(scope, &scanned, scratch, &mut found);
                found
            })
        });
        found.iter().all(|found| found.contains(number))
    }

    /// Whether the value has what the operator needs, or a pipeline of the link may bring it.
    fn has_classes(&self, link: &Link, operator: &Operator) -> bool {
        let Some(needed) = needed_classes(operator).filter(|_| !link.negated) else { return true };
        let steps = link.stages.iter().chain([&link.pipeline]);
        let steps = steps.filter_map(|pipeline| self.pipelines.step(*pipeline));
        steps.fold(needed, |all, step| all.union(step.any_trigger)).meets(self.classes)
    }
}

impl Matcher {
    /// The matcher's own search.
    fn is_match(&self, value: &[u8]) -> bool {
        match self {
            Self::Pattern(pattern) => pattern.is_match(value),
            Self::List(list) => list.is_match(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{CompileOptions, RuleSet, Sources};

    fn compile(rules: &str) -> Arc<RuleSet> {
        let sources = Sources::new("test.conf", format!("SecRuleEngine On\n{rules}"));
        RuleSet::compile(&sources, &CompileOptions::default()).unwrap()
    }

    #[test]
    fn a_gate_that_leaves_out_too_much_is_found() {
        let rules = compile(
            "SecRule ARGS \"@rx (?i)first[0-9]\" \"id:1,phase:2,deny,t:none,t:hexDecode\"\n\
             SecRule ARGS \"@pm second words\" \"id:2,phase:2,deny\"\n\
             SecRule RESPONSE_BODY \"@rx third\" \"id:3,phase:4,deny\"\n",
        );
        let values: [&[u8]; 5] = [b"", b"6669727374372d", b"second", b"THIRD third", b"first7"];
        for value in values {
            assert_eq!(rules.wrongly_left_out(value), [0_u64; 0]);
        }
        // As if the gate knew each pattern by the name of another one.
        let mut rules = rules;
        let broken = Arc::get_mut(&mut rules).unwrap();
        for rule in broken.program.rules.iter_mut() {
            for link in &mut rule.links {
                link.matcher = link.matcher.map(|number| (number + 1) % 3);
            }
        }
        let found = values.map(|value| rules.wrongly_left_out(value));
        assert_eq!(found, [vec![], vec![1], vec![2], vec![3], vec![]]);
    }
}
