//! A hash that gives the same value in every process, so that two gateways send a key to the same endpoint.

/// Spreads the bits of a number over all of its bits.
/// Source: Stafford's variant 13 of the MurmurHash3 finaliser, as in SplitMix64.
pub(crate) const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// Hash of a key for consistent hashing: FNV-1a of 64 bits, mixed so that all bits are usable. Not keyed:
/// a caller who chooses keys can choose an endpoint, which a consistent hash lets him do anyway.
#[must_use]
pub fn stable_hash(key: &[u8]) -> u64 {
    let fnv = key.iter().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    mix(fnv)
}

#[cfg(test)]
mod tests {
    use super::stable_hash;

    #[test]
    fn hashes_never_change_between_versions() {
        assert_eq!(stable_hash(b""), 0xF52A_15E9_A9B5_E89B);
        assert_eq!(stable_hash(b"a"), stable_hash(b"a"));
        assert_ne!(stable_hash(b"a"), stable_hash(b"b"));
    }
}
