//! Persistent collections as one exchange sees them: the record as it was when it was opened, with what the exchange
//! itself changed since.

use std::sync::Arc;

use crate::collections::{
    Access, Change, Collection, CollectionStore, Edit, KEPT_NAMES, Opened, RecordId,
};
use crate::program::{OpenRecord, RecordChange, Text};
use crate::transaction::bag::Bag;
use crate::transaction::run::Context;
use crate::transaction::state::State;

/// Records that are open, by [`Collection::index`].
#[derive(Debug, Default)]
pub(crate) struct Records {
    open: [Option<Record>; Collection::COUNT],
}

#[derive(Debug)]
struct Record {
    id: RecordId,
    /// Whether the exchange has changed it.
    changed: bool,
}

impl Records {
    pub(crate) fn reset(&mut self) {
        self.open = Default::default();
    }
}

impl State {
    /// Opens a record. The first one of a collection stays the one of the exchange, and an empty key opens none:
    /// callers without a session must not share one.
    pub(super) fn open_record(&mut self, context: Context<'_>, node: &OpenRecord) {
        let Some(store) = &context.rules.collections else { return };
        let at = node.collection.index();
        if self.records.open.get(at).is_none_or(Option::is_some) {
            return;
        }
        let mut key = Vec::new();
        self.expand(&node.key, context.names(), &context.rule.meta, &mut key);
        if key.is_empty() {
            return;
        }
        if let Some(shown) = node.shown {
            self.set(shown, &key);
        }
        let settings = &context.rules.program.settings;
        let id = RecordId {
            namespace: Arc::clone(&settings.web_app_id),
            collection: node.collection,
            key: key.into(),
        };
        let now_ms = self.now_ms();
        let timeout_seconds = settings.record_seconds;
        let opened = store.open(&Access { record: &id, timeout_seconds, now_ms });
        self.show_record(context, &id, &opened, now_ms);
        if let Some(place) = self.records.open.get_mut(at) {
            *place = Some(Record { id, changed: false });
        }
    }

    fn show_record(&mut self, context: Context<'_>, id: &RecordId, opened: &Opened, now_ms: u64) {
        let bag = bag(id.collection);
        let age_ms = now_ms.saturating_sub(opened.created_ms).max(1);
        let numbers = [
            opened.created_ms / 1_000,
            u64::from(opened.is_new),
            opened.updated_ms / 1_000,
            opened.timeout_seconds,
            opened.updates,
            opened.updates.saturating_mul(60_000) / age_ms,
        ];
        let [key_name, names @ ..] = KEPT_NAMES;
        let store = (context.names(), &mut self.values);
        self.bags.put(bag, (key_name.as_bytes(), Some(&id.key)), store);
        for (name, number) in names.iter().zip(numbers) {
            let text = number.to_string();
            let store = (context.names(), &mut self.values);
            self.bags.put(bag, (name.as_bytes(), Some(text.as_bytes())), store);
        }
        for stored in &opened.variables {
            let store = (context.names(), &mut self.values);
            self.bags.put(bag, (&stored.name, Some(&stored.value)), store);
        }
    }

    /// Changes a variable of an open record, in the store and in what the exchange sees.
    pub(super) fn set_record(
        &mut self,
        context: Context<'_>,
        collection: Collection,
        name: &Text,
        change: &RecordChange,
    ) {
        let Some(store) = &context.rules.collections else { return };
        let at = collection.index();
        let Some(record) = self.records.open.get_mut(at).and_then(Option::take) else { return };
        let record = self.change_record(context, &**store, record, (name, change));
        if let Some(place) = self.records.open.get_mut(at) {
            *place = Some(record);
        }
    }

    fn change_record(
        &mut self,
        context: Context<'_>,
        store: &dyn CollectionStore,
        mut record: Record,
        (name, change): (&Text, &RecordChange),
    ) -> Record {
        let mut written = Vec::new();
        self.expand(name, context.names(), &context.rule.meta, &mut written);
        let name = written.to_ascii_lowercase();
        let mut value = Vec::new();
        let names = context.names();
        let meta = &context.rule.meta;
        let change = match change {
            RecordChange::Assign(text) => {
                self.expand(text, names, meta, &mut value);
                Change::Set(&value)
            }
            RecordChange::Add(number) => Change::Add(self.number(number, names, meta)),
            RecordChange::Subtract(number) => {
                Change::Add(self.number(number, names, meta).saturating_neg())
            }
            RecordChange::Unset => Change::Unset,
            RecordChange::Expire(seconds) => {
                let seconds = self.number(seconds, names, meta);
                Change::Expire { seconds: u64::try_from(seconds).unwrap_or(0) }
            }
            RecordChange::Decay { amount, seconds } => {
                Change::Decay { amount: *amount, seconds: *seconds }
            }
        };
        let change = match (change, name == b"timeout") {
            (Change::Set(text), true) => {
                let seconds = u64::try_from(crate::operator::integer(text)).unwrap_or(0);
                Change::Timeout { seconds }
            }
            (change, _) => change,
        };
        let kept = KEPT_NAMES.iter().any(|kept| kept.as_bytes().eq_ignore_ascii_case(&name));
        let timeout = matches!(change, Change::Timeout { .. });
        if kept && !timeout {
            // A name made at run time that the store keeps itself.
            return record;
        }
        let decays = matches!(change, Change::Decay { .. });
        let edit = Edit { name: &name, change, first: !record.changed && !decays };
        record.changed |= !decays;
        let timeout_seconds = context.rules.program.settings.record_seconds;
        let now_ms = self.now_ms();
        let access = Access { record: &record.id, timeout_seconds, now_ms };
        let mut shown = store.change(&access, &edit);
        if let Change::Timeout { seconds } = change {
            shown = Some(seconds.to_string().into_bytes().into());
        }
        let store = (names, &mut self.values);
        self.bags.put(bag(record.id.collection), (&name, shown.as_deref()), store);
        record
    }
}

const fn bag(collection: Collection) -> Bag {
    match collection {
        Collection::Ip => Bag::Ip,
        Collection::Session => Bag::Session,
        Collection::Global => Bag::Global,
        Collection::User => Bag::User,
        Collection::Resource => Bag::Resource,
    }
}
