//! Why a rule may answer differently here and in the reference engine; each cause is checked on the transaction.

mod check;
mod keys;

use serde::Deserialize;

use crate::exchange::Exchange;
use crate::explain::{Explained, RuleValues};
use crate::pattern::Manner;
use crate::statement::Link;

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
    /// `t:jsDecode` of an octal escape.
    OctalEscape,
    /// `t:urlDecodeUni` or `t:utf8toUnicode` with a code point that has a best fit in ASCII.
    BestFit,
    /// A transformation that writes U+FFFD for bytes that are no text.
    IllegibleBytes,
    /// A numeric operator on what is no number.
    NoNumber,
    /// `TX.0` to `TX.9` that nothing was captured into, or all of `TX`.
    NoCapture,
    /// A transformation that answers otherwise by itself, on a value of this request ([`crate::transformations::known`]).
    Transformation,
    /// An operator's macro that names what the rule itself sets.
    MovingArgument,
    /// A part with an empty file name.
    EmptyFilename,
    /// An XML version or the name of a part header that only the reference engine refuses.
    RefusedThere,
    /// A file or part name with a backslash.
    EscapedName,
    /// The count of a collection with an exclusion.
    ExcludedCount,
    /// `FILES_COMBINED_SIZE` of a form with fields.
    FieldsCounted,
    /// `REQUEST_BODY` or its length, of a body that no urlencoded form is.
    BodyLength,
    /// `@detectXSS` with a namespace declaration.
    XmlNamespace,
    /// A macro in an operator that names a header the request does not have.
    UnsetMacro,
    /// `REQUEST_BASENAME` of a path that ends in a slash.
    EmptyBasename,
    /// A cookie name with white space at its end.
    SpacedCookieName,
    /// A cookie without name.
    NamelessCookie,
    /// What `MULTIPART_STRICT_ERROR` is about and the reference engine does not look for: a boundary in quotes, lines
    /// that end in LF, quotes within a name, a header or parameter that is none, bytes before the first or after the closing
    /// delimiter.
    StrictMultipart,
    /// A part of a multipart body without a name.
    NamelessPart,
    /// A body that stops being read there at its first error.
    BrokenBody,
    /// A JSON object with a key twice.
    DuplicateKey,
    /// A multipart body without its first or its closing delimiter.
    UnframedMultipart,
    /// An XML body without a root element, with one that does not end, or with an attribute without value.
    OpenXml,
    /// Arguments whose names differ in case only.
    NamesInTwoCases,
    /// Text of XML with CRLF.
    XmlLineEnd,
    /// The reference engine answers the same request differently from run to run.
    Unstable,
}

impl Cause {
    /// Whether this cause explains the difference of the case.
    pub fn holds(self, case: &Case<'_>) -> bool {
        let plain = Manner::default();
        match self {
            Cause::RepeatedMultiMatch => case.repeated_multi_match(),
            Cause::LineEnd => case.pattern(Manner { multi_line: true, ..plain }),
            Cause::Runes => case.pattern(Manner { runes: true, ..plain }),
            Cause::VerticalTab => case.pattern(Manner { no_vertical_tab: true, ..plain }),
            Cause::GoPattern => case.pattern(Manner::GO),
            Cause::OctalEscape => case.octal_escape(),
            Cause::BestFit => case.best_fit(),
            Cause::IllegibleBytes => case.illegible_bytes(),
            Cause::NoNumber => case.no_number(),
            Cause::NoCapture => case.no_capture(),
            Cause::Transformation => case.transformation(),
            Cause::MovingArgument => case.moving_argument(),
            Cause::EmptyFilename => case.empty_filename(),
            Cause::RefusedThere => case.refused_there(),
            Cause::EscapedName => case.escaped_name(),
            Cause::ExcludedCount => case.excluded_count(),
            Cause::FieldsCounted => case.about("FILES_COMBINED_SIZE") && case.is_multipart(),
            Cause::BodyLength => case.about("REQUEST_BODY"),
            Cause::XmlNamespace => case.xml_namespace(),
            Cause::UnsetMacro => case.unset_macro(),
            Cause::EmptyBasename => case.empty_basename(),
            Cause::SpacedCookieName => case.spaced_cookie_name(),
            Cause::NamelessCookie => case.nameless_cookie(),
            Cause::StrictMultipart => case.strict_multipart(),
            Cause::NamelessPart => case.nameless_part(),
            Cause::BrokenBody => case.broken_body(),
            Cause::DuplicateKey => case.duplicate_key(),
            Cause::UnframedMultipart => case.unframed_multipart(),
            Cause::OpenXml => case.open_xml(),
            Cause::NamesInTwoCases => case.names_in_two_cases(),
            Cause::XmlLineEnd => case.xml_line_end(),
            // Found by asking again, not by looking at one answer.
            Cause::Unstable => false,
        }
    }
}
