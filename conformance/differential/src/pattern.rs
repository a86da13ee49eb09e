//! Patterns under the rules of either engine, to tell which rule of theirs makes a difference.
//!
//! The reference engine runs Go's regular expressions with `(?sm)` over runes; this engine runs bytes, with `$` at the
//! very end, as the Core Rule Set is written for ([PCRE with DOTALL and DOLLAR_ENDONLY]). A difference is explained by
//! changing one rule at a time and looking whether the answer changes with it.

use regex_automata::meta::Regex;
use regex_automata::util::syntax::Config;

/// What sets Go's patterns apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Manner {
    /// `^` and `$` match at line ends too.
    pub multi_line: bool,
    /// A character is a rune, and case is Unicode's.
    pub runes: bool,
    /// `\s` has no vertical tab.
    pub no_vertical_tab: bool,
}

impl Manner {
    /// All of Go's manners.
    pub const GO: Manner = Manner { multi_line: true, runes: true, no_vertical_tab: true };

    /// Whether `pattern` matches anywhere in `value`; `None` when it does not compile so, or `value` is no text.
    pub fn matches(self, pattern: &str, value: &[u8]) -> Option<bool> {
        let rewritten = self.rewrite(pattern);
        let syntax = Config::new()
            .unicode(self.runes)
            .utf8(false)
            .dot_matches_new_line(true)
            .multi_line(self.multi_line);
        let regex = Regex::builder().syntax(syntax).build(&rewritten).ok()?;
        if self.runes {
            return Some(regex.is_match(runes(value).as_bytes()));
        }
        Some(regex.is_match(value))
    }

    /// `pattern` with its classes spelt out where their meaning depends on the manner.
    fn rewrite(self, pattern: &str) -> String {
        let space = if self.no_vertical_tab { r"\t\n\x0c\r\x20" } else { r"\t\n\x0b\x0c\r\x20" };
        let mut out = String::with_capacity(pattern.len() + 64);
        let mut inside = false;
        let mut chars = pattern.chars().peekable();
        while let Some(next) = chars.next() {
            match next {
                '[' if !inside => {
                    inside = true;
                    out.push('[');
                    if chars.peek() == Some(&'^') {
                        out.extend(chars.next());
                    }
                    if chars.peek() == Some(&']') {
                        out.push_str(r"\]");
                        chars.next();
                    }
                }
                // A bracket, or what this crate reads as a set operation, means itself in Go.
                '[' | '&' | '~' if inside => out.extend(['\\', next]),
                ']' if inside => {
                    inside = false;
                    out.push(']');
                }
                '\\' => match (chars.next(), inside) {
                    (Some('s'), true) => out.push_str(space),
                    (Some('s'), false) => out.push_str(&format!("[{space}]")),
                    (Some('S'), false) => out.push_str(&format!("[^{space}]")),
                    (Some('w'), true) => out.push_str("0-9A-Za-z_"),
                    (Some('w'), false) => out.push_str("[0-9A-Za-z_]"),
                    (Some('W'), false) => out.push_str("[^0-9A-Za-z_]"),
                    (Some('d'), true) => out.push_str("0-9"),
                    (Some('d'), false) => out.push_str("[0-9]"),
                    (Some('D'), false) => out.push_str("[^0-9]"),
                    (Some(edge @ ('b' | 'B')), false) => out.push_str(&format!("(?-u:\\{edge})")),
                    (Some('x'), _) if !self.runes && chars.peek() == Some(&'{') => {
                        let digits: String =
                            chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
                        out.push_str(&format!("\\x{digits:0>2}"));
                    }
                    (Some(other), _) => out.extend(['\\', other]),
                    (None, _) => out.push('\\'),
                },
                _ => out.push(next),
            }
        }
        out
    }
}

/// `value` as Go reads it: U+FFFD for each byte that belongs to no rune.
fn runes(value: &[u8]) -> String {
    let mut text = String::with_capacity(value.len());
    for chunk in value.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_manner_changes_what_it_says() {
        let lines = Manner { multi_line: true, ..Manner::default() };
        let runes = Manner { runes: true, ..Manner::default() };
        let tabs = Manner { no_vertical_tab: true, ..Manner::default() };
        let cases: [(&str, &[u8], Manner); 5] = [
            ("who$", b"who\n", lines),
            (r"\W{4}", "你好".as_bytes(), runes),
            (r"(?i)k", "\u{212a}".as_bytes(), runes),
            (r"a\sb", b"a\x0bb", tabs),
            (r"a[\s&]b", b"a\x0bb", tabs),
        ];
        for (pattern, value, manner) in cases {
            let plain = Manner::default().matches(pattern, value);
            let other = manner.matches(pattern, value);
            assert!(plain.is_some() && other.is_some() && plain != other, "{pattern}");
        }
    }
}
