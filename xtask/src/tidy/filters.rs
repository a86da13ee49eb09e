//! Every filter has a reference page, an example and a case over real sockets.

use super::Problems;
use crate::tree::Tree;

const CONFIG: &str = "core/config/src/filters.rs";

pub(super) fn check(tree: &Tree) -> Result<Problems, String> {
    let names = names(tree.required(CONFIG)?);
    if names.is_empty() {
        return Err(format!("{CONFIG} has no `pub enum FilterConfig`"));
    }
    let mut problems = Problems::new();
    for name in &names {
        let page = format!("docs/reference/filters/{name}.md");
        if tree.text(&page).is_none() {
            problems.push(format!("{name} has no page {page}"));
        }
        let key = format!("{name}:");
        let used = |folder, ending| tree.below(folder, ending).any(|(_, text)| text.contains(&key));
        if !used("examples/", ".yaml") {
            problems.push(format!("{name} stands in no file of examples/"));
        }
        if !used("conformance/", ".rs") {
            problems.push(format!("{name} stands in no test of conformance/"));
        }
    }
    Ok(problems)
}

/// The variants of `FilterConfig` as they are written in documents.
fn names(text: &str) -> Vec<String> {
    let body = text.split("pub enum FilterConfig {").nth(1).unwrap_or_default();
    let body = body.split("\n}").next().unwrap_or_default();
    body.lines()
        .map(str::trim)
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .filter_map(|line| line.split(['(', ',', ' ']).next())
        .map(snake_case)
        .collect()
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for (index, c) in name.chars().enumerate() {
        if c.is_ascii_uppercase() && index > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_are_named_as_in_documents() {
        let code = "pub enum FilterConfig {\n    /// X.\n    Waf(Waf),\n    /// Y.\n    RateLimit(RateLimit),\n}\nenum Other {\n    Z,\n}\n";
        assert_eq!(names(code), ["waf", "rate_limit"]);
    }
}
