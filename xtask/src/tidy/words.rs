//! Words: markers of unfinished work and places of one machine stand nowhere, and a configuration key is named by the
//! glossary.

use serde_json::Value;

use super::Problems;
use crate::tree::Tree;

/// Text that stands nowhere in the repository, and why. Written in two halves, so that this list does not name itself.
const NOWHERE: [([&str; 2], &str); 9] = [
    (["/wo", "rk/"], "a path of one machine"),
    (["/tmp/scr", "atch"], "a path of one machine"),
    (["<<<<", "<<< "], "a merge conflict"),
    (["todo", "!("], "unfinished work"),
    (["unimplem", "ented!("], "unfinished work"),
    (["TO", "DO"], "unfinished work"),
    (["FIX", "ME"], "unfinished work"),
    (["index.cra", "tes.io"], "the host of a registry: take packages through their clients"),
    (["proxy.go", "lang.org"], "the host of a registry: take packages through their clients"),
];

/// Files made by tools.
const MADE: [&str; 2] = ["Cargo.lock", "waf-rules/rulesets/crs/go.sum"];

/// Words of the "Not" column that mean something else where a key has them: a TLS version, the Host of a request.
const OTHERWISE: [&str; 5] = ["host", "target", "version", "path", "rule"];

pub(super) fn check(tree: &Tree) -> Result<Problems, String> {
    let mut problems = Problems::new();
    for (path, text) in tree.files.iter().filter(|(path, _)| !MADE.contains(&path.as_str())) {
        for (number, line) in text.lines().enumerate() {
            for (halves, why) in &NOWHERE {
                if line.contains(&halves.concat()) {
                    problems.push(format!("{path}:{}: {} is {why}", number + 1, halves.concat()));
                }
            }
        }
    }
    let banned = banned(tree.required("docs/glossary.md")?);
    if banned.is_empty() {
        return Err("docs/glossary.md has no column of words that are not used".to_owned());
    }
    let mut keys = Vec::new();
    collect(&portcullis_config::schema(), &mut keys);
    keys.sort();
    keys.dedup();
    for key in keys {
        if let Some(word) = key.split('_').find(|word| banned.iter().any(|banned| banned == word)) {
            problems.push(format!("the configuration key {key} says {word}; see docs/glossary.md"));
        }
    }
    Ok(problems)
}

/// The third column: single words that stand for something the glossary names otherwise.
fn banned(glossary: &str) -> Vec<String> {
    glossary
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| Word"))
        .filter_map(|line| line.split('|').nth(3))
        .flat_map(|cell| cell.split([',', ';']))
        .map(|word| word.trim().to_owned())
        .filter(|word| {
            !word.is_empty() && !word.contains(' ') && !OTHERWISE.contains(&word.as_str())
        })
        .collect()
}

/// Every property name of a JSON Schema, however deep.
fn collect(schema: &Value, keys: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                keys.extend(properties.keys().cloned());
            }
            members.values().for_each(|member| collect(member, keys));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, keys)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_glossary_names_what_is_not_said() {
        let page = "| Word | Means | Not |\n|---|---|---|\n| listener | x | server, bind |\n| route | x | path, rule |\n| a | b | two words |\n";
        assert_eq!(banned(page), ["server", "bind"]);
    }

    #[test]
    fn keys_are_found_at_any_depth() {
        let schema = serde_json::json!({"$defs": {"A": {"properties": {"b": {"items": {"properties": {"c": {}}}}}}}});
        let mut keys = Vec::new();
        collect(&schema, &mut keys);
        assert_eq!(keys, ["b", "c"]);
    }
}
