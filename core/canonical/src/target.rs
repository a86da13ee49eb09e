//! The forms of a request target (RFC 9112 section 3.2).

use std::borrow::Cow;

use http::Method;

use crate::Problem;

/// A request target taken apart, nothing in it judged yet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// `/path?query`
    Origin(&'a [u8]),
    /// `http://authority/path?query`
    Absolute { authority: &'a [u8], path: Option<Cow<'a, [u8]>> },
    /// `*` of OPTIONS
    Asterisk,
}

/// Tells the form of a target.
pub(crate) fn split<'a>(
    target: &'a [u8],
    method: &Method,
    tls: bool,
) -> Result<Target<'a>, Problem> {
    match target {
        [b'/', ..] => Ok(Target::Origin(target)),
        b"*" if method == Method::OPTIONS => Ok(Target::Asterisk),
        b"*" => Err(Problem::TargetAsterisk),
        _ => absolute(target, method, tls),
    }
}

fn absolute<'a>(target: &'a [u8], method: &Method, tls: bool) -> Result<Target<'a>, Problem> {
    let scheme_end = target.windows(3).position(|w| w == b"://").ok_or_else(|| form(target))?;
    let (scheme, rest) = target.split_at(scheme_end);
    let rest = rest.get(3..).unwrap_or_default();
    match scheme {
        s if s.eq_ignore_ascii_case(b"http") => {}
        s if s.eq_ignore_ascii_case(b"https") && tls => {}
        s if s.eq_ignore_ascii_case(b"https") => return Err(Problem::TargetSchemeMismatch),
        _ => return Err(Problem::TargetScheme),
    }
    let end = rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = match path {
        // Without a path, OPTIONS means the server as a whole (RFC 9112 section 3.2.4).
        [] if method == Method::OPTIONS => None,
        [] => Some(Cow::Borrowed(&b"/"[..])),
        [b'/', ..] => Some(Cow::Borrowed(path)),
        _ => Some(Cow::Owned([b"/", path].concat())),
    };
    Ok(Target::Absolute { authority, path })
}

/// The most telling cause for a target of no form.
fn form(target: &[u8]) -> Problem {
    if target.contains(&b' ') { Problem::TargetSpace } else { Problem::TargetForm }
}
