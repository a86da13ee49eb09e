//! What SecLang knows and what of it this engine does, read from the tables the compiler works with.

/// What becomes of an item of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It does what it says.
    Works,
    /// It may be written and changes nothing; why that is harmless.
    Accepted(&'static str),
    /// A rule set with it is not loaded; why, or what to write instead.
    Refused(&'static str),
}

/// One item of the language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// As it is usually written.
    pub name: &'static str,
    /// Other names with the same meaning.
    pub aliases: Vec<&'static str>,
    /// What becomes of it.
    pub state: State,
    /// What it does here, and where that differs elsewhere; a sentence or more, Markdown.
    pub note: &'static str,
}

/// Operators, by name.
pub fn operators() -> Vec<Item> {
    let item = |known: &crate::operator::Known| {
        let (name, aliases) = known.names.split_first().unwrap_or((&"", &[]));
        Item { name, aliases: aliases.to_vec(), state: known.state, note: known.note }
    };
    crate::operator::KNOWN.iter().map(item).collect()
}
