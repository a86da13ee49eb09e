//! What an operator may write; `plugins/examples/README.md` describes the keys.

use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Headers of the request that are logged.
    pub(crate) request_headers: Vec<String>,
    /// Headers of the response that are logged.
    pub(crate) response_headers: Vec<String>,
    /// Whether the beginning of the request's body is logged.
    pub(crate) request_body: bool,
    /// Whether the beginning of the response's body is logged.
    pub(crate) response_body: bool,
    /// How much of a body is logged, bytes.
    pub(crate) max_body_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            request_headers: Vec::new(),
            response_headers: Vec::new(),
            request_body: false,
            response_body: false,
            max_body_bytes: 1024,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_written_has_a_default() {
        assert_eq!(Config::read(b" "), Ok(Config::default()));
        let config = Config::read(br#"{"request_headers": ["a"], "response_body": true}"#).unwrap();
        assert_eq!(config.request_headers, ["a"]);
        assert!(config.response_body && !config.request_body);
        assert_eq!(config.max_body_bytes, 1024);
        assert!(Config::read(br#"{"request_header": []}"#).is_err());
    }
}
