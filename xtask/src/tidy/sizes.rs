//! A file has at most 500 lines of production code, and modules are `foo.rs` beside `foo/`.

use super::Problems;
use crate::tree::Tree;

/// The most lines of a Rust file without its tests.
const MAX_LINES: usize = 500;
/// Tests inside a file are moved out beyond this many lines.
const MAX_INLINE_TEST_LINES: usize = 120;

pub(super) fn check(tree: &Tree) -> Result<Problems, String> {
    let mut problems = Problems::new();
    for (path, text) in tree.below("", ".rs") {
        if path.ends_with("/mod.rs") {
            problems.push(format!("{path}: write foo.rs beside foo/ instead of foo/mod.rs"));
        }
        if is_test(path) {
            continue;
        }
        let (production, tests) = split(text);
        if production > MAX_LINES {
            problems.push(format!("{path}: {production} lines, the limit is {MAX_LINES}"));
        }
        if tests > MAX_INLINE_TEST_LINES {
            let name = path.trim_end_matches(".rs");
            problems.push(format!("{path}: {tests} lines of tests belong into {name}/tests.rs"));
        }
    }
    Ok(problems)
}

/// Tests, and programs that only tests and benches run, may be long tables.
fn is_test(path: &str) -> bool {
    ["/tests/", "/tests.rs", "/examples/", "/benches/"].iter().any(|part| path.contains(part))
}

/// Lines before the inline test module, and of it.
fn split(text: &str) -> (usize, usize) {
    let lines: Vec<&str> = text.lines().collect();
    let inline = lines
        .windows(2)
        .position(|pair| matches!(pair, ["#[cfg(test)]", next] if next.starts_with("mod ") && next.ends_with('{')));
    let production = inline.unwrap_or(lines.len());
    (production, lines.len() - production)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_not_counted() {
        assert_eq!(split("a\nb\n#[cfg(test)]\nmod tests {\n}\n"), (2, 3));
        assert_eq!(split("a\n#[cfg(test)]\nmod tests;\n"), (3, 0));
    }
}
