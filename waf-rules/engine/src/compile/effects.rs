//! Links: targets, pipeline, operator and what follows a match.

use std::sync::Arc;

use crate::ast::{Change, Ctl, OpenRecord, RuleQuery, Sanitise, SetVar, TargetMode, TargetNode};
use crate::bits::BitSet;
use crate::compile::Compiler;
use crate::compile::draft::DraftLink;
use crate::diagnostic::{Problem, Span};
use crate::operator::integer;
use crate::program::{Effect, Link, Part, TxChange, TxName};
use crate::template::Template;

/// An action that changes state, not yet resolved.
#[derive(Debug, Clone)]
pub(super) enum EffectNode {
    SetVar(Span, SetVar),
    SetEnv(String, Template),
    Open(OpenRecord),
    Ctl(Span, Ctl),
    Sanitise(Sanitise),
}

impl Compiler<'_> {
    pub(super) fn link(
        &mut self,
        file: &Arc<str>,
        draft: &DraftLink,
    ) -> Result<Link, Vec<Problem>> {
        let mut problems = Vec::new();
        let targets = self.targets(&draft.targets).unwrap_or_else(|problem| {
            problems.push(problem);
            Vec::new()
        });
        let mut negated = false;
        let mut operator = None;
        if let Some(node) = &draft.operator {
            negated = node.negated;
            match self.operator(file, node) {
                Ok(compiled) => operator = Some(compiled),
                Err(problem) => problems.push(problem),
            }
        }
        let mut effects = Vec::new();
        for node in &draft.effects {
            match self.effect(node) {
                Ok(effect) => effects.extend(effect),
                Err(problem) => problems.push(problem),
            }
        }
        let pipeline = self.pipelines.intern(&draft.transformations).unwrap_or_else(|| {
            problems.push(Problem::new(draft.span, "more than 65535 transformation pipelines"));
            crate::pipeline::PipelineId::NONE
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        let stages = match draft.multi_match {
            true => self.pipelines.prefixes(pipeline),
            false => Vec::new(),
        };
        let views = targets.iter().map(|(target, key)| self.views.view(key.clone(), target));
        let views = views.collect::<Option<Box<[_]>>>();
        Ok(Link {
            views,
            targets: self
                .operators
                .shared()
                .targets(targets.into_iter().map(|(target, _)| target).collect()),
            pipeline,
            stages: stages.into(),
            operator,
            negated,
            matcher: None,
            capture: draft.capture,
            effects: self.operators.shared().effects(effects),
        })
    }

    fn effect(&mut self, node: &EffectNode) -> Result<Option<Effect>, Problem> {
        Ok(match node {
            EffectNode::SetVar(span, change) => Some(match change.collection {
                Some(collection) => self.set_record(*span, collection, change)?,
                None => self.set_var(*span, change)?,
            }),
            EffectNode::Open(node) => Some(self.open(node)),
            EffectNode::SetEnv(name, value) => {
                let name = Template::parse(name, Span::default())?;
                Some(Effect::SetEnv(self.text(&name), self.text(value)))
            }
            EffectNode::Ctl(span, ctl) => self.ctl(*span, ctl)?,
            EffectNode::Sanitise(what) => Some(Effect::Sanitise(what.clone())),
        })
    }

    fn set_var(&mut self, span: Span, node: &SetVar) -> Result<Effect, Problem> {
        let name = match node.name.literal() {
            Some(b"") => return Err(Problem::new(span, "setvar names no variable")),
            Some(literal) => TxName::Slot(self.names.tx_slot(&String::from_utf8_lossy(literal))),
            None => TxName::Dynamic(self.text(&node.name)),
        };
        let change = match &node.change {
            Change::Unset => TxChange::Unset,
            Change::Add(value) => TxChange::Add(self.number(value)),
            Change::Subtract(value) => TxChange::Subtract(self.number(value)),
            // Parsed for records only.
            Change::Expire(_) | Change::Decay(..) => {
                return Err(Problem::new(span, "variables of `tx` end with the exchange"));
            }
            Change::Assign(value) => {
                let text = self.text(value);
                match (&*text.parts, text.literal()) {
                    ([Part::Tx(slot)], _) => TxChange::Copy(*slot),
                    (_, Some(literal)) if is_canonical(literal) => {
                        TxChange::AssignNumber(integer(literal))
                    }
                    _ => TxChange::Assign(text),
                }
            }
        };
        Ok(Effect::SetTx(name, change))
    }

    fn ctl(&mut self, span: Span, ctl: &Ctl) -> Result<Option<Effect>, Problem> {
        Ok(Some(match ctl {
            Ctl::Accepted => return Ok(None),
            Ctl::AuditEngine(mode) => Effect::AuditEngine(*mode),
            Ctl::AuditParts(change) => Effect::AuditParts(*change),
            Ctl::ForceRequestBody(on) => Effect::ForceRequestBody(*on),
            Ctl::ForceResponseBody(on) => Effect::ForceResponseBody(*on),
            Ctl::RequestBodyAccess(on) => Effect::RequestBodyAccess(*on),
            Ctl::RequestBodyLimit(bytes) => Effect::RequestBodyLimit(*bytes),
            Ctl::RequestBodyProcessor(processor) => Effect::RequestBodyProcessor(*processor),
            Ctl::ResponseBodyAccess(on) => Effect::ResponseBodyAccess(*on),
            Ctl::ResponseBodyLimit(bytes) => Effect::ResponseBodyLimit(*bytes),
            Ctl::ResponseBodyProcessor(processor) => Effect::ResponseBodyProcessor(*processor),
            Ctl::RuleEngine(mode) => Effect::Engine(*mode),
            Ctl::Remove(query) => Effect::Remove(Arc::new(self.find_rules(query))),
            Ctl::RemoveTarget(query, variable, selector) => {
                let node = TargetNode {
                    span,
                    variable: *variable,
                    mode: TargetMode::Except,
                    selector: selector.clone(),
                };
                let rules = Arc::new(self.find_rules(query));
                Effect::RemoveTarget(rules, *variable, self.selector(&node)?)
            }
        }))
    }

    /// Positions of the rules a query means.
    fn find_rules(&self, query: &RuleQuery) -> BitSet {
        match query {
            RuleQuery::Tag(tag) => self.index.tags.get(tag).cloned().unwrap_or_default(),
            RuleQuery::Message(text) => self.index.messages.get(text).cloned().unwrap_or_default(),
            RuleQuery::Ids(ranges) => {
                let mut found = BitSet::default();
                for (id, position) in &self.index.ids {
                    if ranges.iter().any(|range| (range.first..=range.last).contains(id)) {
                        found.insert(*position);
                    }
                }
                found
            }
        }
    }
}

/// Whether a text is a number that is written again as the same text.
fn is_canonical(text: &[u8]) -> bool {
    !text.is_empty() && integer(text).to_string().as_bytes() == text
}
