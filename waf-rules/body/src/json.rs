//! JSON (RFC 8259) flattened into names and values, without recursion.
//!
//! Names are paths from a prefix: `json.a.b.0.c`. Strings are unescaped, numbers and booleans are the
//! text they were written as, null is empty, and an array that is not empty has its length under its own
//! name, after its elements. A document that is one scalar has the names of an array of one, as in Coraza.
//! Duplicate keys are all kept: which one counts differs between servers.

#[cfg(test)]
mod tests;

mod scan;

use crate::Fields;
use scan::{Scalar, Scanner};

/// What a parse may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Nested objects and arrays.
    pub depth: usize,
    /// Entries kept; what comes after is not read.
    pub entries: usize,
    /// Bytes that names and values may take together: a long key is repeated in the name of each
    /// entry below it.
    pub output_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 512, entries: 10_000, output_bytes: 16 << 20 }
    }
}

/// Why a document was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// Something other than JSON at this byte.
    Malformed(usize),
    /// The document ended inside a value.
    Truncated,
    /// A whole value, and then more, from this byte on.
    TrailingData(usize),
    /// Deeper than [`Limits::depth`].
    Depth,
    /// More than [`Limits::entries`].
    Entries,
    /// More than [`Limits::output_bytes`].
    OutputBytes,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(at) => write!(f, "JSON is malformed at byte {at}"),
            Self::Truncated => f.write_str("JSON ends inside a value"),
            Self::TrailingData(at) => write!(f, "JSON is followed by more data at byte {at}"),
            Self::Depth => f.write_str("JSON is nested too deep"),
            Self::Entries => f.write_str("JSON has too many entries"),
            Self::OutputBytes => f.write_str("JSON takes too many bytes when flattened"),
        }
    }
}

/// A flattened document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Json {
    /// Paths and values, as far as the document could be read.
    pub fields: Fields,
    /// What stopped the reading.
    pub problem: Option<Problem>,
}

/// Bytes of a path, and open containers, that the first allocation has room for.
const PATH_BYTES: usize = 56;
const FRAMES: usize = 8;

/// Flattens `input` under `prefix` (such as `json`). An empty or blank document has no entries and is
/// truncated.
pub fn flatten(input: &[u8], prefix: &[u8], limits: &Limits) -> Json {
    let mut path = Vec::with_capacity(prefix.len() + PATH_BYTES);
    path.extend_from_slice(prefix);
    let mut flattener = Flattener {
        scanner: Scanner::new(input),
        path,
        frames: Vec::with_capacity(FRAMES),
        fields: Fields::with_capacity(input.len().min(limits.output_bytes)),
        limits,
    };
    let problem = flattener.run().err();
    Json { fields: flattener.fields, problem }
}

/// Appends a number without an allocation of its own.
fn push_decimal(mut number: usize, out: &mut Vec<u8>) {
    let start = out.len();
    loop {
        out.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.get_mut(start..).unwrap_or_default().reverse();
}

/// An object or array that is open.
struct Frame {
    /// The length of the path of this container.
    path: usize,
    /// The elements begun so far, for an array.
    elements: Option<usize>,
}

struct Flattener<'a> {
    scanner: Scanner<'a>,
    path: Vec<u8>,
    frames: Vec<Frame>,
    fields: Fields,
    limits: &'a Limits,
}

impl Flattener<'_> {
    fn run(&mut self) -> Result<(), Problem> {
        self.scanner.skip_bom();
        match self.scanner.peek_token()? {
            b'{' | b'[' => self.value()?,
            _ => self.lone_scalar()?,
        }
        while let Some(frame) = self.frames.last() {
            let is_array = frame.elements.is_some();
            self.path.truncate(frame.path);
            match self.scanner.next_token()? {
                b',' => self.member()?,
                b']' if is_array => self.close()?,
                b'}' if !is_array => self.close()?,
                _ => return Err(self.scanner.malformed()),
            }
        }
        self.scanner.end()
    }

    fn lone_scalar(&mut self) -> Result<(), Problem> {
        let prefix = self.path.len();
        self.path.extend_from_slice(b".0");
        self.scalar()?;
        self.path.truncate(prefix);
        self.emit(|out| out.push(b'1'))
    }

    /// Reads a value: a scalar becomes an entry, a container becomes a frame with its first member read.
    fn value(&mut self) -> Result<(), Problem> {
        loop {
            let elements = match self.scanner.peek_token()? {
                b'{' => None,
                b'[' => Some(0),
                _ => return self.scalar(),
            };
            self.scanner.next_token()?;
            if self.frames.len() >= self.limits.depth {
                return Err(Problem::Depth);
            }
            self.frames.push(Frame { path: self.path.len(), elements });
            let end = if elements.is_some() { b']' } else { b'}' };
            if self.scanner.peek_token()? == end {
                self.scanner.next_token()?;
                self.frames.pop();
                return Ok(());
            }
            self.name_member()?;
        }
    }

    /// Reads the member after a comma.
    fn member(&mut self) -> Result<(), Problem> {
        self.name_member()?;
        self.value()
    }

    /// Appends the name of the next member of the innermost container to the path.
    fn name_member(&mut self) -> Result<(), Problem> {
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        self.path.push(b'.');
        match &mut frame.elements {
            Some(elements) => {
                push_decimal(*elements, &mut self.path);
                *elements += 1;
                Ok(())
            }
            None => {
                let before = self.path.len();
                if let Err(problem) = self.scanner.string(&mut self.path) {
                    // An attack may stand in a key that never ends: let the rules see it.
                    if self.path.len() > before {
                        self.emit(|_| ())?;
                    }
                    return Err(problem);
                }
                if self.scanner.next_token()? == b':' {
                    Ok(())
                } else {
                    Err(self.scanner.malformed())
                }
            }
        }
    }

    fn scalar(&mut self) -> Result<(), Problem> {
        let scanner = &mut self.scanner;
        match scanner.scalar()? {
            Scalar::Null => self.emit(|_| ()),
            Scalar::Text(range) => {
                let text = scanner.slice(range);
                Self::check(self.limits, &self.fields, self.path.len() + text.len())?;
                self.fields.push(&self.path, text);
                Ok(())
            }
            Scalar::String => {
                Self::check(self.limits, &self.fields, self.path.len())?;
                let mut result = Ok(());
                let path = &self.path;
                self.fields.push_with(
                    |out| out.extend_from_slice(path),
                    |out| result = scanner.string(out),
                );
                result
            }
        }
    }

    /// Leaves the innermost container; an array says its length.
    fn close(&mut self) -> Result<(), Problem> {
        match self.frames.pop() {
            Some(Frame { elements: Some(count), .. }) => self.emit(|out| push_decimal(count, out)),
            Some(Frame { elements: None, .. }) | None => Ok(()),
        }
    }

    fn emit(&mut self, value: impl FnOnce(&mut Vec<u8>)) -> Result<(), Problem> {
        Self::check(self.limits, &self.fields, self.path.len())?;
        let path = &self.path;
        self.fields.push_with(|out| out.extend_from_slice(path), value);
        Ok(())
    }

    fn check(limits: &Limits, fields: &Fields, adding: usize) -> Result<(), Problem> {
        if fields.len() >= limits.entries {
            return Err(Problem::Entries);
        }
        if fields.byte_len() + adding > limits.output_bytes {
            return Err(Problem::OutputBytes);
        }
        Ok(())
    }
}
