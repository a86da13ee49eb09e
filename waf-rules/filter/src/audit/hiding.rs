//! What is hidden of one exchange: what its rules said, and whatever stands under a name that is hidden, wherever else a
//! rule's text or a body repeats it.

use portcullis_filter::Hidden;
use portcullis_telemetry::{self as telemetry, HiddenBytes, REDACTED, Redactor, Shown};
use portcullis_waf_engine::{Mark, RuleMatch, Transaction};

/// Values under hidden names that are looked for elsewhere; a request with more of them has its first looked for.
const SECRETS_MAX: usize = 256;

/// Cookies shorter than this are words of their site rather than secrets: `theme=select`.
const COOKIE_BYTES_MIN: usize = 8;

/// Longest value that is looked for: what is longer is not repeated as a whole.
const SECRET_BYTES_MAX: usize = 4096;

/// Bytes of all values that are looked for: finding them takes time to prepare.
const SECRETS_BYTES_MAX: usize = 16 * 1024;

/// What rules said, for all logs; none where they said nothing.
pub(crate) fn hidden(transaction: &Transaction) -> Option<Box<Hidden>> {
    let marks = transaction.sanitised();
    if marks.is_empty() {
        return None;
    }
    let mut hidden = Hidden::default();
    for mark in marks {
        match mark {
            Mark::Argument(name) | Mark::Cookie(name) => hidden.arguments.push(name.clone()),
            Mark::RequestHeader(name) | Mark::ResponseHeader(name) => {
                hidden.headers.push(name.clone());
            }
            Mark::Bytes { bytes, first, last } => {
                hidden.bytes.push((bytes.clone(), *first, *last));
            }
            Mark::Everything => hidden.everything = true,
        }
    }
    Some(Box::new(hidden))
}

/// What rules said, and the values that stand under hidden names.
pub(crate) fn secrets(redactor: &Redactor, transaction: &Transaction) -> telemetry::Hidden {
    let said = hidden(transaction).map(|hidden| *hidden).unwrap_or_default();
    let part = |(bytes, first, last): (Vec<u8>, usize, usize)| HiddenBytes { bytes, first, last };
    let mut all = telemetry::Hidden {
        headers: said.headers,
        arguments: said.arguments,
        bytes: said.bytes.into_iter().map(part).collect(),
        everything: said.everything,
    };
    let named = redactor.with(&all);
    let audit = transaction.audit();
    let arguments = audit.arguments().filter(|(name, _)| named.hides_parameter(name));
    let cookies = audit.cookies().filter(|(_, value)| value.len() >= COOKIE_BYTES_MIN);
    let headers = audit.request_headers().chain(audit.response_headers());
    let headers = headers.filter(|(name, _)| named.hides_header(name));
    // Of `Bearer abc` the second half is the secret.
    let headers = headers
        .map(|(name, value)| (name, value.rsplit(|byte| *byte == b' ').next().unwrap_or(value)));
    let values = arguments.chain(cookies).chain(headers).map(|(_, value)| value);
    let values = values.filter(|value| value.len() <= SECRET_BYTES_MAX).take(SECRETS_MAX);
    let mut free = SECRETS_BYTES_MAX;
    for value in values {
        let Some(rest) = free.checked_sub(value.len()) else { break };
        free = rest;
        all.bytes.push(HiddenBytes::whole(value));
    }
    all
}

/// Whether a rule matched something that is hidden, so that its texts may quote it.
pub(crate) fn quotes_hidden(redactor: &Redactor, matched: &RuleMatch) -> bool {
    matched.matched.iter().any(|value| redactor.hides_variable(value.variable, &value.key))
}

/// Whether a message says something else than the rule's own text.
pub(crate) fn is_expanded(matched: &RuleMatch) -> bool {
    matched.message != matched.rule.message
}

/// The texts of a match as they may be shown.
pub(super) struct Texts<'a> {
    pub(super) message: Shown<'a>,
    pub(super) data: Shown<'a>,
}

impl<'a> Texts<'a> {
    pub(super) fn of(redactor: &Redactor, matched: &'a RuleMatch) -> Self {
        let quotes = quotes_hidden(redactor, matched);
        let shown = |text: &'a str, hide: bool| match hide && !text.is_empty() {
            true => REDACTED.as_bytes().into(),
            false => redactor.text(text.as_bytes()),
        };
        Self {
            message: shown(&matched.message, quotes && is_expanded(matched)),
            data: shown(&matched.data, quotes),
        }
    }
}
