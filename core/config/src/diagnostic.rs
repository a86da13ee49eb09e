//! One problem in a document, with where it is and what would be right.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The documents cannot be used.
    Error,
    /// They can, but probably not as meant.
    Warning,
    /// They are as meant; this is what came of it.
    Note,
}

/// One problem in a document. Shown as rustc shows its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line, beginning with a small letter.
    pub message: String,
    /// File of the document; empty when it is not known.
    pub file: PathBuf,
    /// Line from 1; 0 when it is not known.
    pub line: u32,
    /// Column from 1, in characters; 0 when it is not known.
    pub column: u32,
    /// What would be right.
    pub help: Option<String>,
    /// Where in the merged configuration: `routes[2].match.path.regex`. Whoever has no line gives this, and
    /// [`crate::Spans::locate`] finds the line.
    pub path: String,
}

impl Diagnostic {
    /// An error at a path of the configuration.
    pub fn error(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            file: PathBuf::new(),
            line: 0,
            column: 0,
            help: None,
            path: path.into(),
        }
    }

    /// A warning at a path of the configuration.
    pub fn warning(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(path, message) }
    }

    /// What came of a path of the configuration, where that is not plain from the documents.
    pub fn note(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::error(path, message) }
    }

    /// With what would be right.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// With where it is.
    #[must_use]
    pub fn at(self, file: impl Into<PathBuf>, line: u32, column: u32) -> Self {
        Self { file: file.into(), line, column, ..self }
    }

    /// Whether the documents cannot be used.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        write!(f, "{severity}: {}", self.message)?;
        if !self.file.as_os_str().is_empty() {
            write!(f, "\n  --> {}", self.file.display())?;
            if self.line != 0 {
                write!(f, ":{}:{}", self.line, self.column)?;
            }
        }
        if !self.path.is_empty() {
            write!(f, "\n   at {}", self.path)?;
        }
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_as_rustc_shows_its_own() {
        let plain = Diagnostic::error("", "it is wrong");
        assert_eq!(plain.to_string(), "error: it is wrong");
        let file = Diagnostic::warning("a.b", "it is odd").at("x.yaml", 0, 0);
        assert_eq!(file.to_string(), "warning: it is odd\n  --> x.yaml\n   at a.b");
        let whole = plain.with_help("do this").at("x.yaml", 3, 4);
        assert_eq!(whole.to_string(), "error: it is wrong\n  --> x.yaml:3:4\n  help: do this");
        let json = serde_json::to_value(&whole).unwrap();
        let expected = serde_json::json!({
            "severity": "error", "message": "it is wrong", "file": "x.yaml", "line": 3, "column": 4,
            "help": "do this", "path": "",
        });
        assert_eq!(json, expected);
    }
}
