//! The virtual files a rule set is compiled from.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Entry text and the files it may include or take data from. Nothing else is read: no disk, no network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Sources {
    files: BTreeMap<Cow<'static, str>, Cow<'static, [u8]>>,
    entry_name: Cow<'static, str>,
    entry: Cow<'static, [u8]>,
}

impl Sources {
    /// Starts with the entry document; `name` stands in diagnostics and is what relative includes are relative to.
    pub fn new(name: impl Into<Cow<'static, str>>, text: impl Into<Cow<'static, str>>) -> Self {
        let entry = match text.into() {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        Self { files: BTreeMap::new(), entry_name: name.into(), entry }
    }

    /// Adds a rule or data file; the last one of a name wins.
    pub fn insert(
        &mut self,
        path: impl Into<Cow<'static, str>>,
        content: impl Into<Cow<'static, [u8]>>,
    ) -> &mut Self {
        self.files.insert(path.into(), content.into());
        self
    }

    /// Adds many files.
    pub fn with_files<P, C>(mut self, files: impl IntoIterator<Item = (P, C)>) -> Self
    where
        P: Into<Cow<'static, str>>,
        C: Into<Cow<'static, [u8]>>,
    {
        for (path, content) in files {
            self.insert(path, content);
        }
        self
    }

    pub(crate) fn entry(&self) -> (&str, &[u8]) {
        (&self.entry_name, &self.entry)
    }

    /// The file of a name used in `from`: beside it first, then as a full name.
    pub(crate) fn find(&self, from: &str, name: &str) -> Option<(&str, &[u8])> {
        let beside = beside(from, name);
        self.files
            .get_key_value(beside.as_str())
            .or_else(|| self.files.get_key_value(name))
            .map(|(path, content)| (path.as_ref(), content.as_ref()))
    }

    /// All files an `Include` argument means, sorted by name; `*` stands for any run of bytes but `/`.
    pub(crate) fn include(&self, from: &str, pattern: &str) -> Vec<(&str, &[u8])> {
        if !pattern.contains('*') {
            return self.find(from, pattern).into_iter().collect();
        }
        for pattern in [beside(from, pattern), pattern.to_owned()] {
            let found: Vec<_> = self
                .files
                .iter()
                .filter(|(path, _)| glob(pattern.as_bytes(), path.as_bytes()))
                .map(|(path, content)| (path.as_ref(), content.as_ref()))
                .collect();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// Every file name, for help in diagnostics.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.files.keys().map(AsRef::as_ref).collect()
    }
}

fn beside(from: &str, name: &str) -> String {
    match from.rfind('/').and_then(|slash| from.get(..=slash)) {
        Some(folder) => format!("{folder}{name}"),
        None => name.to_owned(),
    }
}

/// Iterative wildcard match: on a mismatch the last star takes one byte more.
fn glob(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        match (pattern.get(p), name.get(n)) {
            (Some(b'*'), _) => {
                retry = Some((p + 1, n));
                p += 1;
            }
            (Some(a), Some(b)) if a == b => {
                p += 1;
                n += 1;
            }
            _ => match retry {
                Some((star, from)) if name.get(from) != Some(&b'/') => {
                    retry = Some((star, from + 1));
                    p = star;
                    n = from + 1;
                }
                _ => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|b| *b == b'*'))
}

#[cfg(test)]
mod tests {
    use super::{Sources, glob};

    #[test]
    fn globs() {
        for (pattern, name, expected) in [
            ("a/*.conf", "a/b.conf", true),
            ("a/*.conf", "a/b/c.conf", false),
            ("*", "x", true),
            ("*.conf", "x.config", false),
            ("a*b*c", "axxbyybzzc", true),
        ] {
            assert_eq!(glob(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn includes_are_sorted_and_relative_first() {
        let mut sources = Sources::new("rules/main.conf", "");
        sources.insert("rules/b.conf", &b"1"[..]).insert("rules/a.conf", &b"2"[..]);
        sources.insert("b.conf", &b"3"[..]);
        let names = |pattern| {
            sources.include("rules/main.conf", pattern).iter().map(|f| f.0).collect::<Vec<_>>()
        };
        assert_eq!(names("*.conf"), ["rules/a.conf", "rules/b.conf"]);
        assert_eq!(names("b.conf"), ["rules/b.conf"]);
        assert!(names("c.conf").is_empty());
    }
}
