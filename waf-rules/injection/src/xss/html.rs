//! HTML tokens, read as lenient browsers do (<https://html.spec.whatwg.org/#tokenization>, with what
//! Internet Explorer did). A loop over states: nothing here recurses, and no state goes back.

use memchr::{memchr, memmem};

/// Where the input stands in the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    Text,
    Tag,
    Quoted(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    TagName,
    AttributeName,
    AttributeValue,
    Comment,
    Doctype,
    /// Text and the ends of tags.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    End,
    Data,
    TagOpen,
    TagName,
    TagClose,
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    /// In a value; the quote stands at the present place, except at the start of the input.
    Quoted(u8),
    Unquoted,
    AfterQuoted,
    SelfClosing,
}

/// A token, or another state to go on with.
type Step<'a> = Option<(Kind, &'a [u8])>;

pub(super) struct Reader<'a> {
    input: &'a [u8],
    at: usize,
    state: State,
    /// The tag being read is an end tag. The original keeps this up after `</a >`, where it takes the
    /// next tag for an end tag too.
    closing: bool,
}

/// Blank to a browser; NUL too, to old ones.
pub(super) fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r' | 0)
}

impl<'a> Iterator for Reader<'a> {
    type Item = (Kind, &'a [u8]);

    fn next(&mut self) -> Option<(Kind, &'a [u8])> {
        while self.state != State::End || self.at < self.input.len() {
            if self.state == State::End {
                return None;
            }
            if let Some(token) = self.step() {
                return Some(token);
            }
        }
        None
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(input: &'a [u8], context: Context) -> Self {
        let state = match context {
            Context::Text => State::Data,
            Context::Tag => State::BeforeName,
            Context::Quoted(quote) => State::Quoted(quote),
        };
        Self { input, at: 0, state, closing: false }
    }

    fn rest(&self) -> &'a [u8] {
        self.input.get(self.at..).unwrap_or_default()
    }

    /// Takes `length` bytes as a token, and `more` that belong to no token.
    fn take(&mut self, kind: Kind, length: usize, more: usize, then: State) -> Step<'a> {
        let text = self.rest().get(..length).unwrap_or(self.rest());
        self.at = (self.at + length + more).min(self.input.len());
        self.state = then;
        Some((kind, text))
    }

    /// Takes all that is left.
    fn take_all(&mut self, kind: Kind) -> Step<'a> {
        self.take(kind, self.rest().len(), 0, State::End)
    }

    fn go(&mut self, skip: usize, state: State) -> Step<'a> {
        self.at += skip;
        self.state = state;
        None
    }

    fn step(&mut self) -> Step<'a> {
        match self.state {
            State::End => None,
            State::Data => match memchr(b'<', self.rest()) {
                None => self.take_all(Kind::Other),
                Some(0) => self.go(1, State::TagOpen),
                Some(length) => self.take(Kind::Other, length, 1, State::TagOpen),
            },
            State::TagOpen => {
                self.closing = false;
                self.tag_open()
            }
            State::TagName => self.tag_name(),
            State::TagClose => self.take(Kind::Other, 1, 0, State::Data),
            State::BeforeName | State::AfterName => self.around_name(),
            State::Name => self.name(),
            State::BeforeValue => self.before_value(),
            State::Quoted(quote) => self.quoted(quote),
            State::Unquoted => self.unquoted(),
            State::AfterQuoted => match self.rest().first() {
                None => self.go(0, State::End),
                Some(b'/') => self.go(1, State::SelfClosing),
                Some(b'>') => self.take(Kind::Other, 1, 0, State::Data),
                Some(&byte) => self.go(usize::from(is_white(byte)), State::BeforeName),
            },
            State::SelfClosing => match self.rest().first() {
                None => self.go(0, State::End),
                Some(b'>') => self.take(Kind::Other, 1, 0, State::Data),
                Some(_) => self.go(0, State::BeforeName),
            },
        }
    }

    fn tag_open(&mut self) -> Step<'a> {
        match self.rest() {
            [] => self.go(0, State::End),
            [b'!', ..] => {
                self.at += 1;
                self.declaration()
            }
            [b'/'] => self.go(1, State::End),
            [b'/', next, ..] => {
                self.closing = true;
                self.at += 1;
                match next {
                    b'>' => self.go(0, State::Data),
                    next if next.is_ascii_alphabetic() => self.go(0, State::TagName),
                    _ => self.bogus_comment(),
                }
            }
            [b'?', ..] => {
                self.at += 1;
                self.bogus_comment()
            }
            // Internet Explorer up to 9, and Safari before 4.0.3.
            [b'%', ..] => {
                self.at += 1;
                self.until(Kind::Comment, b"%>")
            }
            [next, ..] if next.is_ascii_alphabetic() || *next == 0 => self.go(0, State::TagName),
            [_, ..] => self.go(0, State::Data),
        }
    }

    /// Takes what stands before `mark`, and the mark itself.
    fn until(&mut self, kind: Kind, mark: &[u8]) -> Step<'a> {
        match memmem::find(self.rest(), mark) {
            Some(length) => self.take(kind, length, mark.len(), State::Data),
            None => self.take_all(kind),
        }
    }

    fn bogus_comment(&mut self) -> Step<'a> {
        self.until(Kind::Comment, b">")
    }

    /// After `<!`.
    fn declaration(&mut self) -> Step<'a> {
        let rest = self.rest();
        if rest.get(..7).is_some_and(|head| head.eq_ignore_ascii_case(b"DOCTYPE")) {
            return self.until(Kind::Doctype, b">");
        }
        if rest.starts_with(b"[CDATA[") {
            self.at += 7;
            return self.until(Kind::Other, b"]]>");
        }
        if rest.starts_with(b"--") {
            self.at += 2;
            return self.comment();
        }
        self.bogus_comment()
    }

    /// A comment ends at `-->` or `-!>`, with NUL bytes after the first dash.
    fn comment(&mut self) -> Step<'a> {
        let rest = self.rest();
        let mut from = 0;
        while let Some(dash) = memchr(b'-', rest.get(from..).unwrap_or_default()) {
            let dash = from + dash;
            let after = rest.get(dash + 1..).unwrap_or_default();
            if after.len() < 2 {
                break;
            }
            let nulls = after.iter().take_while(|&&b| b == 0).count();
            match after.get(nulls..).unwrap_or_default() {
                [] | [b'-' | b'!'] => break,
                [b'-' | b'!', b'>', ..] => {
                    return self.take(Kind::Comment, dash, nulls + 3, State::Data);
                }
                _ => from = dash + 1,
            }
        }
        self.take_all(Kind::Comment)
    }

    fn tag_name(&mut self) -> Step<'a> {
        let rest = self.rest();
        let ends = |&b: &u8| b != 0 && is_white(b) || matches!(b, b'/' | b'>');
        let Some(length) = rest.iter().position(ends) else {
            return self.take_all(Kind::TagName);
        };
        match rest.get(length) {
            Some(b'/') => self.take(Kind::TagName, length, 1, State::SelfClosing),
            Some(b'>') if self.closing => self.take(Kind::Other, length, 1, State::Data),
            Some(b'>') => self.take(Kind::TagName, length, 0, State::TagClose),
            Some(_) | None => self.take(Kind::TagName, length, 1, State::BeforeName),
        }
    }

    fn skip_white(&mut self) {
        self.at += self.rest().iter().take_while(|&&b| is_white(b)).count();
    }

    fn around_name(&mut self) -> Step<'a> {
        self.skip_white();
        match self.rest().first() {
            None => self.go(0, State::End),
            Some(b'/') => self.go(1, State::SelfClosing),
            Some(b'=') if self.state == State::AfterName => self.go(1, State::BeforeValue),
            Some(b'>') => self.take(Kind::Other, 1, 0, State::Data),
            Some(_) => self.go(0, State::Name),
        }
    }

    fn name(&mut self) -> Step<'a> {
        let rest = self.rest();
        // The first byte belongs to the name whatever it is.
        let ends = |&b: &u8| is_white(b) || matches!(b, b'/' | b'=' | b'>');
        let tail = rest.get(1..).unwrap_or_default();
        let Some(length) = tail.iter().position(ends).map(|at| at + 1) else {
            return self.take_all(Kind::AttributeName);
        };
        match rest.get(length) {
            Some(b'/') => self.take(Kind::AttributeName, length, 1, State::SelfClosing),
            Some(b'=') => self.take(Kind::AttributeName, length, 1, State::BeforeValue),
            Some(b'>') => self.take(Kind::AttributeName, length, 0, State::TagClose),
            Some(_) | None => self.take(Kind::AttributeName, length, 1, State::AfterName),
        }
    }

    fn before_value(&mut self) -> Step<'a> {
        self.skip_white();
        match self.rest().first() {
            None => self.go(0, State::End),
            // The back quote is Internet Explorer's.
            Some(&quote @ (b'"' | b'\'' | b'`')) => self.go(0, State::Quoted(quote)),
            Some(_) => self.go(0, State::Unquoted),
        }
    }

    fn quoted(&mut self, quote: u8) -> Step<'a> {
        // At the start of the input the quote was the application's.
        self.at += usize::from(self.at > 0);
        match memchr(quote, self.rest()) {
            Some(length) => self.take(Kind::AttributeValue, length, 1, State::AfterQuoted),
            None => self.take_all(Kind::AttributeValue),
        }
    }

    fn unquoted(&mut self) -> Step<'a> {
        let rest = self.rest();
        let Some(length) = rest.iter().position(|&b| is_white(b) || b == b'>') else {
            return self.take_all(Kind::AttributeValue);
        };
        match rest.get(length) {
            Some(b'>') => self.take(Kind::AttributeValue, length, 0, State::TagClose),
            Some(_) | None => self.take(Kind::AttributeValue, length, 1, State::BeforeName),
        }
    }
}
