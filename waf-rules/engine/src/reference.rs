//! What SecLang knows and what of it this engine does, read from the tables the compiler works with.

use portcullis_waf_transform::Transformation;

use crate::ast::Processor;
use crate::parse::{actions, ctl};
use crate::variable::{ALIASES, REFUSED as REFUSED_VARIABLES, Variable};

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

/// Directives, in the order of their tables.
pub fn directives() -> Vec<Item> {
    let notes = Notes::of("directives");
    crate::parse::directive::states(|name| notes.note(name))
        .map(|(name, state)| notes.item(name, state))
        .collect()
}

/// Variables: those that have values, then those that are refused.
pub fn variables() -> Vec<Item> {
    let notes = Notes::of("variables");
    let refused = REFUSED_VARIABLES.iter().map(|(name, why)| (*name, State::Refused(why)));
    let known = Variable::NAMES.iter().map(|name| (*name, State::Works));
    let mut items: Vec<Item> =
        known.chain(refused).map(|(name, state)| notes.item(name, state)).collect();
    for (alias, variable) in ALIASES {
        if let Some(item) = items.iter_mut().find(|item| item.name == variable.name()) {
            item.aliases.push(alias);
        }
    }
    items
}

/// Transformations, by name.
pub fn transformations() -> Vec<Item> {
    let notes = Notes::of("transformations");
    let item = |known: &Transformation| {
        let same = |name: &&str| Transformation::from_name(name) == Some(*known);
        let aliases = Transformation::names().filter(same).skip(1).collect();
        Item { aliases, ..notes.item(known.name(), State::Works) }
    };
    Transformation::ALL.iter().map(item).collect()
}

/// Actions, by name, then those that are refused.
pub fn actions() -> Vec<Item> {
    let notes = Notes::of("actions");
    let refused = actions::REFUSED.iter().map(|(name, why)| (*name, State::Refused(why)));
    let known = actions::NAMES.iter().map(|name| (*name, State::Works));
    known.chain(refused).map(|(name, state)| notes.item(name, state)).collect()
}

/// Options of `ctl`, by name.
pub fn ctl() -> Vec<Item> {
    let notes = Notes::of("ctl");
    let item = |name: &&'static str| match ctl::WITHOUT_EFFECT.contains(name) {
        true => notes.item(name, State::Accepted(notes.note(name))),
        false => notes.item(name, State::Works),
    };
    ctl::NAMES.iter().map(item).collect()
}

/// Body processors.
pub fn processors() -> Vec<Item> {
    let notes = Notes::of("processors");
    Processor::ALL.iter().map(|(_, name)| notes.item(name, State::Works)).collect()
}

/// What is said of the items of one kind. The tables of the compiler say which there are; this only says what they do.
struct Notes {
    lines: Vec<(&'static str, &'static str)>,
}

impl Notes {
    fn of(kind: &str) -> Self {
        let text = include_str!("reference/notes.txt");
        let lines = text
            .lines()
            .skip_while(|line| line.strip_prefix("# ") != Some(kind))
            .skip(1)
            .take_while(|line| !line.starts_with("# "))
            .filter_map(|line| line.split_once("  "));
        Self { lines: lines.collect() }
    }

    /// Empty where there is none, which a test forbids.
    fn note(&self, name: &str) -> &'static str {
        self.lines.iter().find(|(known, _)| *known == name).map_or("", |(_, note)| note)
    }

    fn item(&self, name: &'static str, state: State) -> Item {
        let note = if state == State::Works { self.note(name) } else { "" };
        Item { name, aliases: Vec::new(), state, note }
    }
}

#[cfg(test)]
mod tests;
