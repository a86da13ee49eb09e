//! XSS: the input is read as HTML in five contexts; a tag, attribute, URL or comment that can run a
//! script in some browser is enough.

mod html;
mod names;

use html::{Context, Kind, Reader};
use memchr::{memchr, memchr_iter, memchr2};
use names::Attribute;

/// False only where [`detect_ungated`] is: without a tag there has to be an attribute that can run something,
/// and a value for it.
pub(crate) fn may_be(input: &[u8]) -> bool {
    let Some(first) = memchr2(b'<', b'=', input) else { return false };
    let rest = input.get(first..).unwrap_or_default();
    memchr(b'<', rest).is_some()
        || memchr_iter(b'=', rest).any(|at| is_named(input.get(..first + at).unwrap_or_default()))
}

/// True when the name at the end of `before`, blanks after it left out, is that of an attribute that can run
/// something. A name starts after a blank, a slash, an equals sign, or the end of a tag, or after the quote that
/// closes the value before it; so each of its quotes may be no part of it.
fn is_named(before: &[u8]) -> bool {
    let end = before.iter().rposition(|&b| !html::is_white(b)).map_or(0, |at| at + 1);
    let before = before.get(..end).unwrap_or_default();
    let parts = |&b: &u8| html::is_white(b) || matches!(b, b'/' | b'=' | b'>');
    let start = before.iter().rposition(parts).map_or(0, |at| at + 1);
    let name = before.get(start..).unwrap_or_default();
    // No NUL is left in it, so it need not be searched for one, which would make this quadratic.
    let runs = |name| names::may_be_attribute(name) && names::attribute(name).is_some();
    runs(name)
        || name.iter().enumerate().any(|(at, byte)| {
            matches!(byte, b'\'' | b'"' | b'`') && runs(name.get(at + 1..).unwrap_or_default())
        })
}

/// Reads the input as text, inside a tag, and inside an attribute in each quote.
pub(crate) fn detect(input: &[u8]) -> bool {
    may_be(input) && detect_ungated(input)
}

fn detect_ungated(input: &[u8]) -> bool {
    // In a quote that does not stand in the input, all of it is the value of the application's attribute.
    let quoted =
        |quote| memchr(quote, input).is_some() && in_context(input, Context::Quoted(quote));
    memchr(b'<', input).is_some() && in_context(input, Context::Text)
        || in_context(input, Context::Tag)
        || quoted(b'\'')
        || quoted(b'"')
        || quoted(b'`')
}

fn in_context(input: &[u8], context: Context) -> bool {
    let mut attribute = None;
    for (kind, text) in Reader::new(input, context) {
        match kind {
            Kind::Doctype => return true,
            Kind::TagName if names::is_tag(text) => return true,
            Kind::Comment if is_comment(text) => return true,
            Kind::AttributeValue => {
                let runs = match attribute.take() {
                    None => false,
                    Some(Attribute::Script | Attribute::Style) => true,
                    Some(Attribute::Url) => is_url(text),
                    // The value names an attribute.
                    Some(Attribute::Indirect) => names::attribute(text).is_some(),
                };
                if runs {
                    return true;
                }
                continue;
            }
            Kind::AttributeName => {
                attribute = names::attribute(text);
                continue;
            }
            Kind::TagName | Kind::Comment | Kind::Other => {}
        }
        attribute = None;
    }
    false
}

/// Comments in which Internet Explorer looks: back quotes end them, `[if` is a condition, `xml`, `import`
/// and `entity` declare.
fn is_comment(text: &[u8]) -> bool {
    if memchr(b'`', text).is_some() {
        return true;
    }
    let starts = |word: &[u8]| {
        text.len() > word.len()
            && text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
    };
    if starts(b"[if") || starts(b"xml") {
        return true;
    }
    let name = names::normalise::<6>(text);
    matches!(name.as_bytes(), b"IMPORT" | b"ENTITY")
}

/// A URL that runs, or holds, a script. References are decoded, and blanks and high bytes before it do
/// not count.
fn is_url(text: &[u8]) -> bool {
    let start = text.iter().position(|b| (33..127).contains(b)).unwrap_or(text.len());
    let url = text.get(start..).unwrap_or_default();
    let schemes: [&[u8]; 4] = [b"DATA", b"VIEW-SOURCE", b"JAVA", b"VBSCRIPT"];
    schemes.iter().any(|scheme| starts_decoded(url, scheme))
}

/// True when `text`, its references decoded, starts with `prefix` (upper case), blanks before it and NUL
/// and line feeds inside it ignored.
fn starts_decoded(text: &[u8], prefix: &[u8]) -> bool {
    let mut wanted = prefix.iter();
    let mut rest = text;
    let mut first = true;
    while !rest.is_empty() {
        let Some(&next) = wanted.as_slice().first() else { return true };
        let (code, used) = decode(rest);
        rest = rest.get(used..).unwrap_or_default();
        if first && code <= 32 {
            continue;
        }
        first = false;
        if code == 0 || code == 10 {
            continue;
        }
        let upper = if (97..=122).contains(&code) { code - 32 } else { code };
        if (upper & 0xFF) as u8 != next {
            return false;
        }
        wanted.next();
    }
    wanted.as_slice().is_empty()
}

/// The largest code that is decoded.
const MAX_CODE: u32 = 0x10_00FF;

/// The character or numeric reference at the start of `text`, and its length.
fn decode(text: &[u8]) -> (u32, usize) {
    let (digits, head, radix) = match text {
        [b'&', b'#', b'x' | b'X', digits @ ..] => (digits, 3, 16),
        [b'&', b'#', digits @ ..] => (digits, 2, 10),
        [byte, ..] => return (u32::from(*byte), 1),
        [] => return (0, 1),
    };
    let mut value = 0;
    let mut length = 0;
    for digit in digits.iter().map_while(|&b| char::from(b).to_digit(radix)) {
        value = value * radix + digit;
        if value > MAX_CODE {
            return (u32::from(b'&'), 1);
        }
        length += 1;
    }
    if length == 0 {
        return (u32::from(b'&'), 1);
    }
    let semicolon = digits.get(length) == Some(&b';');
    (value, head + length + usize::from(semicolon))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the gate refuses, the full reading refuses: over all short strings of what tells states apart.
    #[test]
    fn the_gate_refuses_nothing_that_is_found() {
        let pieces: &[&[u8]] = &[
            b"", b"=", b" ", b"/", b">", b"'", b"\"", b"`", b"\0", b"\t", b"a", b"x", b"onclick",
            b"style", b"src", b"data:", b"xmlns", b"by",
        ];
        let (mut refused, mut found) = (0, 0);
        for number in 0..pieces.len().pow(5) {
            let (mut rest, mut input) = (number, Vec::new());
            for _ in 0..5 {
                input.extend_from_slice(pieces[rest % pieces.len()]);
                rest /= pieces.len();
            }
            if may_be(&input) {
                found += usize::from(detect_ungated(&input));
            } else {
                assert!(!detect_ungated(&input), "{}", input.escape_ascii());
                refused += 1;
            }
        }
        assert!(refused > 100_000 && found > 10_000, "{refused} refused, {found} found");
    }
}
