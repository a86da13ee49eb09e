//! Symbols: bytes as the search for literals sees them. Both cases of a letter are one.

use crate::gate::bytes::ByteSet;

/// By byte: its symbol.
#[derive(Debug)]
pub(super) struct Symbols {
    of: Box<[u8; 256]>,
}

/// A set of symbols.
pub(super) type SymbolSet = u64;

/// What all bytes are that few literals have, and those that none has.
const OTHER: u8 = 62;

impl Symbols {
    /// Bits of a symbol.
    pub(super) const BITS: usize = 6;
    /// Stands before and behind every value.
    pub(super) const EDGE: u8 = 63;

    /// The bytes that most of `literals` have get symbols of their own.
    pub(super) fn new<'l>(literals: impl Iterator<Item = &'l Vec<u8>>) -> Self {
        let mut counts = [0_u32; 256];
        for byte in literals.flatten() {
            if let Some(count) = counts.get_mut(usize::from(byte.to_ascii_lowercase())) {
                *count += 1;
            }
        }
        let mut common: Vec<(u32, u8)> =
            counts.into_iter().zip(0..=u8::MAX).filter(|c| c.0 > 0).collect();
        common.sort_unstable_by_key(|(count, byte)| (u32::MAX - count, *byte));
        let mut of = Box::new([OTHER; 256]);
        for (symbol, (_, byte)) in (0..OTHER).zip(common) {
            for alike in [byte, byte.to_ascii_uppercase()] {
                if let Some(place) = of.get_mut(usize::from(alike)) {
                    *place = symbol;
                }
            }
        }
        Self { of }
    }

    #[inline(always)]
    pub(super) fn of(&self, byte: u8) -> u8 {
        self.of.get(usize::from(byte)).copied().unwrap_or(OTHER)
    }

    /// Whether no other byte has the symbol of this one, the other case aside.
    pub(super) fn is_own(&self, byte: u8) -> bool {
        self.of(byte) != OTHER
    }

    /// The symbol at a place of a value, which may be before its beginning.
    #[inline(always)]
    pub(super) fn at(&self, value: &[u8], place: Option<usize>) -> u8 {
        place.and_then(|place| value.get(place)).map_or(Self::EDGE, |byte| self.of(*byte))
    }

    pub(super) fn set_of(&self, byte: u8) -> SymbolSet {
        1 << self.of(byte)
    }

    /// The symbols of a set of bytes and of the edge.
    pub(super) fn set(&self, (bytes, edge): (ByteSet, bool)) -> SymbolSet {
        let members = (0..=u8::MAX).filter(|byte| bytes.contains(*byte));
        let edge = SymbolSet::from(edge) << Self::EDGE;
        members.fold(edge, |all, byte| all | self.set_of(byte))
    }
}
