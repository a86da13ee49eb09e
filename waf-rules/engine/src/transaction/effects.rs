//! What a link does for each value that matches: `setvar`, `capture`, `ctl`, `setenv`.

use crate::limits::{MAX_CAPTURES, MAX_GLOBAL_CAPTURES, MAX_REMOVED_TARGETS};
use crate::operator::{Operator, RestPath};
use crate::program::{Effect, Link, Selector, Text, TxChange, TxName, TxSlot};
use crate::transaction::bag::Bag;
use crate::transaction::run::Context;
use crate::transaction::state::{RemovedTarget, State};
use crate::transaction::tx::Datum;
use crate::transaction::values::ValueId;
use crate::variable::Variable;

impl State {
    pub(super) fn apply_effects(&mut self, context: Context<'_>, link: &Link) {
        for effect in link.effects.iter() {
            self.apply(context, link, effect);
        }
    }

    fn apply(&mut self, context: Context<'_>, link: &Link, effect: &Effect) {
        let switches = &mut self.switches;
        match effect {
            Effect::SetTx(name, change) => self.set_tx(context, name, change),
            Effect::Open(node) => self.open_record(context, node),
            Effect::SetRecord(collection, name, change) => {
                self.set_record(context, *collection, name, change);
            }
            Effect::SetEnv(name, value) => self.set_env(context, name, value),
            Effect::AuditEngine(mode) => switches.audit = *mode,
            Effect::AuditParts(change) => self.audit.change(*change),
            Effect::Sanitise(what) => self.sanitise(link, what),
            Effect::ForceRequestBody(on) => switches.request_body_forced = *on,
            Effect::ForceResponseBody(on) => switches.response_body_forced = *on,
            Effect::RequestBodyAccess(on) => switches.request_body_access = *on,
            Effect::RequestBodyLimit(bytes) => switches.request_body_limit = *bytes,
            Effect::RequestBodyProcessor(processor) => {
                switches.request_processor = Some(*processor);
                self.set(Variable::ReqbodyProcessor, processor.name().as_bytes());
            }
            Effect::ResponseBodyAccess(on) => switches.response_body_access = *on,
            Effect::ResponseBodyLimit(bytes) => switches.response_body_limit = *bytes,
            Effect::ResponseBodyProcessor(processor) => {
                switches.response_processor = Some(*processor);
                self.set(Variable::ResBodyProcessor, processor.name().as_bytes());
            }
            Effect::Engine(mode) => switches.engine = *mode,
            Effect::Remove(rules) => self.removed_rules.union(rules),
            Effect::RemoveTarget(rules, variable, selector) => {
                self.remove_target(rules, *variable, selector);
            }
        }
    }

    fn remove_target(
        &mut self,
        rules: &std::sync::Arc<crate::bits::BitSet>,
        variable: Variable,
        selector: &Selector,
    ) {
        if rules.is_empty() || self.removed_targets.len() >= MAX_REMOVED_TARGETS {
            return;
        }
        let rules = std::sync::Arc::clone(rules);
        self.removed_targets.push(RemovedTarget { rules, variable, selector: selector.clone() });
    }

    fn set_tx(&mut self, context: Context<'_>, name: &TxName, change: &TxChange) {
        let old = match (change, name) {
            (TxChange::Add(_) | TxChange::Subtract(_), TxName::Slot(slot)) => self.tx.get(*slot),
            (TxChange::Add(_) | TxChange::Subtract(_), TxName::Dynamic(text)) => {
                let name = self.tx_name(context, text);
                self.tx.find(&name, context.names(), &self.values)
            }
            (
                TxChange::AssignNumber(_)
                | TxChange::Copy(_)
                | TxChange::Assign(_)
                | TxChange::Unset,
                _,
            ) => None,
        };
        let old = old.map_or(0, |datum| datum.number(&self.values));
        let meta = &context.rule.meta;
        let new = match change {
            TxChange::Unset => None,
            TxChange::AssignNumber(number) => Some(Datum::Number(*number)),
            TxChange::Copy(slot) => {
                // A variable that is not set is copied as an empty one: it exists afterwards.
                Some(self.tx.get(*slot).unwrap_or(Datum::Value(Default::default())))
            }
            TxChange::Assign(text) => {
                let mut out = std::mem::take(&mut self.work.text);
                out.clear();
                self.expand(text, context.names(), meta, &mut out);
                let id = self.values.intern(&out);
                self.work.text = out;
                Some(Datum::Value(id))
            }
            TxChange::Add(number) => {
                let number = self.number(number, context.names(), meta);
                Some(Datum::Number(old.saturating_add(number)))
            }
            TxChange::Subtract(number) => {
                let number = self.number(number, context.names(), meta);
                Some(Datum::Number(old.saturating_sub(number)))
            }
        };
        match name {
            TxName::Slot(slot) => self.tx.set(*slot, new),
            TxName::Dynamic(text) => {
                let name = self.tx_name(context, text);
                if let Some(place) = self.tx.place(&name, context.names(), &mut self.values) {
                    *place = new;
                }
            }
        }
    }

    /// A name with macros, expanded, in lower case.
    fn tx_name(&mut self, context: Context<'_>, text: &Text) -> Vec<u8> {
        let mut name = Vec::new();
        self.expand(text, context.names(), &context.rule.meta, &mut name);
        name.make_ascii_lowercase();
        name
    }

    fn set_env(&mut self, context: Context<'_>, name: &Text, value: &Text) {
        let (mut key, mut text) = (Vec::new(), Vec::new());
        self.expand(name, context.names(), &context.rule.meta, &mut key);
        self.expand(value, context.names(), &context.rule.meta, &mut text);
        let limit = crate::limits::MAX_HEADERS;
        self.bags.add(Bag::Env, (&key, &text), limit, (context.names(), &mut self.values));
    }

    /// What some operators leave behind, also where the rule asks for the contrary.
    pub(super) fn keep(&mut self, context: Context<'_>, operator: &Operator, id: ValueId) {
        if let Operator::RestPath(path) = operator {
            self.take_segments(context, path, id);
        } else if let Operator::Geo(database) = operator {
            self.bags.clear(Bag::Geo);
            for (key, value) in database.place(self.values.get(id)) {
                self.add(context.rules, Bag::Geo, key.as_bytes(), value.as_bytes());
            }
        }
    }

    /// Adds what the names of a path stand for to `ARGS_PATH`. Entries stay, so that no later path hides them.
    fn take_segments(&mut self, context: Context<'_>, path: &RestPath, id: ValueId) {
        let mut copy = std::mem::take(&mut self.work.name);
        copy.clear();
        copy.extend_from_slice(self.values.get(id));
        for (name, range) in path.segments(&copy) {
            let value = copy.get(range).unwrap_or_default();
            let mut known = self.bags.get(Bag::ArgsPath).iter();
            if known.any(|entry| {
                self.values.get(entry.key) == name.as_bytes()
                    && self.values.get(entry.value) == value
            }) {
                continue;
            }
            if !self.add(context.rules, Bag::ArgsPath, name.as_bytes(), value) {
                self.body_error("too many segments of paths");
            }
        }
        self.work.name = copy;
    }

    /// Sets `TX.0` to `TX.9`, and for `@rxGlobal` what follows them; groups that took no part are unset.
    pub(super) fn capture(&mut self, context: Context<'_>, operator: &Operator, datum: Datum) {
        let mut captures = std::mem::take(&mut self.work.captures);
        let id = datum.value(&mut self.values);
        operator.capture(self.values.get(id), &mut captures);
        let global = matches!(operator, Operator::RxGlobal(_));
        let count = if global { MAX_GLOBAL_CAPTURES } else { MAX_CAPTURES };
        for index in 0..count {
            let range = captures.groups.get(index).cloned().flatten();
            let text = captures.text.as_deref().filter(|_| index == 0);
            let group = match (text, range) {
                (Some(text), _) => Some(self.values.intern(text.as_bytes())),
                (None, Some(range)) => {
                    let mut copy = std::mem::take(&mut self.work.name);
                    copy.clear();
                    copy.extend_from_slice(self.values.get(id).get(range).unwrap_or_default());
                    let group = self.values.intern(&copy);
                    self.work.name = copy;
                    Some(group)
                }
                (None, None) => None,
            };
            self.set_group(context, index, group.map(Datum::Value));
        }
        self.work.captures = captures;
    }

    /// The first ten groups have slots; others are named by rules or not at all.
    fn set_group(&mut self, context: Context<'_>, index: usize, group: Option<Datum>) {
        if index < MAX_CAPTURES {
            return self.tx.set(TxSlot(u32::try_from(index).unwrap_or(0)), group);
        }
        let name = index.to_string();
        if group.is_none() && self.tx.find(name.as_bytes(), context.names(), &self.values).is_none()
        {
            return;
        }
        if let Some(place) = self.tx.place(name.as_bytes(), context.names(), &mut self.values) {
            *place = group;
        }
    }
}
