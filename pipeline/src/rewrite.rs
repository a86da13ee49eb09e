//! What a route changes in the request line and Host on the way up. Filters have seen the request as it was before.

use portcullis_canonical::Path;
use portcullis_config as config;
use portcullis_config::Diagnostic;
use regex_automata::meta::Regex;
use regex_automata::util::{interpolate, syntax};

/// A compiled rewrite.
#[derive(Debug)]
pub struct Rewrite {
    path: Option<PathRewrite>,
    host: Option<http::HeaderValue>,
}

#[derive(Debug)]
enum PathRewrite {
    /// Number of bytes of the matched prefix, and what is put in its place.
    Prefix {
        matched: usize,
        replacement: Box<str>,
    },
    Regex {
        pattern: Regex,
        replacement: Box<str>,
    },
}

/// What goes upstream in place of what came.
#[derive(Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// Path and query.
    pub path_and_query: String,
}

impl Rewrite {
    /// Compiles the rewrite of a route; `at` is its place in the configuration.
    ///
    /// # Errors
    /// Every problem: a pattern that does not compile, a prefix without a prefix match, a host that is no header.
    pub fn compile(
        written: &config::Rewrite,
        matches: &config::Match,
        at: &str,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let path = compile_path(written, matches, at).unwrap_or_else(|problem| {
            problems.push(*problem);
            None
        });
        let host = written.host.as_deref().and_then(|host| {
            http::HeaderValue::from_str(host)
                .map_err(|_| {
                    problems.push(Diagnostic::error(
                        format!("{at}.host"),
                        format!("`{host}` cannot stand in a Host header"),
                    ));
                })
                .ok()
        });
        if problems.is_empty() { Ok(Self { path, host }) } else { Err(problems) }
    }

    /// The Host header sent upstream, where it differs from what the downstream asked for.
    #[must_use]
    pub fn host(&self) -> Option<&http::HeaderValue> {
        self.host.as_ref()
    }

    /// The request target sent upstream; none when the path stays.
    #[must_use]
    pub fn path(&self, path: &Path) -> Option<Rewritten> {
        let old = path.as_str();
        let mut new = match self.path.as_ref()? {
            PathRewrite::Prefix { matched, replacement } => {
                join(replacement, old.get(*matched..).unwrap_or_default())
            }
            PathRewrite::Regex { pattern, replacement } => substitute(pattern, replacement, old)?,
        };
        if !new.starts_with('/') {
            new.insert(0, '/');
        }
        if let Some(query) = path.query() {
            new.push('?');
            new.push_str(query);
        }
        Some(Rewritten { path_and_query: new })
    }
}

/// Puts a replacement before the rest of a path with one slash between them.
fn join(replacement: &str, rest: &str) -> String {
    let mut new = String::with_capacity(replacement.len() + rest.len() + 2);
    new.push_str(replacement.trim_end_matches('/'));
    let bare = rest.is_empty() && !new.is_empty();
    if !rest.starts_with('/') && !bare {
        new.push('/');
    }
    new.push_str(rest);
    new
}

fn substitute(pattern: &Regex, replacement: &str, old: &str) -> Option<String> {
    let mut captures = pattern.create_captures();
    pattern.captures(old, &mut captures);
    let found = captures.get_match()?;
    let mut new = String::with_capacity(old.len() + replacement.len());
    new.push_str(&old[..found.start()]);
    interpolate::string(
        replacement,
        |group, into| {
            if let Some(span) = captures.get_group(group) {
                into.push_str(&old[span.start..span.end]);
            }
        },
        |name| captures.group_info().to_index(captures.pattern()?, name),
        &mut new,
    );
    new.push_str(&old[found.end()..]);
    Some(new)
}

fn compile_path(
    written: &config::Rewrite,
    matches: &config::Match,
    at: &str,
) -> Result<Option<PathRewrite>, Box<Diagnostic>> {
    if let Some(substitution) = &written.path_regex {
        let syntax = syntax::Config::new().unicode(true);
        let pattern = Regex::builder().syntax(syntax).build(&substitution.pattern);
        let pattern = pattern.map_err(|error| {
            let message = format!("the pattern does not compile: {error}");
            Box::new(Diagnostic::error(format!("{at}.path_regex.pattern"), message))
        })?;
        let replacement = substitution.replacement.as_str().into();
        return Ok(Some(PathRewrite::Regex { pattern, replacement }));
    }
    let Some(replacement) = &written.path_prefix else { return Ok(None) };
    let Some(config::PathMatch::Prefix(prefix)) = &matches.path else {
        let problem = Diagnostic::error(
            format!("{at}.path_prefix"),
            "there is no prefix to replace: the route does not match by `path: {prefix: ...}`",
        );
        return Err(Box::new(problem.with_help("match by a prefix, or use `path_regex`")));
    };
    let matched = prefix.trim_end_matches('/').len();
    Ok(Some(PathRewrite::Prefix { matched, replacement: replacement.as_str().into() }))
}

#[cfg(test)]
mod tests;
