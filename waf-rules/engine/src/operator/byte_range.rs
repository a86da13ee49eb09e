//! `@validateByteRange`: matches a value that has a byte outside the listed ones.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByteRange {
    allowed: [u64; 4],
}

impl ByteRange {
    /// Reads `1-255` or `9,10,32-126`; the error names the part that is neither.
    pub(crate) fn parse(argument: &str) -> Result<Self, String> {
        let mut allowed = [0; 4];
        for part in argument.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (Ok(first), Ok(last)) = (first.trim().parse::<u8>(), last.trim().parse::<u8>())
            else {
                return Err(format!("`{part}` is neither a byte nor a range of bytes (0-255)"));
            };
            for byte in first..=last {
                if let Some(word) = allowed.get_mut(usize::from(byte / 64)) {
                    *word |= 1_u64 << (byte % 64);
                }
            }
        }
        if allowed == [0; 4] {
            return Err("no byte is allowed".to_owned());
        }
        Ok(Self { allowed })
    }

    pub(crate) fn violated_by(&self, input: &[u8]) -> bool {
        input.iter().any(|byte| {
            self.allowed.get(usize::from(byte / 64)).is_none_or(|word| word >> (byte % 64) & 1 == 0)
        })
    }
}
