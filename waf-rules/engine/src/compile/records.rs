//! Persistent collections: which are opened, and what rules do with them.

use crate::ast::{Change, OpenRecord, SetVar};
use crate::collections::Collection;
use crate::compile::Compiler;
use crate::compile::draft::Drafts;
use crate::compile::effects::EffectNode;
use crate::diagnostic::{Problem, Span};
use crate::program::{self, Effect, RecordChange};

/// The collections some rule opens, by [`Collection::index`].
pub(super) type Opened = [bool; Collection::COUNT];

pub(super) fn opened(drafts: &Drafts) -> Opened {
    let mut opened = Opened::default();
    let links = drafts.rules().flat_map(|draft| &draft.links);
    for effect in links.flat_map(|link| &link.effects) {
        if let EffectNode::Open(node) = effect
            && let Some(place) = opened.get_mut(node.collection.index())
        {
            *place = true;
        }
    }
    opened
}

impl Compiler<'_> {
    pub(super) fn open(&mut self, node: &OpenRecord) -> Effect {
        let key = self.text(&node.key);
        let OpenRecord { collection, shown, .. } = *node;
        Effect::Open(program::OpenRecord { collection, key, shown })
    }

    pub(super) fn set_record(
        &mut self,
        span: Span,
        collection: Collection,
        node: &SetVar,
    ) -> Result<Effect, Problem> {
        self.is_opened(span, collection)?;
        let change = match &node.change {
            Change::Assign(value) => RecordChange::Assign(self.text(value)),
            Change::Add(value) => RecordChange::Add(self.number(value)),
            Change::Subtract(value) => RecordChange::Subtract(self.number(value)),
            Change::Unset => RecordChange::Unset,
            Change::Expire(seconds) => RecordChange::Expire(self.number(seconds)),
            Change::Decay(amount, seconds) => {
                RecordChange::Decay { amount: *amount, seconds: *seconds }
            }
        };
        let name = self.text(&node.name);
        Ok(Effect::SetRecord(collection, name, change))
    }

    /// A collection that nothing opens is always empty: a rule on it would never match.
    pub(super) fn is_opened(&self, span: Span, collection: Collection) -> Result<(), Problem> {
        if self.opened.get(collection.index()).copied().unwrap_or_default() {
            return Ok(());
        }
        let name = collection.name();
        let how = match collection {
            Collection::Ip => "initcol:ip=%{REMOTE_ADDR}",
            Collection::Session => "setsid:%{REQUEST_COOKIES.id}",
            Collection::Global => "initcol:global=global",
            Collection::User => "setuid:%{ARGS.user}",
            Collection::Resource => "setrsc:%{REQUEST_FILENAME}",
        };
        Err(Problem::new(span, format!("no rule opens the collection `{name}`"))
            .help(format!("open it first, for example with {how}")))
    }
}
