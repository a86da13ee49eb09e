//! A file has at most 500 lines of production code, and modules are `foo.rs` beside `foo/`. The rows of a constant
//! table are data and not counted: a list of 373 event names is one thing to read, not a long program.

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
    let end = inline.unwrap_or(lines.len());
    (end - rows(lines.iter().take(end)), lines.len() - end)
}

/// Lines between the brackets of top-level constant tables.
fn rows<'a>(lines: impl Iterator<Item = &'a &'a str>) -> usize {
    let mut rows = 0;
    let mut inside = false;
    for line in lines {
        let constant =
            ["const ", "static ", "pub const ", "pub(crate) const ", "pub(super) const "];
        if constant.iter().any(|start| line.starts_with(start)) && line.ends_with('[') {
            inside = true;
        } else if line.starts_with(']') {
            inside = false;
        } else {
            rows += usize::from(inside);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_not_counted() {
        assert_eq!(split("a\nb\n#[cfg(test)]\nmod tests {\n}\n"), (2, 3));
        assert_eq!(split("a\n#[cfg(test)]\nmod tests;\n"), (3, 0));
        assert_eq!(split("const A: &[u8] = &[\n    1,\n    2,\n];\nb\n"), (3, 0));
    }
}
