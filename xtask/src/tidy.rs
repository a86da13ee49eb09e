//! The rules no compiler holds: layers, sizes, licences, pages that must equal code, words.

mod filters;
mod layers;
mod licences;
mod listing;
mod metadata;
mod phases;
mod sizes;
mod words;

use crate::codegen;
use crate::tree::Tree;

/// Problems of one rule, each a line for a person.
type Problems = Vec<String>;
type Rule = fn(&Tree) -> Result<Problems, String>;

/// Every rule with its name.
const RULES: [(&str, Rule); 7] = [
    ("layers", layers::check),
    ("licences", licences::check),
    ("sizes", sizes::check),
    ("phases", phases::check),
    ("filters", filters::check),
    ("words", words::check),
    ("generated files", generated),
];

/// Runs every rule and prints what breaks it.
pub(crate) fn report(tree: &Tree) -> Result<(), String> {
    let mut broken = Problems::new();
    for (name, rule) in RULES {
        match rule(tree) {
            Ok(problems) => {
                broken.extend(problems.iter().map(|problem| format!("{name}: {problem}")))
            }
            Err(problem) => broken.push(format!("{name}: cannot be checked: {problem}")),
        }
    }
    if broken.is_empty() {
        println!("tidy: {} files, {} rules, no problem", tree.files.len(), RULES.len());
        return Ok(());
    }
    Err(format!("{}\ntidy: {} problems", broken.join("\n"), broken.len()))
}

fn generated(tree: &Tree) -> Result<Problems, String> {
    Ok(codegen::check(tree).err().into_iter().collect())
}

#[cfg(test)]
mod tests;
