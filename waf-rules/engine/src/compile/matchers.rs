//! What rules match with: compiled for those that run, numbered as the gate knows it.

use crate::ast::OperatorNode;
use crate::bits::BitSet;
use crate::compile::draft::Draft;
use crate::compile::{Compiled, Compiler, Reports};
use crate::diagnostic::RuleDiagnostic;
use crate::gate::{Gate, Scope, Scopes};
use crate::operator::{Matcher, Operator};
use crate::program::Rule;
use crate::shared::Wanted;

/// A pattern or list of a rule that was removed: what a rule set without the removal would need.
#[derive(Debug)]
pub(crate) struct Removed {
    matcher: Matcher,
    scopes: Scopes,
    paranoia_level: Option<u8>,
}

impl Compiler<'_> {
    /// The patterns and lists of a rule that was removed. Problems of it are nobody's.
    pub(super) fn removed(&mut self, draft: &Draft) -> Vec<Removed> {
        let paranoia_level = draft.paranoia_level();
        let mut removed = Vec::new();
        let gated =
            |node: &&OperatorNode| GATED.iter().any(|name| node.name.eq_ignore_ascii_case(name));
        for link in &draft.links {
            let Some(node) = link.operator.as_ref().filter(gated) else { continue };
            let targets = link.targets.iter();
            let scopes = targets.map(|target| Scope::of(target.variable, draft.phase)).collect();
            let operator = self.operator(&draft.file, node);
            if let Some(matcher) = operator.ok().as_ref().and_then(Operator::matcher) {
                removed.push(Removed { matcher, scopes, paranoia_level });
            }
        }
        self.warnings.clear();
        removed
    }
}

/// Operators that are known by a pattern or list alone.
const GATED: [&str; 4] = ["rx", "pm", "pmf", "pmFromFile"];

impl Compiled {
    /// Positions of the rules that run.
    pub(crate) fn live(&self) -> BitSet {
        let mut live = BitSet::default();
        self.phases.iter().flatten().for_each(|rule| live.insert(*rule as usize));
        live
    }

    /// Compiles the patterns and lists of rules that run.
    pub(crate) fn compile_live(&self, live: &BitSet) -> Result<(), Vec<RuleDiagnostic>> {
        let mut reports = Reports::default();
        for matcher in self.at(live).flat_map(matchers) {
            if let Err((file, problem)) = self.operators.compile(&matcher) {
                reports.add(&file, problem);
            }
        }
        if reports.list.is_empty() { Ok(()) } else { Err(reports.list) }
    }

    /// The gate for the rules that run; links learn the numbers by which it knows their patterns and lists.
    pub(crate) fn choose_gate(&mut self, live: &BitSet) -> Gate {
        let (mut needed, mut also) = (Wanted::default(), Wanted::default());
        for rule in self.at(live) {
            for link in &rule.links {
                let targets = link.targets.iter();
                let scopes = targets.map(|t| Scope::of(t.variable, rule.meta.phase)).collect();
                let matcher = link.operator.as_ref().and_then(Operator::matcher);
                matcher.into_iter().for_each(|matcher| needed.add(matcher, scopes));
            }
        }
        // Rules above the paranoia level would not run if they were still there.
        let level = self.at(live).filter_map(|rule| rule.meta.paranoia_level).max();
        for removed in self.removed.drain(..) {
            self.idle.push(removed.matcher.clone());
            if removed.paranoia_level <= level {
                also.add(removed.matcher, removed.scopes);
            }
        }
        let operators = &self.operators;
        let (gate, numbers) = operators.shared().gate(&needed, &also, |key| operators.tree(key));
        for link in self.rules.iter_mut().flat_map(|rule| &mut rule.links) {
            let matcher = link.operator.as_ref().and_then(Operator::matcher);
            link.matcher = matcher.and_then(|matcher| numbers.get(&matcher.key()).copied());
        }
        gate
    }

    /// Forgets what only making the plan has to know: of rules that do not run all but what they say of themselves.
    pub(crate) fn seal(&mut self, live: &BitSet) {
        for (position, rule) in self.rules.iter_mut().enumerate() {
            if live.contains(position) {
                // Exchanges ask for the views of first links alone.
                rule.links.iter_mut().skip(1).for_each(|link| link.views = None);
            } else {
                self.idle.extend(matchers(rule));
                rule.links = Box::default();
                (rule.message, rule.log_data) = Default::default();
            }
        }
        self.rules.shrink_to_fit();
        self.idle.shrink_to_fit();
    }

    fn at<'a>(&'a self, live: &'a BitSet) -> impl Iterator<Item = &'a Rule> {
        let numbered = self.rules.iter().enumerate();
        numbered.filter(|(position, _)| live.contains(*position)).map(|(_, rule)| rule)
    }
}

fn matchers(rule: &Rule) -> impl Iterator<Item = Matcher> {
    rule.links.iter().filter_map(|link| link.operator.as_ref().and_then(Operator::matcher))
}
