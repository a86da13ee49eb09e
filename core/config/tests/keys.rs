//! Every key there is can be written, and no misspelling of one passes.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use portcullis_config::{parse_str, schema};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/complete")
}

fn complete() -> String {
    std::fs::read_to_string(folder().join("gateway.yaml")).unwrap()
}

/// What a document says, as JSON: the text is parsed by another way than ours.
fn as_json(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

#[test]
fn complete_document_is_right() {
    let loaded = parse_str(folder().join("gateway.yaml"), &complete());
    let loaded = loaded.unwrap_or_else(|problems| panic!("{}", problems[0]));
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.files.len(), 4);
}

#[test]
fn complete_document_has_every_key() {
    let schema = schema();
    let mut known = BTreeSet::new();
    keys_of_schema(&schema, &mut known);
    let mut written = BTreeSet::new();
    keys_of_document(&as_json(&complete()), &mut written);
    let missing: Vec<_> = known.difference(&written).collect();
    assert!(missing.is_empty(), "not in the complete document: {missing:?}");
}

fn keys_of_schema(schema: &Value, known: &mut BTreeSet<String>) {
    match schema {
        Value::Object(entries) => {
            if let Some(Value::Object(properties)) = entries.get("properties") {
                known.extend(properties.keys().cloned());
            }
            entries
                .iter()
                .filter(|(key, _)| *key != "default")
                .for_each(|(_, value)| keys_of_schema(value, known));
        }
        Value::Array(items) => items.iter().for_each(|item| keys_of_schema(item, known)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn keys_of_document(document: &Value, written: &mut BTreeSet<String>) {
    match document {
        Value::Object(entries) => {
            written.extend(entries.keys().cloned());
            entries.values().for_each(|value| keys_of_document(value, written));
        }
        Value::Array(items) => items.iter().for_each(|item| keys_of_document(item, written)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Keys of these maps are the operator's own.
const FREE: [&str; 3] = ["rulesets", "set", "add"];

#[test]
fn every_misspelt_key_is_refused() {
    let document = as_json(&complete());
    let mut pointers = Vec::new();
    pointers_of_keys(&document, "", "", &mut pointers);
    assert!(pointers.len() > 150, "{}", pointers.len());
    for (pointer, key) in pointers {
        let mut misspelt = document.clone();
        let map = misspelt.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
        let value = map.remove(&key).unwrap();
        map.insert(format!("{key}x"), value);
        // JSON is YAML.
        let problems = parse_str(folder().join("gateway.yaml"), &misspelt.to_string()).unwrap_err();
        let message = format!("unknown key `{key}x`");
        let found = problems.iter().find(|problem| problem.message == message);
        let found = found.unwrap_or_else(|| panic!("{pointer} {key}: {problems:?}"));
        assert!(found.line == 1 && found.column > 0);
        assert_eq!(found.help, Some(format!("did you mean `{key}`?")), "{pointer}");
    }
}

fn pointers_of_keys(value: &Value, pointer: &str, last: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                if !FREE.contains(&last) {
                    found.push((pointer.to_owned(), key.clone()));
                }
                pointers_of_keys(value, &format!("{pointer}/{key}"), key, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers_of_keys(item, &format!("{pointer}/{index}"), "", found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
