//! Reads documents from files and makes one configuration of them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::document::Place;
use crate::spans::{Inside, SpanNode};
use crate::structure::{Read, Reference, Structure};
use crate::{Diagnostic, Gateway, Severity, Spans, check, defaults, document, names};

/// A configuration that can be used.
#[derive(Debug)]
pub struct Loaded {
    /// What the operator wrote, all documents together.
    pub gateway: Gateway,
    /// Everything that was read or is referred to: documents, certificates, keys, rules. What to watch, besides the
    /// folder itself.
    pub files: Vec<PathBuf>,
    /// Where each value stands, for diagnostics of later checks.
    pub spans: Spans,
    /// What can be used, but is probably not as meant.
    pub warnings: Vec<Diagnostic>,
}

/// Reads a document, or all documents (`*.yaml`, `*.yml`) of a folder in the order of their names, not of its
/// subfolders. Lists of several documents are appended; a single object such as `limits` stands in one of them.
///
/// # Errors
/// Every diagnostic of all documents, warnings included, if one of them is an error.
pub fn load(path: &Path) -> Result<Loaded, Vec<Diagnostic>> {
    attempt(path).result
}

/// What came of reading documents, and which files had a part in it either way: who waits for them to be mended must
/// watch those too that are missing.
#[derive(Debug)]
pub struct Attempt {
    /// As [`load`] gives it.
    pub result: Result<Loaded, Vec<Diagnostic>>,
    /// As [`Loaded::files`].
    pub files: Vec<PathBuf>,
}

/// As [`load`], with the files also where it failed.
#[must_use]
pub fn attempt(path: &Path) -> Attempt {
    let mut problems = Vec::new();
    let files = match documents(path) {
        Ok(files) => files,
        Err(diagnostic) => return Attempt { result: Err(vec![*diagnostic]), files: Vec::new() },
    };
    let mut texts = Vec::new();
    for file in files {
        match read_text(&file) {
            Ok(text) => texts.push((file, text)),
            Err(diagnostic) => problems.push(*diagnostic),
        }
    }
    assemble(texts, problems)
}

/// Reads one document from its text. Files it refers to are looked for from the folder of `name`.
///
/// # Errors
/// As [`load`].
pub fn parse_str(name: impl Into<PathBuf>, text: &str) -> Result<Loaded, Vec<Diagnostic>> {
    assemble(vec![(name.into(), text.to_owned())], Vec::new()).result
}

/// The documents to read.
fn documents(path: &Path) -> Result<Vec<PathBuf>, Box<Diagnostic>> {
    let unreadable = |error: &std::io::Error| {
        Box::new(Diagnostic::error("", format!("cannot read it: {error}")).at(path, 0, 0))
    };
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| unreadable(&error))? {
        let file = entry.map_err(|error| unreadable(&error))?.path();
        let hidden = file.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        let yaml = file.extension().is_some_and(|end| end == "yaml" || end == "yml");
        if yaml && !hidden && !file.is_dir() {
            files.push(file);
        }
    }
    files.sort();
    let problem = match files.len() {
        0 => "there is no document (*.yaml, *.yml) in this folder".to_owned(),
        1..=defaults::DOCUMENTS => return Ok(files),
        many => format!("{many} documents are more than {}", defaults::DOCUMENTS),
    };
    Err(Box::new(Diagnostic::error("", problem).at(path, 0, 0)))
}

fn read_text(file: &Path) -> Result<String, Box<Diagnostic>> {
    let problem = |message: String| Box::new(Diagnostic::error("", message).at(file, 0, 0));
    let size = std::fs::metadata(file).map_err(|e| problem(format!("cannot read it: {e}")))?.len();
    if size > defaults::DOCUMENT.bytes() {
        return Err(problem(format!("it is larger than {}", defaults::DOCUMENT)));
    }
    let bytes = std::fs::read(file).map_err(|e| problem(format!("cannot read it: {e}")))?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        Box::new(problem("it is not UTF-8".to_owned()).at(file, line, 1))
    })
}

/// From texts to a configuration: syntax and structure of each, all of them merged, then what they mean together.
fn assemble(texts: Vec<(PathBuf, String)>, mut problems: Vec<Diagnostic>) -> Attempt {
    let mut merged = Merged { incomplete: !problems.is_empty(), ..Merged::default() };
    let mut files: Vec<PathBuf> = texts.iter().map(|(file, _)| file.clone()).collect();
    let documents = files.clone();
    for (number, (file, text)) in texts.iter().enumerate() {
        let Some(node) = document::read(file, text, &mut problems) else {
            merged.incomplete = true;
            continue;
        };
        let mut structure = Structure::new(file, number);
        let read = structure.check(&node);
        problems.append(&mut structure.problems);
        merged.dropped.append(&mut structure.dropped);
        look_for(structure.references, &mut files, &mut problems);
        match read {
            Some(read) => merged.add(read, &documents, &mut problems),
            None => merged.incomplete = true,
        }
    }
    let result = merged.understand(documents, problems);
    let result = result.map(|loaded| Loaded { files: files.clone(), ..loaded });
    Attempt { result, files }
}

/// The structure was right and still it cannot be read: a difference between schema and types, reported rather than
/// passed over.
fn unreadable(error: &serde_json::Error) -> Diagnostic {
    Diagnostic::error("", format!("the documents cannot be read together: {error}"))
}

/// All diagnostics, in the order of files and lines, cut at a length nobody reads.
fn limited(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let order =
        |d: &Diagnostic| (d.file.clone(), d.line, d.column, d.severity == Severity::Warning);
    problems.sort_by_cached_key(order);
    if let Some(more) = problems.len().checked_sub(defaults::DIAGNOSTICS).filter(|more| *more > 0) {
        problems.truncate(defaults::DIAGNOSTICS);
        problems.push(Diagnostic::error("", format!("and {more} more")));
    }
    problems
}

/// Notes what the files of upstream authorities hold, see [`crate::UpstreamTls::ca_contents`].
fn fingerprint_authorities(gateway: &mut Gateway) {
    for tls in gateway.clusters.iter_mut().filter_map(|cluster| cluster.tls.as_mut()) {
        // One that cannot be read is reported where it is looked for.
        let contents = tls.ca.as_ref().and_then(|ca| std::fs::read(ca).ok());
        tls.ca_contents = contents.map_or(0, |contents| {
            let mut hasher = DefaultHasher::new();
            contents.hash(&mut hasher);
            hasher.finish()
        });
    }
}

/// Whether the files a document refers to are there.
fn look_for(references: Vec<Reference>, files: &mut Vec<PathBuf>, problems: &mut Vec<Diagnostic>) {
    for Reference { path, folder, missing } in references {
        let message = match std::fs::metadata(&path) {
            Err(error) => Some(format!("cannot read `{}`: {error}", path.display())),
            Ok(metadata) if folder && !metadata.is_dir() => {
                Some(format!("`{}` is not a folder", path.display()))
            }
            Ok(metadata) if !folder && metadata.is_dir() => {
                Some(format!("`{}` is a folder", path.display()))
            }
            Ok(_) => None,
        };
        problems.extend(message.map(|message| Diagnostic { message, ..missing }));
        if !files.contains(&path) {
            files.push(path);
        }
    }
}

/// What was right in all documents, put together.
#[derive(Default)]
struct Merged {
    values: Map<String, Value>,
    spans: std::collections::HashMap<String, SpanNode>,
    dropped: Vec<String>,
    /// Whether a whole document was dropped.
    incomplete: bool,
    /// Whether a key of a document was dropped.
    damaged: bool,
}

impl Merged {
    fn add(&mut self, read: Read, documents: &[PathBuf], problems: &mut Vec<Diagnostic>) {
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

    /// What the documents mean together.
    fn understand(
        mut self,
        documents: Vec<PathBuf>,
        mut problems: Vec<Diagnostic>,
    ) -> Result<Loaded, Vec<Diagnostic>> {
        let spans = Spans::new(documents, self.span());
        let mut gateway: Gateway = match serde_json::from_value(Value::Object(self.values)) {
            Ok(gateway) => gateway,
            Err(error) => {
                problems.push(unreadable(&error));
                return Err(limited(problems));
            }
        };
        let known = check::Known { dropped: &self.dropped, incomplete: self.incomplete };
        let mut meaning = check::check(&gateway, &known, &spans);
        names::resolve(&mut gateway, &mut meaning);
        fingerprint_authorities(&mut gateway);
        meaning.retain(|diagnostic| !spans.damaged(&diagnostic.path));
        spans.locate(&mut meaning);
        problems.append(&mut meaning);
        let problems = limited(problems);
        if problems.iter().any(Diagnostic::is_error) {
            return Err(problems);
        }
        Ok(Loaded { gateway, files: Vec::new(), spans, warnings: problems })
    }

    fn span(&mut self) -> SpanNode {
        let inside = Inside::Map(std::mem::take(&mut self.spans));
        let damaged = self.damaged || self.incomplete;
        SpanNode { inside, damaged, place: Place { line: 1, column: 1 }, file: 0 }
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
        ) if key == NAMED => {
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

/// The one map of named things; other maps are single objects.
const NAMED: &str = "rulesets";

#[cfg(test)]
mod tests;
