//! The bytes of an HTTP/1 head before a parser made it look right.
//!
//! The parser below this crate cuts fragments off a target, escapes what may not stand in one, joins folded lines and
//! drops a Content-Length that came with a Transfer-Encoding. Whoever still has the bytes can have them judged here;
//! [`canonicalise`](crate::canonicalise) judges the rest.

use memchr::memchr;

use crate::Problem;

/// What only the bytes of a head tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireHead<'a> {
    /// Request target as sent.
    pub target: &'a [u8],
}

/// Judges the bytes of a head from the request line to the empty line (RFC 9112 sections 2 to 6).
///
/// # Errors
/// [`Problem::LineEnding`], [`Problem::RequestLine`], [`Problem::HeaderLine`], [`Problem::LengthAndCoding`] and
/// the problems of targets.
pub fn check(head: &[u8]) -> Result<WireHead<'_>, Problem> {
    let mut lines = Lines { rest: head };
    let target = request_target(lines.next().transpose()?.unwrap_or_default())?;
    let (mut length, mut coding) = (false, false);
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        let name = header_name(line)?;
        match name.len() {
            14 => length |= name.eq_ignore_ascii_case(b"content-length"),
            17 => coding |= name.eq_ignore_ascii_case(b"transfer-encoding"),
            _ => {}
        }
    }
    if length && coding { Err(Problem::LengthAndCoding) } else { Ok(WireHead { target }) }
}

/// The target between exactly two spaces. A space within it gives more than two.
fn request_target(line: &[u8]) -> Result<&[u8], Problem> {
    let mut words = line.split(|&b| b == b' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some([_, ..]), Some(target @ [_, ..]), Some([b'H', b'T', b'T', b'P', b'/', ..]), None) => {
            Ok(target)
        }
        (_, _, _, Some(_)) if line.ends_with(b"HTTP/1.1") || line.ends_with(b"HTTP/1.0") => {
            Err(Problem::TargetSpace)
        }
        _ => Err(Problem::RequestLine),
    }
}

fn header_name(line: &[u8]) -> Result<&[u8], Problem> {
    let end = line.iter().position(|b| *b == b':' || !b.is_ascii_graphic());
    match line.split_at_checked(end.ok_or(Problem::HeaderLine)?) {
        Some((name @ [_, ..], [b':', ..])) => Ok(name),
        _ => Err(Problem::HeaderLine),
    }
}

/// Lines that end in CR LF, and in nothing else.
struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<&'a [u8], Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr(b'\n', self.rest).unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        Some(match line.strip_suffix(b"\r") {
            Some(line) if memchr(b'\r', line).is_none() && !rest.is_empty() => Ok(line),
            Some(_) | None => Err(Problem::LineEnding),
        })
    }
}
