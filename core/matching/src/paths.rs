//! The routes of one host pattern, found by path.

use std::collections::HashMap;
use std::sync::Arc;

use crate::Query;
use crate::conditions::Conditions;
use crate::path::PathMatcher;
use crate::table::Found;

/// A route as one host pattern knows it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) found: Found,
    pub(crate) conditions: Arc<Conditions>,
}

impl Entry {
    /// Best first, then in order of writing.
    fn key(&self) -> (std::cmp::Reverse<crate::Specificity>, usize) {
        (std::cmp::Reverse(self.found.specificity), self.found.index)
    }
}

/// Entries by path. One look-up for the exact path, one for each length of prefix that exists at a segment boundary,
/// then the regular expressions one by one.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    exact: HashMap<Box<str>, Vec<Entry>>,
    /// Longest exact path in bytes: a longer one is not worth hashing.
    exact_bytes: usize,
    prefixes: HashMap<Box<str>, Vec<Entry>>,
    /// Every length a prefix has, in order: paths of thousands of segments cost no more than these.
    prefix_bytes: Vec<usize>,
    regexes: Vec<(PathMatcher, Entry)>,
    any: Vec<Entry>,
}

impl Paths {
    pub(crate) fn add(&mut self, path: &PathMatcher, entry: Entry) {
        match path {
            PathMatcher::Any => self.any.push(entry),
            PathMatcher::Regex(..) => self.regexes.push((path.clone(), entry)),
            PathMatcher::Prefix(text) => self.prefixes.entry(text.clone()).or_default().push(entry),
            PathMatcher::Exact(text) => {
                self.exact_bytes = self.exact_bytes.max(text.len());
                self.exact.entry(text.clone()).or_default().push(entry);
            }
        }
    }

    /// Sorts, when all entries are there.
    pub(crate) fn finish(&mut self) {
        for entries in self.exact.values_mut().chain(self.prefixes.values_mut()) {
            entries.sort_by_key(Entry::key);
        }
        self.any.sort_by_key(Entry::key);
        self.regexes.sort_by_key(|(_, entry)| entry.key());
        self.prefix_bytes = self.prefixes.keys().map(|prefix| prefix.len()).collect();
        self.prefix_bytes.sort_unstable();
        self.prefix_bytes.dedup();
    }

    pub(crate) fn find(&self, query: &Query<'_>) -> Option<&Found> {
        let path = query.path.as_str();
        let exact = || match path.len() <= self.exact_bytes {
            true => first(self.exact.get(path)?, query),
            false => None,
        };
        let regex = || {
            let mut regexes = self.regexes.iter();
            regexes.find(|(path_match, entry)| {
                path_match.matches(path) && entry.conditions.hold(query)
            })
        };
        exact()
            .or_else(|| self.find_prefix(path, query))
            .or_else(|| regex().map(|(_, entry)| entry))
            .or_else(|| first(&self.any, query))
            .map(|entry| &entry.found)
    }

    /// The longest prefix that ends where a segment of the path does.
    fn find_prefix(&self, path: &str, query: &Query<'_>) -> Option<&Entry> {
        for &bytes in self.prefix_bytes.iter().rev() {
            let ends_segment = match path.as_bytes().get(bytes) {
                None => path.len() == bytes,
                Some(next) => *next == b'/',
            };
            if !ends_segment {
                continue;
            }
            let entries = path.get(..bytes).and_then(|prefix| self.prefixes.get(prefix));
            if let Some(entry) = entries.and_then(|entries| first(entries, query)) {
                return Some(entry);
            }
        }
        None
    }
}

fn first<'a>(entries: &'a [Entry], query: &Query<'_>) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.conditions.hold(query))
}
