//! Rules before they are compiled: defaults applied, removals and updates done, chains joined.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use portcullis_waf_transform::Transformation;

use crate::ast::{
    ActionNode, Directive, DirectiveKind, DisruptNode, IdRange, OperatorNode, RuleNode, RuleQuery,
    Setting, TargetMode, TargetNode,
};
use crate::audit::Statuses;
use crate::compile::Reports;
use crate::compile::chain::{Merged, merge};
use crate::compile::effects::EffectNode;
use crate::diagnostic::{Problem, Span};
use crate::limits::{MAX_CHAIN_LINKS, MAX_DATASET_LINES, MAX_RULES};
use crate::meta::{Phase, RuleMeta, Severity};
use crate::operator::{Meaning, Pattern};
use crate::settings::Settings;
use crate::shared::Shared;
use crate::template::Template;

/// A rule or a place to skip to.
#[derive(Debug)]
pub(super) enum Item {
    Rule(Box<Draft>),
    Marker(String),
}

#[derive(Debug)]
pub(super) struct Draft {
    pub(super) file: Arc<str>,
    pub(super) span: Span,
    /// The directive as written; of a chain, its first.
    pub(super) raw: String,
    pub(super) id: u64,
    pub(super) phase: Phase,
    pub(super) message: Template,
    pub(super) message_raw: String,
    pub(super) log_data: Template,
    pub(super) tags: Vec<String>,
    pub(super) severity: Option<Severity>,
    pub(super) version: String,
    pub(super) revision: String,
    pub(super) maturity: Option<u8>,
    pub(super) accuracy: Option<u8>,
    pub(super) log: bool,
    pub(super) audit: bool,
    pub(super) disruption: DisruptNode,
    pub(super) status: Option<u16>,
    pub(super) skip: Option<usize>,
    pub(super) skip_after: Option<(String, Span)>,
    pub(super) links: Vec<DraftLink>,
}

#[derive(Debug)]
pub(super) struct DraftLink {
    pub(super) span: Span,
    pub(super) targets: Vec<TargetNode>,
    /// `None` for `SecAction`.
    pub(super) operator: Option<OperatorNode>,
    pub(super) transformations: Vec<Transformation>,
    pub(super) capture: bool,
    pub(super) multi_match: bool,
    pub(super) effects: Vec<EffectNode>,
}

impl DraftLink {
    /// A `SecAction` has no value to transform or capture.
    fn new(
        span: Span,
        targets: Vec<TargetNode>,
        operator: Option<OperatorNode>,
        merged: Merged,
    ) -> Self {
        let looks = operator.is_some();
        Self {
            span,
            targets,
            operator,
            transformations: if looks { merged.transformations } else { Vec::new() },
            capture: looks && merged.capture,
            multi_match: looks && merged.multi_match,
            effects: merged.effects,
        }
    }
}

impl Draft {
    /// What the rule says of itself, shared with every rule set that has it as well.
    pub(super) fn meta(&self, shared: &Shared) -> Arc<RuleMeta> {
        let operator = self.links.first().and_then(|link| link.operator.as_ref());
        let operator = operator.map_or_else(
            || "unconditionalMatch".to_owned(),
            |node| {
                let sign = if node.negated { "!@" } else { "@" };
                let argument: String = node.argument.chars().take(200).collect();
                format!("{sign}{} {argument}", node.name)
            },
        );
        shared.meta(RuleMeta {
            id: self.id,
            file: Arc::clone(&self.file),
            line: self.span.line,
            phase: self.phase,
            message: self.message_raw.clone(),
            tags: self.tags.iter().map(|tag| shared.string(tag)).collect(),
            severity: self.severity,
            version: shared.string(&self.version),
            revision: shared.string(&self.revision),
            maturity: self.maturity,
            accuracy: self.accuracy,
            raw: self.raw.as_str().into(),
            operator,
            paranoia_level: self.paranoia_level(),
        })
    }

    /// The paranoia level its tags name.
    pub(super) fn paranoia_level(&self) -> Option<u8> {
        let level = |tag: &String| tag.strip_prefix("paranoia-level/")?.parse().ok();
        self.tags.iter().find_map(level)
    }

    fn answers(&self, query: &RuleQuery) -> bool {
        match query {
            RuleQuery::Ids(ranges) => {
                ranges.iter().any(|range| (range.first..=range.last).contains(&self.id))
            }
            RuleQuery::Tag(tag) => self.tags.contains(tag),
            RuleQuery::Message(message) => self.message_raw == *message,
        }
    }
}

/// Where a database of places is named.
#[derive(Debug)]
pub(super) struct GeoNode {
    pub(super) file: Arc<str>,
    pub(super) span: Span,
    pub(super) name: String,
}

/// The rule set as far as it is read.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    pub(super) items: Vec<Item>,
    /// Rules that were removed.
    pub(super) removed: Vec<Draft>,
    pub(super) settings: Settings,
    /// Lines by name.
    pub(super) datasets: HashMap<String, Vec<String>>,
    dataset_lines: usize,
    /// `SecGeoLookupDb`: the last one.
    pub(super) geo: Option<GeoNode>,
    /// By phase.
    defaults: [Option<Vec<ActionNode>>; 5],
    ids: HashSet<u64>,
    links: usize,
    /// Where the last chain is still open.
    open: Option<(Arc<str>, Span)>,
    /// Whether the open chain belongs to a rule with errors.
    broken: bool,
}

impl Drafts {
    pub(super) fn rules(&self) -> impl Iterator<Item = &Draft> {
        self.items.iter().filter_map(|item| match item {
            Item::Rule(draft) => Some(&**draft),
            Item::Marker(_) => None,
        })
    }

    fn rules_mut(&mut self) -> impl Iterator<Item = &mut Draft> {
        self.items.iter_mut().filter_map(|item| match item {
            Item::Rule(draft) => Some(&mut **draft),
            Item::Marker(_) => None,
        })
    }

    pub(super) fn markers(&self) -> Vec<(String, usize)> {
        let named = |(at, item): (usize, &Item)| match item {
            Item::Marker(name) => Some((name.clone(), at)),
            Item::Rule(_) => None,
        };
        self.items.iter().enumerate().filter_map(named).collect()
    }

    /// Takes the next directive in.
    pub(super) fn take(&mut self, file: &Arc<str>, directive: Directive, reports: &mut Reports) {
        let span = directive.span;
        if let DirectiveKind::Set(Setting::Accepted(name, value)) = &directive.kind
            && let Some(warning) = crate::audit::unheeded(name, value)
        {
            reports.warn(file, Problem::new(span, warning));
        }
        let found = match directive.kind {
            DirectiveKind::Rule(node) => self.rule(file, span, node, directive.raw),
            DirectiveKind::Action(actions) => {
                let node = RuleNode { targets: Vec::new(), operator: None, actions };
                self.rule(file, span, node, directive.raw)
            }
            DirectiveKind::Marker(name) => {
                self.items.push(Item::Marker(name));
                Ok(())
            }
            DirectiveKind::DefaultAction(actions) => self.default_action(span, actions),
            DirectiveKind::Remove(query) => {
                self.remove(&query);
                Ok(())
            }
            DirectiveKind::UpdateTarget(query, targets) => {
                self.update_targets(&query, &targets, span)
            }
            DirectiveKind::UpdateAction(ranges, actions) => {
                self.update_actions(&RuleQuery::Ids(ranges), &actions, span)
            }
            DirectiveKind::Dataset(name, lines) => self.dataset(span, name, lines),
            DirectiveKind::GeoDatabase(name) => {
                self.geo = Some(GeoNode { file: Arc::clone(file), span, name });
                Ok(())
            }
            DirectiveKind::Set(setting) => self.set(setting, span),
            // Replaced by what it includes before drafts are made.
            DirectiveKind::Include(_) => Ok(()),
        };
        if let Err(problem) = found {
            reports.add(file, problem);
        }
    }

    /// Reports what only the end of the text shows.
    pub(super) fn finish(&mut self, reports: &mut Reports) {
        if let Some((file, span)) = self.open.take() {
            reports.add(&file, Problem::new(span, "chain has no next rule"));
        }
    }

    fn rule(
        &mut self,
        file: &Arc<str>,
        span: Span,
        node: RuleNode,
        raw: String,
    ) -> Result<(), Problem> {
        self.links += 1;
        if self.links > MAX_RULES {
            return Err(Problem::new(span, format!("more than {MAX_RULES} rules")));
        }
        if self.open.is_some() || self.broken {
            return self.chain_link(span, node);
        }
        let chain =
            node.actions.iter().any(|node| matches!(node.action, crate::ast::Action::Chain));
        let made = self.draft(file, span, &node.actions);
        self.broken = chain && made.is_err();
        let (mut draft, merged) = made?;
        draft.raw = raw;
        if chain {
            self.open = Some((Arc::clone(file), span));
        }
        draft.links.push(DraftLink::new(span, node.targets, node.operator, merged));
        self.items.push(Item::Rule(Box::new(draft)));
        Ok(())
    }

    fn chain_link(&mut self, span: Span, node: RuleNode) -> Result<(), Problem> {
        let mut merged = merge(&[], &node.actions);
        if !merged.chain {
            self.open = None;
        }
        if self.broken {
            self.broken = merged.chain;
            return Ok(());
        }
        if merged.id.is_some() || merged.phase.is_some() {
            return Err(Problem::new(span, "only the first rule of a chain has an id and a phase"));
        }
        if merged.disruption.is_some() || merged.skip.is_some() || merged.skip_after.is_some() {
            let message = "only the first rule of a chain has a disruptive action or a skip";
            return Err(Problem::new(span, message));
        }
        let Some(Item::Rule(draft)) = self.items.last_mut() else {
            return Err(Problem::new(span, "chain has no first rule"));
        };
        if draft.links.len() >= MAX_CHAIN_LINKS {
            return Err(Problem::new(span, format!("chain has more than {MAX_CHAIN_LINKS} links")));
        }
        if draft.message_raw.is_empty() && !merged.message_raw.is_empty() {
            // A chain says what the first of its links that says something says.
            draft.message = std::mem::take(&mut merged.message);
            draft.message_raw = std::mem::take(&mut merged.message_raw);
            if draft.log_data.segments.is_empty() {
                draft.log_data = std::mem::take(&mut merged.log_data);
            }
        }
        draft.links.push(DraftLink::new(span, node.targets, node.operator, merged));
        Ok(())
    }

    /// A rule without links, and what its first link is made of.
    fn draft(
        &mut self,
        file: &Arc<str>,
        span: Span,
        actions: &[ActionNode],
    ) -> Result<(Draft, Merged), Problem> {
        let phase = merge(&[], actions).phase.unwrap_or(Phase::RequestBody);
        let defaults = self.defaults.get(phase.index()).and_then(Option::as_deref);
        let defaults = defaults.unwrap_or_default();
        let mut merged = merge(defaults, actions);
        let inherited = merge(&[], defaults).disruption;
        let disruption = match merged.disruption.take() {
            Some(DisruptNode::Block) | None => inherited.unwrap_or(DisruptNode::Pass),
            Some(own) => own,
        };
        let Some(id) = merged.id else {
            return Err(Problem::new(span, "rule has no id").help("add `id:NUMBER`"));
        };
        if !self.ids.insert(id) {
            return Err(Problem::new(span, format!("rule id {id} is used twice")));
        }
        let draft = Draft {
            file: Arc::clone(file),
            span,
            raw: String::new(),
            id,
            phase,
            message: std::mem::take(&mut merged.message),
            message_raw: std::mem::take(&mut merged.message_raw),
            log_data: std::mem::take(&mut merged.log_data),
            tags: std::mem::take(&mut merged.tags),
            severity: merged.severity,
            version: std::mem::take(&mut merged.version),
            revision: std::mem::take(&mut merged.revision),
            maturity: merged.maturity,
            accuracy: merged.accuracy,
            log: merged.log.unwrap_or(true),
            audit: merged.audit.or(merged.log).unwrap_or(true),
            disruption,
            status: merged.status,
            skip: merged.skip,
            skip_after: merged.skip_after.take(),
            links: Vec::new(),
        };
        Ok((draft, merged))
    }

    fn default_action(&mut self, span: Span, actions: Vec<ActionNode>) -> Result<(), Problem> {
        let merged = merge(&[], &actions);
        if merged.id.is_some() || merged.chain || merged.skip_after.is_some() {
            let message = "SecDefaultAction takes no id, chain or skipAfter";
            return Err(Problem::new(span, message));
        }
        let Some(phase) = merged.phase else {
            return Err(Problem::new(span, "SecDefaultAction needs a phase"));
        };
        match &merged.disruption {
            None | Some(DisruptNode::Block) => {
                let message = "SecDefaultAction needs a disruptive action other than block";
                return Err(Problem::new(span, message).help("pass, deny, drop, allow or redirect"));
            }
            Some(_) => {}
        }
        if let Some(slot) = self.defaults.get_mut(phase.index()) {
            *slot = Some(actions);
        }
        Ok(())
    }

    fn dataset(&mut self, span: Span, name: String, lines: Vec<String>) -> Result<(), Problem> {
        self.dataset_lines += lines.len();
        if self.dataset_lines > MAX_DATASET_LINES {
            let message = format!("datasets have more than {MAX_DATASET_LINES} lines");
            return Err(Problem::new(span, message));
        }
        if self.datasets.contains_key(&name) {
            // Elsewhere the last one counts, but only for rules that follow it.
            return Err(Problem::new(span, format!("dataset `{name}` is defined twice"))
                .help("give the second one its own name"));
        }
        self.datasets.insert(name, lines);
        Ok(())
    }

    fn remove(&mut self, query: &RuleQuery) {
        let answers = |item: &mut Item| match item {
            Item::Rule(draft) => draft.answers(query),
            Item::Marker(_) => false,
        };
        for item in self.items.extract_if(.., answers) {
            if let Item::Rule(draft) = item {
                self.removed.push(*draft);
            }
        }
    }

    /// Adds targets, or with `!` exceptions, to the first link of each rule.
    fn update_targets(
        &mut self,
        query: &RuleQuery,
        targets: &[TargetNode],
        span: Span,
    ) -> Result<(), Problem> {
        self.must_know(query, span)?;
        for draft in self.rules_mut().filter(|draft| draft.answers(query)) {
            for link in draft.links.iter_mut().take(1) {
                link.targets.extend(targets.iter().cloned());
            }
        }
        Ok(())
    }

    /// An update of a rule that is not there would change nothing, unseen. A range may be empty.
    fn must_know(&self, query: &RuleQuery, span: Span) -> Result<(), Problem> {
        let RuleQuery::Ids(ranges) = query else { return Ok(()) };
        let single = |range: &&IdRange| range.first == range.last;
        for IdRange { first: id, .. } in ranges.iter().filter(single) {
            if !self.rules().any(|draft| draft.id == *id) {
                return Err(Problem::new(span, format!("there is no rule {id} to update"))
                    .help("updates stand after the rule they are about"));
            }
        }
        Ok(())
    }

    fn update_actions(
        &mut self,
        query: &RuleQuery,
        actions: &[ActionNode],
        span: Span,
    ) -> Result<(), Problem> {
        self.must_know(query, span)?;
        let change = merge(&[], actions);
        if change.id.is_some() || change.phase.is_some() || change.chain {
            let message = "SecRuleUpdateActionById changes neither id nor phase nor chain";
            return Err(Problem::new(span, message));
        }
        for draft in self.rules_mut().filter(|draft| draft.answers(query)) {
            let change = merge(&[], actions);
            change.apply(draft);
        }
        Ok(())
    }

    fn set(&mut self, setting: Setting, span: Span) -> Result<(), Problem> {
        let settings = &mut self.settings;
        match setting {
            Setting::Engine(mode) => settings.engine = mode,
            Setting::RequestBodyAccess(on) => settings.request_body_access = on,
            Setting::RequestBodyLimit(bytes) => settings.request_body_limit = bytes,
            Setting::RequestBodyNoFilesLimit(bytes) => {
                settings.request_body_no_files_limit = Some(bytes);
            }
            Setting::RequestBodyLimitAction(action) => settings.request_body_on_limit = action,
            Setting::JsonDepth(depth) => settings.json_depth = depth,
            Setting::Arguments(count) => settings.arguments = count,
            Setting::ResponseBodyAccess(on) => settings.response_body_access = on,
            Setting::ResponseBodyLimit(bytes) => settings.response_body_limit = bytes,
            Setting::ResponseBodyLimitAction(action) => settings.response_body_on_limit = action,
            Setting::ResponseMimeTypes(types) => {
                settings.response_types = types.iter().map(|t| t.to_ascii_lowercase()).collect();
            }
            Setting::ResponseMimeTypesClear => settings.response_types.clear(),
            Setting::ComponentSignature(text) => settings.signatures.push(text),
            Setting::AuditEngine(mode) => settings.audit.mode = mode,
            Setting::AuditRelevantStatus(pattern) => {
                let regex = Pattern::new(&pattern, Meaning::Names)
                    .map_err(|error| Problem::new(span, error.message))?;
                settings.audit.relevant =
                    Some(Statuses::that(|status| regex.is_match(status.as_bytes())));
            }
            Setting::AuditParts(parts) => settings.audit.parts = parts,
            Setting::AuditLog(path) => settings.audit.path = Some(path),
            Setting::AuditFormat(format) => settings.audit.format = Some(format),
            Setting::DecodeJson(what) => settings.decode_json = what,
            Setting::UploadFiles(count) => settings.upload_files = count,
            Setting::WebAppId(id) => settings.web_app_id = id.into(),
            Setting::CollectionTimeout(seconds) => settings.record_seconds = seconds as u64,
            Setting::Accepted(name, value) => settings.accepted.push((name, value)),
        }
        Ok(())
    }
}

/// Whether a target only takes values away.
pub(super) fn is_exception(target: &TargetNode) -> bool {
    target.mode == TargetMode::Except
}
