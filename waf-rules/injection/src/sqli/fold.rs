//! Folding: tokens that say nothing about the shape are merged or dropped as they are read.
//!
//! The order of the cases is that of libinjection and must stay: a later case may match what an earlier
//! one has to have taken.

use super::MAX_TOKENS;
use super::token::{Token, kind};
use super::tokenizer::Tokenizer;
use super::words::lookup_phrase;

/// Places for tokens: the fingerprint's, and those looked ahead at. A power of two, so that no access needs a
/// check: none goes past the last place.
pub(super) const SLOTS: usize = MAX_TOKENS + 3;

/// What a case has decided.
enum Step {
    /// Start over with what is there.
    Again,
    /// Look at one more token.
    Look,
    /// Stop with this many tokens.
    Stop(usize),
}

/// Tokens as they are read and folded.
pub(super) struct Folder<'a> {
    pub(super) tokenizer: Tokenizer<'a>,
    pub(super) tokens: [Token<'a>; SLOTS],
    /// Where the next token goes.
    next: usize,
    /// Tokens before this one are folded.
    left: usize,
    more: bool,
    last_comment: Option<Token<'a>>,
}

impl<'a> Folder<'a> {
    pub(super) fn new(tokenizer: Tokenizer<'a>) -> Self {
        let tokens = [Token::EMPTY; SLOTS];
        Self { tokenizer, tokens, next: 0, left: 0, more: true, last_comment: None }
    }

    /// Reads and folds all tokens: how many count (one more than a fingerprint has when the last one is evil).
    pub(super) fn run(&mut self) -> usize {
        if !self.skip_prefix() {
            return 0;
        }
        loop {
            if self.next >= MAX_TOKENS {
                self.restart_full();
            }
            if !self.more || self.left >= MAX_TOKENS {
                break;
            }
            self.fill(2);
            if self.next < self.left + 2 {
                self.left = self.next;
                continue;
            }
            match self.pair() {
                Step::Again => continue,
                Step::Stop(count) => return count,
                Step::Look => {}
            }
            self.fill(3);
            if self.next < self.left + 3 {
                self.left = self.next;
                continue;
            }
            if !self.triple() {
                self.left += 1;
            }
        }
        self.left = self.next;
        match (self.last_comment, self.tokens.get_mut(self.left)) {
            (Some(comment), Some(place)) if self.left < MAX_TOKENS => {
                *place = comment;
                self.left + 1
            }
            // A sixth token is only looked at to judge the fifth.
            _ => self.left.min(MAX_TOKENS),
        }
    }

    /// Comments, parentheses, types and signs at the start say nothing. False when nothing else comes.
    fn skip_prefix(&mut self) -> bool {
        while let Some(token) = self.tokenizer.next() {
            let skip = token.is_any(&[kind::COMMENT, kind::LEFT_PAREN, kind::SQLTYPE]);
            if !skip && !token.is_unary() {
                self.tokens[0] = token;
                self.next = 1;
                return true;
            }
        }
        false
    }

    /// Reads until `count` tokens stand from `left` on. Comments are only remembered.
    fn fill(&mut self, count: usize) {
        while self.more && self.next <= MAX_TOKENS && self.next < self.left + count {
            match self.tokenizer.next() {
                None => {
                    self.more = false;
                    self.put(Token::EMPTY);
                }
                Some(token) if token.kind == kind::COMMENT => {
                    self.put(token);
                    self.last_comment = Some(token);
                }
                Some(token) => {
                    self.put(token);
                    self.last_comment = None;
                    self.next += 1;
                }
            }
        }
    }

    fn put(&mut self, token: Token<'a>) {
        self.tokens[self.next % SLOTS] = token;
    }

    fn token(&self, ahead: usize) -> Token<'a> {
        self.tokens[(self.left + ahead) % SLOTS]
    }

    fn kind(&self, ahead: usize) -> u8 {
        self.tokens[(self.left + ahead) % SLOTS].kind
    }

    fn replace(&mut self, ahead: usize, token: Token<'a>) {
        self.tokens[(self.left + ahead) % SLOTS] = token;
    }

    fn retype(&mut self, ahead: usize, kind: u8) {
        self.tokens[(self.left + ahead) % SLOTS].kind = kind;
    }

    /// Drops tokens from the end and starts over from the first one.
    fn restart(&mut self, drop: usize) -> Step {
        self.next = self.next.saturating_sub(drop);
        self.left = 0;
        Step::Again
    }

    /// Drops the last token and steps back by one.
    fn drop_one(&mut self) -> Step {
        self.next = self.next.saturating_sub(1);
        self.left = self.left.saturating_sub(1);
        Step::Again
    }

    /// Five tokens that are a call or a list are only its start.
    fn restart_full(&mut self) {
        let [a, b, c, d, e, ..] = &self.tokens;
        let start = matches!(
            [a.kind, b.kind, c.kind, d.kind, e.kind],
            [b'1', b'o' | b',', b'(', b'1', b')']
                | [b'n', b'o', b'(', b'n' | b'1', b')']
                | [b'1', b')', b',', b'(', b'1']
                | [b'n', b')', b'o', b'(', b'n']
        );
        if start {
            self.left = 0;
            if self.next > MAX_TOKENS {
                self.tokens[1] = self.tokens[MAX_TOKENS];
                self.next = 2;
            } else {
                self.next = 1;
            }
        }
    }

    /// The cases of two tokens.
    fn pair(&mut self) -> Step {
        let (a, b) = (self.token(0), self.token(1));
        match (a.kind, b.kind) {
            (kind::STRING, kind::STRING) | (kind::SEMICOLON, kind::SEMICOLON) => {
                self.next -= 1;
                return Step::Again;
            }
            (kind::OPERATOR | kind::LOGIC_OPERATOR, _)
                if b.is_unary() || b.kind == kind::SQLTYPE =>
            {
                return self.restart(1);
            }
            (kind::LEFT_PAREN, _) if b.is_unary() => return self.drop_one(),
            _ => {}
        }
        if let Some(merged) = merge(&a, &b) {
            self.replace(0, merged);
            return self.drop_one();
        }
        match (a.kind, b.kind) {
            (kind::SEMICOLON, kind::FUNCTION)
                if b.text().get(..2).is_some_and(|head| head.eq_ignore_ascii_case(b"IF")) =>
            {
                // A statement of its own in Transact-SQL.
                self.retype(1, kind::TSQL);
                Step::Again
            }
            (kind::BAREWORD | kind::VARIABLE, kind::LEFT_PAREN) if is_bare_function(&a) => {
                self.retype(0, kind::FUNCTION);
                Step::Again
            }
            (kind::KEYWORD, _) if a.is_word(b"IN") || a.is_word(b"NOT IN") => {
                let list = b.kind == kind::LEFT_PAREN;
                self.retype(0, if list { kind::OPERATOR } else { kind::BAREWORD });
                Step::Again
            }
            (kind::OPERATOR, _) if a.is_word(b"LIKE") || a.is_word(b"NOT LIKE") => {
                if b.kind == kind::LEFT_PAREN {
                    self.retype(0, kind::FUNCTION);
                }
                Step::Look
            }
            _ => self.pair_of_marks(&a, &b),
        }
    }

    /// The cases of two tokens that do not depend on words.
    fn pair_of_marks(&mut self, a: &Token<'a>, b: &Token<'a>) -> Step {
        match (a.kind, b.kind) {
            (
                kind::SQLTYPE,
                kind::BAREWORD
                | kind::NUMBER
                | kind::SQLTYPE
                | kind::LEFT_PAREN
                | kind::FUNCTION
                | kind::VARIABLE
                | kind::STRING,
            ) => {
                self.replace(0, *b);
                self.restart(1)
            }
            (kind::COLLATE, kind::BAREWORD) => {
                // There are too many collations to list; they have an underscore.
                let name = b.text().split(|&b| b == 0).next().unwrap_or_default();
                if name.contains(&b'_') {
                    self.retype(1, kind::SQLTYPE);
                    self.left = 0;
                }
                Step::Look
            }
            (kind::BACKSLASH, _) if b.is_arithmetic() => {
                // Transact-SQL reads `\%1` as `0 % 1`.
                self.retype(0, kind::NUMBER);
                self.restart(0)
            }
            (kind::BACKSLASH, _) => {
                self.replace(0, *b);
                self.restart(1)
            }
            (kind::LEFT_PAREN, kind::LEFT_PAREN) | (kind::RIGHT_PAREN, kind::RIGHT_PAREN) => {
                self.restart(1)
            }
            (kind::LEFT_BRACE, kind::BAREWORD) if b.text().is_empty() => {
                // MySQL's {``.``.id}: rare enough to be banned.
                self.retype(1, kind::EVIL);
                Step::Stop(self.left + 2)
            }
            (kind::LEFT_BRACE, kind::BAREWORD) => self.restart(2),
            (_, kind::RIGHT_BRACE) => self.restart(1),
            _ => Step::Look,
        }
    }

    /// The cases of three tokens. True when one has folded.
    fn triple(&mut self) -> bool {
        let (a, b, c) = (self.kind(0), self.kind(1), self.kind(2));
        let value = [kind::NUMBER, kind::BAREWORD, kind::STRING, kind::VARIABLE];
        let drop_two = match (a, b, c) {
            (kind::NUMBER, kind::OPERATOR, kind::NUMBER) => true,
            (kind::OPERATOR, between, kind::OPERATOR) if between != kind::LEFT_PAREN => true,
            (kind::LOGIC_OPERATOR, _, kind::LOGIC_OPERATOR) => true,
            (kind::VARIABLE, kind::OPERATOR, kind::VARIABLE) => true,
            (
                kind::VARIABLE | kind::BAREWORD | kind::NUMBER,
                kind::OPERATOR,
                kind::NUMBER | kind::BAREWORD,
            ) => true,
            (_, kind::OPERATOR, kind::SQLTYPE)
                if value.contains(&a) && self.token(1).text() == b"::" =>
            {
                true
            }
            (_, kind::COMMA, _) if value.contains(&a) && value.contains(&c) => true,
            _ => false,
        };
        if drop_two {
            self.restart(2);
            return true;
        }
        if b == kind::OPERATOR && self.sign() {
            return true;
        }
        match (a, b, c) {
            (kind::BAREWORD, kind::DOT, kind::BAREWORD) => {
                self.restart(2);
                return true;
            }
            (kind::EXPRESSION, kind::DOT, kind::BAREWORD) => {
                self.replace(1, self.token(2));
                self.restart(1);
                return true;
            }
            (kind::FUNCTION, kind::LEFT_PAREN, third)
                if third != kind::RIGHT_PAREN && self.token(0).is_word(b"USER") =>
            {
                // USER() takes nothing, so this is somebody's word.
                self.retype(0, kind::BAREWORD);
            }
            _ => {}
        }
        false
    }

    /// A sign before a value changes nothing.
    fn sign(&mut self) -> bool {
        let (a, b, c) = (self.token(0), self.token(1), self.token(2));
        if !b.is_unary() {
            return false;
        }
        let value = [kind::NUMBER, kind::BAREWORD, kind::VARIABLE, kind::STRING];
        let drop = match (a.kind, c.kind) {
            (kind::EXPRESSION | kind::GROUP | kind::COMMA, kind::LEFT_PAREN) => 1,
            (kind::KEYWORD | kind::EXPRESSION | kind::GROUP, _)
                if c.is_any(&value) || c.kind == kind::FUNCTION =>
            {
                1
            }
            // `1,-1` becomes `1`, so what stands before the comma has to be looked at again.
            (kind::COMMA, _) if c.is_any(&value) => 3,
            (kind::COMMA, kind::FUNCTION) => 1,
            _ => return false,
        };
        self.replace(1, c);
        self.restart(drop);
        true
    }
}

/// Two words that are one phrase, such as UNION ALL.
fn merge<'a>(a: &Token<'a>, b: &Token<'a>) -> Option<Token<'a>> {
    let words = [
        kind::KEYWORD,
        kind::BAREWORD,
        kind::OPERATOR,
        kind::UNION,
        kind::FUNCTION,
        kind::EXPRESSION,
        kind::TSQL,
        kind::SQLTYPE,
    ];
    if !a.is_any(&words) || !(b.is_any(&words) || b.kind == kind::LOGIC_OPERATOR) {
        return None;
    }
    let (phrase, kind) = lookup_phrase(a.text(), b.text())?;
    Some(Token::new(kind, phrase).with_quotes(a.open, a.close))
}

/// Names that are functions only before a parenthesis.
fn is_bare_function(token: &Token<'_>) -> bool {
    const NAMES: &[&[u8]] = &[
        b"USER_ID",
        b"USER_NAME",
        b"DATABASE",
        b"PASSWORD",
        b"USER",
        b"CURRENT_USER",
        b"CURRENT_DATE",
        b"CURRENT_TIME",
        b"CURRENT_TIMESTAMP",
        b"LOCALTIME",
        b"LOCALTIMESTAMP",
    ];
    NAMES.iter().any(|name| token.is_word(name))
}
