//! Values with a unit, so that no number in a document has to be guessed at.

use std::fmt;
use std::str::FromStr;

use crate::text::text_value;

/// A span of time, written as a whole number and a unit: `250ms`, `5s`, `2m`, `1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Duration {
    millis: u64,
}

impl Duration {
    /// So many milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self { millis }
    }

    /// So many seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self { millis: secs * 1000 }
    }

    /// As whole milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.millis
    }

    /// As the standard library's type.
    #[must_use]
    pub const fn get(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.millis)
    }
}

impl From<Duration> for std::time::Duration {
    fn from(value: Duration) -> Self {
        value.get()
    }
}

/// A year: beyond it a wait is a mistake, and arithmetic on clocks cannot overflow.
const LONGEST_MILLIS: u64 = 8760 * 3_600_000;

const DURATION_UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let millis = number_with_unit(text, &DURATION_UNITS).ok_or_else(|| {
            format!("`{text}` is not a duration; write for example 250ms, 5s, 2m, 1h")
        })?;
        match millis {
            0 => Err(format!("`{text}` is no time at all; every wait lasts a while")),
            1..=LONGEST_MILLIS => Ok(Self { millis }),
            _ => Err(format!("`{text}` is longer than 8760h (a year)")),
        }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_unit(f, self.millis, &DURATION_UNITS)
    }
}

text_value!(Duration, "duration", "A whole number and a unit: `250ms`, `5s`, `2m`, `1h`.");

/// A number of bytes, written as a whole number and a unit: `512B`, `128KiB`, `16MiB`, `1GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ByteSize {
    bytes: u64,
}

impl ByteSize {
    /// So many bytes.
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Self {
        Self { bytes }
    }

    /// So many times 1024 bytes.
    #[must_use]
    pub const fn from_kib(kib: u64) -> Self {
        Self { bytes: kib << 10 }
    }

    /// So many times 1024 KiB.
    #[must_use]
    pub const fn from_mib(mib: u64) -> Self {
        Self { bytes: mib << 20 }
    }

    /// In bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.bytes
    }

    /// In bytes, for the size of a buffer in memory; saturates where memory is smaller than 64 bit.
    #[must_use]
    pub fn in_memory(self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX)
    }
}

const SIZE_UNITS: [(&str, u64); 4] =
    [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        number_with_unit(text, &SIZE_UNITS).map(Self::from_bytes).ok_or_else(|| {
            format!("`{text}` is not a size; write for example 512B, 128KiB, 16MiB, 1GiB")
        })
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_unit(f, self.bytes, &SIZE_UNITS)
    }
}

text_value!(ByteSize, "size", "A whole number and a unit: `512B`, `128KiB`, `16MiB`, `1GiB`.");

/// `<digits><unit>` in the smallest unit; none when it is neither or does not fit.
fn number_with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start_matches(' '))?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// The largest unit that leaves a whole number.
fn write_with_unit(f: &mut fmt::Formatter<'_>, value: u64, units: &[(&str, u64)]) -> fmt::Result {
    let best = units.iter().rev().find(|(_, factor)| value != 0 && value.is_multiple_of(*factor));
    match best.or(units.first()) {
        Some((name, factor)) => write!(f, "{}{name}", value / factor),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
