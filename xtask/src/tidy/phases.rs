//! The phases on the page `docs/life-of-a-request.md` are the methods of `trait Filter`, in the same order.

use super::Problems;
use crate::tree::Tree;

const PAGE: &str = "docs/life-of-a-request.md";
const CONTRACT: &str = "core/filter/src/lib.rs";
/// Methods that describe a filter and are no phase.
const DESCRIBING: [&str; 2] = ["name", "interest"];

pub(super) fn check(tree: &Tree) -> Result<Problems, String> {
    let page = phases_of_page(tree.required(PAGE)?);
    let contract = phases_of_trait(tree.required(CONTRACT)?);
    if contract.is_empty() {
        return Err(format!("{CONTRACT} has no `pub trait Filter`"));
    }
    if page == contract {
        return Ok(Problems::new());
    }
    Ok(vec![format!("{PAGE} lists {page:?}, the trait in {CONTRACT} has {contract:?}")])
}

/// The second column of the table, where it is code.
fn phases_of_page(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.starts_with('|'))
        .filter_map(|line| line.split('|').nth(2))
        .filter_map(|cell| cell.trim().strip_prefix('`')?.strip_suffix('`'))
        .collect()
}

fn phases_of_trait(text: &str) -> Vec<&str> {
    let body = text.split("pub trait Filter").nth(1).unwrap_or_default();
    let body = body.split("\n}").next().unwrap_or_default();
    body.lines()
        .filter_map(|line| {
            let line = line.trim();
            let line = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
            line.split('(').next()
        })
        .filter(|name| !DESCRIBING.contains(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_read() {
        let page = "| # | Step |\n|---|---|\n| 1 | accept |\n| 2 | `a` | x |\n| 3 | `b` |\n";
        let code = "pub trait Filter: Send {\n    fn name(&self);\n    async fn a(\n        &self) {\n    }\n    fn b(&self) {}\n}\nfn c() {}\n";
        assert_eq!(phases_of_page(page), ["a", "b"]);
        assert_eq!(phases_of_trait(code), ["a", "b"]);
    }
}
