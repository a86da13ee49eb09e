//! XML (1.0) reduced to its text nodes (`/*`) and attribute values (`//@*`), without recursion.
//!
//! Nothing is fetched and no entity of the document is expanded: one that is declared or used is a
//! problem, because a server behind us that expands it would see text we do not. Text is joined over
//! comments, processing instructions and CDATA marks, as a server's DOM would join it, and trimmed.

mod strict;
#[cfg(test)]
mod tests;

use crate::Values;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// What a parse may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Nested elements.
    pub depth: usize,
    /// Text nodes and attributes kept; what comes after is not read.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 512, nodes: 10_000 }
    }
}

/// What is wrong with a document. Reading goes on after the first three, and as far as it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// The document declares an entity.
    EntityDeclared,
    /// The document uses an entity other than the five of XML itself.
    EntityUnknown,
    /// The document says it is in an encoding that is not a superset of ASCII.
    Encoding,
    /// Not well-formed, at this byte.
    Malformed(usize),
    /// The document ended inside an element, or has none.
    Truncated,
    /// Deeper than [`Limits::depth`].
    Depth,
    /// More than [`Limits::nodes`].
    Nodes,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::EntityDeclared => f.write_str("XML declares an entity"),
            Self::EntityUnknown => f.write_str("XML uses an unknown entity"),
            Self::Encoding => f.write_str("XML is in an encoding that is not read"),
            Self::Malformed(at) => write!(f, "XML is malformed at byte {at}"),
            Self::Truncated => f.write_str("XML ends before its root element does"),
            Self::Depth => f.write_str("XML is nested too deep"),
            Self::Nodes => f.write_str("XML has too many nodes"),
        }
    }
}

/// The text of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Xml {
    /// Text nodes that are not blank, in document order.
    pub texts: Values,
    /// Attribute values, in document order; those of namespace declarations too.
    pub attributes: Values,
    /// The first thing that was wrong.
    pub problem: Option<Problem>,
}

/// Reads `input` as far as it can be read.
pub fn flatten(input: &[u8], limits: &Limits) -> Xml {
    let mut flattener =
        Flattener { xml: Xml::default(), text: Vec::new(), depth: 0, utf8: true, limits };
    if let Err(problem) = flattener.run(input) {
        flattener.note(problem);
    }
    if let Some(at) = strict::bad_byte(input, flattener.utf8) {
        flattener.note(Problem::Malformed(at));
    }
    // What was read of a text that never ended may be the attack.
    flattener.end_text();
    flattener.xml
}

struct Flattener<'a> {
    xml: Xml,
    /// The text node being read.
    text: Vec<u8>,
    depth: usize,
    /// The document is, by its declaration or by default, in UTF-8.
    utf8: bool,
    limits: &'a Limits,
}

impl Flattener<'_> {
    fn run(&mut self, input: &[u8]) -> Result<(), Problem> {
        if matches!(input, [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, ..] | [b'<', 0, ..]) {
            return Err(Problem::Encoding);
        }
        let mut reader = Reader::from_reader(input);
        reader.config_mut().allow_dangling_amp = true;
        let mut seen_root = false;
        loop {
            let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let event = reader.read_event().map_err(|_| Problem::Malformed(at))?;
            self.check()?;
            match event {
                Event::Start(tag) => {
                    self.root(seen_root, at);
                    seen_root = true;
                    self.depth += 1;
                    if self.depth > self.limits.depth {
                        return Err(Problem::Depth);
                    }
                    self.tag(&tag, at)?;
                }
                Event::Empty(tag) => {
                    self.root(seen_root, at);
                    seen_root = true;
                    self.tag(&tag, at)?;
                }
                Event::End(_) => {
                    self.end_text();
                    self.depth = self.depth.saturating_sub(1);
                }
                Event::Text(text) => {
                    let plain = self.depth > 0 || strict::is_blank(&text);
                    self.well(plain && strict::is_text(&text), at);
                    self.text.extend_from_slice(&text);
                }
                Event::CData(text) => {
                    self.well(self.depth > 0, at);
                    self.text.extend_from_slice(&text);
                }
                Event::GeneralRef(reference) => {
                    self.well(self.depth > 0, at);
                    self.reference(&reference);
                }
                Event::DocType(doctype) => self.doctype(&doctype),
                Event::Decl(declaration) => {
                    let version = declaration.version();
                    self.well(version.is_ok_and(|version| strict::is_version(&version)), at);
                    self.declaration(declaration.encoding());
                }
                Event::Comment(text) => self.well(strict::is_comment(&text), at),
                Event::PI(instruction) => self.well(strict::is_target(instruction.target()), at),
                Event::Eof if self.depth > 0 || !seen_root => return Err(Problem::Truncated),
                Event::Eof => return Ok(()),
            }
        }
    }

    fn check(&self) -> Result<(), Problem> {
        let nodes = self.xml.texts.len() + self.xml.attributes.len();
        if nodes >= self.limits.nodes { Err(Problem::Nodes) } else { Ok(()) }
    }

    /// A document has one root.
    fn root(&mut self, seen: bool, at: usize) {
        self.well(!seen || self.depth > 0, at);
    }

    fn well(&mut self, is_well_formed: bool, at: usize) {
        if !is_well_formed {
            self.note(Problem::Malformed(at));
        }
    }

    fn note(&mut self, problem: Problem) {
        self.xml.problem.get_or_insert(problem);
    }

    fn end_text(&mut self) {
        let text = self.text.trim_ascii();
        if !text.is_empty() {
            self.xml.texts.push(text);
        }
        self.text.clear();
    }

    fn tag(&mut self, tag: &BytesStart<'_>, at: usize) -> Result<(), Problem> {
        self.end_text();
        let is_tag = strict::is_tag(tag);
        self.well(is_tag, at);
        // The check for duplicates compares every attribute with every other one.
        for attribute in tag.html_attributes().with_checks(false) {
            self.check()?;
            let attribute = attribute.map_err(|_| Problem::Malformed(at))?;
            let mut known = true;
            let length =
                self.xml.attributes.push_with(|out| known = unescape(&attribute.value, out));
            if !known {
                self.note(Problem::EntityUnknown);
            }
            if !is_tag && length == 0 {
                // Without a value the name is one, to HTML.
                self.xml.attributes.push(attribute.key.as_ref());
            }
        }
        Ok(())
    }

    fn reference(&mut self, reference: &BytesRef<'_>) {
        if !resolve(reference, &mut self.text) {
            self.note(Problem::EntityUnknown);
            self.text.push(b'&');
            self.text.extend_from_slice(reference);
            self.text.push(b';');
        }
    }

    fn doctype(&mut self, doctype: &[u8]) {
        // Parameter entities can hide the declaration itself, and an external subset can hold it: any
        // `<!` inside, and any address of one, counts.
        let subset = memchr::memmem::find(doctype, b"<!").is_some();
        let external = [&b"SYSTEM"[..], b"PUBLIC", b"%"]
            .iter()
            .any(|word| memchr::memmem::find(doctype, word).is_some());
        if subset || external {
            self.note(Problem::EntityDeclared);
        }
    }

    fn declaration<E>(&mut self, encoding: Option<Result<std::borrow::Cow<'_, [u8]>, E>>) {
        let (readable, utf8) = match encoding {
            None => (true, true),
            Some(Ok(name)) => (is_ascii_superset(&name), is_utf8(&name)),
            Some(Err(_)) => (false, true),
        };
        if !readable {
            self.note(Problem::Encoding);
        }
        self.utf8 = utf8;
    }
}

/// Resolves the references of an attribute value. False when one is unknown: it stays as it is.
fn unescape(value: &[u8], out: &mut Vec<u8>) -> bool {
    let mut known = true;
    let mut rest = value;
    while let Some(start) = memchr::memchr(b'&', rest) {
        let (plain, marked) = rest.split_at(start);
        out.extend_from_slice(plain);
        // The search stops at the next `&`, so that a run of them costs no more than its length.
        let after = marked.get(1..).unwrap_or_default();
        let end = memchr::memchr2(b';', b'&', after)
            .map(|at| at + 1)
            .filter(|&at| marked.get(at) == Some(&b';'));
        let name = end.and_then(|end| marked.get(1..end));
        if let (Some(name), Some(end)) = (name, end)
            && resolve(name, out)
        {
            rest = marked.get(end + 1..).unwrap_or_default();
        } else {
            known = false;
            out.push(b'&');
            rest = marked.get(1..).unwrap_or_default();
        }
    }
    out.extend_from_slice(rest);
    known
}

/// Writes what an entity of XML itself (section 4.6) or a character reference stands for.
fn resolve(name: &[u8], out: &mut Vec<u8>) -> bool {
    let byte = match name {
        b"lt" => b'<',
        b"gt" => b'>',
        b"amp" => b'&',
        b"quot" => b'"',
        b"apos" => b'\'',
        [b'#', b'x' | b'X', digits @ ..] => return character(digits, 16, out),
        [b'#', digits @ ..] => return character(digits, 10, out),
        _ => return false,
    };
    out.push(byte);
    true
}

fn character(digits: &[u8], radix: u32, out: &mut Vec<u8>) -> bool {
    let digits = std::str::from_utf8(digits).ok().filter(|d| !d.starts_with('+'));
    let code = digits.and_then(|digits| u32::from_str_radix(digits, radix).ok());
    let Some(character) = code.and_then(char::from_u32) else { return false };
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    true
}

fn is_utf8(name: &[u8]) -> bool {
    [&b"utf-8"[..], b"utf8"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Encodings in which every ASCII byte means itself, so that the markup and any attack read the same.
fn is_ascii_superset(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let families: [&[u8]; 4] = [b"iso-8859-", b"windows-125", b"koi8-", b"iso8859-"];
    matches!(name.as_slice(), b"utf-8" | b"utf8" | b"us-ascii" | b"ascii" | b"latin1")
        || families.iter().any(|family| name.starts_with(family))
}
