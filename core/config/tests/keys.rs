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
    assert_eq!(loaded.files.len(), 7);
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
const FREE: [&str; 6] = ["rulesets", "set", "add", "pull_secrets", "env", "config"];

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
                let free = pointer.ends_with("/otlp/headers") || pointer.contains("/config/");
                if !FREE.contains(&last) && !free {
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

/// A small generator of numbers, so that a failure can be repeated.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

#[test]
fn no_document_makes_us_panic() {
    let complete = complete();
    let lines: Vec<&str> = complete.lines().collect();
    let mut numbers = Numbers(7);
    for round in 0..1500 {
        let mut mangled: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        for _ in 0..1 + numbers.below(3) {
            let at = numbers.below(mangled.len());
            let other = lines[numbers.below(lines.len())].to_owned();
            match numbers.below(5) {
                0 => drop(mangled.remove(at)),
                1 => mangled.insert(at, other),
                2 => mangled[at] = other,
                3 => mangled[at] = mangled[at].replacen(": ", ": [", 1),
                _ => {
                    let cut = numbers.below(mangled[at].len().max(1));
                    mangled[at] = mangled[at].chars().take(cut).collect();
                }
            }
        }
        let text = mangled.join("\n");
        if let Err(problems) = parse_str(folder().join("gateway.yaml"), &text) {
            assert!(!problems.is_empty(), "round {round}");
            let placed = problems
                .iter()
                .all(|problem| problem.line > 0 || problem.message.starts_with("and "));
            assert!(placed, "round {round}: {problems:?}\n{text}");
        }
    }
}

#[test]
fn five_thousand_routes_are_read_soon() {
    let mut text = String::from(
        "listeners: [{name: http, address: '127.0.0.1:8080'}]\nclusters: [{name: a, endpoints: [{address: '127.0.0.1:1'}]}]\nroutes:\n",
    );
    for n in 0..5000 {
        text += &format!(
            "  - name: route-{n}\n    hosts: [h{n}.example.com]\n    match: {{path: {{prefix: /p{n}}}, methods: [GET]}}\n    cluster: a\n"
        );
    }
    let started = std::time::Instant::now();
    let loaded = parse_str("a.yaml", &text).unwrap();
    println!("5,000 routes in {:?}", started.elapsed());
    assert_eq!(loaded.gateway.routes.len(), 5000);
    assert!(started.elapsed().as_secs() < 10);
}
