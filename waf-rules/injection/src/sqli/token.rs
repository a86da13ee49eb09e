//! One token, with as much of its text as a keyword can have.

/// The letters of token types, as they stand in fingerprints.
pub(super) mod kind {
    pub(in crate::sqli) const NONE: u8 = 0;
    pub(in crate::sqli) const KEYWORD: u8 = b'k';
    pub(in crate::sqli) const UNION: u8 = b'U';
    pub(in crate::sqli) const GROUP: u8 = b'B';
    pub(in crate::sqli) const EXPRESSION: u8 = b'E';
    pub(in crate::sqli) const SQLTYPE: u8 = b't';
    pub(in crate::sqli) const FUNCTION: u8 = b'f';
    pub(in crate::sqli) const BAREWORD: u8 = b'n';
    pub(in crate::sqli) const NUMBER: u8 = b'1';
    pub(in crate::sqli) const VARIABLE: u8 = b'v';
    pub(in crate::sqli) const STRING: u8 = b's';
    pub(in crate::sqli) const OPERATOR: u8 = b'o';
    pub(in crate::sqli) const LOGIC_OPERATOR: u8 = b'&';
    pub(in crate::sqli) const COMMENT: u8 = b'c';
    pub(in crate::sqli) const COLLATE: u8 = b'A';
    pub(in crate::sqli) const LEFT_PAREN: u8 = b'(';
    pub(in crate::sqli) const RIGHT_PAREN: u8 = b')';
    pub(in crate::sqli) const LEFT_BRACE: u8 = b'{';
    pub(in crate::sqli) const RIGHT_BRACE: u8 = b'}';
    pub(in crate::sqli) const DOT: u8 = b'.';
    pub(in crate::sqli) const COMMA: u8 = b',';
    pub(in crate::sqli) const COLON: u8 = b':';
    pub(in crate::sqli) const SEMICOLON: u8 = b';';
    pub(in crate::sqli) const TSQL: u8 = b'T';
    pub(in crate::sqli) const UNKNOWN: u8 = b'?';
    pub(in crate::sqli) const EVIL: u8 = b'X';
    pub(in crate::sqli) const BACKSLASH: u8 = b'\\';
}

/// Bytes of text that a token keeps; longer ones are cut, and are no keyword.
pub(super) const TEXT_BYTES: usize = 31;

#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    /// A piece of the input, or a phrase of the table.
    text: &'a [u8],
    pub kind: u8,
    /// The quote that opened a string; 0 when it was open before the input began.
    pub open: u8,
    /// The quote that closed it; 0 when none did.
    pub close: u8,
}

impl<'a> Token<'a> {
    pub(super) const EMPTY: Token<'static> =
        Token { text: b"", kind: kind::NONE, open: 0, close: 0 };

    pub(super) fn new(kind: u8, text: &'a [u8]) -> Self {
        Self { text: text.get(..TEXT_BYTES).unwrap_or(text), kind, open: 0, close: 0 }
    }

    pub(super) fn with_kind(self, kind: u8) -> Self {
        Token { kind, ..self }
    }

    pub(super) fn with_quotes(self, open: u8, close: u8) -> Self {
        Token { open, close, ..self }
    }

    pub(super) fn text(&self) -> &'a [u8] {
        self.text
    }

    /// A byte of the text; 0 past its end.
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    pub(super) fn is_word(&self, word: &[u8]) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }

    pub(super) fn is_arithmetic(&self) -> bool {
        self.kind == kind::OPERATOR && matches!(self.text, [b'*' | b'/' | b'-' | b'+' | b'%'])
    }

    pub(super) fn is_unary(&self) -> bool {
        self.kind == kind::OPERATOR
            && (matches!(self.text, [b'+' | b'-' | b'!' | b'~'] | b"!!") || self.is_word(b"NOT"))
    }

    pub(super) fn is_any(&self, kinds: &[u8]) -> bool {
        kinds.contains(&self.kind)
    }
}
