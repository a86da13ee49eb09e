//! What never reaches a log: secrets in headers, parameters, bodies and the values rules matched.
//!
//! Redaction errs towards hiding: a name is compared after percent-decoding and in lower case, and the
//! value of a sensitive name is hidden up to the next separator that surely ends it. What a secret was
//! encoded to (base64, a hash) is not known for it.

mod body;
mod literals;
mod names;

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use portcullis_config::{self as config, Diagnostic};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;

use literals::Literals;
pub use literals::{HiddenBytes, LITERAL_BYTES_MIN};
use names::{HEADERS, PARAMETERS, json_unescaped, percent_decoded, with_lower_case};

/// Stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// Memory all patterns together may take when compiled, in bytes.
const PATTERN_BYTES_MAX: usize = 8 << 20;

/// How much of the end of a value that was cut is left out where patterns or bytes are hidden: a secret that lies over the
/// cut would not be known.
const CUT_BYTES: usize = 64;

/// Hides secrets by the names they stand under, by patterns, and for one exchange by what its rules said.
#[derive(Debug, Clone)]
pub struct Redactor {
    base: Arc<Base>,
    /// Of one exchange.
    own: Option<Arc<Own>>,
}

#[derive(Debug)]
struct Base {
    names: Names,
    patterns: Option<Regex>,
}

#[derive(Debug, Default)]
struct Names {
    headers: HashSet<Box<[u8]>>,
    parameters: HashSet<Box<[u8]>>,
}

#[derive(Debug)]
struct Own {
    names: Names,
    literals: Option<Literals>,
    everything: bool,
}

/// What is hidden of one exchange, beside what always is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Names of headers of both messages.
    pub headers: Vec<Vec<u8>>,
    /// Names of arguments and cookies.
    pub arguments: Vec<Vec<u8>>,
    /// Bytes that are hidden wherever they stand, unless fewer than [`LITERAL_BYTES_MIN`].
    pub bytes: Vec<HiddenBytes>,
    /// Nothing a caller or an upstream sent is shown.
    pub everything: bool,
}

impl Hidden {
    /// Whether nothing is hidden.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Names {
    fn add(set: &mut HashSet<Box<[u8]>>, names: impl IntoIterator<Item = impl AsRef<[u8]>>) {
        set.extend(names.into_iter().map(|name| name.as_ref().to_ascii_lowercase().into()));
    }
}

impl Default for Redactor {
    fn default() -> Self {
        let mut names = Names::default();
        Names::add(&mut names.headers, HEADERS);
        Names::add(&mut names.parameters, PARAMETERS);
        Self { base: Arc::new(Base { names, patterns: None }), own: None }
    }
}

impl Redactor {
    /// The built-in names and what an operator wrote.
    ///
    /// # Errors
    /// Patterns that do not compile, or that match nothing at all; paths begin at `redact`.
    pub fn compile(written: &config::Redact) -> Result<Self, Vec<Diagnostic>> {
        let mut names = Names::default();
        Names::add(&mut names.headers, HEADERS.iter().copied());
        Names::add(&mut names.headers, &written.headers);
        Names::add(&mut names.parameters, PARAMETERS.iter().copied());
        Names::add(&mut names.parameters, &written.arguments);
        Names::add(&mut names.parameters, &written.cookies);
        let mut problems = Vec::new();
        for (n, pattern) in written.patterns.iter().enumerate() {
            if let Err(message) = compile(std::slice::from_ref(pattern)) {
                problems.push(Diagnostic::error(format!("patterns[{n}]"), message));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let patterns = compile(&written.patterns)
            .map_err(|message| vec![Diagnostic::error("patterns", message)])?;
        Ok(Self { base: Arc::new(Base { names, patterns }), own: None })
    }

    /// This redactor for one exchange, which hides more.
    #[must_use]
    pub fn with(&self, hidden: &Hidden) -> Self {
        let mut names = Names::default();
        Names::add(&mut names.headers, &hidden.headers);
        Names::add(&mut names.parameters, &hidden.arguments);
        let literals = Literals::new(&hidden.bytes);
        let own = Own { names, literals, everything: hidden.everything };
        Self { base: Arc::clone(&self.base), own: Some(Arc::new(own)) }
    }

    /// Whether the value of this header is hidden.
    #[must_use]
    pub fn hides_header(&self, name: &[u8]) -> bool {
        with_lower_case(name, |lower| self.names().any(|names| names.headers.contains(lower)))
    }

    /// Whether the value of this parameter is hidden. The name may be percent-encoded; of `user[password]`
    /// and `json.user.password` each part counts.
    #[must_use]
    pub fn hides_parameter(&self, name: &[u8]) -> bool {
        let known = |name: &[u8]| self.names().any(|names| names.parameters.contains(name));
        with_lower_case(percent_decoded(name).trim_ascii(), |lower| {
            let part = |byte: &u8| matches!(byte, b'.' | b'[' | b']' | b':');
            known(lower) || (lower.iter().any(part) && lower.split(part).any(known))
        })
    }

    fn names(&self) -> impl Iterator<Item = &Names> {
        std::iter::once(&self.base.names).chain(self.own.as_ref().map(|own| &own.names))
    }

    fn everything(&self) -> bool {
        self.own.as_ref().is_some_and(|own| own.everything)
    }

    /// The value of a header, or what stands for it.
    #[must_use]
    pub fn header<'v>(&self, name: &[u8], value: &'v [u8]) -> Cow<'v, [u8]> {
        if self.hides_header(name) {
            return Cow::Borrowed(REDACTED.as_bytes());
        }
        self.text(value)
    }

    /// A query or form with the values of sensitive parameters hidden.
    #[must_use]
    pub fn query<'v>(&self, query: &'v [u8]) -> Cow<'v, [u8]> {
        let mut out = Vec::new();
        let mut copied = 0;
        let mut at = 0;
        for parameter in query.split(|byte| *byte == b'&') {
            if let Some(value) = self.secret_of(parameter) {
                out.extend_from_slice(&query[copied..at + value]);
                out.extend_from_slice(REDACTED.as_bytes());
                copied = at + parameter.len();
            }
            at += parameter.len() + 1;
        }
        if copied == 0 {
            return self.plain(query);
        }
        out.extend_from_slice(query.get(copied..).unwrap_or_default());
        self.finish(Cow::Owned(out))
    }

    /// A URL with the values of sensitive parameters in its query hidden.
    #[must_use]
    pub fn url<'v>(&self, url: &'v [u8]) -> Cow<'v, [u8]> {
        let Some(mark) = memchr(b'?', url) else { return self.plain(url) };
        let (before, query) = url.split_at(mark + 1);
        let shown = self.query(query);
        if *shown == *query {
            return self.plain(url);
        }
        self.finish(Cow::Owned([before, &shown].concat()))
    }

    /// A value that holds no names, such as a path: patterns and bytes of the exchange are hidden.
    #[must_use]
    pub fn plain<'v>(&self, value: &'v [u8]) -> Cow<'v, [u8]> {
        self.finish(Cow::Borrowed(value))
    }

    /// Where the value of a sensitive parameter begins. Some servers separate by `;` as well, so what
    /// follows one is looked at too; the value itself then reaches to the `&`.
    fn secret_of(&self, parameter: &[u8]) -> Option<usize> {
        let mut at = 0;
        for part in parameter.split(|byte| *byte == b';') {
            if let Some(equals) = memchr(b'=', part)
                && self.hides_parameter(&part[..equals])
            {
                return Some(at + equals + 1);
            }
            at += part.len() + 1;
        }
        None
    }

    /// The value of a SecLang variable: `collection` as `ARGS`, `REQUEST_HEADERS`, `REQUEST_BODY`; `key` as
    /// the parameter or header name within it, empty for none.
    #[must_use]
    pub fn variable<'v>(&self, collection: &str, key: &[u8], value: &'v [u8]) -> Cow<'v, [u8]> {
        if self.hides_variable(collection, key) {
            return Cow::Borrowed(REDACTED.as_bytes());
        }
        self.text(value)
    }

    /// Whether the value of a SecLang variable is hidden as a whole.
    #[must_use]
    pub fn hides_variable(&self, collection: &str, key: &[u8]) -> bool {
        let is = |name: &str| collection.eq_ignore_ascii_case(name);
        if is("REQUEST_COOKIES") {
            return true;
        }
        if is("REQUEST_HEADERS") || is("RESPONSE_HEADERS") {
            return self.hides_header(key);
        }
        self.hides_parameter(key)
    }

    /// Free text, such as a rule's message: whatever in it looks like `name=value` or `"name": "value"`
    /// under a sensitive name is hidden.
    #[must_use]
    pub fn text<'v>(&self, text: &'v [u8]) -> Cow<'v, [u8]> {
        self.finish(self.named(text))
    }

    fn named<'v>(&self, text: &'v [u8]) -> Cow<'v, [u8]> {
        let mut out = Vec::new();
        let mut copied = 0;
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            at += 1;
            if !matches!(byte, b'=' | b':') {
                continue;
            }
            let name = json_unescaped(name_before(&text[copied..at - 1]));
            let header = byte == b':' && self.hides_header(&name);
            if !header && !self.hides_parameter(&name) {
                continue;
            }
            out.extend_from_slice(&text[copied..at]);
            out.extend_from_slice(REDACTED.as_bytes());
            at += secret_length(&text[at..], byte == b':');
            copied = at;
        }
        if copied == 0 {
            return Cow::Borrowed(text);
        }
        out.extend_from_slice(&text[copied..]);
        Cow::Owned(out)
    }

    /// The beginning of a value that was cut, less what a cut secret might take of it.
    #[must_use]
    pub fn cut<'v>(&self, value: &'v [u8]) -> &'v [u8] {
        let literals = self.own.as_ref().is_some_and(|own| own.literals.is_some());
        if literals || self.base.patterns.is_some() {
            return value.get(..value.len().saturating_sub(CUT_BYTES)).unwrap_or_default();
        }
        value
    }

    /// Hides what has no name.
    fn finish<'v>(&self, mut shown: Cow<'v, [u8]>) -> Cow<'v, [u8]> {
        if self.everything() && !shown.is_empty() {
            return Cow::Borrowed(REDACTED.as_bytes());
        }
        if let Some(literals) = self.own.as_ref().and_then(|own| own.literals.as_ref())
            && let Some(hidden) = literals.hide(&shown)
        {
            shown = Cow::Owned(hidden);
        }
        let Some(patterns) = &self.base.patterns else { return shown };
        let mut out = Vec::new();
        let mut copied = 0;
        for found in patterns.find_iter(&*shown).filter(|found| !found.is_empty()) {
            out.extend_from_slice(shown.get(copied..found.start()).unwrap_or_default());
            out.extend_from_slice(REDACTED.as_bytes());
            copied = found.end();
        }
        if copied == 0 {
            return shown;
        }
        out.extend_from_slice(shown.get(copied..).unwrap_or_default());
        Cow::Owned(out)
    }
}

/// One program of all patterns; none of none.
fn compile(patterns: &[String]) -> Result<Option<Regex>, String> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let config = Regex::config().utf8_empty(false).nfa_size_limit(Some(PATTERN_BYTES_MAX));
    let syntax = syntax::Config::new().utf8(false);
    let regex = Regex::builder().configure(config).syntax(syntax).build_many(patterns).map_err(
        |error| match error.syntax_error() {
            Some(error) => format!("not a regular expression: {error}"),
            None => format!("the patterns cannot be compiled: {error}"),
        },
    )?;
    if regex.is_match(b"") {
        return Err("a pattern that matches nothing at all hides nothing".to_owned());
    }
    Ok(Some(regex))
}

/// The name that ends a text, without quotes and blanks around it.
fn name_before(text: &[u8]) -> &[u8] {
    let unquoted = text.trim_ascii_end();
    let unquoted = unquoted.strip_suffix(b"\"").unwrap_or(unquoted);
    let separator = |byte: &u8| {
        matches!(byte, b'&' | b';' | b'?' | b',' | b'/' | b'{' | b'"' | b'\'' | b'<' | b'=' | b':')
            || byte.is_ascii_whitespace()
    };
    match unquoted.iter().rposition(separator) {
        Some(at) => &unquoted[at + 1..],
        None => unquoted,
    }
}

/// How many bytes after the separator belong to the secret.
fn secret_length(text: &[u8], json: bool) -> usize {
    let blanks = text.len() - text.trim_ascii_start().len();
    if json {
        return body::json_value_end(text, blanks);
    }
    memchr(b'&', text).unwrap_or(text.len())
}

fn memchr(needle: u8, haystack: &[u8]) -> Option<usize> {
    haystack.iter().position(|byte| *byte == needle)
}

#[cfg(test)]
mod tests;
