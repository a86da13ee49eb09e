//! Every third-party crate has a licence `deny.toml` allows. cargo-deny says the same with more detail and from the
//! licence texts; this needs nothing but cargo.

use super::Problems;
use super::listing::section;
use super::metadata::Metadata;
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Result<Problems, String> {
    let lists = section(tree.required("deny.toml")?, "licenses")?;
    let allowed = lists.get("allow").ok_or("deny.toml: [licenses] has no allow list")?;
    let metadata = Metadata::all(&tree.root)?;
    let mut problems = Problems::new();
    for package in metadata.packages.iter().filter(|package| package.source.is_some()) {
        let licence = package.license.as_deref().unwrap_or("none");
        if !permits(licence, allowed) {
            problems
                .push(format!("{} {} has the licence {licence}", package.name, package.version));
        }
        let registry = package.source.as_deref().unwrap_or_default().starts_with("registry+");
        if !registry {
            problems.push(format!("{} does not come from the registry", package.name));
        }
    }
    Ok(problems)
}

/// Whether an SPDX expression can be satisfied with the allowed licences. Brackets, AND, OR and the old `/` for OR.
fn permits(expression: &str, allowed: &[String]) -> bool {
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = expression.split_whitespace().peekable();
    any(&mut words, allowed) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut permitted = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        permitted |= all(words, allowed);
    }
    permitted
}

fn all(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut permitted = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        permitted &= one(words, allowed);
    }
    permitted
}

fn one(words: &mut Words<'_>, allowed: &[String]) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let permitted = any(words, allowed);
        return words.next_if_eq(&")").is_some() && permitted;
    }
    let Some(name) = words.next() else { return false };
    let mut name = name.to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        name = format!("{name} WITH {}", words.next().unwrap_or_default());
    }
    allowed.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_judged() {
        let allowed = ["MIT".to_owned(), "Apache-2.0".to_owned(), "Unicode-3.0".to_owned()];
        let cases = [
            ("MIT", true),
            ("GPL-3.0", false),
            ("MIT OR GPL-3.0", true),
            ("GPL-3.0 / MIT", true),
            ("MIT AND GPL-3.0", false),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
            ("(MIT OR GPL-3.0) AND LGPL-2.1", false),
            ("Apache-2.0 WITH LLVM-exception OR MIT", true),
            ("Apache-2.0 WITH LLVM-exception", false),
            ("", false),
            ("(MIT", false),
        ];
        for (expression, expected) in cases {
            assert_eq!(permits(expression, &allowed), expected, "{expression}");
        }
    }
}
