//! The order of filters, in one list, and which of several documents' words counts for a filter kind.
//!
//! A kind of filter that a route configures replaces the one of its host, which replaces the global one: one
//! filter of a kind runs at most once in an exchange, and two places never merge. A route or host can take a
//! kind away with `disable`.

use portcullis_config::FilterConfig;

/// Kinds of filters in the order in which they see a request, a reason a line. Responses pass in reverse.
///
/// Inspection stands before anything that changes the request, so that it judges what the caller sent and not
/// what an operator added to it.
pub const ORDER: &[(&str, &str)] = &[
    ("waf", "judges the request as the caller sent it"),
    ("headers", "changes what goes upstream; nothing after it decides anything"),
];
