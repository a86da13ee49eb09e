//! What a pattern's text tells about the cost of trying it.

/// Read from the text of a pattern, without a syntax tree: whatever is unclear counts as the dearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Shape {
    /// The first thing in it that no automaton does.
    pub(super) feature: Option<&'static str>,
    /// Where the first possessive repetition is whose `+` is no other repetition: an automaton would take it for one
    /// and match more.
    pub(super) possessive: Option<usize>,
    /// It begins with `^` in every branch, so that it is tried once.
    pub(super) anchored: bool,
    /// It has a repetition without an upper bound.
    unbounded: bool,
    /// A repetition without an upper bound stands within another.
    nested: bool,
}

/// Bytes that one attempt of a pattern without unbounded repetitions is taken to look at.
const BOUNDED_WORK_BYTES: usize = 64;
/// How many bytes an attempt with nested repetitions looks at, as a part of the square of what is left.
const NESTED_WORK_DIVISOR: usize = 64;

impl Shape {
    pub(super) fn of(pattern: &str) -> Self {
        let mut scan = Scan {
            length: pattern.len(),
            rest: pattern.as_bytes(),
            groups: Vec::new(),
            shape: Self::default(),
        };
        let branches = scan.run();
        scan.shape.anchored = !branches && is_anchored(pattern);
        scan.shape
    }

    /// Bytes that an attempt may look at where so many are left.
    pub(super) fn work(&self, left: usize) -> usize {
        match (self.nested, self.unbounded) {
            (true, _) => left.saturating_add(left.saturating_mul(left) / NESTED_WORK_DIVISOR),
            (false, true) => left.max(1),
            (false, false) => BOUNDED_WORK_BYTES,
        }
    }
}

/// Whether the first thing behind flags such as `(?i)` is the beginning of the value. `(?m)` makes it that of a line.
fn is_anchored(pattern: &str) -> bool {
    let mut rest = pattern;
    while let Some((flags, after)) = rest.strip_prefix("(?").and_then(|rest| rest.split_once(')'))
        && flags.bytes().all(|byte| matches!(byte, b'i' | b's' | b'x'))
    {
        rest = after;
    }
    rest.starts_with("\\A") || (rest.starts_with('^') && !pattern.contains("(?m"))
}

struct Scan<'a> {
    /// Bytes of the pattern.
    length: usize,
    rest: &'a [u8],
    /// Of each open group: whether it has an unbounded repetition.
    groups: Vec<bool>,
    shape: Shape,
}

impl Scan<'_> {
    /// Reads the whole pattern; the result says whether it has branches outside groups.
    fn run(&mut self) -> bool {
        let mut branches = false;
        while let Some((byte, rest)) = self.rest.split_first() {
            self.rest = rest;
            match byte {
                b'\\' => self.escape(),
                b'[' => self.class(),
                b'(' => self.open(),
                b')' => {
                    let inner = self.groups.pop().unwrap_or(false);
                    self.shape.nested |= inner && repeats(self.rest);
                    self.note(inner);
                }
                b'|' => branches |= self.groups.is_empty(),
                b'*' | b'+' => {
                    self.note(true);
                    self.possessive(true);
                }
                b'?' => self.possessive(false),
                b'{' => {
                    self.note(repeats_braces(self.rest));
                    if let Some(end) = self.rest.iter().position(|byte| *byte == b'}')
                        && is_count(self.rest.get(..end).unwrap_or_default())
                    {
                        self.rest = self.rest.get(end + 1..).unwrap_or_default();
                        self.possessive(false);
                    }
                }
                _ => {}
            }
        }
        branches
    }

    fn feature(&mut self, name: &'static str) {
        self.shape.feature.get_or_insert(name);
    }

    fn note(&mut self, unbounded: bool) {
        self.shape.unbounded |= unbounded;
        if let Some(group) = self.groups.last_mut() {
            *group |= unbounded;
        }
    }

    fn escape(&mut self) {
        match self.rest.split_first() {
            Some((b'1'..=b'9' | b'k' | b'g', _)) => self.feature("a backreference"),
            Some((b'K', _)) => self.feature("\\K"),
            Some((b'Q', _)) => {
                let end = self.rest.windows(2).position(|pair| pair == b"\\E");
                self.rest = self.rest.get(end.unwrap_or(self.rest.len())..).unwrap_or_default();
                return;
            }
            _ => {}
        }
        self.rest = self.rest.get(1..).unwrap_or_default();
    }

    /// Skips a class. `]` right after its opening is a member.
    fn class(&mut self) {
        let open = usize::from(self.rest.first() == Some(&b'^'));
        let mut at = open + usize::from(self.rest.get(open) == Some(&b']'));
        while let Some(byte) = self.rest.get(at) {
            at += match (byte, self.rest.get(at + 1)) {
                (b'\\', _) => 2,
                (b'[', Some(b':')) => {
                    let named = self.rest.get(at + 2..).unwrap_or_default();
                    let end = named.windows(2).position(|pair| pair == b":]");
                    end.map_or(1, |end| end + 4)
                }
                (b']', _) => break,
                _ => 1,
            };
        }
        self.rest = self.rest.get(at + 1..).unwrap_or_default();
    }

    fn open(&mut self) {
        self.groups.push(false);
        const KINDS: [(&[u8], &str); 9] = [
            (b"?=", "lookahead"),
            (b"?!", "lookahead"),
            (b"?<=", "lookbehind"),
            (b"?<!", "lookbehind"),
            (b"?>", "an atomic group"),
            (b"?(", "a condition"),
            (b"?P=", "a backreference"),
            (b"?R", "recursion"),
            (b"?&", "recursion"),
        ];
        let kind = KINDS.iter().find(|(begin, _)| self.rest.starts_with(begin));
        if let Some((_, name)) = kind {
            self.feature(name);
        }
        if self.rest.first() == Some(&b'?') {
            // The question mark belongs to the group, not to a repetition.
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
    }

    /// What stands behind a repetition, which may be an unbounded one (`*` or `+`). At the end of a pattern nothing
    /// makes such a repetition give back what it took, and it is the same as a greedy one.
    fn possessive(&mut self, unbounded: bool) {
        match self.rest.split_first() {
            Some((b'+', rest)) => {
                let ends = rest.is_empty() || (self.groups.is_empty() && rest.starts_with(b"|"));
                if !(unbounded && ends) {
                    self.shape.possessive.get_or_insert(self.length - self.rest.len());
                    self.feature("a possessive repetition");
                }
                self.rest = rest;
            }
            Some((b'?', rest)) => self.rest = rest,
            _ => {}
        }
    }
}

/// Whether an unbounded repetition stands here.
fn repeats(rest: &[u8]) -> bool {
    match rest.split_first() {
        Some((b'*' | b'+', _)) => true,
        Some((b'{', rest)) => repeats_braces(rest),
        _ => false,
    }
}

/// Whether what follows an opening brace is `n,}`.
fn repeats_braces(rest: &[u8]) -> bool {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && rest.get(digits..).is_some_and(|rest| rest.starts_with(b",}"))
}

fn is_count(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = text.get(digits..).unwrap_or_default();
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    digits > 0 && rest.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::Shape;

    #[test]
    fn shapes() {
        for (pattern, feature, anchored, unbounded, nested) in [
            ("abc", None, false, false, false),
            ("a+b", None, false, true, false),
            ("(a+)+", None, false, true, true),
            ("(?:a{2,}b){3,}", None, false, true, true),
            ("(a{2})+", None, false, true, false),
            ("(?i)^a(?!b)", Some("lookahead"), true, false, false),
            ("^a(?=b)|c", Some("lookahead"), false, false, false),
            ("(?m)^a(?=b)", Some("lookahead"), false, false, false),
            (r"\Aa(?<!b)", Some("lookbehind"), true, false, false),
            (r"(a)\1", Some("a backreference"), false, false, false),
            (r"(a)\\1", None, false, false, false),
            (r"[(?=a)\]*+]", None, false, false, false),
            (r"[[:alpha:]](?>a)", Some("an atomic group"), false, false, false),
            ("[]*+]a", None, false, false, false),
            ("a++b", Some("a possessive repetition"), false, true, false),
            ("a?+b{2}+", Some("a possessive repetition"), false, false, false),
            ("(?P<a>x)(?P=a)", Some("a backreference"), false, false, false),
        ] {
            let shape = Shape::of(pattern);
            assert_eq!(
                (shape.feature, shape.anchored, shape.unbounded, shape.nested),
                (feature, anchored, unbounded, nested),
                "{pattern}"
            );
        }
    }

    #[test]
    fn possessive_repetitions() {
        for (pattern, at) in [
            ("a++b", Some(2)),
            ("xa*+b", Some(3)),
            ("a?+", Some(2)),
            ("a{2}+", Some(4)),
            ("a{2,}+b", Some(5)),
            ("a{2,3}+", Some(6)),
            ("(a)++b", Some(4)),
            ("[a+]++b", Some(5)),
            (r"\++b", None),
            (r"\+++b", Some(3)),
            (r"a+\+", None),
            (r"(a++)", Some(3)),
            ("(a+)+b", None),
            ("a+?b", None),
            ("a+b+", None),
            ("[a++]", None),
            ("[]++]", None),
            ("a{,3}+", None),
            ("a{x}+", None),
            (r"\Qa++b\E", None),
            (r"\Qa\Eb++c", Some(7)),
            (r"\Qa++b", None),
            // The end of a pattern takes nothing back.
            ("a++", None),
            ("(ab|a)*+", None),
            ("a++|b", None),
            ("(a++|b)c", Some(3)),
        ] {
            assert_eq!(Shape::of(pattern).possessive, at, "{pattern}");
        }
    }
}
