//! The actions of one link, sorted: defaults first, then its own.

use portcullis_waf_transform::Transformation;

use crate::ast::{Action, ActionNode, DisruptNode};
use crate::compile::draft::Draft;
use crate::compile::effects::EffectNode;
use crate::diagnostic::Span;
use crate::meta::{Phase, Severity};
use crate::template::Template;

/// Actions by kind; `None` where nothing was said.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) id: Option<u64>,
    pub(super) phase: Option<Phase>,
    pub(super) message: Template,
    pub(super) message_raw: String,
    pub(super) log_data: Template,
    pub(super) tags: Vec<String>,
    pub(super) severity: Option<Severity>,
    pub(super) version: String,
    pub(super) revision: String,
    pub(super) maturity: Option<u8>,
    pub(super) accuracy: Option<u8>,
    pub(super) log: Option<bool>,
    pub(super) audit: Option<bool>,
    pub(super) transformations: Vec<Transformation>,
    pub(super) capture: bool,
    pub(super) multi_match: bool,
    pub(super) chain: bool,
    pub(super) effects: Vec<EffectNode>,
    pub(super) disruption: Option<DisruptNode>,
    pub(super) status: Option<u16>,
    pub(super) skip: Option<usize>,
    pub(super) skip_after: Option<(String, Span)>,
}

/// Applies `own` over `defaults`.
pub(super) fn merge(defaults: &[ActionNode], own: &[ActionNode]) -> Merged {
    let mut merged = Merged::default();
    defaults.iter().for_each(|node| merged.take(node));
    // A `log` of the defaults does not say anything about the audit log of a rule with `nolog`.
    let (log, audit) = (merged.log.take(), merged.audit.take());
    let disruption = merged.disruption.take();
    own.iter().for_each(|node| merged.take(node));
    merged.audit = merged.audit.or(merged.log.filter(|on| !on)).or(audit);
    merged.log = merged.log.or(log);
    merged.disruption = merged.disruption.or(disruption);
    merged
}

impl Merged {
    fn take(&mut self, node: &ActionNode) {
        match &node.action {
            Action::Id(id) => self.id = Some(*id),
            Action::Phase(phase) => self.phase = Some(*phase),
            Action::Message(template, raw) => {
                self.message = template.clone();
                self.message_raw = raw.clone();
            }
            Action::LogData(template) => self.log_data = template.clone(),
            Action::Tag(tag) => self.tags.push(tag.clone()),
            Action::Severity(severity) => self.severity = Some(*severity),
            Action::Version(version) => self.version = version.clone(),
            Action::Revision(revision) => self.revision = revision.clone(),
            Action::Maturity(maturity) => self.maturity = Some(*maturity),
            Action::Accuracy(accuracy) => self.accuracy = Some(*accuracy),
            Action::Log(on) => self.log = Some(*on),
            Action::AuditLog(on) => self.audit = Some(*on),
            Action::Transform(None) => self.transformations.clear(),
            Action::Transform(Some(transformation)) => self.transformations.push(*transformation),
            Action::Capture => self.capture = true,
            Action::MultiMatch => self.multi_match = true,
            Action::Chain => self.chain = true,
            Action::SetVar(change) => {
                self.effects.push(EffectNode::SetVar(node.span, change.clone()));
            }
            Action::SetEnv(name, value) => {
                self.effects.push(EffectNode::SetEnv(name.clone(), value.clone()));
            }
            Action::Sanitise(what) => self.effects.push(EffectNode::Sanitise(what.clone())),
            Action::Open(open) => self.effects.push(EffectNode::Open(open.clone())),
            Action::Ctl(ctl) => self.effects.push(EffectNode::Ctl(node.span, ctl.clone())),
            Action::Disrupt(disruption) => self.disruption = Some(disruption.clone()),
            Action::Status(status) => self.status = Some(*status),
            Action::Skip(count) => self.skip = Some(*count),
            Action::SkipAfter(marker) => self.skip_after = Some((marker.clone(), node.span)),
        }
    }

    /// Changes a rule the way `SecRuleUpdateActionById` does: what is named replaces, tags and effects are added.
    pub(super) fn apply(self, draft: &mut Draft) {
        if !self.message_raw.is_empty() {
            draft.message = self.message;
            draft.message_raw = self.message_raw;
        }
        if !self.log_data.segments.is_empty() {
            draft.log_data = self.log_data;
        }
        draft.tags.extend(self.tags);
        draft.severity = self.severity.or(draft.severity);
        draft.log = self.log.unwrap_or(draft.log);
        draft.audit = self.audit.or(self.log).unwrap_or(draft.audit);
        if let Some(disruption) = self.disruption {
            draft.disruption = disruption;
        }
        draft.status = self.status.or(draft.status);
        draft.skip = self.skip.or(draft.skip);
        if self.skip_after.is_some() {
            draft.skip_after = self.skip_after;
        }
        if let Some(first) = draft.links.first_mut() {
            first.transformations.extend(self.transformations);
            first.effects.extend(self.effects);
            first.capture |= self.capture;
            first.multi_match |= self.multi_match;
        }
    }
}
