//! Hosts a rule of a plugin matches.

use std::fmt;
use std::str::FromStr;

use crate::text::text_value;

/// Hosts a rule of a plugin matches: `shop.example.com`, `*.example.com`, `shop.*` or `*`, as Higress writes them. Lower
/// case, no port: it is compared with the canonical host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PluginDomain(String);

/// How a [`PluginDomain`] matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form<'a> {
    Exact(&'a str),
    Ends(&'a str),
    Begins(&'a str),
}

impl PluginDomain {
    /// As written, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a canonical host is one of them.
    #[must_use]
    pub fn matches(&self, host: &str) -> bool {
        match self.form() {
            Form::Exact(exact) => host == exact,
            Form::Ends(end) => host.ends_with(end),
            Form::Begins(start) => host.starts_with(start),
        }
    }

    /// How narrow it is: an exact host before the longest pattern, an end before a beginning of the same length.
    #[must_use]
    pub fn rank(&self) -> (bool, usize, bool) {
        match self.form() {
            Form::Exact(exact) => (true, exact.len(), true),
            Form::Ends(end) => (false, end.len(), true),
            Form::Begins(start) => (false, start.len(), false),
        }
    }

    fn form(&self) -> Form<'_> {
        match (self.0.strip_prefix('*'), self.0.strip_suffix('*')) {
            (Some(end), _) => Form::Ends(end),
            (None, Some(start)) => Form::Begins(start),
            (None, None) => Form::Exact(&self.0),
        }
    }
}

impl FromStr for PluginDomain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let inner = lower.strip_prefix('*').or(lower.strip_suffix('*')).unwrap_or(&lower);
        let plain =
            |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'[' | b']');
        let v6 = inner.starts_with('[');
        if !v6 && inner.contains(':') {
            return Err(format!("`{text}` is not a host; hosts are written without a port"));
        }
        if lower.is_empty() || !inner.bytes().all(|b| plain(b) || v6 && b == b':') {
            return Err(format!(
                "`{text}` is not a host; write for example shop.example.com, *.example.com or shop.*"
            ));
        }
        Ok(Self(lower.strip_suffix('.').unwrap_or(&lower).to_owned()))
    }
}

impl fmt::Display for PluginDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value!(
    PluginDomain,
    "plugin-domain",
    "`shop.example.com`, `*.example.com`, `shop.*` or `*`; no port."
);
