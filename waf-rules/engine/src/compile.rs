//! From syntax trees to the program.

mod chain;
mod draft;
mod effects;
mod load;
mod matchers;
mod names;
mod operators;
mod records;
mod text;

use std::collections::HashMap;
use std::sync::Arc;

pub(crate) use names::Names;

use crate::ast::DisruptNode;
use crate::bits::BitSet;
use crate::compile::draft::{Draft, Drafts, Item};
use crate::compile::matchers::Removed;
use crate::compile::operators::Operators;
use crate::diagnostic::{Problem, RuleDiagnostic};
use crate::limits::MAX_DIAGNOSTICS;
use crate::operator::{GeoDatabase, Matcher, Pattern};
use crate::pipeline::Pipelines;
use crate::program::{Effect, Flow, Outcome, Rule, Selector};
use crate::settings::Settings;
use crate::shared::Shared;
use crate::sources::Sources;
use crate::variable::Variable;
use crate::view::Views;

/// Everything a rule set is made of.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) rules: Vec<Rule>,
    /// Positions in `rules`, by phase.
    pub(crate) phases: [Vec<u32>; 5],
    pub(crate) settings: Settings,
    pub(crate) names: Names,
    pub(crate) pipelines: Pipelines,
    /// Until the gate is chosen.
    pub(crate) operators: Operators,
    /// Until the gate is chosen.
    removed: Vec<Removed>,
    /// Patterns and lists of rules that do not run: parsed, for other rule sets to find them.
    idle: Vec<Matcher>,
    /// Whether some rule validates a schema.
    pub(crate) has_schemas: bool,
    pub(crate) views: Views,
    pub(crate) warnings: Vec<RuleDiagnostic>,
    /// Variables that rules name, by `Variable::index`.
    pub(crate) named: BitSet,
    /// By phase, whether rules look at header lines of the response.
    pub(crate) response_lines: [bool; 5],
    /// Whether some rule opens a persistent collection.
    pub(crate) opens_records: bool,
}

/// Compiles the entry document and all it includes.
pub(crate) fn compile(
    sources: &Sources,
    shared: &Arc<Shared>,
) -> Result<Compiled, Vec<RuleDiagnostic>> {
    let mut reports = Reports::default();
    let files = load::load(sources, &mut reports);
    let mut drafts = Drafts::default();
    for (file, directive) in files {
        drafts.take(&file, directive, &mut reports);
    }
    drafts.finish(&mut reports);
    let mut compiler = Compiler {
        sources,
        datasets: &drafts.datasets,
        geo: None,
        names: Names::default(),
        pipelines: Pipelines::default(),
        operators: Operators::new(Arc::clone(shared)),
        views: Views::default(),
        markers: drafts.markers(),
        index: RuleIndex::new(&drafts),
        phases: Default::default(),
        warnings: Vec::new(),
        opened: records::opened(&drafts),
        named: BitSet::default(),
        quoted: BitSet::default(),
    };
    if let Some(node) = &drafts.geo
        && let Err(problem) = compiler.open_geo(node)
    {
        reports.add(&node.file, problem);
    }
    let rules = compiler.rules(&drafts, &mut reports);
    let removed = drafts.removed.iter().flat_map(|draft| compiler.removed(draft)).collect();
    if !reports.list.is_empty() {
        return Err(reports.list);
    }
    compiler.views.seal();
    compiler.names.resolve(patterns_of_tx(&rules));
    let effects = rules.iter().flat_map(|rule| &rule.links).flat_map(|link| link.effects.iter());
    let mut effects = effects.filter(|effect| matches!(effect, Effect::AuditEngine(_)));
    drafts.settings.audit.turned_by_rules = effects.next().is_some();
    Ok(Compiled {
        response_lines: response_lines(&compiler, &rules),
        rules,
        phases: compiler.phases,
        settings: drafts.settings.clone(),
        names: compiler.names,
        pipelines: compiler.pipelines,
        has_schemas: compiler.operators.has_schemas(),
        operators: compiler.operators,
        removed,
        idle: Vec::new(),
        views: compiler.views,
        warnings: reports.warnings,
        named: compiler.named,
        opens_records: compiler.opened.contains(&true),
    })
}

/// Patterns that select variables of `TX`.
fn patterns_of_tx(rules: &[Rule]) -> impl Iterator<Item = Arc<Pattern>> {
    let targets = rules.iter().flat_map(|rule| &rule.links).flat_map(|link| link.targets.iter());
    targets.filter(|target| target.variable == Variable::Tx).filter_map(|target| {
        match &target.selector {
            Selector::Regex(pattern) => Some(Arc::clone(pattern)),
            Selector::All | Selector::Key(_) | Selector::Tx(_) => None,
        }
    })
}

/// Which phases have rules that look at header lines of the response. What a text quotes may be quoted in any phase.
fn response_lines(compiler: &Compiler<'_>, rules: &[Rule]) -> [bool; 5] {
    let lines = [Variable::ResponseHeaders, Variable::ResponseHeadersNames];
    let quoted = lines.iter().any(|variable| compiler.quoted.contains(variable.index()));
    compiler.phases.each_ref().map(|phase| {
        let rules = phase.iter().filter_map(|position| rules.get(*position as usize));
        let mut targets = rules.flat_map(|rule| &rule.links).flat_map(|link| link.targets.iter());
        quoted || targets.any(|target| lines.contains(&target.variable))
    })
}

/// Diagnostics so far, up to the limit.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    list: Vec<RuleDiagnostic>,
    warnings: Vec<RuleDiagnostic>,
}

impl Reports {
    pub(crate) fn add(&mut self, file: &Arc<str>, problem: Problem) {
        if self.list.len() < MAX_DIAGNOSTICS {
            self.list.push(diagnostic(file, problem));
        }
    }

    /// Reports what does not keep the rule set from being loaded.
    pub(crate) fn warn(&mut self, file: &Arc<str>, problem: Problem) {
        if self.warnings.len() < MAX_DIAGNOSTICS {
            self.warnings.push(diagnostic(file, problem));
        }
    }
}

fn diagnostic(file: &Arc<str>, problem: Problem) -> RuleDiagnostic {
    RuleDiagnostic {
        file: Arc::clone(file),
        line: problem.span.line,
        column: problem.span.column,
        message: problem.message,
        help: problem.help,
    }
}

/// Positions of rules by what removals ask for.
#[derive(Debug, Default)]
struct RuleIndex {
    ids: Vec<(u64, usize)>,
    tags: HashMap<String, BitSet>,
    messages: HashMap<String, BitSet>,
}

impl RuleIndex {
    fn new(drafts: &Drafts) -> Self {
        let mut index = Self::default();
        for (position, draft) in drafts.rules().enumerate() {
            index.ids.push((draft.id, position));
            for tag in &draft.tags {
                index.tags.entry(tag.clone()).or_default().insert(position);
            }
            let message = draft.message_raw.clone();
            index.messages.entry(message).or_default().insert(position);
        }
        index
    }
}

struct Compiler<'a> {
    sources: &'a Sources,
    datasets: &'a HashMap<String, Vec<String>>,
    /// `None` where no database is named.
    geo: Option<Arc<GeoDatabase>>,
    names: Names,
    pipelines: Pipelines,
    operators: Operators,
    views: Views,
    /// Marker name and the item it stands at.
    markers: Vec<(String, usize)>,
    index: RuleIndex,
    phases: [Vec<u32>; 5],
    opened: records::Opened,
    named: BitSet,
    /// Those among them that texts quote.
    quoted: BitSet,
    /// Of the rule that is compiled.
    warnings: Vec<Problem>,
}

impl Compiler<'_> {
    fn rules(&mut self, drafts: &Drafts, reports: &mut Reports) -> Vec<Rule> {
        let marks = self.place(drafts);
        let mut rules = Vec::new();
        for (at, item) in drafts.items.iter().enumerate() {
            let Item::Rule(draft) = item else { continue };
            let flow = self.flow(draft, at, &marks, reports);
            let rule = self.rule(draft, flow);
            self.warnings.drain(..).for_each(|warning| reports.warn(&draft.file, warning));
            match rule {
                Ok(rule) => rules.push(rule),
                Err(problems) => {
                    problems.into_iter().for_each(|problem| reports.add(&draft.file, problem));
                }
            }
        }
        rules
    }

    /// Fills the phase lists; the result says for each item how long they were when it came.
    fn place(&mut self, drafts: &Drafts) -> Vec<[usize; 5]> {
        let mut marks = Vec::with_capacity(drafts.items.len());
        let mut position = 0_u32;
        for item in &drafts.items {
            marks.push(self.phases.each_ref().map(Vec::len));
            if let Item::Rule(draft) = item {
                if let Some(list) = self.phases.get_mut(draft.phase.index()) {
                    list.push(position);
                }
                position += 1;
            }
        }
        marks
    }

    fn flow(&self, draft: &Draft, at: usize, marks: &[[usize; 5]], reports: &mut Reports) -> Flow {
        if let Some((marker, span)) = &draft.skip_after {
            let found = self.markers.iter().find(|(name, item)| *item > at && name == marker);
            if let Some((_, item)) = found {
                let lengths = marks.get(*item).copied().unwrap_or_default();
                let to = lengths.get(draft.phase.index()).copied().unwrap_or(usize::MAX);
                return Flow::To(to);
            }
            let names: Vec<&str> = self.markers.iter().map(|(name, _)| name.as_str()).collect();
            let problem = Problem::unknown(*span, "marker after the rule", marker, &names);
            reports.add(&draft.file, problem);
        }
        draft.skip.map_or(Flow::Next, Flow::Skip)
    }

    fn rule(&mut self, draft: &Draft, flow: Flow) -> Result<Rule, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut links = Vec::with_capacity(draft.links.len());
        for link in &draft.links {
            match self.link(&draft.file, link) {
                Ok(link) => links.push(link),
                Err(found) => problems.extend(found),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let outcome = match &draft.disruption {
            DisruptNode::Block | DisruptNode::Pass => Outcome::Pass,
            DisruptNode::Deny => Outcome::Deny,
            DisruptNode::Drop => Outcome::Drop,
            DisruptNode::Allow(scope) => Outcome::Allow(*scope),
            DisruptNode::Redirect(url) => Outcome::Redirect(self.text(url)),
        };
        let disrupts = outcome.disrupts();
        let lenient = matches!(outcome, Outcome::Allow(_))
            || flow != Flow::Next
            || links.iter().flat_map(|link| link.effects.iter()).any(Effect::relaxes);
        Ok(Rule {
            meta: draft.meta(self.operators.shared()),
            links: links.into(),
            message: self.text(&draft.message),
            log_data: self.text(&draft.log_data),
            status: draft.status.unwrap_or(403),
            outcome,
            log: draft.log,
            audit: draft.audit,
            flow,
            relaxes: lenient && !disrupts,
        })
    }
}
