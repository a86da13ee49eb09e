//! Names that can run a script: tags, attributes, events. NUL bytes inside a name do not count, because
//! old browsers ignore them.

mod events;

use events::EVENTS;

/// What an attribute does with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    /// Runs it, whatever it is.
    Script,
    /// Fetches it.
    Url,
    /// Styles by it, which runs scripts in old browsers.
    Style,
    /// Takes it for the name of another attribute.
    Indirect,
}

/// The start of a name in upper case, without NUL bytes.
pub(super) struct Name<const N: usize> {
    bytes: [u8; N],
    length: usize,
    /// The name was longer.
    cut: bool,
}

impl<const N: usize> Name<N> {
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

pub(super) fn normalise<const N: usize>(name: &[u8]) -> Name<N> {
    let mut found = Name { bytes: [0; N], length: 0, cut: false };
    for byte in name.iter().filter(|&&b| b != 0) {
        match found.bytes.get_mut(found.length) {
            Some(place) => *place = byte.to_ascii_uppercase(),
            None => {
                found.cut = true;
                break;
            }
        }
        found.length += 1;
    }
    found
}

/// Longer than every name below.
const NAME_BYTES: usize = 56;

const TAGS: &[&[u8]] = &[
    b"APPLET",
    b"BASE",
    b"COMMENT",
    b"EMBED",
    b"FRAME",
    b"FRAMESET",
    b"HANDLER",
    b"IFRAME",
    b"IMPORT",
    b"ISINDEX",
    b"LINK",
    b"LISTENER",
    b"META",
    b"NOSCRIPT",
    b"OBJECT",
    b"SCRIPT",
    b"STYLE",
    b"VMLFRAME",
    b"XML",
    b"XSS",
];

/// Lengths that a name may have by its first byte: bit `n` for `n` bytes, the last bit for all longer names.
type Lengths = [u32; 256];

/// The bit of a length.
const fn length_bit(length: usize) -> u32 {
    1 << if length < 31 { length } else { 31 }
}

const fn allow(lengths: &mut Lengths, first: u8, bits: u32) {
    lengths[first as usize] |= bits;
    lengths[first.to_ascii_lowercase() as usize] |= bits;
}

static TAG_LENGTHS: Lengths = {
    let mut lengths = [0; 256];
    let mut at = 0;
    while at < TAGS.len() {
        allow(&mut lengths, TAGS[at][0], length_bit(TAGS[at].len()));
        at += 1;
    }
    // Whatever starts with SVG or XSL.
    allow(&mut lengths, b'S', !(length_bit(3) - 1));
    allow(&mut lengths, b'X', !(length_bit(3) - 1));
    lengths
};

static ATTRIBUTE_LENGTHS: Lengths = {
    let mut lengths = [0; 256];
    let mut at = 0;
    while at < ATTRIBUTES.len() {
        let name = ATTRIBUTES[at].0;
        allow(&mut lengths, name[0], length_bit(name.len()));
        at += 1;
    }
    // Whatever starts with XMLNS, XLINK or ON.
    allow(&mut lengths, b'X', !(length_bit(5) - 1));
    allow(&mut lengths, b'O', !(length_bit(2) - 1));
    lengths
};

/// False for most names that are in no list, told by their first byte and their length.
fn may_be(name: &[u8], lengths: &Lengths) -> bool {
    fits(name, lengths) || name.contains(&0)
}

/// As [`may_be`], for a name without NUL bytes.
fn fits(name: &[u8], lengths: &Lengths) -> bool {
    let of_first = name.first().map_or(0, |&first| lengths[usize::from(first)]);
    of_first & length_bit(name.len()) != 0
}

/// False for most names, without NUL bytes, that [`attribute`] does not know; in constant time.
pub(super) fn may_be_attribute(name: &[u8]) -> bool {
    fits(name, &ATTRIBUTE_LENGTHS)
}

/// True for a tag that runs or fetches something, and for all of SVG and XSL.
pub(super) fn is_tag(name: &[u8]) -> bool {
    if !may_be(name, &TAG_LENGTHS) {
        return false;
    }
    let name = normalise::<NAME_BYTES>(name);
    let upper = name.as_bytes();
    upper.starts_with(b"SVG")
        || upper.starts_with(b"XSL")
        || !name.cut && TAGS.binary_search(&upper).is_ok()
}

/// Attributes by name, in order.
const ATTRIBUTES: &[(&[u8], Attribute)] = &[
    (b"ACTION", Attribute::Url),
    (b"ATTRIBUTENAME", Attribute::Indirect),
    (b"BACKGROUND", Attribute::Url),
    (b"BY", Attribute::Url),
    (b"DATAFORMATAS", Attribute::Script),
    (b"DATASRC", Attribute::Script),
    (b"DYNSRC", Attribute::Url),
    (b"FILTER", Attribute::Style),
    (b"FOLDER", Attribute::Url),
    (b"FORMACTION", Attribute::Url),
    (b"FROM", Attribute::Url),
    (b"HANDLER", Attribute::Url),
    (b"HREF", Attribute::Url),
    (b"LOWSRC", Attribute::Url),
    (b"POSTER", Attribute::Url),
    (b"SRC", Attribute::Url),
    (b"STYLE", Attribute::Style),
    (b"TO", Attribute::Url),
    (b"VALUES", Attribute::Url),
    (b"XLINK:HREF", Attribute::Url),
];

/// What an attribute of this name does, if it can run anything.
pub(super) fn attribute(name: &[u8]) -> Option<Attribute> {
    if !may_be(name, &ATTRIBUTE_LENGTHS) {
        return None;
    }
    let name = normalise::<NAME_BYTES>(name);
    let upper = name.as_bytes();
    // XMLNS can make arbitrary tags.
    let namespace = upper.starts_with(b"XMLNS") || upper.starts_with(b"XLINK");
    if namespace || upper.strip_prefix(b"ON").is_some_and(starts_with_event) {
        return Some(Attribute::Script);
    }
    if name.cut {
        return None;
    }
    let at = ATTRIBUTES.binary_search_by(|(known, _)| (*known).cmp(upper)).ok()?;
    ATTRIBUTES.get(at).map(|&(_, attribute)| attribute)
}

/// True when an event is a prefix of `name`. No event of the list is the prefix of another, so only the
/// last one before `name` can be it.
fn starts_with_event(name: &[u8]) -> bool {
    let after = EVENTS.partition_point(|&event| event <= name);
    let before = after.checked_sub(1).and_then(|at| EVENTS.get(at));
    before.is_some_and(|event| name.starts_with(event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order() {
        assert!(TAGS.is_sorted());
        assert!(ATTRIBUTES.is_sorted_by_key(|(name, _)| *name));
        assert!(TAGS.iter().all(|name| may_be(name, &TAG_LENGTHS)));
        assert!(ATTRIBUTES.iter().all(|(name, _)| may_be(name, &ATTRIBUTE_LENGTHS)));
        for name in [&b"svg"[..], b"SVG:a", b"xsl:template", b"s\0vg"] {
            assert!(is_tag(name), "{}", name.escape_ascii());
        }
        for name in [&b"onclick"[..], b"xmlns", b"XLINK:HREF", b"to", b"h\0ref"] {
            assert!(attribute(name).is_some(), "{}", name.escape_ascii());
        }
        assert!(EVENTS.is_sorted());
        for pair in EVENTS.windows(2) {
            assert!(!pair[1].starts_with(pair[0]), "{}", pair[1].escape_ascii());
        }
        let names = ATTRIBUTES.iter().map(|(name, _)| name.len());
        let longest = names.chain(EVENTS.iter().map(|event| event.len() + 2)).max();
        assert!(longest.is_some_and(|longest| longest < NAME_BYTES));
    }
}
