//! The line of one exchange.

use std::fmt::Write;

/// A line that grows by `name=value`.
#[derive(Debug, Default)]
pub(crate) struct Line(String);

impl Line {
    /// Adds a value in quotes: printable ASCII as it is, quotes and backslashes with a backslash, other bytes as `\xNN`.
    pub(crate) fn quoted(&mut self, name: &str, value: &[u8]) {
        self.name(name);
        self.0.push('"');
        for byte in value {
            match byte {
                b'"' | b'\\' => {
                    self.0.push('\\');
                    self.0.push(char::from(*byte));
                }
                b' '..=b'~' => self.0.push(char::from(*byte)),
                byte => {
                    let _ = write!(self.0, "\\x{byte:02x}");
                }
            }
        }
        self.0.push('"');
    }

    /// Adds a value as it is.
    pub(crate) fn plain(&mut self, name: &str, value: &str) {
        self.name(name);
        self.0.push_str(value);
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    fn name(&mut self, name: &str) {
        let begin = if self.0.is_empty() { "access " } else { " " };
        self.0.push_str(begin);
        self.0.push_str(name);
        self.0.push('=');
    }
}

/// Takes the beginning of a body over, up to `most` bytes.
pub(crate) fn keep(kept: &mut Vec<u8>, piece: &[u8], most: usize) {
    let room = most.saturating_sub(kept.len()).min(piece.len());
    kept.extend_from_slice(&piece[..room]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_legible_on_one_line() {
        let mut line = Line::default();
        line.plain("method", "GET");
        line.quoted("path", b"/a\"\\\n\xc3\xa9");
        assert_eq!(line.text(), r#"access method=GET path="/a\"\\\x0a\xc3\xa9""#);
    }

    #[test]
    fn only_the_beginning_of_a_body_is_kept() {
        let mut kept = Vec::new();
        keep(&mut kept, b"abc", 5);
        keep(&mut kept, b"defg", 5);
        keep(&mut kept, b"h", 5);
        assert_eq!(kept, b"abcde");
    }
}
