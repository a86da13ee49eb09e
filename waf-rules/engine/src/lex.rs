//! Rule text as logical lines of words. A line ends in `\` to go on; `#` begins a comment line; a word may stand in
//! double quotes, where `\"` is a quote and every other backslash stays, because patterns are full of them. After
//! ``SecDataset name ` `` every line is a word, up to one that is a backtick.

use crate::diagnostic::{Problem, Span};
use crate::limits::MAX_LINE_BYTES;

/// A word with the place of its first byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) span: Span,
    /// Where later bytes stand: offset in `text`, place. Words over several lines have several.
    marks: Vec<(usize, Span)>,
}

impl Word {
    fn whole(text: &str, span: Span) -> Self {
        Self { text: text.to_owned(), span, marks: Vec::new() }
    }

    /// Whether it is one of these words, in any case.
    pub(crate) fn is_any_of(&self, words: &[&str]) -> bool {
        words.iter().any(|word| word.eq_ignore_ascii_case(&self.text))
    }

    /// The place of the byte at `offset`.
    pub(crate) fn at(&self, offset: usize) -> Span {
        place_of(&self.marks, self.span, offset)
    }

    /// The places of the bytes from `offset` on.
    pub(crate) fn places(&self, offset: usize) -> Places {
        let later = self.marks.iter().filter(|(from, _)| *from > offset);
        let marks = later.map(|(from, span)| (from - offset, *span)).collect();
        Places { first: self.at(offset), marks }
    }
}

/// Where the bytes of the end of a word stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Places {
    first: Span,
    /// As those of the word, counted from the first byte here.
    marks: Vec<(usize, Span)>,
}

impl Places {
    /// The place of the byte at `offset`.
    pub(crate) fn at(&self, offset: usize) -> Span {
        place_of(&self.marks, self.first, offset)
    }
}

/// The place of a byte: so many further as it is behind the last mark before it.
fn place_of(marks: &[(usize, Span)], first: Span, offset: usize) -> Span {
    let mark = marks.iter().rev().find(|(from, _)| *from <= offset);
    let (from, span) = mark.copied().unwrap_or((0, first));
    let further = u32::try_from(offset - from).unwrap_or(0);
    Span { line: span.line, column: span.column.saturating_add(further) }
}

/// A directive and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) words: Vec<Word>,
    /// The line as written, continuations joined.
    pub(crate) raw: String,
}

/// Cuts a file into lines of words. Lines with problems are left out and reported.
pub(crate) fn lines(text: &str, problems: &mut Vec<Problem>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut logical = Logical::default();
    let mut dataset: Option<Line> = None;
    for (number, physical) in text.lines().enumerate() {
        let line = u32::try_from(number + 1).unwrap_or(u32::MAX);
        let trimmed = physical.trim();
        if let Some(mut open) = dataset.take() {
            if trimmed == "`" {
                lines.push(open);
                continue;
            }
            if !trimmed.is_empty() && !trimmed.starts_with('#') {
                open.words.push(Word::whole(trimmed, Span { line, column: column(physical) }));
            }
            dataset = Some(open);
            continue;
        }
        if trimmed.starts_with('#') || (trimmed.is_empty() && !logical.pieces.is_empty()) {
            continue;
        }
        if logical.pieces.is_empty()
            && let Some(name) = dataset_name(trimmed)
        {
            let directive = Word::whole(DATASET, Span { line, column: column(physical) });
            let after = physical.find(name).unwrap_or(0);
            let name = Word::whole(name, Span { line, column: place(after) });
            let raw = trimmed.to_owned();
            dataset = Some(Line { words: vec![directive, name], raw });
            continue;
        }
        let column = column(physical);
        let goes_on = trimmed.ends_with('\\');
        let part = trimmed.strip_suffix('\\').unwrap_or(trimmed);
        logical.push(part, Span { line, column });
        if !goes_on {
            finish(&mut logical, &mut lines, problems);
        }
    }
    finish(&mut logical, &mut lines, problems);
    if let Some(open) = dataset {
        let span = open.words.first().map(|word| word.span).unwrap_or_default();
        let help = "a line with nothing but a backtick closes it";
        problems.push(Problem::new(span, "dataset is never closed").help(help));
    }
    lines
}

const DATASET: &str = "SecDataset";

/// The name in ``SecDataset name ` ``.
fn dataset_name(line: &str) -> Option<&str> {
    let (directive, rest) = line.split_once(char::is_whitespace)?;
    let name = rest.strip_suffix('`')?.trim();
    directive.eq_ignore_ascii_case(DATASET).then_some(name)
}

/// The column of the first byte that is no blank.
fn column(physical: &str) -> u32 {
    place(physical.len() - physical.trim_start().len())
}

fn place(offset: usize) -> u32 {
    u32::try_from(offset + 1).unwrap_or(u32::MAX)
}

fn finish(logical: &mut Logical, lines: &mut Vec<Line>, problems: &mut Vec<Problem>) {
    let logical = std::mem::take(logical);
    if logical.text.len() > MAX_LINE_BYTES {
        let message = format!("directive longer than {MAX_LINE_BYTES} bytes");
        problems.push(Problem::new(logical.span(0), message));
        return;
    }
    match words(&logical) {
        Ok(words) if words.is_empty() => {}
        Ok(words) => lines.push(Line { words, raw: logical.text }),
        Err(problem) => problems.push(problem),
    }
}

/// Physical lines joined.
#[derive(Debug, Default)]
struct Logical {
    text: String,
    pieces: Vec<(usize, Span)>,
}

impl Logical {
    fn push(&mut self, part: &str, span: Span) {
        self.pieces.push((self.text.len(), span));
        self.text.push_str(part);
    }

    fn span(&self, offset: usize) -> Span {
        let piece = self.pieces.iter().rev().find(|(from, _)| *from <= offset);
        let (from, span) = piece.copied().unwrap_or_default();
        let further = u32::try_from(offset - from).unwrap_or(0);
        Span { line: span.line, column: span.column.saturating_add(further) }
    }
}

fn words(logical: &Logical) -> Result<Vec<Word>, Problem> {
    let mut words = Vec::new();
    let mut rest = logical.text.as_str();
    loop {
        rest = rest.trim_start();
        let start = logical.text.len() - rest.len();
        let (word, length) = match rest.strip_prefix('"') {
            Some(inside) => quoted(logical, inside, start + 1)?,
            None if rest.is_empty() => return Ok(words),
            None => {
                let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (plain(logical, rest.get(..length).unwrap_or_default(), start), length)
            }
        };
        words.push(word);
        rest = rest.get(length..).unwrap_or_default();
    }
}

/// A word without quotes that begins at `start`.
fn plain(logical: &Logical, text: &str, start: usize) -> Word {
    let mut word = Word { text: text.to_owned(), span: logical.span(start), marks: Vec::new() };
    word.mark(logical, (start, start + text.len()), 0);
    word
}

/// The word whose first byte is at `start`, behind its quote, and how many bytes it takes with both quotes.
fn quoted(logical: &Logical, inside: &str, start: usize) -> Result<(Word, usize), Problem> {
    let mut word = Word { text: String::new(), span: logical.span(start), marks: Vec::new() };
    let mut from = 0;
    for (at, _) in inside.match_indices('"') {
        let run = inside.get(from..at).unwrap_or_default();
        // A backslash before a quote takes the quote in, whatever stands before it.
        let escaped = run.strip_suffix('\\');
        let taken = word.text.len();
        word.text.push_str(escaped.unwrap_or(run));
        word.mark(logical, (start + from, start + at + usize::from(escaped.is_none())), taken);
        from = at + 1;
        if escaped.is_none() {
            return Ok((word, from + 1));
        }
        word.text.push('"');
        word.marks.push((word.text.len(), logical.span(start + from)));
    }
    Err(Problem::new(word.span, "quote is never closed"))
}

impl Word {
    /// Marks where physical lines begin between two offsets of a logical line; the first of them is byte `taken` of the
    /// word.
    fn mark(&mut self, logical: &Logical, (from, to): (usize, usize), taken: usize) {
        let first = logical.pieces.partition_point(|(piece, _)| *piece < from);
        let pieces = logical.pieces.get(first..).unwrap_or_default();
        for (piece, span) in pieces.iter().take_while(|(piece, _)| *piece < to) {
            self.marks.push((taken + piece - from, *span));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::lines;
    use crate::diagnostic::Span;

    #[test]
    fn lines_and_words() {
        let cases: &[(&str, &[&[&str]])] = &[
            ("", &[]),
            ("# a\n\n  # b", &[]),
            (
                "SecRule ARGS \"@rx a\\\"b\\d\" \"id:1\"",
                &[&["SecRule", "ARGS", "@rx a\"b\\d", "id:1"]],
            ),
            ("A b \\\n   c\nD", &[&["A", "b", "c"], &["D"]]),
            ("A \"id:1,\\\n  # comment\n  phase:2\"", &[&["A", "id:1,phase:2"]]),
            ("A \"x\" y", &[&["A", "x", "y"]]),
            ("A \\", &[&["A"]]),
            (
                "SecDataset x `\n a b \n\n # c\n\"d\\\n`\nB",
                &[&["SecDataset", "x", "a b", "\"d\\"], &["B"]],
            ),
            ("B `\nC", &[&["B", "`"], &["C"]]),
            ("A\"b \"c\"d \"\\\\\"\\\"\"", &[&["A\"b", "c", "d", "\\\"\""]]),
            ("A \"b\\\\\n\" c\"", &[&["A", "b\" c"]]),
        ];
        for (text, expected) in cases {
            let mut problems = Vec::new();
            let found: Vec<Vec<String>> = lines(text, &mut problems)
                .into_iter()
                .map(|line| line.words.into_iter().map(|w| w.text).collect())
                .collect();
            assert_eq!(found, *expected, "{text}");
            assert!(problems.is_empty(), "{text}");
        }
    }

    #[test]
    fn places() {
        let mut problems = Vec::new();
        let lines = lines("A \"id:1,\\\n  phase:2\"\n \"open", &mut problems);
        let word = &lines[0].words[1];
        assert_eq!(word.at(0), Span { line: 1, column: 4 });
        assert_eq!(word.at(5), Span { line: 2, column: 3 });
        assert_eq!(problems[0].span, Span { line: 3, column: 3 });
    }
}
