//! `@streq`, `@contains`, `@containsWord`, `@beginsWith`, `@endsWith`, `@within`, `@strmatch`: bytes against bytes, with
//! regard to case.

use memchr::memmem;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextTest {
    Equal,
    Contains,
    ContainsWord,
    Begins,
    Ends,
    /// The value occurs in the argument.
    Within,
}

impl TextTest {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "streq" => Self::Equal,
            "contains" | "strmatch" => Self::Contains,
            "containsword" => Self::ContainsWord,
            "beginswith" => Self::Begins,
            "endswith" => Self::Ends,
            "within" => Self::Within,
            _ => return None,
        })
    }

    pub(crate) fn matches(self, input: &[u8], argument: &[u8]) -> bool {
        match self {
            Self::Equal => input == argument,
            Self::Contains => match argument {
                // No table is worth making for a single byte.
                [byte] => memchr::memchr(*byte, input).is_some(),
                _ => memmem::find(input, argument).is_some(),
            },
            Self::ContainsWord => contains_word(input, argument),
            Self::Begins => input.starts_with(argument),
            Self::Ends => input.ends_with(argument),
            Self::Within => memmem::find(argument, input).is_some(),
        }
    }
}

/// The word with no ASCII letter on either side: digits and underscores end a word, as in ModSecurity 3.
fn contains_word(input: &[u8], word: &[u8]) -> bool {
    if word.is_empty() {
        return true;
    }
    let inside =
        |at: Option<usize>| at.and_then(|at| input.get(at)).is_some_and(u8::is_ascii_alphabetic);
    let mut from = 0;
    while let Some(at) = input.get(from..).and_then(|rest| memmem::find(rest, word)) {
        let at = from + at;
        if !inside(at.checked_sub(1)) && !inside(Some(at + word.len())) {
            return true;
        }
        from = at + 1;
    }
    false
}
