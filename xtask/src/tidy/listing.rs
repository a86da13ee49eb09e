//! Reads the few TOML shapes our own lists use: `[section]`, `key = ["a", "b"]` over one or more lines, comments.
//!
//! Not a TOML reader: a line it does not understand is an error, so that no list is half read.

use std::collections::BTreeMap;

/// Lists by key.
pub(crate) type Section = BTreeMap<String, Vec<String>>;

/// The lists of one section. Other sections may hold anything.
pub(crate) fn section(text: &str, name: &str) -> Result<Section, String> {
    let mut lists = Section::new();
    let mut inside = false;
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        let line = without_comment(line);
        if let Some((key, mut list)) = open.take() {
            list.push_str(line);
            open = close(&mut lists, key, list);
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            inside = header.trim_end_matches(']') == name && !header.starts_with('[');
            continue;
        }
        if !inside || line.is_empty() {
            continue;
        }
        let (key, value) =
            line.split_once('=').ok_or_else(|| format!("[{name}]: not understood: {line}"))?;
        let key = key.trim().trim_matches('"').to_owned();
        // A setting that is no list belongs to another reader of the file.
        if let Some(list) = value.trim().strip_prefix('[') {
            open = close(&mut lists, key, list.to_owned());
        }
    }
    match open {
        Some((key, _)) => Err(format!("[{name}]: the list of {key} has no end")),
        None if lists.is_empty() => Err(format!("[{name}]: no lists")),
        None => Ok(lists),
    }
}

/// Stores the list when its bracket is closed, else hands it back to grow.
fn close(lists: &mut Section, key: String, list: String) -> Option<(String, String)> {
    let Some(items) = list.trim_end().strip_suffix(']') else { return Some((key, list)) };
    let items = items.split(',').map(|item| item.trim().trim_matches('"').to_owned());
    lists.insert(key, items.filter(|item| !item.is_empty()).collect());
    None
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_the_rest_is_left() {
        let text = "[a]\nx = [\"1\", \"2\"] # why\n[b]\ny = 3\nz = [\n  \"4\", # four\n  \"5\",\n]\nw = []\n";
        let b = section(text, "b").unwrap();
        assert_eq!(b.get("z"), Some(&vec!["4".to_owned(), "5".to_owned()]));
        assert_eq!(b.get("w"), Some(&vec![]));
        assert_eq!(section(text, "a").unwrap().len(), 1);
        assert!(section(text, "c").is_err());
        assert!(section("[a]\nx = [1", "a").is_err());
        assert!(section("[a]\nnonsense", "a").is_err());
    }
}
