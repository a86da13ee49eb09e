//! Several documents become one: lists are appended, single objects stand in one document.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::document::Place;
use crate::spans::{Inside, SpanNode};
use crate::structure::Read;
use crate::{Diagnostic, Spans};

/// What was right in all documents, put together.
#[derive(Default)]
pub(crate) struct Merged {
    values: Map<String, Value>,
    spans: HashMap<String, SpanNode>,
    /// Names of what was dropped.
    pub(crate) dropped: Vec<String>,
    /// Whether a whole document was dropped.
    pub(crate) incomplete: bool,
    /// Whether a key of a document was dropped.
    damaged: bool,
}

impl Merged {
    /// Adds what was right in the next document.
    pub(crate) fn add(
        &mut self,
        read: Read,
        documents: &[PathBuf],
        problems: &mut Vec<Diagnostic>,
    ) {
        self.damaged |= read.span.damaged;
        let (Value::Object(values), Inside::Map(mut spans)) = (read.value, read.span.inside) else {
            return;
        };
        for (key, value) in values {
            let span = spans.remove(&key).unwrap_or_default();
            match (self.values.get_mut(&key), self.spans.get_mut(&key)) {
                (Some(before), Some(before_span)) => {
                    append((before, before_span), (value, span), &key, documents, problems);
                }
                _ => {
                    self.values.insert(key.clone(), value);
                    self.spans.insert(key, span);
                }
            }
        }
    }

    /// Everything that was right, and where it stands.
    pub(crate) fn finish(self, documents: Vec<PathBuf>) -> (Value, Spans) {
        let damaged = self.damaged || self.incomplete;
        let place = Place { line: 1, column: 1 };
        let root = SpanNode { inside: Inside::Map(self.spans), damaged, place, file: 0 };
        (Value::Object(self.values), Spans::new(documents, root))
    }
}

/// Puts what a later document says under a key to what an earlier one says.
fn append(
    (before, before_span): (&mut Value, &mut SpanNode),
    (value, span): (Value, SpanNode),
    key: &str,
    documents: &[PathBuf],
    problems: &mut Vec<Diagnostic>,
) {
    let mut twice = |what: String, span: &SpanNode, first: &SpanNode| {
        let name = |file: usize| documents.get(file).cloned().unwrap_or_default();
        let help = format!(
            "first at {}:{}:{}",
            name(first.file).display(),
            first.place.line,
            first.place.column
        );
        let diagnostic = Diagnostic::error(key, what).with_help(help);
        problems.push(diagnostic.at(name(span.file), span.place.line, span.place.column));
    };
    match (before, value, &mut before_span.inside, span.inside) {
        (
            Value::Array(before),
            Value::Array(more),
            Inside::List(spans),
            Inside::List(more_spans),
        ) => {
            before.extend(more);
            spans.extend(more_spans);
        }
        (
            Value::Object(before),
            Value::Object(more),
            Inside::Map(spans),
            Inside::Map(mut more_spans),
        ) if NAMED.contains(&key) => {
            for (name, value) in more {
                let span = more_spans.remove(&name).unwrap_or_default();
                if let Some(first) = spans.get(&name) {
                    twice(format!("`{key}.{name}` is written in two documents"), &span, first);
                    continue;
                }
                before.insert(name.clone(), value);
                spans.insert(name, span);
            }
        }
        (_, _, _, inside) => {
            let span = SpanNode { inside, ..span };
            twice(format!("`{key}` is written in two documents"), &span, before_span);
        }
    }
}

/// The maps of named things; other maps are single objects.
const NAMED: [&str; 2] = ["rulesets", "pull_secrets"];
