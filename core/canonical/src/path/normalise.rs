//! The slow way to a canonical path: segment by segment, writing the result.

use super::class::{self, Class, class};
use super::query;
use crate::{EscapedSlashes, NonAscii, PathPolicy, Problem};

/// The canonical form of a target that starts with `/`, and the length of its path.
pub(super) fn normalise(target: &[u8], policy: &PathPolicy) -> Result<(String, usize), Problem> {
    let mut writer = Writer { out: Vec::with_capacity(target.len() + 16), segment: 0, policy };
    let mut at = 0;
    while let Some(&b) = target.get(at) {
        at += 1;
        match class(b) {
            Class::Plain | Class::Dot => writer.out.push(b),
            Class::Slash => writer.slash()?,
            Class::Escape => escape(&mut writer.out, b),
            Class::Percent => {
                let escaped = target.get(at).zip(target.get(at + 1));
                let escaped = escaped.and_then(|(&high, &low)| class::decode(high, low));
                writer.escaped(escaped.ok_or(Problem::PercentInvalid)?)?;
                at += 2;
            }
            Class::Question => {
                at -= 1;
                break;
            }
            Class::Refused => writer.refused(b)?,
        }
    }
    writer.end()?;
    let mut out = writer.out;
    let path_bytes = out.len();
    query::append(&mut out, target.get(at..).unwrap_or_default(), policy.non_ascii)?;
    let text = String::from_utf8(out).map_err(|_| Problem::TargetNonAscii)?;
    Ok((text, path_bytes))
}

/// Appends a byte as `%XX`.
pub(super) fn escape(out: &mut Vec<u8>, b: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.extend([b'%', DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 0xF)]]);
}

struct Writer<'a> {
    out: Vec<u8>,
    /// Where the segment that is being written begins: behind its slash.
    segment: usize,
    policy: &'a PathPolicy,
}

impl Writer<'_> {
    /// A slash ends the segment before it.
    fn slash(&mut self) -> Result<(), Problem> {
        // The first slash of all ends no segment.
        if self.out.is_empty() {
            self.out.push(b'/');
            self.segment = 1;
            return Ok(());
        }
        let resolved = self.end()?;
        if !resolved && (self.out.len() > self.segment || !self.policy.merge_slashes) {
            self.out.push(b'/');
        }
        self.segment = self.out.len();
        Ok(())
    }

    /// A byte that was escaped.
    fn escaped(&mut self, b: u8) -> Result<(), Problem> {
        match (b, self.policy.escaped_slashes) {
            (0, _) => return Err(Problem::PercentNul),
            (b'/' | b'\\', EscapedSlashes::Reject) => return Err(Problem::EscapedSlash),
            (b'/' | b'\\', EscapedSlashes::Decode) => self.slash()?,
            (b, _) if class::is_unreserved(b) => self.out.push(b),
            (b, _) => escape(&mut self.out, b),
        }
        Ok(())
    }

    fn refused(&mut self, b: u8) -> Result<(), Problem> {
        match (class::refusal(b), self.policy.non_ascii) {
            (Some(Problem::TargetNonAscii), NonAscii::Encode) => {
                escape(&mut self.out, b);
                Ok(())
            }
            (problem, _) => Err(problem.unwrap_or(Problem::TargetBackslash)),
        }
    }

    /// Ends the segment (RFC 3986 section 5.2.4). True if it was a dot segment, which leaves nothing behind.
    fn end(&mut self) -> Result<bool, Problem> {
        match self.out.get(self.segment..).unwrap_or_default() {
            b"." => self.out.truncate(self.segment),
            b".." => {
                // Where RFC 3986 stays at the root, nobody honest is; and upstreams disagree.
                if self.segment <= 1 {
                    return Err(Problem::AboveRoot);
                }
                self.out.truncate(self.segment - 1);
                let parent = self.out.iter().rposition(|&b| b == b'/').map_or(0, |slash| slash + 1);
                self.out.truncate(parent);
            }
            segment if hides_dots(segment) => return Err(Problem::HiddenDotSegment),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Whether a segment becomes a dot segment for an upstream that cuts path parameters (`..;x`, servlet containers)
/// or that decodes slashes before it resolves dots (`..%2F`).
fn hides_dots(segment: &[u8]) -> bool {
    let mut rest = segment;
    loop {
        let end = rest.windows(3).position(|w| matches!(w, b"%2F" | b"%5C")).unwrap_or(rest.len());
        let (piece, next) = rest.split_at(end);
        let name_end = piece
            .iter()
            .position(|&b| b == b';')
            .into_iter()
            .chain(piece.windows(3).position(|w| w == b"%3B"))
            .min()
            .unwrap_or(piece.len());
        if matches!(piece.get(..name_end), Some(b"." | b"..")) {
            return true;
        }
        match next.get(3..) {
            Some(next) => rest = next,
            None => return false,
        }
    }
}
