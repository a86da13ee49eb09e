//! The order of filters, in one list, and the precedence of the places they are written in.
//!
//! A kind of filter that a route gives replaces the one of its host, which replaces the gateway's: one filter of a
//! kind runs at most once in an exchange, and two places never merge. `disable` on a route or host takes a kind
//! away that a wider place gave; what the same place gives itself stays.

use portcullis_config::FilterKind;

/// Kinds of filters in the order in which they see a request, a reason a line. Responses pass in reverse.
pub const ORDER: &[(FilterKind, &str)] = &[
    (FilterKind::Waf, "judges the request as the caller sent it, before anything changes it"),
    (FilterKind::Headers, "changes what goes upstream; nothing after it decides anything"),
];

/// Where a kind stands in [`ORDER`].
pub(crate) fn position(kind: FilterKind) -> usize {
    ORDER.iter().position(|(known, _)| *known == kind).unwrap_or(ORDER.len())
}
