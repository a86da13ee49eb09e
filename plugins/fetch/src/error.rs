//! Why a module could not be brought.

use std::fmt;

use portcullis_config::Diagnostic;

/// Why a module could not be brought, with what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchError {
    /// What is wrong, beginning with a small letter.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// Whether nobody answered, so that what was brought before will do.
    pub(crate) unanswered: bool,
}

impl FetchError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, unanswered: false }
    }

    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    pub(crate) fn unanswered(message: impl Into<String>) -> Self {
        Self { unanswered: true, ..Self::new(message) }
    }

    /// As a diagnostic at a path of the configuration, such as `plugins[2].url`.
    #[must_use]
    pub fn diagnostic(&self, path: &str) -> Diagnostic {
        let help = self.help.clone();
        Diagnostic { help, ..Diagnostic::error(path, self.message.clone()) }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.help {
            Some(help) => write!(f, "{} ({help})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for FetchError {}
