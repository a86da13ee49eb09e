//! Runs the rules of a phase.

use crate::ast::AllowScope;
use crate::compile::Names;
use crate::gate::{Gate, Scope};
use crate::limits::{MAX_KEPT_MATCHES, MAX_MATCHED_VARS};
use crate::meta::Phase;
use crate::operator::{Operator, Search};
use crate::outcome::{Disruption, Interruption, Matched, RuleMatch};
use crate::pipeline::PipelineId;
use crate::plan::Plan;
use crate::program::{Flow, Link, Outcome, Rule, Target, Text};
use crate::ruleset::{EngineMode, RuleSet};
use crate::transaction::collect::count;
use crate::transaction::state::{Found, Hit, State};
use crate::transaction::tx::Datum;
use crate::transaction::values::ValueId;
use crate::variable::Variable;
use crate::view::ViewId;

/// Status of the answer when a transaction outgrows its memory limit: it cannot be judged.
const STATUS_OVERFLOW: u16 = 413;

/// A rule and what it needs of its rule set while it is evaluated.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) rule: &'a Rule,
    /// Position among the rules.
    pub(super) position: usize,
    /// `None` where every pattern is tried.
    gate: Option<&'a Gate>,
    /// The step whose first link matches values of the views alone that the survey admits.
    by_view: Option<usize>,
}

impl<'a> Context<'a> {
    pub(super) fn names(&self) -> &'a Names {
        &self.rules.program.names
    }
}

impl State {
    /// Runs one phase. An interruption of an earlier phase stands.
    pub(crate) fn run(&mut self, rules: &RuleSet, phase: Phase) -> Option<Interruption> {
        let logging = phase == Phase::Logging;
        if self.interruption.is_some() && !logging {
            return self.interruption.clone();
        }
        if self.switches.engine == EngineMode::Off || (self.is_allowed(phase) && !logging) {
            return None;
        }
        match self.scans.watch.is_sampled() {
            false => self.run_rules(rules, phase),
            true => self.run_rules_sampled(rules, phase),
        }
        if self.values.overflowed()
            && self.interruption.is_none()
            && self.switches.engine == EngineMode::On
            && !logging
        {
            let action = Disruption::Deny;
            self.interruption = Some(Interruption { status: STATUS_OVERFLOW, action, rule_id: 0 });
        }
        if logging { None } else { self.interruption.clone() }
    }

    fn is_allowed(&mut self, phase: Phase) -> bool {
        match self.switches.allowed {
            Some(AllowScope::All) => true,
            Some(AllowScope::Request) if phase <= Phase::RequestBody => true,
            // What was allowed is the request: the rules of the response all run.
            Some(AllowScope::Request) => {
                self.switches.allowed = None;
                false
            }
            Some(AllowScope::Phase) => {
                self.switches.allowed = None;
                false
            }
            None => false,
        }
    }

    pub(super) fn run_rules(&mut self, rules: &RuleSet, phase: Phase) {
        match &rules.plan {
            Some(plan) => self.run_plan(rules, plan, phase),
            None => self.run_all(rules, phase),
        }
    }

    /// Asks every rule of the phase.
    fn run_all(&mut self, rules: &RuleSet, phase: Phase) {
        let program = &rules.program;
        let list = program.phases.get(phase.index()).map(Vec::as_slice).unwrap_or_default();
        let mut at = 0;
        while let Some(position) = list.get(at).map(|position| *position as usize) {
            at += 1;
            let Some(rule) = program.rules.get(position) else { continue };
            let context = Context { rules, gate: None, rule, position, by_view: None };
            if self.removed_rules.contains(position) || !self.ask(context) {
                continue;
            }
            self.conclude(context, phase);
            match rule.flow {
                Flow::Next => {}
                Flow::Skip(count) => at += count,
                Flow::To(marker) => at = at.max(marker),
            }
            if self.is_over(phase) {
                return;
            }
        }
    }

    /// Asks the rules that can match, and does what is decided.
    fn run_plan(&mut self, rules: &RuleSet, plan: &Plan, phase: Phase) {
        let Some(todo) = plan.phases.get(phase.index()) else { return };
        if todo.steps.is_empty() {
            return;
        }
        let gate = Some(&plan.gate);
        self.survey(rules, plan, phase);
        let mut from = 0;
        while let Some(at) = self.survey.next_step(todo, from) {
            from = at + 1;
            let Some(step) = todo.steps.get(at) else { return };
            let position = step.rule as usize;
            let Some(rule) = rules.program.rules.get(position) else { continue };
            let by_view = todo.guards.by_view.contains(at).then_some(at);
            let context = Context { rules, gate, rule, position, by_view };
            if self.removed_rules.contains(position) {
                continue;
            }
            let matched = match step.decided {
                true => {
                    rule.links.iter().for_each(|link| self.apply_effects(context, link));
                    true
                }
                false => self.ask(context),
            };
            if matched {
                if !step.decided {
                    self.conclude(context, phase);
                }
                from = step.next as usize;
                if self.is_over(phase) {
                    return;
                }
            }
            // A rule brought something new; also one that did not match to its end.
            if self.epoch != self.survey.epoch {
                self.survey(rules, plan, phase);
            }
        }
    }

    #[inline]
    fn ask(&mut self, context: Context<'_>) -> bool {
        match self.scans.watch.is_sampled() {
            false => self.evaluate(context),
            true => self.evaluate_sampled(context),
        }
    }

    /// Whether a match ended the phase.
    fn is_over(&self, phase: Phase) -> bool {
        let stopped = self.interruption.is_some() || self.switches.allowed.is_some();
        (stopped && phase != Phase::Logging) || self.switches.engine == EngineMode::Off
    }

    /// Whether every link of the rule's chain matches. What links do on a match stays done when a later one fails.
    pub(super) fn evaluate(&mut self, context: Context<'_>) -> bool {
        self.hits.clear();
        self.exhausted.in_rule = false;
        for (number, link) in context.rule.links.iter().enumerate() {
            let number = u8::try_from(number).unwrap_or(u8::MAX);
            if !self.evaluate_link(context, link, number) {
                return false;
            }
        }
        true
    }

    fn evaluate_link(&mut self, context: Context<'_>, link: &Link, number: u8) -> bool {
        let Some(operator) = &link.operator else {
            self.apply_effects(context, link);
            return true;
        };
        if let [target] = &*link.targets
            && self.is_ruled_out(context, link, target, operator)
        {
            return false;
        }
        let mut argument = std::mem::take(&mut self.work.argument);
        argument.clear();
        if let Operator::Text(_, text) = operator {
            self.expand(text, context.names(), &context.rule.meta, &mut argument);
        }
        let mut found = std::mem::take(&mut self.work.found);
        let mut matched = false;
        let views = link.views.as_deref().unwrap_or_default();
        for (at, target) in link.targets.iter().enumerate() {
            let surveyed = match (context.by_view, number, views.get(at)) {
                (Some(step), 0, Some(view)) if self.survey.epoch == self.epoch => {
                    Some((step, *view))
                }
                _ => None,
            };
            if surveyed.is_some_and(|(step, view)| !self.survey.admits(step, view)) {
                continue;
            }
            let suspects = surveyed.and_then(|(step, view)| self.survey.suspects(step, view));
            found.clear();
            self.collect_for(context, target, number, &mut found);
            if let (Operator::Schema(_), Some(body), false) =
                (operator, self.json_body, target.count)
            {
                show_body(&mut found, body);
            }
            for candidate in &found {
                if let (Some(suspects), Datum::Value(value)) = (&suspects, &candidate.datum)
                    && !suspects.contains(value)
                {
                    continue;
                }
                let seen = (*candidate, number);
                let held = if link.stages.is_empty() {
                    self.look(context, (link, operator), link.pipeline, seen, &argument)
                } else {
                    self.look_at_stages(context, (link, operator), seen, &argument)
                };
                matched |= held;
                if let (Some((step, view)), false) = (surveyed, held) {
                    self.acquit(step, view, operator, candidate.datum);
                }
            }
        }
        self.work.found = found;
        self.work.argument = argument;
        matched
    }

    /// What a value does not match now it will not match in another exchange. A pattern that gave up knows nothing.
    fn acquit(&mut self, step: usize, view: ViewId, operator: &Operator, datum: Datum) {
        if !matches!(operator, Operator::Backtracking(_)) {
            let value = datum.value(&mut self.values);
            self.survey.acquit(step, view, value);
        }
    }

    /// What a target means, without what `ctl:ruleRemoveTarget...` took from it. That is about the first link of a
    /// chain, as `SecRuleUpdateTarget...` is: what narrows an attack down further is not what found it.
    fn collect_for(
        &mut self,
        context: Context<'_>,
        target: &Target,
        link: u8,
        found: &mut Vec<Found>,
    ) {
        if self.removed_targets.is_empty() || link > 0 {
            self.collect(target, context.names(), found);
            return;
        }
        self.collect_values(target, context.names(), found);
        let removed = std::mem::take(&mut self.removed_targets);
        let about = |variable| {
            removed
                .iter()
                .filter(move |r| r.variable == variable && r.rules.contains(context.position))
        };
        let names = context.names();
        found.retain(|found| {
            !about(found.variable).any(|r| self.excepts(&r.selector, *found, names))
        });
        self.removed_targets = removed;
        if target.count {
            count(target, found, 0);
        }
    }

    /// Whether a value satisfies the operator behind a pipeline; then it is a hit.
    #[inline]
    fn look(
        &mut self,
        context: Context<'_>,
        (link, operator): (&Link, &Operator),
        pipeline: PipelineId,
        (found, number): (Found, u8),
        argument: &[u8],
    ) -> bool {
        let datum = self.transformed(context, pipeline, found.datum);
        let found = Found { datum, ..found };
        let holds = self.test(context, (link, operator), found, argument) != link.negated;
        if holds {
            self.hit(context, link, operator, Hit { found, link: number });
        }
        holds
    }

    /// With `multiMatch`, every stage of the pipeline that changes the value is looked at.
    fn look_at_stages(
        &mut self,
        context: Context<'_>,
        (link, operator): (&Link, &Operator),
        (found, number): (Found, u8),
        argument: &[u8],
    ) -> bool {
        let mut matched = false;
        let mut last = None;
        // A number is a text from here on, or the first transformation would seem to change it.
        let found = Found { datum: Datum::Value(found.datum.value(&mut self.values)), ..found };
        for pipeline in &link.stages {
            let datum = self.transformed(context, *pipeline, found.datum);
            if last != Some(datum) {
                let seen = (found, number);
                matched |= self.look(context, (link, operator), *pipeline, seen, argument);
            }
            last = Some(datum);
        }
        matched
    }

    fn transformed(&mut self, context: Context<'_>, pipeline: PipelineId, datum: Datum) -> Datum {
        if pipeline == PipelineId::NONE {
            return datum;
        }
        let id = datum.value(&mut self.values);
        let pipelines = &context.rules.program.pipelines;
        Datum::Value(self.values.transformed(pipelines, pipeline, id))
    }

    fn test(
        &mut self,
        context: Context<'_>,
        (link, operator): (&Link, &Operator),
        Found { variable, datum, .. }: Found,
        argument: &[u8],
    ) -> bool {
        if let Operator::Compare(comparison, number) = operator {
            let right = self.number(number, context.names(), &context.rule.meta);
            return comparison.holds(datum.number(&self.values), right);
        }
        let id = datum.value(&mut self.values);
        // A negated pattern is expected to match: the gate would seldom spare the search.
        if let (Some(gate), Some(matcher), false) = (context.gate, link.matcher, link.negated)
            && let scope = Scope::of(variable, context.rule.meta.phase)
            && !self.scans.admits((gate, scope), &self.values, id, matcher as usize)
        {
            return false;
        }
        if let Operator::Backtracking(pattern) = operator {
            return match pattern.search(self.values.get(id)) {
                Search::Found(_) => true,
                Search::Missing => false,
                Search::Exhausted => self.unknown(context) != link.negated,
            };
        }
        let matched = operator.matches(self.values.get(id), argument);
        if matched {
            self.keep(context, operator, id);
        }
        matched
    }

    /// Whether a link whose pattern ran into its limits holds. Nobody must switch a protection off by sending what is
    /// hard to match: a rule that protects applies, one that takes protection away does not, negated or not.
    fn unknown(&mut self, context: Context<'_>) -> bool {
        self.exhausted.in_rule = true;
        self.exhausted.count = self.exhausted.count.saturating_add(1);
        // As ModSecurity has it, for the rule that its recommended settings bring.
        let name = b"msc_pcre_limits_exceeded";
        if let Some(place) = self.tx.place(name, context.names(), &mut self.values) {
            *place = Some(Datum::Number(1));
        }
        !context.rule.relaxes
    }

    /// Records a hit and does what the link does on each.
    fn hit(&mut self, context: Context<'_>, link: &Link, operator: &Operator, hit: Hit) {
        if link.capture && !link.negated {
            self.capture(context, operator, hit.found.datum);
        }
        self.last_hit = Some(hit.found);
        if self.hits.len() < MAX_MATCHED_VARS {
            self.hits.push(hit);
        }
        self.apply_effects(context, link);
    }

    /// What a whole match leads to: record, severity, interruption.
    fn conclude(&mut self, context: Context<'_>, phase: Phase) {
        let rule = context.rule;
        if let Some(severity) = rule.meta.severity {
            self.worst = Some(self.worst.map_or(severity, |worst| worst.min(severity)));
        }
        if (rule.log || rule.audit) && self.matches.len() < MAX_KEPT_MATCHES {
            self.record(context, phase);
        }
        match &rule.outcome {
            // Where nothing is refused, nothing has to be let through: what other rules find is worth knowing.
            Outcome::Allow(scope) if self.switches.engine == EngineMode::On => {
                self.switches.allowed = Some(*scope);
            }
            Outcome::Allow(_) => {}
            Outcome::Pass => {}
            Outcome::Deny => self.interrupt(context, Disruption::Deny),
            Outcome::Drop => self.interrupt(context, Disruption::Drop),
            Outcome::Redirect(url) => {
                let url = self.rendered(context, url);
                self.interrupt(context, Disruption::Redirect(url));
            }
        }
    }

    fn interrupt(&mut self, context: Context<'_>, action: Disruption) {
        if self.switches.engine == EngineMode::DetectionOnly {
            self.audit.detected.get_or_insert(context.rule.status);
        }
        if self.switches.engine != EngineMode::On || self.interruption.is_some() {
            return;
        }
        let status = match (&action, context.rule.status) {
            (Disruption::Redirect(_), status) if !(300..400).contains(&status) => 302,
            (_, status) => status,
        };
        let rule_id = context.rule.meta.id;
        self.interruption = Some(Interruption { status, action, rule_id });
    }

    fn record(&mut self, context: Context<'_>, phase: Phase) {
        let rule = context.rule;
        let mut matched = Vec::new();
        for hit in self.hits.iter().take(context.rules.kept.values) {
            let mut value = Vec::new();
            hit.found.datum.write(&self.values, &mut value);
            let link = rule.links.get(usize::from(hit.link));
            let positive = link.filter(|link| !link.negated);
            let range = positive.and_then(|link| link.operator.as_ref()?.find(&value));
            let value_bytes = value.len();
            value.truncate(context.rules.kept.value_bytes);
            matched.push(Matched {
                variable: hit.found.variable.name(),
                key: self.values.get(hit.found.key).to_vec(),
                value,
                value_bytes,
                range,
                link: hit.link,
            });
        }
        let message = self.rendered(context, &rule.message);
        let mut data = self.rendered(context, &rule.log_data);
        if self.exhausted.in_rule {
            data.push_str(if data.is_empty() { "" } else { "; " });
            data.push_str(EXHAUSTED);
        }
        self.matches.push(RuleMatch {
            rule: std::sync::Arc::clone(&rule.meta),
            phase,
            message,
            data,
            matched,
            disruptive: rule.outcome.disrupts(),
            log: rule.log,
            audit: rule.audit,
        });
    }

    fn rendered(&mut self, context: Context<'_>, text: &Text) -> String {
        let mut out = Vec::new();
        self.expand(text, context.names(), &context.rule.meta, &mut out);
        match String::from_utf8(out) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }
}

/// `REQUEST_BODY` is empty where the JSON processor read the body; a schema is about what it read.
fn show_body(found: &mut [Found], body: ValueId) {
    for found in found.iter_mut().filter(|found| found.variable == Variable::RequestBody) {
        found.datum = Datum::Value(body);
    }
}

/// In the data of a match that was not found out.
const EXHAUSTED: &str = "a pattern ran into its limits and counts as matched";
