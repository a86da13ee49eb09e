//! The last bytes before a place of a value as one number, ASCII letters in lower case, the nearest byte lowest.

/// What stands before a place; nothing is zeros.
pub(super) type Tail = u64;

/// Bytes of a tail.
pub(super) const BYTES: usize = size_of::<Tail>();

/// The tail of a value up to `end`.
#[inline(always)]
pub(super) fn before(value: &[u8], end: usize) -> Tail {
    let value = value.get(..end).unwrap_or(value);
    let tail = match value.last_chunk() {
        Some(last) => Tail::from_be_bytes(*last),
        None => value.iter().fold(0, |tail, byte| tail << 8 | Tail::from(*byte)),
    };
    folded(tail)
}

/// The tail that is a literal in lower case.
pub(super) fn of_literal(literal: &[u8]) -> Tail {
    let last = literal.last_chunk::<BYTES>().map_or(literal, <[u8; BYTES]>::as_slice);
    last.iter().fold(0, |tail, byte| tail << 8 | Tail::from(*byte))
}

/// The bytes of a tail that belong to a literal of so many bytes.
#[inline(always)]
pub(super) const fn mask(bytes: usize) -> Tail {
    if bytes < BYTES { (1 << (bytes * 8)) - 1 } else { Tail::MAX }
}

/// All bytes at once, as ASCII: a byte without its highest bit never carries into the next one.
#[inline(always)]
fn folded(tail: Tail) -> Tail {
    const EACH: Tail = Tail::MAX / 0xff;
    let low = tail & (EACH * 0x7f);
    let from_a = low + EACH * (0x80 - b'A' as Tail);
    let beyond_z = low + EACH * (0x7f - b'Z' as Tail);
    let capital = from_a & !beyond_z & !tail & (EACH * 0x80);
    tail | capital >> 2
}

#[cfg(test)]
mod tests {
    #[test]
    fn tails_are_what_stands_before() {
        let every: Vec<u8> = (0..=u8::MAX).collect();
        for end in 0..=every.len() {
            let literal = every[..end].to_ascii_lowercase();
            assert_eq!(super::before(&every, end), super::of_literal(&literal), "{end}");
            assert_eq!(super::before(&every[..end], end), super::of_literal(&literal), "{end}");
        }
        assert_eq!(super::before(b"SELECT x", 6), super::of_literal(b"select"));
        assert_eq!(super::before(b"reSELECT x", 8) & super::mask(6), super::of_literal(b"select"));
    }
}
