//! Templates, targets and numbers to slots.

use crate::ast::{SelectorNode, TargetMode, TargetNode};
use crate::collections::Collection;
use crate::compile::Compiler;
use crate::compile::draft::is_exception;
use crate::diagnostic::Problem;
use crate::operator::{Meaning, integer};
use crate::program::{Number, Part, RuleField, Selector, Target, Text};
use crate::template::{Segment, Template};
use crate::variable::Variable;

impl Compiler<'_> {
    pub(super) fn text(&mut self, template: &Template) -> Text {
        let parts = template.segments.iter().map(|segment| self.part(segment)).collect();
        Text { parts: self.operators.shared().text(parts) }
    }

    fn part(&mut self, segment: &Segment) -> Part {
        if let Segment::Macro(variable, _) = segment {
            self.named.insert(variable.index());
            self.quoted.insert(variable.index());
        }
        match segment {
            Segment::Text(text) => Part::Literal(text.as_slice().into()),
            Segment::Macro(Variable::Tx, Some(name)) => Part::Tx(self.names.tx_slot(name)),
            Segment::Macro(Variable::Rule, field) => Part::Rule(
                match field.as_deref().unwrap_or_default().to_ascii_lowercase().as_str() {
                    "msg" => RuleField::Message,
                    "severity" => RuleField::Severity,
                    "rev" => RuleField::Revision,
                    "ver" => RuleField::Version,
                    _ => RuleField::Id,
                },
            ),
            Segment::Macro(variable, Some(key)) => Part::Keyed(*variable, self.names.key(key)),
            Segment::Macro(variable, None) => Part::Variable(*variable),
        }
    }

    pub(super) fn number(&mut self, template: &Template) -> Number {
        if let Some(literal) = template.literal() {
            return Number::Literal(integer(literal));
        }
        let text = self.text(template);
        match &*text.parts {
            [Part::Tx(slot)] => Number::Tx(*slot),
            _ => Number::Text(text),
        }
    }

    /// Targets with the exceptions of the same variable attached. An exception without a key takes the variable out.
    /// Beside each stands a text that is equal exactly for targets that mean the same.
    pub(super) fn targets(
        &mut self,
        nodes: &[TargetNode],
    ) -> Result<Vec<(Target, String)>, Problem> {
        let mut targets = Vec::new();
        let gone = |node: &TargetNode| {
            nodes.iter().any(|other| {
                is_exception(other)
                    && other.variable == node.variable
                    && (other.selector == SelectorNode::All || other.selector == node.selector)
            })
        };
        for node in nodes.iter().filter(|node| !is_exception(node) && !gone(node)) {
            self.named.insert(node.variable.index());
            if let Some(collection) = Collection::of(node.variable) {
                self.is_opened(node.span, collection)?;
            }
            let mut except = Vec::new();
            let mut key = format!("{} {:?}", node.variable.name(), node.selector);
            for other in nodes.iter().filter(|other| is_exception(other)) {
                if other.variable == node.variable {
                    except.push(self.selector(other)?);
                    key.push_str(&format!(" !{:?}", other.selector));
                }
            }
            let target = Target {
                variable: node.variable,
                count: node.mode == TargetMode::Count,
                selector: self.selector(node)?,
                except: except.into(),
            };
            targets.push((target, key));
        }
        Ok(targets)
    }

    pub(super) fn selector(&mut self, node: &TargetNode) -> Result<Selector, Problem> {
        Ok(match (&node.selector, node.variable) {
            (SelectorNode::All, _) => Selector::All,
            (SelectorNode::Key(key), Variable::Tx) => Selector::Tx(self.names.tx_slot(key)),
            (SelectorNode::Key(key), _) => Selector::Key(self.names.key(key)),
            (SelectorNode::Regex(pattern), _) => {
                let shared = self.operators.shared();
                let compiled = shared.pattern(pattern, Meaning::Names, |pattern, tree| {
                    pattern.compile(Some(&tree))?;
                    Ok(pattern)
                });
                let regex = compiled.map_err(|error| {
                    let problem = Problem::new(node.span, format!("selector: {}", error.message));
                    match error.help {
                        Some(help) => problem.help(help),
                        None => problem,
                    }
                })?;
                Selector::Regex(regex)
            }
        })
    }
}
