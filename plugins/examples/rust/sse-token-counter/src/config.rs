//! What an operator may write; `plugins/examples/README.md` describes the keys.

use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// How the names of the metrics begin.
    pub(crate) metric_prefix: String,
    /// The property the result is put into.
    pub(crate) property: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { metric_prefix: "sse".to_owned(), property: "sse_tokens".to_owned() }
    }
}

impl Config {
    /// Reads JSON; nothing at all is the default.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }
}
