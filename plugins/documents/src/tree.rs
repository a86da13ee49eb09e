//! Making documents: every value takes the place of what it was made of.

use portcullis_config::{Entry, Node, Place, Tree};

/// A text.
pub(crate) fn text(text: impl Into<String>, place: Place) -> Node {
    Node { place, value: Tree::Text(text.into()) }
}

/// A switch.
pub(crate) fn switch(on: bool, place: Place) -> Node {
    Node { place, value: Tree::Bool(on) }
}

/// A list.
pub(crate) fn list(items: Vec<Node>, place: Place) -> Node {
    Node { place, value: Tree::List(items) }
}

/// A map.
pub(crate) fn map(entries: Vec<Entry>, place: Place) -> Node {
    Node { place, value: Tree::Map(entries) }
}

/// An entry of a map, whose key stands where its value does.
pub(crate) fn entry(key: &str, node: Node) -> Entry {
    Entry { key: key.to_owned(), place: node.place, node }
}

/// Whether a value is what is left out of a document as well: nothing, an empty text or an empty list.
pub(crate) fn says_nothing(node: &Node) -> bool {
    match &node.value {
        Tree::Null => true,
        Tree::Text(text) => text.is_empty(),
        Tree::List(items) => items.is_empty(),
        Tree::Bool(_) | Tree::Number(_) | Tree::Map(_) => false,
    }
}

/// A word or a number, as documents write members of an enumeration.
pub(crate) fn word(node: &Node) -> Option<&str> {
    match &node.value {
        Tree::Text(word) | Tree::Number(word) => Some(word),
        Tree::Null | Tree::Bool(_) | Tree::List(_) | Tree::Map(_) => None,
    }
}
