//! Does a document have the structure the schema asks for? Reports every place where it does not: unknown and missing
//! keys, wrong kinds of values, unknown words, numbers out of range, and texts that are not what they should be. What
//! is right is handed on, so that its meaning can be checked in the same run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::document::{Entry, Node, Place, Tree};
use crate::schema::{SCHEMA, resolve};
use crate::spans::{Inside, SpanNode};
use crate::{Diagnostic, PluginSettings, files, suggest};

mod any;
mod scalar;

/// What was right in a document.
pub(crate) struct Read {
    pub(crate) value: Value,
    pub(crate) span: SpanNode,
}

/// A file a document refers to, to be read.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) path: PathBuf,
    pub(crate) folder: bool,
    /// The diagnostic there is if the file is not.
    pub(crate) missing: Diagnostic,
}

/// Checks the structure of one document.
pub(crate) struct Structure<'a> {
    /// The document, for diagnostics.
    pub(crate) file: &'a Path,
    /// Its number among all documents, for spans.
    pub(crate) number: usize,
    /// What was wrong.
    pub(crate) problems: Vec<Diagnostic>,
    /// Files it refers to.
    pub(crate) references: Vec<Reference>,
    /// Values of `name` in what was dropped because something else in it was wrong, so that nobody who refers to them
    /// is blamed.
    pub(crate) dropped: Vec<String>,
}

impl<'a> Structure<'a> {
    pub(crate) fn new(file: &'a Path, number: usize) -> Self {
        let (problems, references, dropped) = (Vec::new(), Vec::new(), Vec::new());
        Self { file, number, problems, references, dropped }
    }

    /// Checks the whole document. An empty one is right and says nothing.
    pub(crate) fn check(&mut self, document: &Node) -> Option<Read> {
        match document.value {
            Tree::Null => {
                Some(self.read(document.place, Value::Object(Map::new()), Inside::Nothing))
            }
            Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) | Tree::Map(_) => {
                self.any(document, &SCHEMA, "")
            }
        }
    }

    fn read(&self, place: Place, value: Value, inside: Inside) -> Read {
        Read { value, span: SpanNode { file: self.number, place, inside, damaged: false } }
    }

    fn problem(&mut self, place: Place, path: &str, message: String) -> &mut Diagnostic {
        let diagnostic = Diagnostic::error(path, message).at(self.file, place.line, place.column);
        self.problems.push_mut(diagnostic)
    }

    fn any(&mut self, node: &Node, schema: &Value, path: &str) -> Option<Read> {
        let schema = resolve(&SCHEMA, schema);
        if let Some(optional) = optional(schema) {
            return match node.value {
                Tree::Null => Some(self.read(node.place, Value::Null, Inside::Nothing)),
                Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) | Tree::Map(_) => {
                    self.any(node, optional, path)
                }
            };
        }
        if schema.get("format").and_then(Value::as_str) == Some(PluginSettings::FORMAT) {
            return self.settings(node, path);
        }
        if let Some(variants) = schema.get("oneOf").and_then(Value::as_array) {
            return self.variant(node, variants, path);
        }
        match kind(schema) {
            "object" => self.map(node, schema, path),
            "array" => self.list(node, schema, path),
            _ if matches!(node.value, Tree::Null) && kind_is_nullable(schema) => {
                Some(self.read(node.place, Value::Null, Inside::Nothing))
            }
            _ => self.scalar(node, schema, path),
        }
    }

    fn list(&mut self, node: &Node, schema: &Value, path: &str) -> Option<Read> {
        let Tree::List(items) = &node.value else {
            self.wrong_kind(node, "a list", path);
            return None;
        };
        let of = schema.get("items").unwrap_or(&Value::Null);
        let mut values = Vec::new();
        let mut spans = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match self.any(item, of, &format!("{path}[{index}]")) {
                Some(read) => {
                    values.push(read.value);
                    spans.push(read.span);
                }
                None => self.dropped.extend(name_of(item)),
            }
        }
        let damaged = values.len() < items.len();
        let mut read = self.read(node.place, Value::Array(values), Inside::List(spans));
        read.span.damaged = damaged;
        Some(read)
    }

    fn map(&mut self, node: &Node, schema: &Value, path: &str) -> Option<Read> {
        let Tree::Map(entries) = &node.value else {
            self.wrong_kind(node, "a map", path);
            return None;
        };
        let known = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        let mut values = Map::new();
        let mut spans = HashMap::new();
        for entry in entries {
            let Some(of) = known.and_then(|known| known.get(&entry.key)).or(others) else {
                self.unknown_key(entry, known, path);
                continue;
            };
            if let Some(read) = self.any(&entry.node, of, &join(path, &entry.key)) {
                values.insert(entry.key.clone(), read.value);
                spans.insert(entry.key.clone(), read.span);
            }
        }
        if !self.required(node, entries, &values, schema, path) {
            return None;
        }
        let damaged = values.len() < entries.len();
        let mut read = self.read(node.place, Value::Object(values), Inside::Map(spans));
        read.span.damaged = damaged;
        Some(read)
    }

    /// Whether every required key is there and right; reports those that were not written.
    fn required(
        &mut self,
        node: &Node,
        entries: &[Entry],
        values: &Map<String, Value>,
        schema: &Value,
        path: &str,
    ) -> bool {
        let required = schema.get("required").and_then(Value::as_array);
        let mut whole = true;
        for key in required.into_iter().flatten().filter_map(Value::as_str) {
            if values.contains_key(key) {
                continue;
            }
            whole = false;
            if !entries.iter().any(|entry| entry.key == key) {
                self.problem(node.place, path, format!("key `{key}` is missing"));
            }
        }
        whole
    }

    fn unknown_key(&mut self, entry: &Entry, known: Option<&Map<String, Value>>, path: &str) {
        let words = || known.into_iter().flat_map(Map::keys).map(String::as_str);
        let help = help_with(&entry.key, words);
        let place = entry.place;
        self.problem(place, path, format!("unknown key `{}`", entry.key)).help = Some(help);
    }

    /// A word out of a set, or a map with one key out of a set.
    fn variant(&mut self, node: &Node, variants: &[Value], path: &str) -> Option<Read> {
        let words = || variants.iter().flat_map(variant_words);
        match &node.value {
            Tree::Text(word) | Tree::Number(word) => {
                if words().any(|(other, is_map)| other == word && !is_map) {
                    let value = Value::String(word.clone());
                    return Some(self.read(node.place, value, Inside::Nothing));
                }
                let help = match words().any(|(other, is_map)| other == word && is_map) {
                    true => format!("`{word}` takes a value; write `{word}: ...`"),
                    false => help_with(word, || words().map(|(word, _)| word)),
                };
                self.problem(node.place, path, format!("unknown value `{word}`")).help = Some(help);
                None
            }
            Tree::Map(entries) => self.variant_with_value(node, entries, variants, path),
            Tree::Null | Tree::Bool(_) | Tree::List(_) => {
                let expected = one_of(words().map(|(word, _)| word));
                self.wrong_kind(node, &expected, path);
                None
            }
        }
    }

    fn variant_with_value(
        &mut self,
        node: &Node,
        entries: &[Entry],
        variants: &[Value],
        path: &str,
    ) -> Option<Read> {
        let words = || variants.iter().flat_map(variant_words).map(|(word, _)| word);
        let [entry] = entries else {
            let message = format!("expected one key, found {}", entries.len());
            self.problem(node.place, path, message).help = Some(one_of(words()));
            return None;
        };
        let mut found = variants.iter().filter_map(|variant| variant.get("properties"));
        let Some(of) = found.find_map(|properties| properties.get(&entry.key)) else {
            let help = help_with(&entry.key, words);
            let message = format!("unknown key `{}`", entry.key);
            self.problem(entry.place, path, message).help = Some(help);
            return None;
        };
        let read = self.any(&entry.node, of, &join(path, &entry.key))?;
        let value = Map::from_iter([(entry.key.clone(), read.value)]);
        let inside = HashMap::from([(entry.key.clone(), read.span)]);
        Some(self.read(node.place, Value::Object(value), Inside::Map(inside)))
    }

    fn wrong_kind(&mut self, node: &Node, expected: &str, path: &str) {
        let message = format!("expected {expected}, found {}", node.value.kind());
        self.problem(node.place, path, message);
    }

    /// The path of a file, from the folder of the document.
    fn file_path(&mut self, text: &str, format: &str, place: Place, path: &str) -> Value {
        let base = self.file.parent().unwrap_or(Path::new(""));
        let full = base.join(text);
        if format != files::OUTPUT_FILE {
            let missing = Diagnostic::error(path, "");
            let missing = missing.at(self.file, place.line, place.column);
            let folder = format == files::INPUT_FOLDER;
            self.references.push(Reference { path: full.clone(), folder, missing });
        }
        Value::String(full.to_string_lossy().into_owned())
    }
}

/// The schema of a value that may be absent.
fn optional(schema: &Value) -> Option<&Value> {
    let any = schema.get("anyOf")?.as_array()?;
    any.iter().find(|schema| schema.get("type").and_then(Value::as_str) != Some("null"))
}

/// The kind of value a schema asks for, apart from null.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            kinds.find(|kind| *kind != "null").unwrap_or_default()
        }
        _ => "",
    }
}

fn kind_is_nullable(schema: &Value) -> bool {
    let kinds = schema.get("type").and_then(Value::as_array);
    kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"))
}

/// The words of a variant, and whether each is the key of a map.
fn variant_words(variant: &Value) -> Vec<(&str, bool)> {
    let word = variant.get("const").and_then(Value::as_str).map(|word| (word, false));
    let words = variant.get("enum").and_then(Value::as_array).into_iter().flatten();
    let words = words.filter_map(Value::as_str).map(|word| (word, false));
    let keys = variant.get("properties").and_then(Value::as_object);
    let keys = keys.into_iter().flat_map(Map::keys).map(|key| (key.as_str(), true));
    word.into_iter().chain(words).chain(keys).collect()
}

/// What to write instead of a word: the nearest one, or all there are.
fn help_with<'w, I: Iterator<Item = &'w str>>(word: &str, words: impl Fn() -> I) -> String {
    match suggest(word, words()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => one_of(words()),
    }
}

fn one_of<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => "nothing".to_owned(),
        [word] => word.clone(),
        many => format!("one of {}", many.join(", ")),
    }
}

fn name_of(node: &Node) -> Option<String> {
    let Tree::Map(entries) = &node.value else { return None };
    let name = entries.iter().find(|entry| entry.key == "name")?;
    match &name.node.value {
        Tree::Text(name) => Some(name.clone()),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::List(_) | Tree::Map(_) => None,
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
