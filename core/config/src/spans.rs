//! Where each value of the merged configuration stands.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::Diagnostic;
use crate::document::Place;

/// Where each value of the merged configuration stands, by its path. Kept beside the [`crate::Gateway`], so that the
/// values themselves stay plain data.
#[derive(Debug, Default)]
pub struct Spans {
    files: Vec<PathBuf>,
    root: SpanNode,
}

/// Where a value and what is in it stands.
#[derive(Debug, Default)]
pub(crate) struct SpanNode {
    pub(crate) file: usize,
    pub(crate) place: Place,
    pub(crate) inside: Inside,
    /// Whether something in it was wrong and is not part of the configuration.
    pub(crate) damaged: bool,
}

/// What is in a value.
#[derive(Debug, Default)]
pub(crate) enum Inside {
    #[default]
    Nothing,
    List(Vec<SpanNode>),
    Map(HashMap<String, SpanNode>),
}

impl Spans {
    pub(crate) fn new(files: Vec<PathBuf>, root: SpanNode) -> Self {
        Self { files, root }
    }

    /// Gives every diagnostic that has a path but no line the place of the value at that path, or of the nearest
    /// value around it.
    pub fn locate(&self, diagnostics: &mut [Diagnostic]) {
        for diagnostic in
            diagnostics.iter_mut().filter(|d| d.line == 0 && d.file.as_os_str().is_empty())
        {
            if let Some((file, line, column)) = self.find(&diagnostic.path) {
                diagnostic.file = file.to_owned();
                diagnostic.line = line;
                diagnostic.column = column;
            }
        }
    }

    /// File, line and column of the value at a path such as `routes[2].match.path`, or of the nearest value around
    /// it; none when nothing on the way was written.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<(&Path, u32, u32)> {
        let (node, _) = self.walk(path);
        let file = self.files.get(node.file)?;
        (node.place.line != 0).then_some((file.as_path(), node.place.line, node.place.column))
    }
}

impl Spans {
    /// Whether something directly in the value at this path was wrong, so that what seems to be missing there may be
    /// what was wrong.
    pub(crate) fn damaged(&self, path: &str) -> bool {
        let (node, rest) = self.walk(path);
        rest.is_empty() && node.damaged
    }

    /// The innermost value on the way along a path, and the rest of the path.
    fn walk<'p>(&self, path: &'p str) -> (&SpanNode, &'p str) {
        let mut node = &self.root;
        let mut rest = path;
        while let Some((next, after)) = node.step(rest) {
            (node, rest) = (next, after);
        }
        (node, rest)
    }
}

impl SpanNode {
    /// The value the first segment of a path leads to, and the other segments.
    fn step<'p>(&self, path: &'p str) -> Option<(&Self, &'p str)> {
        match &self.inside {
            Inside::Nothing => None,
            Inside::List(items) => {
                let (index, rest) = path.strip_prefix('[')?.split_once(']')?;
                Some((items.get(index.parse::<usize>().ok()?)?, rest))
            }
            Inside::Map(entries) => {
                let path = path.strip_prefix('.').unwrap_or(path);
                // A key may hold dots itself, so the longest one that fits is meant.
                let ends =
                    path.char_indices().filter(|(_, c)| matches!(c, '.' | '[')).map(|(at, _)| at);
                let mut ends: Vec<usize> = ends.collect();
                ends.push(path.len());
                ends.iter().rev().find_map(|end| {
                    let (key, rest) = path.split_at_checked(*end)?;
                    Some((entries.get(key)?, rest))
                })
            }
        }
    }
}

#[cfg(test)]
mod tests;
