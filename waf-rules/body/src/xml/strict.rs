//! What XML 1.0 calls a fatal error and a lenient reader passes over: names that are none, attributes that
//! are not `name="value"`, characters that may not stand in a document.

use quick_xml::events::BytesStart;

/// True when the name of `tag` is a name and its attributes are such as section 3.1 asks for.
pub(super) fn is_tag(tag: &BytesStart<'_>) -> bool {
    let attributes = tag.attributes_raw().trim_ascii_end();
    // An attribute needs white space before it: the strict iterator does not ask for it.
    let parted = attributes.first().is_none_or(u8::is_ascii_whitespace);
    is_name(tag.name().as_ref())
        && parted
        && tag.attributes().with_checks(false).all(|attribute| {
            attribute.is_ok_and(|attribute| {
                is_name(attribute.key.as_ref()) && memchr::memchr(b'<', &attribute.value).is_none()
            })
        })
        && are_parted(attributes)
}

/// True when white space follows each quoted value that is not the last.
fn are_parted(attributes: &[u8]) -> bool {
    let mut rest = attributes;
    while let Some(at) = memchr::memchr2(b'"', b'\'', rest) {
        let (_, quoted) = rest.split_at(at);
        let [quote, body @ ..] = quoted else { return true };
        let Some(end) = memchr::memchr(*quote, body) else { return false };
        rest = body.get(end + 1..).unwrap_or_default();
        if rest.first().is_some_and(|b| !b.is_ascii_whitespace()) {
            return false;
        }
    }
    true
}

/// Section 2.3, `Name`; every character outside ASCII counts as one of a name.
fn is_name(name: &[u8]) -> bool {
    let starts = |b: &u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b':') || !b.is_ascii();
    name.first().is_some_and(starts)
        && name.iter().all(|b| starts(b) || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
}

/// Section 2.4: no reference that is none, and no end of a CDATA section.
pub(super) fn is_text(text: &[u8]) -> bool {
    memchr::memchr(b'&', text).is_none() && memchr::memmem::find(text, b"]]>").is_none()
}

/// Section 2.5: a comment holds no `--` and does not end in `-`.
pub(super) fn is_comment(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"--").is_none() && text.last() != Some(&b'-')
}

/// Section 2.8, `VersionNum`.
pub(super) fn is_version(version: &[u8]) -> bool {
    let minor = version.strip_prefix(b"1.").unwrap_or_default();
    !minor.is_empty() && minor.iter().all(u8::is_ascii_digit)
}

/// Section 2.6: the target of an instruction is a name other than `xml`.
pub(super) fn is_target(target: &[u8]) -> bool {
    is_name(target) && !target.eq_ignore_ascii_case(b"xml")
}

/// Section 2.3, `S`, and the mark that may start a document.
pub(super) fn is_blank(text: &[u8]) -> bool {
    text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii().is_empty()
}

/// The first byte that may not stand in a document of UTF-8 (section 2.2): a control character or what is
/// no UTF-8. A character that the end of the input cuts does not count.
pub(super) fn bad_byte(input: &[u8], utf8: bool) -> Option<usize> {
    let is_control = |&b: &u8| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r');
    let control = input.iter().position(is_control);
    let cut = match std::str::from_utf8(input) {
        Err(error) if utf8 && error.error_len().is_some() => Some(error.valid_up_to()),
        Ok(_) | Err(_) => None,
    };
    control.into_iter().chain(cut).min()
}
