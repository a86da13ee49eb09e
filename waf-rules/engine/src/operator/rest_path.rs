//! `@restpath`: a path with `{names}` for segments, which become entries of `ARGS_PATH`.

use std::ops::Range;
use std::sync::Arc;

use crate::operator::Pattern;

/// A path as a pattern.
#[derive(Debug)]
pub(crate) struct RestPath {
    pub(crate) pattern: Arc<Pattern>,
    /// Group of the pattern and the name written in the path.
    names: Box<[(usize, Box<str>)]>,
}

impl RestPath {
    /// The pattern a path stands for, and the names in it in order. What stands outside the names is a pattern itself.
    pub(crate) fn translate(path: &str) -> (String, Vec<String>) {
        let mut pattern = String::with_capacity(path.len() + 32);
        let mut names = Vec::new();
        let mut rest = path;
        while let Some((before, after)) = rest.split_once('{') {
            pattern.push_str(before);
            match after.split_once('}') {
                Some((name, after)) if is_name(name) => {
                    pattern.push_str(&format!("(?P<{GENERATED}{}>[^?/]+)", names.len()));
                    names.push(name.to_owned());
                    rest = after;
                }
                // A repetition, or a brace of its own.
                Some(_) | None => {
                    pattern.push('{');
                    rest = after;
                }
            }
        }
        pattern.push_str(rest);
        (pattern, names)
    }

    /// `names` are those of [`RestPath::translate`]; groups the path names itself count as well.
    pub(crate) fn new(pattern: Arc<Pattern>, names: &[String]) -> Self {
        let named = pattern.group_names().filter_map(|(group, name)| {
            let number = name.strip_prefix(GENERATED).and_then(|number| number.parse().ok());
            let name = match number {
                Some(at) => names.get::<usize>(at)?.as_str(),
                None => name,
            };
            Some((group, Box::from(name)))
        });
        let names = named.collect();
        Self { pattern, names }
    }

    /// Name and place of every segment in an input that matched.
    pub(crate) fn segments<'a>(
        &'a self,
        input: &[u8],
    ) -> impl Iterator<Item = (&'a str, Range<usize>)> {
        let groups = self.pattern.groups(input);
        self.names
            .iter()
            .filter_map(move |(group, name)| Some((&**name, groups.get_group(*group)?.range())))
    }
}

/// What names of generated groups begin with.
const GENERATED: &str = "__segment";

fn is_name(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::RestPath;
    use crate::operator::{Meaning, Pattern};

    #[test]
    fn paths() {
        for (path, input, expected) in [
            ("/users/{id}", "/users/7", Some("id=7")),
            ("/users/{id}", "/users/", None),
            (
                "/users/{user-id}/posts/{post}",
                "/users/a%20b/posts/9?x=1",
                Some("user-id=a%20b post=9"),
            ),
            // The path may stand anywhere unless it is anchored.
            ("/users/{id}", "/v1/users/7/x", Some("id=7")),
            ("^/users/{id}$", "/v1/users/7", None),
            (r"/v\d{1,2}/{id}", "/v12/x", Some("id=x")),
            ("/(?P<kind>a|b)/{id}", "/b/4", Some("kind=b id=4")),
        ] {
            let (pattern, names) = RestPath::translate(path);
            let pattern = Pattern::new(&pattern, Meaning::Values).unwrap();
            let path = RestPath::new(Arc::new(pattern), &names);
            let found = path.pattern.is_match(input.as_bytes()).then(|| {
                let segments = path.segments(input.as_bytes());
                segments
                    .map(|(name, at)| format!("{name}={}", &input[at]))
                    .collect::<Vec<_>>()
                    .join(" ")
            });
            assert_eq!(found.as_deref(), expected, "{input}");
        }
    }
}
