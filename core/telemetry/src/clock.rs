//! Wall-clock time of log lines.

use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Length of `2026-11-21T10:52:00`, the part of a timestamp that changes once a second.
const SECOND_BYTES: usize = 19;

thread_local! {
    /// The last second a thread wrote, and its text: most lines of a busy gateway share it.
    static LAST: Cell<(u64, [u8; SECOND_BYTES])> = const { Cell::new((u64::MAX, [0; SECOND_BYTES])) };
}

/// A point of wall-clock time, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The current time.
    #[must_use]
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    /// This long before now.
    #[must_use]
    pub fn ago(since: Duration) -> Self {
        let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        Self(Self::now().0.saturating_sub(millis))
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn nanos(self) -> u64 {
        self.0.saturating_mul(1_000_000)
    }

    /// `2026/11/21 10:52:00`, in UTC.
    #[must_use]
    pub fn slashed(self) -> String {
        let text = second_text(self.0 / 1000).map(|byte| match byte {
            b'-' => '/',
            b'T' => ' ',
            other => char::from(other),
        });
        text.into_iter().collect()
    }

    /// Appends the time as in RFC 3339 section 5.6, in UTC with milliseconds:
    /// `2026-11-21T10:52:00.123Z`.
    pub fn write_rfc3339(self, out: &mut Vec<u8>) {
        let second = self.0 / 1000;
        let text = LAST.with(|last| {
            let (cached, text) = last.get();
            if cached == second {
                return text;
            }
            let text = second_text(second);
            last.set((second, text));
            text
        });
        out.extend_from_slice(&text);
        let millis = self.0 % 1000;
        out.push(b'.');
        out.extend_from_slice(&[digit(millis / 100), digit(millis / 10), digit(millis), b'Z']);
    }
}

fn second_text(second: u64) -> [u8; SECOND_BYTES] {
    let (year, month, day) = civil_date(second / 86_400);
    let (hour, minute, sec) = (second / 3600 % 24, second / 60 % 60, second % 60);
    [
        digit(year / 1000),
        digit(year / 100),
        digit(year / 10),
        digit(year),
        b'-',
        digit(month / 10),
        digit(month),
        b'-',
        digit(day / 10),
        digit(day),
        b'T',
        digit(hour / 10),
        digit(hour),
        b':',
        digit(minute / 10),
        digit(minute),
        b':',
        digit(sec / 10),
        digit(sec),
    ]
}

/// Year, month and day of a number of days since 1970-01-01, in the proleptic Gregorian calendar.
/// Source: Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
fn civil_date(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let day_of_era = z % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

fn digit(value: u64) -> u8 {
    b'0' + (value % 10) as u8
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    fn check(millis: u64, text: &str) {
        let mut out = Vec::new();
        Timestamp(millis).write_rfc3339(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), text);
    }

    #[test]
    fn times_are_written_as_rfc_3339() {
        check(0, "1970-01-01T00:00:00.000Z");
        check(951_782_399_999, "2000-02-28T23:59:59.999Z");
        check(951_782_400_000, "2000-02-29T00:00:00.000Z");
        check(951_868_800_001, "2000-03-01T00:00:00.001Z");
        check(1_709_164_800_000, "2024-02-29T00:00:00.000Z");
        check(1_767_225_599_120, "2025-12-31T23:59:59.120Z");
        check(1_767_225_600_045, "2026-01-01T00:00:00.045Z");
        check(4_107_542_400_000, "2100-03-01T00:00:00.000Z");
        assert_eq!(Timestamp(1_767_225_600_045).slashed(), "2026/01/01 00:00:00");
        assert_eq!(Timestamp(5).nanos(), 5_000_000);
    }
}
