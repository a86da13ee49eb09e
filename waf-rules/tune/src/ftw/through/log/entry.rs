//! The lines of a log as transactions.

use std::collections::HashMap;

use serde_json::Value;

use super::Found;
use crate::drive::{Matched, error_line};

/// The deepest nesting of a JSON line that is looked into.
const MAX_DEPTH: usize = 16;

/// Keys under which JSON logs name a rule.
const RULE_KEYS: [&str; 4] = ["rule", "id", "ruleId", "rule_id"];
/// Keys under which JSON logs give a rule's message.
const MESSAGE_KEYS: [&str; 2] = ["msg", "message"];

/// One transaction so far.
#[derive(Default)]
struct Transaction {
    marker: Option<u64>,
    matched: Vec<Matched>,
}

/// Collects transactions out of lines.
pub(super) struct Reader<'a> {
    prefix: &'a str,
    /// Whole already: what stood on one line.
    found: Found,
    /// By unique id, or by the boundary of an audit log.
    open: HashMap<String, Transaction>,
    /// The boundary of the audit log's entry that is being read.
    boundary: Option<String>,
}

impl<'a> Reader<'a> {
    /// Markers begin with `prefix` and end in a number.
    pub(super) fn new(prefix: &'a str) -> Self {
        Self { prefix, found: Found::new(), open: HashMap::new(), boundary: None }
    }

    /// Takes in one line.
    pub(super) fn line(&mut self, line: &str) {
        let line = line.trim();
        if line.starts_with('{')
            && let Ok(json) = serde_json::from_str::<Value>(line)
        {
            let mut matched = Vec::new();
            walk(&json, false, "", MAX_DEPTH, &mut matched);
            if let Some(marker) = self.marker(line) {
                self.found.entry(marker).or_default().extend(matched);
            }
            return;
        }
        if let Some((id, part)) = boundary(line) {
            self.boundary = (part != 'Z').then(|| id.to_owned());
            return;
        }
        let marker = self.marker(line);
        let key = self.boundary.clone().or_else(|| tag(line, "unique_id").map(str::to_owned));
        let matched = native(line);
        match (key, marker) {
            (Some(key), _) => {
                let transaction = self.open.entry(key).or_default();
                transaction.marker = transaction.marker.or(marker);
                transaction.matched.extend(matched);
            }
            (None, Some(marker)) => self.found.entry(marker).or_default().extend(matched),
            (None, None) => {}
        }
    }

    /// Whether the transaction with this marker has begun.
    pub(super) fn has_seen(&self, marker: u64) -> bool {
        self.found.contains_key(&marker)
            || self.open.values().any(|transaction| transaction.marker == Some(marker))
    }

    /// Everything that has a marker.
    pub(super) fn found(self) -> Found {
        let mut found = self.found;
        for transaction in self.open.into_values() {
            if let Some(marker) = transaction.marker {
                found.entry(marker).or_default().extend(transaction.matched);
            }
        }
        found
    }

    fn marker(&self, line: &str) -> Option<u64> {
        let (_, rest) = line.split_once(self.prefix)?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest.get(..end)?.parse().ok()
    }
}

/// Every object of a list that names a rule. `message` is that of the object around it.
fn walk(value: &Value, in_list: bool, message: &str, depth: usize, matched: &mut Vec<Matched>) {
    if depth == 0 {
        return;
    }
    match value {
        Value::Object(fields) => {
            let text = |keys: &[&str]| {
                keys.iter().find_map(|key| fields.get(*key)?.as_str()).unwrap_or_default()
            };
            let own = text(&MESSAGE_KEYS);
            let message = if own.is_empty() { message } else { own };
            let rule = RULE_KEYS.iter().find_map(|key| number(fields.get(*key)?));
            if let Some(rule) = rule.filter(|_| in_list) {
                let id = rule.to_string();
                let tags = [("id", &*id), ("msg", message), ("data", text(&["data"]))];
                matched.push(Matched { rule, line: error_line(&tags) });
            }
            for value in fields.values() {
                walk(value, in_list, message, depth - 1, matched);
            }
        }
        Value::Array(items) => {
            for item in items {
                walk(item, true, message, depth - 1, matched);
            }
        }
        Value::String(text) => matched.extend(native(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// The rule of a line in ModSecurity's style.
fn native(line: &str) -> Option<Matched> {
    let rule = tag(line, "id")?.parse().ok()?;
    Some(Matched { rule, line: line.to_owned() })
}

/// The value of `[name "value"]`.
fn tag<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = line;
    loop {
        let (_, after) = rest.split_once('[')?;
        if let Some(value) = after.strip_prefix(name).and_then(|rest| rest.strip_prefix(" \"")) {
            return value.split_once('"').map(|(value, _)| value);
        }
        rest = after;
    }
}

/// The id and the letter of a boundary: `--1a2b-A--`, `---1a2b---A--`.
fn boundary(line: &str) -> Option<(&str, char)> {
    let inner = line.strip_prefix("--")?.strip_suffix("--")?.trim_start_matches('-');
    let (id, part) = inner.rsplit_once('-')?;
    let id = id.trim_end_matches('-');
    let mut letters = part.chars();
    let letter = letters.next().filter(char::is_ascii_uppercase)?;
    (letters.next().is_none() && !id.is_empty()).then_some((id, letter))
}

#[cfg(test)]
mod tests;
