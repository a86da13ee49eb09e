//! Lists of pairs as they cross the border: `u32 count`, the two lengths of each, then `key NUL value NUL` of each.
//!
//! What a module writes is its own affair: anything that is not exactly such a list is an empty one, as in the C++ host.

/// Most pairs of a list; the limit of the C++ host.
pub const PAIRS_MAX: usize = 1024;
/// Longest list in bytes; the limit of the C++ host.
pub const PAIRS_BYTES_MAX: usize = 1024 * 1024;

/// Names and values, as bytes.
pub type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// Reads a list; empty for anything malformed or too long.
#[must_use]
pub fn decode(bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    try_decode(bytes).unwrap_or_default()
}

fn try_decode(bytes: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    if bytes.len() > PAIRS_BYTES_MAX {
        return None;
    }
    let (count, rest) = number(bytes)?;
    if count > PAIRS_MAX {
        return None;
    }
    let mut lengths = rest.get(..count * 8)?;
    let mut data = rest.get(count * 8..)?;
    let mut pairs = Vec::with_capacity(count);
    for _ in 0..count {
        let (name, more) = number(lengths)?;
        let (value, more) = number(more)?;
        lengths = more;
        let name = terminated(&mut data, name)?;
        let value = terminated(&mut data, value)?;
        pairs.push((name, value));
    }
    data.is_empty().then_some(pairs)
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number) as usize, rest))
}

fn terminated<'a>(data: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (text, rest) = data.split_at_checked(length)?;
    *data = rest.strip_prefix(&[0])?;
    Some(text)
}

/// Writes a list.
#[derive(Debug, Default)]
pub struct Encoder {
    lengths: Vec<u8>,
    data: Vec<u8>,
    count: usize,
}

impl Encoder {
    /// Adds a pair; false when the list is full.
    pub fn push(&mut self, name: &[u8], value: &[u8]) -> bool {
        let longer = 8 + name.len() + value.len() + 2;
        let bytes = 4 + self.lengths.len() + self.data.len();
        let (Ok(n), Ok(v)) = (u32::try_from(name.len()), u32::try_from(value.len())) else {
            return false;
        };
        if self.count == PAIRS_MAX || bytes + longer > PAIRS_BYTES_MAX {
            return false;
        }
        self.count += 1;
        self.lengths.extend_from_slice(&n.to_le_bytes());
        self.lengths.extend_from_slice(&v.to_le_bytes());
        self.data.extend_from_slice(name);
        self.data.push(0);
        self.data.extend_from_slice(value);
        self.data.push(0);
        true
    }

    /// The list; no bytes at all when it is empty.
    pub fn finish(self, out: &mut Vec<u8>) {
        if self.count == 0 {
            return;
        }
        let count = u32::try_from(self.count).unwrap_or(u32::MAX);
        out.reserve(4 + self.lengths.len() + self.data.len());
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(&self.lengths);
        out.extend_from_slice(&self.data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(pairs: &[(&str, &str)]) -> Vec<u8> {
        let mut encoder = Encoder::default();
        for (name, value) in pairs {
            assert!(encoder.push(name.as_bytes(), value.as_bytes()));
        }
        let mut out = Vec::new();
        encoder.finish(&mut out);
        out
    }

    #[test]
    fn a_list_comes_back_as_it_was_written() {
        for pairs in [&[][..], &[("a", "b")], &[(":path", "/"), ("", ""), ("x", "y z")]] {
            let bytes = encoded(pairs);
            let read = decode(&bytes);
            let expected: Vec<(&[u8], &[u8])> =
                pairs.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
            assert_eq!(read, expected);
        }
    }

    #[test]
    fn anything_else_is_an_empty_list() {
        let good = encoded(&[("name", "value")]);
        assert_eq!(decode(&good).len(), 1);
        let mut cases: Vec<Vec<u8>> = (0..good.len()).map(|n| good[..n].to_vec()).collect();
        cases.push([&good[..], b"x"].concat());
        let mut huge = good.clone();
        huge[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        cases.push(huge);
        let mut many = good.clone();
        many[..4].copy_from_slice(&u32::MAX.to_le_bytes());
        cases.push(many);
        let mut unterminated = good.clone();
        *unterminated.last_mut().unwrap() = 1;
        cases.push(unterminated);
        for case in cases {
            assert!(decode(&case).is_empty(), "{case:?}");
        }
    }

    #[test]
    fn a_list_has_a_limit() {
        let mut encoder = Encoder::default();
        for _ in 0..PAIRS_MAX {
            assert!(encoder.push(b"a", b"b"));
        }
        assert!(!encoder.push(b"a", b"b"));
        assert!(!Encoder::default().push(b"a", &vec![0; PAIRS_BYTES_MAX]));
    }
}
