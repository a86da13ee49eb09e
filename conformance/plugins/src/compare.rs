//! Compares two transcripts, and the list of differences that stay with their reasons.

use std::collections::BTreeSet;

use portcullis_testkit::{Problem, Result};
use regex_automata::meta::Regex;
use serde::Deserialize;

use crate::transcript::Transcript;

const LIST: &str = include_str!("../known.yaml");

/// One line that only one of two transcripts has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Only the reference has it.
    Lacks(String),
    /// Only the subject has it.
    Adds(String),
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Difference::Lacks(line) => write!(f, "- {line}"),
            Difference::Adds(line) => write!(f, "+ {line}"),
        }
    }
}

/// What the subject's transcript has otherwise than the reference's, in order: the shortest edit of lines.
pub fn differences(reference: &Transcript, subject: &Transcript) -> Vec<Difference> {
    let (old, new) = (&reference.0, &subject.0);
    // Length of the longest common rest, by how many lines are left on each side.
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    let at = |table: &Vec<Vec<usize>>, i: usize, j: usize| -> usize {
        table.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0)
    };
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let longest = if old.get(i) == new.get(j) {
                at(&common, i + 1, j + 1) + 1
            } else {
                at(&common, i + 1, j).max(at(&common, i, j + 1))
            };
            if let Some(cell) = common.get_mut(i).and_then(|row| row.get_mut(j)) {
                *cell = longest;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    loop {
        match (old.get(i), new.get(j)) {
            (None, None) => return out,
            (Some(left), Some(right)) if left == right => (i, j) = (i + 1, j + 1),
            (Some(left), right)
                if right.is_none() || at(&common, i + 1, j) >= at(&common, i, j + 1) =>
            {
                out.push(Difference::Lacks(left.clone()));
                i += 1;
            }
            (_, Some(right)) => {
                out.push(Difference::Adds(right.clone()));
                j += 1;
            }
            (Some(_), None) => i += 1,
        }
    }
}

/// A difference that stays.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// What the report calls it.
    pub name: String,
    /// Scenarios it may be about; empty for all.
    #[serde(default)]
    pub scenarios: BTreeSet<String>,
    /// Patterns of whole lines, with `- ` or `+ ` before them as the report shows them.
    pub lines: Vec<String>,
    /// Why the subject's answer is right, or no worse.
    pub reason: String,
}

/// The list, with its patterns compiled.
#[derive(Debug)]
pub struct List(Vec<(Known, Vec<Regex>)>);

impl List {
    /// Reads the list that is built in.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn built_in() -> Result<List> {
        let entries: Vec<Known> = serde_saphyr::from_str(LIST)
            .map_err(|error| Problem::new(format!("known.yaml: {error}")))?;
        let pattern = |line: &String| {
            Regex::new(&format!("^(?:{line})$"))
                .map_err(|error| Problem::new(format!("known.yaml: {line}: {error}")))
        };
        let compile = |known: Known| {
            let patterns = known.lines.iter().map(pattern).collect::<Result<Vec<_>>>()?;
            Ok((known, patterns))
        };
        entries.into_iter().map(compile).collect::<Result<Vec<_>>>().map(List)
    }

    /// The entry that covers a difference.
    pub fn covers(&self, scenario: &str, difference: &Difference) -> Option<&Known> {
        let line = difference.to_string();
        self.0
            .iter()
            .filter(|(known, _)| known.scenarios.is_empty() || known.scenarios.contains(scenario))
            .find(|(_, patterns)| patterns.iter().any(|pattern| pattern.is_match(&line)))
            .map(|(known, _)| known)
    }

    /// Names of the entries that cover nothing of what was `used`: they have no reason to stay.
    pub fn unused<'a>(&'a self, used: &BTreeSet<String>) -> Vec<&'a str> {
        self.0
            .iter()
            .map(|(known, _)| known.name.as_str())
            .filter(|name| !used.contains(*name))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_the_shortest_edit() {
        let told = |old: &str, new: &str| {
            let list = differences(&Transcript::parse(old), &Transcript::parse(new));
            list.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(told("a\nb\nc\n", "a\nb\nc\n"), Vec::<String>::new());
        assert_eq!(told("a\nb\nc\n", "a\nc\n"), ["- b"]);
        assert_eq!(told("a\nc\n", "a\nb\nc\nd\n"), ["+ b", "+ d"]);
        assert_eq!(told("a\nx\nc\n", "a\ny\nc\n"), ["- x", "+ y"]);
        assert_eq!(told("", "a\n"), ["+ a"]);
    }

    #[test]
    fn every_known_difference_can_be_read_and_has_a_reason() {
        let list = List::built_in().unwrap();
        assert!(list.0.iter().all(|(known, _)| known.reason.len() > 20 && !known.lines.is_empty()));
    }
}
