//! `TIME*` and `DURATION`, in UTC, read from the clock when a rule asks.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::variable::Variable;

/// `None` for a variable that is not about time.
#[expect(clippy::option_option, reason = "the inner one is a clock before 1970")]
pub(super) fn read(
    variable: Variable,
    started: &mut Option<(Instant, SystemTime)>,
) -> Option<Option<Vec<u8>>> {
    if !variable.tells_time() {
        return None;
    }
    let (began, wall) = *started.get_or_insert_with(|| (Instant::now(), SystemTime::now()));
    if variable == Variable::Duration {
        return Some(Some(began.elapsed().as_micros().to_string().into_bytes()));
    }
    let Ok(since) = wall.duration_since(UNIX_EPOCH) else { return Some(None) };
    Some(Some(field(variable, since.as_secs()).into_bytes()))
}

fn field(variable: Variable, epoch: u64) -> String {
    let (days, second) = (epoch / 86_400, epoch % 86_400);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let (year, month, day) = civil(days);
    if variable == Variable::Time {
        return format!("{hour:02}:{minute:02}:{second:02}");
    }
    let numbers = [
        (Variable::TimeEpoch, epoch),
        (Variable::TimeYear, year),
        (Variable::TimeMon, month),
        (Variable::TimeDay, day),
        // 1970-01-01 was a Thursday; Sunday is 0.
        (Variable::TimeWday, (days + 4) % 7),
        (Variable::TimeHour, hour),
        (Variable::TimeMin, minute),
        (Variable::TimeSec, second),
    ];
    let number = numbers.iter().find(|(known, _)| *known == variable);
    number.map(|(_, number)| number.to_string()).unwrap_or_default()
}

/// Year, month and day of a day since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let doe = z % 146_097;
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + u64::from(month <= 2);
    (year, month, doy - (153 * mp + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::{civil, field};
    use crate::variable::Variable;

    #[test]
    fn dates() {
        for (days, expected) in [
            (0, (1970, 1, 1)),
            (58, (1970, 2, 28)),
            (11_016, (2000, 2, 29)),
            (20_778, (2026, 11, 21)),
        ] {
            assert_eq!(civil(days), expected, "{days}");
        }
        assert_eq!(field(Variable::TimeWday, 20_778 * 86_400), "6");
        assert_eq!(field(Variable::Time, 3_723), "01:02:03");
    }
}
