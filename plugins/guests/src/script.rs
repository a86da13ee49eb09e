//! The language: a line is `CALLBACK[@WHEN] OPERATION ARGUMENTS`, `#` begins a comment. The operations of a callback are
//! done in order.

/// One line of the script.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) callback: String,
    pub(crate) when: When,
    pub(crate) words: Vec<String>,
}

/// Which call of a callback a line is for.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum When {
    /// Every one.
    Always,
    /// The one that ends the stream (`@end`).
    End,
    /// All that do not end the stream (`@more`).
    More,
    /// The one with this number, from 1, counted by context and callback (`@3`).
    Call(u32),
}

impl When {
    fn read(word: &str) -> When {
        match word {
            "end" => When::End,
            "more" => When::More,
            number => number.parse().map_or(When::Always, When::Call),
        }
    }

    /// Whether a call is meant.
    pub(crate) fn fits(self, call: u32, end: bool) -> bool {
        match self {
            When::Always => true,
            When::End => end,
            When::More => !end,
            When::Call(number) => number == call,
        }
    }
}

/// Reads a script; lines without an operation are none.
pub(crate) fn read(text: &str) -> Vec<Line> {
    text.lines()
        .filter_map(|line| {
            let mut words = split(line.split('#').next().unwrap_or_default()).into_iter();
            let first = words.next()?;
            let (callback, when) = match first.split_once('@') {
                Some((callback, when)) => (callback.to_owned(), When::read(when)),
                None => (first, When::Always),
            };
            let words: Vec<String> = words.collect();
            (!words.is_empty()).then_some(Line { callback, when, words })
        })
        .collect()
}

/// Words are separated by blanks; `"two words"` is one, `""` an empty one.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' | '\t' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_operations() {
        let lines = read(
            "# nothing\n\nrequest_body@end set-body 0 0 999 \"a b\"  # all\ntick@2 log x\nlonely\n",
        );
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].callback, "request_body");
        assert_eq!(lines[0].when, When::End);
        assert_eq!(lines[0].words, ["set-body", "0", "0", "999", "a b"]);
        assert_eq!(lines[1].when, When::Call(2));
    }

    #[test]
    fn a_line_is_for_some_calls() {
        let cases = [
            (When::Always, 1, false, true),
            (When::End, 1, false, false),
            (When::End, 2, true, true),
            (When::More, 2, true, false),
            (When::Call(2), 2, false, true),
            (When::Call(2), 3, true, false),
        ];
        for (when, call, end, expected) in cases {
            assert_eq!(when.fits(call, end), expected, "{when:?} {call} {end}");
        }
    }

    #[test]
    fn an_empty_word_can_be_written() {
        assert_eq!(split("a \"\" b\"c d\""), ["a", "", "bc d"]);
    }
}
