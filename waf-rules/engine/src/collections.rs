//! Collections that outlive an exchange: `IP`, `SESSION`, `GLOBAL`, `USER` and `RESOURCE`.
//!
//! A rule opens a record of a collection by a key (`initcol:ip=%{REMOTE_ADDR}`); from then on the exchange reads the
//! record as it was found, with its own changes on top. Changes go to the store one by one, and as what they are: an
//! increment is sent as an increment, so two exchanges at once count two.

mod local;

use std::fmt;
use std::sync::Arc;

pub use local::{CollectionCounts, CollectionLimits, LocalCollections};

use crate::variable::Variable;

/// Which collection a record belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Collection {
    /// `IP`, by the caller's address or what the rules take for it.
    Ip,
    /// `SESSION`, by session id.
    Session,
    /// `GLOBAL`, one for all.
    Global,
    /// `USER`, by user name.
    User,
    /// `RESOURCE`, by what is asked for.
    Resource,
}

impl Collection {
    /// How many collections there are.
    pub(crate) const COUNT: usize = 5;

    const ALL: [(Self, &'static str, Variable); Self::COUNT] = [
        (Self::Ip, "ip", Variable::Ip),
        (Self::Session, "session", Variable::Session),
        (Self::Global, "global", Variable::Global),
        (Self::User, "user", Variable::User),
        (Self::Resource, "resource", Variable::Resource),
    ];

    /// Names in rule text, for help in diagnostics.
    pub(crate) const NAMES: [&'static str; Self::COUNT] =
        ["ip", "session", "global", "user", "resource"];

    /// Finds a collection by its name, in any case.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(collection, ..)| *collection)
    }

    /// The collection a variable shows.
    pub(crate) fn of(variable: Variable) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, _, shown)| *shown == variable);
        found.map(|(collection, ..)| *collection)
    }

    /// Name in rule text, lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Session => "session",
            Self::Global => "global",
            Self::User => "user",
            Self::Resource => "resource",
        }
    }

    /// Position for tables with one entry a collection.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

/// Names that every record has and that the store keeps itself. `TIMEOUT` may be set by rules.
pub(crate) const KEPT_NAMES: [&str; 7] = [
    "KEY",
    "CREATE_TIME",
    "IS_NEW",
    "LAST_UPDATE_TIME",
    "TIMEOUT",
    "UPDATE_COUNTER",
    "UPDATE_RATE",
];

/// Names one record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecordId {
    /// `SecWebAppId`: rule sets with different ones do not see each other's records.
    pub namespace: Arc<str>,
    /// The collection.
    pub collection: Collection,
    /// The key the rules made, such as an address.
    pub key: Box<[u8]>,
}

/// One call to the store.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// The record it is about.
    pub record: &'a RecordId,
    /// Seconds after its last change that a record made by this call is kept (`SecCollectionTimeout`).
    pub timeout_seconds: u64,
    /// Milliseconds since 1970. Time comes from the caller.
    pub now_ms: u64,
}

/// A record as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opened {
    /// No exchange has stored anything in the record yet.
    pub is_new: bool,
    /// Milliseconds since 1970 of the first change; that of the call for a new record.
    pub created_ms: u64,
    /// Milliseconds since 1970 of the last change; that of the call for a new record.
    pub updated_ms: u64,
    /// Exchanges that have changed the record.
    pub updates: u64,
    /// Seconds after its last change that the record is kept.
    pub timeout_seconds: u64,
    /// What is set and has not expired.
    pub variables: Vec<Stored>,
}

/// A variable of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Lower case.
    pub name: Box<[u8]>,
    /// As it was set; a number as its digits.
    pub value: Box<[u8]>,
}

/// What happens to a variable of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'a> {
    /// It has this value. When it expires stays as it is.
    Set(&'a [u8]),
    /// The number it holds, 0 where it holds none, grows by this.
    Add(i64),
    /// It is gone.
    Unset,
    /// It is gone after this many seconds; a variable that is not set yet is so when it is.
    Expire {
        /// Seconds from now.
        seconds: u64,
    },
    /// The number it holds falls by `amount` for each whole `seconds` since it last fell or came to be, not below 0.
    Decay {
        /// By how much.
        amount: u64,
        /// How often; 0 does nothing.
        seconds: u64,
    },
    /// The record is kept for this many seconds after its last change; no variable is meant.
    Timeout {
        /// Seconds.
        seconds: u64,
    },
}

/// A change of one variable.
#[derive(Debug, Clone, Copy)]
pub struct Edit<'a> {
    /// Name in lower case.
    pub name: &'a [u8],
    /// What happens to it.
    pub change: Change<'a>,
    /// Whether it is the exchange's first change of the record beside decays, which `UPDATE_COUNTER` counts.
    pub first: bool,
}

/// Where records live.
///
/// Calls come from many exchanges at once and are made on the request path: an implementation that has to wait for
/// something bounds the wait, and answers with what it knows.
pub trait CollectionStore: fmt::Debug + Send + Sync {
    /// The record as it is; a record nobody stored is new and is not stored by looking at it.
    fn open(&self, access: &Access<'_>) -> Opened;

    /// Makes one change, atomically towards all other exchanges, and says what value the variable has then; `None`
    /// where it has none.
    fn change(&self, access: &Access<'_>, edit: &Edit<'_>) -> Option<Box<[u8]>>;
}
