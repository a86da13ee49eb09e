//! What is refused of a query. Nothing in it is decoded or re-ordered: its meaning belongs to the upstream, its
//! judgement to the WAF. Three printable bytes that RFC 3986 does not allow, and that no browser sends, are escaped
//! as a browser escapes them (WHATWG URL, query percent-encode set), because not every upstream takes them as they are.

use super::class;
use crate::{NonAscii, Problem};

/// Whether a query, with its `?`, can go upstream as it stands. Without early exit, so that it is compiled to vector
/// instructions.
pub(super) fn is_canonical(query: &[u8]) -> bool {
    query.iter().fold(true, |sound, &b| {
        sound & (b > b' ') & (b < 0x7F) & (b != b'#') & (b != b'"') & (b != b'<') & (b != b'>')
    })
}

/// Appends a query, with its `?`, to a target.
pub(super) fn append(out: &mut Vec<u8>, query: &[u8], non_ascii: NonAscii) -> Result<(), Problem> {
    for &b in query {
        match (class::refusal(b), non_ascii) {
            (None, _) if matches!(b, b'"' | b'<' | b'>') => super::normalise::escape(out, b),
            (None, _) => out.push(b),
            (Some(Problem::TargetNonAscii), NonAscii::Encode) => super::normalise::escape(out, b),
            (Some(problem), _) => return Err(problem),
        }
    }
    Ok(())
}
