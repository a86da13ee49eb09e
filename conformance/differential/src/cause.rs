//! Why a rule may answer differently here and in the reference engine; each cause is checked on the transaction.

use serde::Deserialize;

use crate::exchange::Exchange;
use crate::explain::{Explained, RuleValues};
use crate::pattern::Manner;
use crate::statement::Link;
use crate::value::Value;

/// One rule's difference in one transaction.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The transaction.
    pub exchange: &'a Exchange,
    /// The whole difference.
    pub explained: &'a Explained,
    /// The rule's links.
    pub links: &'a [Link],
    /// What its operators matched.
    pub values: &'a RuleValues,
}

/// A cause; the reason for each stands in `known.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// `multiMatch`: the same value matched twice there, after a transformation that changed nothing.
    RepeatedMultiMatch,
    /// `^` or `$` at a line end that is not an end of the value.
    LineEnd,
    /// A pattern that counts runes there and bytes here.
    Runes,
    /// `\s` matches a vertical tab here.
    VerticalTab,
    /// All of Go's manners together, where none of them alone makes the difference.
    GoPattern,
    /// `t:urlDecodeUni` or `t:utf8toUnicode` with a code point that has a best fit in ASCII.
    BestFit,
    /// `@detectXSS` with a namespace declaration.
    XmlNamespace,
    /// A part of a multipart body without a name.
    NamelessPart,
    /// A multipart body that stops being read there at its first error.
    BrokenMultipart,
    /// An XML body without a root element.
    NoXmlRoot,
}

impl Cause {
    /// Whether this cause explains the difference of the case.
    pub fn holds(self, case: &Case<'_>) -> bool {
        match self {
            Cause::RepeatedMultiMatch => case.repeated_multi_match(),
            Cause::LineEnd => case.pattern(Manner { multi_line: true, ..Manner::default() }),
            Cause::Runes => case.pattern(Manner { runes: true, ..Manner::default() }),
            Cause::VerticalTab => {
                case.pattern(Manner { no_vertical_tab: true, ..Manner::default() })
            }
            Cause::GoPattern => case.pattern(Manner::GO),
            Cause::BestFit => case.best_fit(),
            Cause::XmlNamespace => case.xml_namespace(),
            Cause::NamelessPart => {
                case.multipart()
                    && case.explained.body_error_here
                    && case.explained.body_error_there.is_none()
            }
            Cause::BrokenMultipart => case.multipart() && case.explained.body_error_there.is_some(),
            Cause::NoXmlRoot => case.no_xml_root(),
        }
    }
}

impl Case<'_> {
    fn differing(&self) -> (Vec<&Value>, Vec<&Value>) {
        (self.values.only_here(), self.values.only_there())
    }

    fn multi_match(&self) -> bool {
        self.links.iter().any(|link| link.asks("multiMatch"))
    }

    fn repeated_multi_match(&self) -> bool {
        let (here, there) = self.differing();
        let known = |value: &&Value| self.values.here.iter().any(|other| other.is(value));
        self.multi_match() && here.is_empty() && there.iter().all(known)
    }

    /// Whether every differing value is matched by a pattern of the rule in this manner and not in this engine's, or
    /// the other way round.
    fn pattern(&self, manner: Manner) -> bool {
        let (here, there) = self.differing();
        let turns = |value: &&Value| {
            self.links.iter().filter_map(Link::pattern).any(|pattern| {
                let plain = Manner::default().matches(pattern, &value.bytes);
                let other = manner.matches(pattern, &value.bytes);
                plain.is_some() && other.is_some() && plain != other
            })
        };
        // A link that only repeats what an earlier one matched, such as MATCHED_VARS, differs with it.
        let follows = |value: &&Value| value.variable.starts_with("MATCHED_VAR");
        let mut own = here.iter().chain(&there).filter(|value| !follows(value)).peekable();
        if own.peek().is_some() {
            return own.all(turns);
        }
        let mut turned = self.values.here.iter().chain(&self.values.there);
        turned.any(|value| turns(&value))
    }

    fn best_fit(&self) -> bool {
        let decodes = |link: &Link| link.asks("t:urlDecodeUni") || link.asks("t:utf8toUnicode");
        let target = self.exchange.target.to_ascii_lowercase();
        let texts = [target.as_bytes(), &self.exchange.body];
        let headers = self.exchange.headers.iter().map(|(_, value)| value.as_bytes());
        let has = |text: &[u8]| {
            text.windows(2).any(|pair| {
                pair.eq_ignore_ascii_case(b"%u")
                    || pair.eq_ignore_ascii_case(b"%e")
                    || pair.eq_ignore_ascii_case(b"%c")
                    || pair.eq_ignore_ascii_case(b"%d")
            }) || !text.is_ascii()
        };
        self.links.iter().any(decodes) && texts.into_iter().chain(headers).any(has)
    }

    fn xml_namespace(&self) -> bool {
        let (here, there) = self.differing();
        let declares = |value: &&Value| {
            let text = value.bytes.to_ascii_lowercase();
            text.windows(5).any(|word| word == b"xmlns" || word == b"xlink")
        };
        self.links.iter().any(|link| link.operator_is("@detectXSS"))
            && there.is_empty()
            && here.iter().all(declares)
    }

    fn media(&self) -> String {
        self.exchange.header("content-type").unwrap_or_default().to_ascii_lowercase()
    }

    fn multipart(&self) -> bool {
        self.media().starts_with("multipart/")
    }

    fn no_xml_root(&self) -> bool {
        self.media().contains("xml")
            && self.explained.body_error_here
            && !self.exchange.body.trim_ascii().starts_with(b"<")
    }
}
