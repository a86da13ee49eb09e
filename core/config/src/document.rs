//! A document as a tree in which every value knows where it stands.
//!
//! Serde's derived readers stop at the first problem. Reading a document first as a tree lets the structure check
//! report all of them, each with its line.

use std::fmt;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Error, Location, Options, Spanned};

use crate::{Diagnostic, defaults};

/// Line and column from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// Line; 0 when it is not known.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
}

impl From<Location> for Place {
    fn from(at: Location) -> Self {
        let clamp = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self { line: clamp(at.line()), column: clamp(at.column()) }
    }
}

/// A value and where it begins.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// The value.
    pub value: Tree,
}

impl Node {
    /// What stands under a key; none when it is no map or has no such key.
    #[must_use]
    pub fn at(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The entries of a map; none of anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Tree::Map(entries) => entries,
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) => &[],
        }
    }

    /// The items of a list; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Tree::List(items) => items,
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::Map(_) => &[],
        }
    }

    /// A text as it is written; none of anything else.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Tree::Text(text) => Some(text),
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::List(_) | Tree::Map(_) => None,
        }
    }
}

/// What a value is. Numbers keep their text: what they mean is the schema's business.
#[derive(Debug, Clone)]
pub enum Tree {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as text.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order it was written.
    Map(Vec<Entry>),
}

/// A key of a map with its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key begins.
    pub place: Place,
    /// Its value.
    pub node: Node,
}

impl Tree {
    /// What it is, for a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

/// Reads the text of a document. A key written twice is reported, and the rest is read all the same, so that what is
/// wrong further down is reported as well; any other mistake of syntax ends the reading.
pub(crate) fn read(file: &Path, text: &str, problems: &mut Vec<Diagnostic>) -> Option<Node> {
    let mut report = |error: &Error| {
        let place = error.location().map(Place::from).unwrap_or_default();
        let (message, help) = explain(error);
        let diagnostic = Diagnostic::error("", message).at(file, place.line, place.column);
        problems.push(Diagnostic { help, ..diagnostic });
    };
    match serde_saphyr::from_str_with_options::<Node>(text, options(DuplicateKeyPolicy::Error)) {
        Ok(node) => Some(node),
        Err(error) => {
            report(&error);
            if !matches!(error.without_snippet(), Error::DuplicateMappingKey { .. }) {
                return None;
            }
            let lenient = options(DuplicateKeyPolicy::FirstWins);
            serde_saphyr::from_str_with_options(text, lenient).map_err(|error| report(&error)).ok()
        }
    }
}

/// Bounds on what a document may make us do, besides its size: nesting, aliases, merges.
fn options(duplicate_keys: DuplicateKeyPolicy) -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: defaults::DOCUMENT_DEPTH,
            max_nodes: defaults::DOCUMENT_NODES,
            max_aliases: defaults::DOCUMENT_ALIASES,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: defaults::DOCUMENT_NODES,
        },
        duplicate_keys: duplicate_keys,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

/// The parser's message in our words where ours help more.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a foreign enum; its own message is good for the rest"
)]
fn explain(error: &Error) -> (String, Option<String>) {
    match error.without_snippet() {
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("?");
            (format!("key `{key}` is written twice"), Some("keep one of them".to_owned()))
        }
        Error::Budget { breach, .. } => {
            let help = "split it into several documents; aliases count as what they repeat";
            (format!("the document is too large: {breach:?}"), Some(help.to_owned()))
        }
        Error::MultipleDocuments { .. } => {
            let help = "a file holds one document; put the other one into a file of its own";
            ("a second document begins here".to_owned(), Some(help.to_owned()))
        }
        other => {
            let message = other.to_string();
            // The place stands in the diagnostic already.
            let end = message.rfind(" at line ").unwrap_or(message.len());
            (message.get(..end).unwrap_or(&message).to_owned(), None)
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Tree>::deserialize(deserializer)?;
        Ok(Self { place: spanned.referenced.into(), value: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let mut map = Vec::new();
        while let Some((key, node)) = entries.next_entry::<Spanned<String>, Node>()? {
            map.push(Entry { key: key.value, place: key.referenced.into(), node });
        }
        Ok(Tree::Map(map))
    }
}
