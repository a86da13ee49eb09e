//! `@rx`: patterns over bytes. `.` matches a line break, `$` only the end, `\d\w\s` and `(?i)` are ASCII, `\x{HH}` is a
//! byte: what the Core Rule Set is written for (ModSecurity 2: dot-all, dollar-end-only, no UTF mode).

use std::ops::Range;

use regex_automata::Input;
use regex_automata::meta::{self, Regex};
use regex_automata::util::captures::Captures as Groups;
use regex_automata::util::primitives::PatternID;
use regex_automata::util::syntax;
use regex_syntax::hir::Hir;

use crate::limits::{MAX_CAPTURES, MAX_GLOBAL_CAPTURES, MAX_PATTERN_BYTES, MAX_PATTERN_NESTING};
use crate::operator::Captures;

/// A compiled pattern, shared by the rules that carry it.
#[derive(Debug)]
pub(crate) struct Pattern {
    regex: Regex,
    /// Position among the patterns and lists of the rule set, for the gate.
    pub(crate) id: u32,
}

/// Why a pattern cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PatternError {
    pub(crate) message: String,
    pub(crate) help: Option<&'static str>,
}

impl Pattern {
    pub(crate) fn new(id: u32, hir: &Hir) -> Result<Self, PatternError> {
        build(hir).map(|regex| Self { regex, id })
    }

    #[inline]
    pub(crate) fn is_match(&self, input: &[u8]) -> bool {
        self.regex.is_match(input)
    }

    pub(crate) fn find(&self, input: &[u8]) -> Option<Range<usize>> {
        self.regex.find(input).map(|found| found.range())
    }

    /// The first match that begins at `from` or later; what stands before it is seen by `\b` and `^`.
    pub(crate) fn find_from(&self, input: &[u8], from: usize) -> Option<Range<usize>> {
        if from > input.len() {
            return None;
        }
        self.regex.find(Input::new(input).range(from..)).map(|found| found.range())
    }

    /// The groups of the first match.
    pub(crate) fn groups(&self, input: &[u8]) -> Groups {
        let mut groups: Groups = self.regex.create_captures();
        self.regex.captures(input, &mut groups);
        groups
    }

    /// Groups that have a name.
    pub(crate) fn group_names(&self) -> impl Iterator<Item = (usize, &str)> {
        let names = self.regex.group_info().pattern_names(PatternID::ZERO);
        names.enumerate().filter_map(|(group, name)| Some((group, name?)))
    }

    /// The groups of every match, one match after the other.
    pub(crate) fn capture_all(&self, input: &[u8], captures: &mut Captures) {
        for groups in self.regex.captures_iter(input) {
            let taking_part = |group: &usize| groups.get_group(*group).is_some();
            let last = (0..groups.group_len()).rev().find(taking_part).unwrap_or(0);
            for group in 0..=last {
                if captures.groups.len() >= MAX_GLOBAL_CAPTURES {
                    return;
                }
                captures.groups.push(groups.get_group(group).map(|span| span.range()));
            }
        }
    }

    pub(crate) fn capture(&self, input: &[u8], captures: &mut Captures) {
        let groups = self.groups(input);
        for index in 0..groups.group_len().min(MAX_CAPTURES) {
            captures.push(groups.get_group(index).map(|span| span.range()));
        }
    }
}

/// The syntax tree of a pattern, after the few rewrites PCRE habits need.
pub(crate) fn parse(pattern: &str) -> Result<Hir, PatternError> {
    let rewritten = byte_escapes(pattern);
    match syntax::parse_with(&rewritten, &config(false)) {
        Ok(hir) => Ok(hir),
        // Only what fails is repaired, so that no valid pattern changes its meaning.
        Err(error) => match syntax::parse_with(&repaired(&rewritten), &config(false)) {
            Ok(hir) => Ok(hir),
            Err(_) => Err(explain(pattern, &error.to_string())),
        },
    }
}

/// The pattern of a `VAR:/pattern/` selector: over names, in any case.
pub(crate) fn compile_selector(pattern: &str) -> Result<Regex, PatternError> {
    let hir = syntax::parse_with(&byte_escapes(pattern), &config(true))
        .map_err(|error| explain(pattern, &error.to_string()))?;
    build(&hir)
}

fn build(hir: &Hir) -> Result<Regex, PatternError> {
    let config = meta::Config::new()
        .utf8_empty(false)
        .nfa_size_limit(Some(MAX_PATTERN_BYTES))
        .onepass_size_limit(Some(1 << 20));
    meta::Builder::new()
        .configure(config)
        .build_from_hir(hir)
        .map_err(|error| PatternError { message: error.to_string(), help: None })
}

fn config(case_insensitive: bool) -> syntax::Config {
    syntax::Config::new()
        .unicode(false)
        .utf8(false)
        .dot_matches_new_line(true)
        .multi_line(false)
        .case_insensitive(case_insensitive)
        .nest_limit(MAX_PATTERN_NESTING)
}

/// `\x{HH}` as `\xHH`: the escape of a byte, not of a character.
fn byte_escapes(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let hex = escape.strip_prefix("\\x{").and_then(|tail| tail.split_once('}'));
        if let Some((digits, after)) = hex
            && (1..=2).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_hexdigit())
        {
            out.push_str("\\x");
            if digits.len() == 1 {
                out.push('0');
            }
            out.push_str(digits);
            rest = after;
            continue;
        }
        // Copies the escaped character with its backslash, so that `\\x{41}` stays.
        let length = 1 + escape.chars().nth(1).map_or(0, char::len_utf8);
        let (pair, after) = escape.split_at(length);
        out.push_str(pair);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// PCRE takes a brace that begins no repetition as itself, escapes of letters it does not know as the letter, and
/// non-ASCII characters as their bytes.
fn repaired(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern.chars().peekable();
    let mut after_atom = false;
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                let Some(next) = rest.next() else { break };
                let needless =
                    !next.is_ascii_alphanumeric() && !regex_syntax::is_meta_character(next);
                if !needless {
                    out.push('\\');
                }
                out.push(next);
                after_atom = true;
            }
            '{' => {
                let ahead: String = rest.clone().take_while(|c| *c != '}').collect();
                let repetition = after_atom
                    && !ahead.is_empty()
                    && ahead.chars().all(|c| c.is_ascii_digit() || c == ',')
                    && rest.clone().any(|c| c == '}');
                if repetition {
                    out.push('{');
                    out.push_str(&ahead);
                    out.push('}');
                    for _ in 0..=ahead.len() {
                        rest.next();
                    }
                } else {
                    out.push_str("\\{");
                }
            }
            '}' => out.push_str("\\}"),
            c if !c.is_ascii() => {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    out.push_str(&format!("\\x{byte:02x}"));
                }
                after_atom = true;
            }
            c => {
                out.push(c);
                after_atom = !matches!(c, '(' | '|');
            }
        }
    }
    out
}

fn explain(pattern: &str, error: &str) -> PatternError {
    let last = error.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(error);
    let help = if ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|look| pattern.contains(look)) {
        Some("lookaround cannot be matched in bounded time; write the pattern without it")
    } else if pattern.contains("(?>") || pattern.contains("++") || pattern.contains("*+") {
        Some(
            "atomic groups and possessive repetitions are not needed here: matching never backtracks",
        )
    } else {
        None
    };
    PatternError { message: last.trim_start_matches("error: ").trim().to_owned(), help }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, byte_escapes, parse, repaired};

    #[test]
    fn rewrites() {
        assert_eq!(byte_escapes(r"\x{bc}[\x{a}\d]\\x{41}"), r"\xbc[\x0a\d]\\x{41}");
        assert_eq!(repaired("a{2}{x}"), r"a{2}\{x\}");
        assert_eq!(repaired("é"), r"\xc3\xa9");
    }

    #[test]
    fn semantics() {
        for (pattern, input, expected) in [
            ("a.b", &b"a\nb"[..], true),
            ("a$", b"a\n", false),
            ("(?i)k", "\u{212a}".as_bytes(), false),
            (r"\x{bc}", b"\xbc", true),
            (r"\x{bc}", "\u{bc}".as_bytes(), true),
            (r"^\w+$", "é".as_bytes(), false),
            ("^$", b"", true),
            ("^{", b"{", true),
        ] {
            let pattern_compiled = Pattern::new(0, &parse(pattern).unwrap()).unwrap();
            assert_eq!(pattern_compiled.is_match(input), expected, "{pattern}");
        }
    }
}
