//! `@rx`: patterns over bytes. `.` matches a line break, `$` only the end, `\d\w\s` and `(?i)` are ASCII, `\x{HH}` is a
//! byte: what the Core Rule Set is written for (ModSecurity 2: dot-all, dollar-end-only, no UTF mode).

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use regex_automata::Input;
use regex_automata::MatchKind;
use regex_automata::meta::{self, Cache, Regex};
use regex_automata::util::captures::{Captures as Groups, GroupInfo};
use regex_automata::util::iter::Searcher;
use regex_automata::util::prefilter::Prefilter;
use regex_automata::util::primitives::PatternID;
use regex_automata::util::syntax;
use regex_syntax::hir::{Hir, Look};

use crate::limits::{
    MAX_CAPTURES, MAX_GLOBAL_CAPTURES, MAX_PATTERN_BYTES, MAX_PATTERN_CACHE_BYTES,
    MAX_PATTERN_NESTING,
};
use crate::operator::backtracking::possessive;
use crate::operator::{Captures, caches};

/// A pattern, shared by all rules of all rule sets that carry it. It is parsed when it is made, and compiled when a
/// rule that runs has it.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: Box<str>,
    meaning: Meaning,
    regex: OnceLock<Regex>,
    /// Names the pattern to the threads that keep a cache of it.
    name: Arc<()>,
}

/// What a pattern is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Meaning {
    /// Values: `@rx` and its like.
    Values,
    /// Names, in any case: `VAR:/pattern/`.
    Names,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.text, other.meaning)
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.text, self.meaning).hash(state);
    }
}

/// Why a pattern cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PatternError {
    pub(crate) message: String,
    pub(crate) help: Option<&'static str>,
    /// The byte of the pattern that is wrong; 0 where that is not known.
    pub(crate) at: usize,
}

impl Pattern {
    /// A pattern and its syntax tree, not yet compiled.
    pub(crate) fn parsed(text: &str, meaning: Meaning) -> Result<(Self, Hir), PatternError> {
        let tree = match meaning {
            Meaning::Values => parse(text)?,
            Meaning::Names => parse_selector(text)?,
        };
        let name = Arc::new(());
        Ok((Self { text: text.into(), meaning, regex: OnceLock::new(), name }, tree))
    }

    /// A compiled pattern.
    pub(crate) fn new(text: &str, meaning: Meaning) -> Result<Self, PatternError> {
        let (pattern, tree) = Self::parsed(text, meaning)?;
        pattern.compile(Some(&tree))?;
        Ok(pattern)
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether this is the pattern of that text.
    pub(crate) fn is(&self, text: &str, meaning: Meaning) -> bool {
        *self.text == *text && self.meaning == meaning
    }

    /// The syntax tree, parsed again.
    pub(crate) fn tree(&self) -> Result<Hir, PatternError> {
        Self::parsed(&self.text, self.meaning).map(|(_, tree)| tree)
    }

    /// Compiles what is not compiled yet; `tree` is the pattern's, where it is at hand.
    pub(crate) fn compile(&self, tree: Option<&Hir>) -> Result<(), PatternError> {
        if self.regex.get().is_none() {
            let regex = match tree {
                Some(tree) => build(tree)?,
                None => build(&self.tree()?)?,
            };
            // Where another thread was quicker, its result is as good.
            let _known = self.regex.set(regex);
        }
        Ok(())
    }

    /// Every pattern of a rule that runs was compiled with it.
    #[inline]
    fn regex(&self) -> Option<&Regex> {
        self.regex.get().or_else(|| self.late())
    }

    #[cold]
    fn late(&self) -> Option<&Regex> {
        self.compile(None).ok()?;
        self.regex.get()
    }

    /// Searches with the cache that the thread keeps; `None` where the pattern cannot be compiled.
    #[inline]
    fn search<R>(&self, input: &[u8], search: impl FnOnce(&Regex, &mut Cache) -> R) -> Option<R> {
        let regex = self.regex()?;
        Some(caches::with(&self.name, regex, input.len(), |cache| search(regex, cache)))
    }

    /// A pattern that cannot be compiled keeps its rule set from being loaded; if one were asked, it would match.
    #[inline]
    pub(crate) fn is_match(&self, input: &[u8]) -> bool {
        let found = self.search(input, |regex, cache| {
            regex.search_half_with(cache, &Input::new(input).earliest(true)).is_some()
        });
        found.unwrap_or(true)
    }

    pub(crate) fn find(&self, input: &[u8]) -> Option<Range<usize>> {
        self.find_from(input, 0)
    }

    /// The first match that begins at `from` or later; what stands before it is seen by `\b` and `^`.
    pub(crate) fn find_from(&self, input: &[u8], from: usize) -> Option<Range<usize>> {
        if from > input.len() {
            return None;
        }
        self.search(input, |regex, cache| {
            regex.search_with(cache, &Input::new(input).range(from..)).map(|found| found.range())
        })?
    }

    /// The groups of the first match.
    pub(crate) fn groups(&self, input: &[u8]) -> Groups {
        let Some(regex) = self.regex() else { return Groups::empty(GroupInfo::empty()) };
        let mut groups: Groups = regex.create_captures();
        self.search(input, |regex, cache| {
            regex.search_captures_with(cache, &Input::new(input), &mut groups);
        });
        groups
    }

    /// Groups that have a name.
    pub(crate) fn group_names(&self) -> impl Iterator<Item = (usize, &str)> {
        let names = self.regex().map(|regex| regex.group_info().pattern_names(PatternID::ZERO));
        names.into_iter().flatten().enumerate().filter_map(|(group, name)| Some((group, name?)))
    }

    /// The groups of every match, one match after the other.
    pub(crate) fn capture_all(&self, input: &[u8], captures: &mut Captures) {
        let Some(regex) = self.regex() else { return };
        let mut groups: Groups = regex.create_captures();
        let mut searcher = Searcher::new(Input::new(input));
        loop {
            let found = self.search(input, |regex, cache| {
                searcher.advance(|input| {
                    regex.search_captures_with(cache, input, &mut groups);
                    Ok(groups.get_match())
                })
            });
            if found.flatten().is_none() {
                return;
            }
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
        if self.regex().is_some_and(|regex| regex.captures_len() == 1) {
            return captures.push(self.find(input));
        }
        let groups = self.groups(input);
        for index in 0..groups.group_len().min(MAX_CAPTURES) {
            captures.push(groups.get_group(index).map(|span| span.range()));
        }
    }
}

/// The syntax tree of a pattern, after the few rewrites PCRE habits need.
pub(crate) fn parse(pattern: &str) -> Result<Hir, PatternError> {
    refuse_possessive(pattern)?;
    let rewritten = pcre_meaning(pattern);
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
fn parse_selector(pattern: &str) -> Result<Hir, PatternError> {
    refuse_possessive(pattern)?;
    syntax::parse_with(&pcre_meaning(pattern), &config(true))
        .map_err(|error| explain(pattern, &error.to_string()))
}

/// The syntax reads `a++` as a repetition of `a+`, which matches more than it means.
fn refuse_possessive(pattern: &str) -> Result<(), PatternError> {
    match possessive(pattern) {
        None => Ok(()),
        Some(at) => Err(PatternError {
            message: "possessive repetition".to_owned(),
            help: Some("only @rx tries possessive repetitions"),
            at,
        }),
    }
}

fn build(hir: &Hir) -> Result<Regex, PatternError> {
    // A quick scan for a literal that a match begins with is kept. One for a literal in its middle or at its end is
    // not: where that literal is all a value consists of, each find is followed by a search backwards, and large
    // patterns give up on their automaton and are simulated, at a few bytes a microsecond.
    // What begins at the start of a value needs no scan to find it.
    let anchored = hir.properties().look_set_prefix().contains(Look::Start);
    let fast =
        || Prefilter::from_hir_prefix(MatchKind::LeftmostFirst, hir)?.is_fast().then_some(());
    let config = meta::Config::new()
        .utf8_empty(false)
        .auto_prefilter(!anchored && fast().is_some())
        .hybrid_cache_capacity(MAX_PATTERN_CACHE_BYTES)
        .nfa_size_limit(Some(MAX_PATTERN_BYTES))
        .onepass_size_limit(Some(1 << 20));
    meta::Builder::new().configure(config).build_from_hir(hir).map_err(|error| PatternError {
        message: error.to_string(),
        help: None,
        at: 0,
    })
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

/// What the syntax takes and PCRE means otherwise: `\x{HH}` is a byte, `\<` and `\>` are themselves, and a class has
/// no classes or set operations in it.
fn pcre_meaning(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut class = Class::Outside;
    while let Some(c) = rest.chars().next() {
        let (piece, length) = match (c, class) {
            ('\\', _) => escape(rest),
            ('[', Class::Outside) => {
                class = Class::Begins;
                let negated = rest.starts_with("[^");
                out.push_str(if negated { "[^" } else { "[" });
                rest = rest.get(if negated { 2 } else { 1 }..).unwrap_or_default();
                continue;
            }
            (']', Class::Inside) => {
                class = Class::Outside;
                (Cow::Borrowed("]"), 1)
            }
            ('[', Class::Begins | Class::Inside) => match named_class(rest) {
                Some(named) => (Cow::Borrowed(named), named.len()),
                None => (Cow::Borrowed("\\["), 1),
            },
            ('-', Class::Begins) => (Cow::Borrowed("\\-"), 1),
            ('-', Class::Inside) if rest.starts_with("--") => (Cow::Borrowed("-\\-"), 2),
            ('&' | '~', Class::Inside | Class::Begins) => (Cow::Owned(format!("\\{c}")), 1),
            _ => (Cow::Borrowed(rest.get(..c.len_utf8()).unwrap_or_default()), c.len_utf8()),
        };
        if class == Class::Begins {
            class = Class::Inside;
        }
        out.push_str(&piece);
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

/// Where in a bracket expression a pattern is read. `]` closes none that just begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Outside,
    Begins,
    Inside,
}

/// The escape at the start of `rest`, as it is meant, and its length.
fn escape(rest: &str) -> (Cow<'_, str>, usize) {
    let hex = rest.strip_prefix("\\x{").and_then(|tail| tail.split_once('}'));
    if let Some((digits, _)) = hex
        && (1..=2).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_hexdigit())
    {
        return (Cow::Owned(format!("\\x{digits:0>2}")), digits.len() + 4);
    }
    match rest.get(..2) {
        Some("\\<") => (Cow::Borrowed("<"), 2),
        Some("\\>") => (Cow::Borrowed(">"), 2),
        Some(pair) => (Cow::Borrowed(pair), 2),
        // The escape of a character of several bytes is the character.
        None => (Cow::Borrowed(if rest.len() == 1 { "\\" } else { "" }), 1),
    }
}

/// `[:name:]`.
fn named_class(rest: &str) -> Option<&str> {
    let inner = rest.strip_prefix("[:")?;
    let end = inner.find(":]")?;
    let name = inner.get(..end)?;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'^');
    plain.then(|| rest.get(..end + 4)).flatten()
}

/// The pattern in ASCII, `\x{HH}` as `\xHH`, other characters as the bytes of their UTF-8.
pub(crate) fn ascii(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    for c in pcre_meaning(pattern).chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        let mut buffer = [0; 4];
        for byte in c.encode_utf8(&mut buffer).bytes() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// PCRE takes a brace that begins no repetition as itself, escapes of letters it does not know as the letter, and
/// non-ASCII characters as their bytes.
fn repaired(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern.chars().peekable();
    let mut after_atom = false;
    let mut in_class = false;
    while let Some(c) = rest.next() {
        match c {
            '[' if !in_class => {
                in_class = true;
                out.push(c);
                if rest.peek() == Some(&'^') {
                    out.extend(rest.next());
                }
                if rest.peek() == Some(&']') {
                    rest.next();
                    out.push_str("\\]");
                }
            }
            ']' if in_class => {
                in_class = false;
                after_atom = true;
                out.push(c);
            }
            '\\' => {
                let Some(next) = rest.next() else { break };
                if let Some(known) = perl_escape(next, in_class) {
                    out.push_str(known);
                    after_atom = true;
                    continue;
                }
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
                    && ahead.starts_with(|c: char| c.is_ascii_digit())
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

/// Escapes of Perl that the syntax does not know, over bytes.
fn perl_escape(escaped: char, in_class: bool) -> Option<&'static str> {
    Some(match (escaped, in_class) {
        ('e', _) => r"\x1b",
        ('h', true) => r"\t\x20\xa0",
        ('h', false) => r"[\t\x20\xa0]",
        ('H', false) => r"[^\t\x20\xa0]",
        ('N', false) => r"[^\n]",
        ('R', false) => r"(?:\r\n|[\n\x0b\f\r\x85])",
        ('Z', false) => r"(?:\n?\z)",
        _ => return None,
    })
}

fn explain(pattern: &str, error: &str) -> PatternError {
    let last = error.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(error);
    let backtracks =
        ["(?=", "(?!", "(?<=", "(?<!", "(?>"].iter().any(|look| pattern.contains(look));
    let help = backtracks.then_some("only @rx tries lookaround and atomic groups");
    let message = last.trim_start_matches("error: ").trim().to_owned();
    let at = place(pattern, &message);
    PatternError { message, help, at }
}

/// Where the pattern as written has this problem. What was rewritten before may have another one first, or none.
fn place(pattern: &str, message: &str) -> usize {
    match regex_syntax::ast::parse::Parser::new().parse(pattern) {
        Err(error) if error.kind().to_string() == message => error.span().start.offset,
        Ok(_) | Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{Meaning, Pattern, pcre_meaning, repaired};

    #[test]
    fn rewrites() {
        for (pattern, expected) in [
            (r"\x{bc}[\x{a}\d]\\x{41}", r"\xbc[\x0a\d]\\x{41}"),
            (r"\<a\>[\<\>]", "<a>[<>]"),
            ("[a[b]c]", r"[a\[b]c]"),
            ("[[:alpha:][]", r"[[:alpha:]\[]"),
            ("[a&&b]&&", r"[a\&\&b]&&"),
            ("[+--][--a][^-a]", r"[+-\-][\--a][^\-a]"),
            ("[]a][^]~]", r"[]a][^]\~]"),
            (r"[\]\[]a", r"[\]\[]a"),
        ] {
            assert_eq!(pcre_meaning(pattern), expected, "{pattern}");
        }
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
            // Constructs of older rule sets: braces, needless escapes, characters in classes.
            ("{{.*}}", b"x{{7*7}}", true),
            (r"^\${[^}]*}$", b"${ab}", true),
            (r"a{,3}b{2}", b"a{,3}bb", true),
            (r"a{2}{x}", b"aa{x}", true),
            (r"^[^:\(\)\&\|\!\<\>\~]*\)", b"ab)", true),
            (r"^[^:\(\)\&\|\!\<\>\~]*\)", b"a<b)", false),
            (r#"[\"\'\`´’‘]"#, "\u{2019}".as_bytes(), true),
            (r#"^[\"\'\`´’‘]$"#, b"x", false),
            (r"^[\{\}\@\;\#]+$", b"{}@;#", true),
            (r"^a\hb\R\ec[\h]\N$", b"a\tb\r\n\x1bc\xa0d", true),
            (r"a\Z", b"a\n", true),
            (r"a\Z", b"a\n\n", false),
            (r"\<b\>", b"a<b>", true),
            (r"\<b", b"a b", false),
            ("^[a[b]c]$", b"[c]", true),
            ("^[a&&b]+$", b"a&b", true),
        ] {
            let pattern_compiled = Pattern::new(pattern, Meaning::Values).unwrap();
            assert_eq!(pattern_compiled.is_match(input), expected, "{pattern}");
        }
    }
}
