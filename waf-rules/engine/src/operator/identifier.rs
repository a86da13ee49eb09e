//! `@verifyCC`, `@verifyCPF`, `@verifySSN`, `@verifySVNR`, `@validateNid`: a pattern finds candidates, and a check
//! of their digits tells numbers that were given out from numbers that only look so.

use std::ops::Range;
use std::sync::Arc;

use crate::limits::MAX_IDENTIFIER_SCAN_FACTOR;
use crate::operator::{Captures, Pattern};

/// Which rule the digits follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Payment cards: ISO/IEC 7812-1 annex B (Luhn).
    Card,
    /// Cadastro de Pessoas Físicas, Brazil: two check digits, weights 10 to 2 and 11 to 2, modulo 11.
    Cpf,
    /// Social security number, United States: nine digits, no part zero, area below 740 and not 666.
    Ssn,
    /// Sozialversicherungsnummer, Austria: the fourth digit checks the others, modulo 11.
    Svnr,
    /// Rol Único Tributario, Chile: the last character checks the others, modulo 11, `k` for ten.
    Rut,
    /// As `Ssn`, but digits beyond the ninth do not matter, as Coraza reads `@validateNid us`.
    SsnPrefix,
}

impl Scheme {
    /// The scheme of a `@verify...` operator by its name in lower case.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "verifycc" => Self::Card,
            "verifycpf" => Self::Cpf,
            "verifyssn" => Self::Ssn,
            "verifysvnr" => Self::Svnr,
            _ => return None,
        })
    }

    /// Splits the argument of `@validateNid` into country and pattern; the error says what is missing.
    pub(crate) fn parse_country(argument: &str) -> Result<(Self, &str), String> {
        let (country, pattern) = argument.split_once(' ').ok_or(
            "@validateNid takes a country and a pattern, such as `us \\d{3}-\\d{2}-\\d{4}`",
        )?;
        match country {
            "cl" => Ok((Self::Rut, pattern)),
            "us" => Ok((Self::SsnPrefix, pattern)),
            _ => Err(format!("country `{country}` is neither `cl` nor `us`")),
        }
    }

    fn holds(self, candidate: &[u8]) -> bool {
        let digits: Vec<u32> = candidate
            .iter()
            .filter(|byte| byte.is_ascii_digit())
            .map(|byte| u32::from(byte - b'0'))
            .collect();
        match self {
            Self::Card => luhn(&digits),
            Self::Cpf => cpf(&digits),
            Self::Ssn => digits.len() == 9 && ssn(&digits),
            Self::SsnPrefix => ssn(&digits),
            Self::Svnr => svnr(&digits),
            Self::Rut => rut(candidate),
        }
    }
}

/// A scheme and the pattern of its candidates.
#[derive(Debug)]
pub(crate) struct Identifier {
    pub(crate) scheme: Scheme,
    pub(crate) pattern: Arc<Pattern>,
}

impl Identifier {
    pub(crate) fn find(&self, input: &[u8]) -> Option<Range<usize>> {
        self.all(input).next()
    }

    pub(crate) fn capture(&self, input: &[u8], captures: &mut Captures) {
        for range in self.all(input).take(crate::limits::MAX_CAPTURES) {
            captures.push(Some(range));
        }
    }

    /// Valid identifiers. Candidates may overlap, so that a digit before a number does not hide it; when the bytes
    /// looked at pass a multiple of the input, as they can with unbounded patterns, they no longer do.
    fn all<'a>(&'a self, input: &'a [u8]) -> impl Iterator<Item = Range<usize>> + 'a {
        let mut from = 0;
        let mut scanned = 0_usize;
        let budget = input.len().saturating_mul(MAX_IDENTIFIER_SCAN_FACTOR);
        std::iter::from_fn(move || {
            loop {
                let found = self.pattern.find_from(input, from)?;
                scanned += found.end - from;
                let valid = self.scheme.holds(input.get(found.clone()).unwrap_or_default());
                let overlaps = !valid && scanned <= budget;
                from = (found.start + 1).max(if overlaps { 0 } else { found.end });
                if valid {
                    return Some(found);
                }
            }
        })
    }
}

fn luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 1 { doubled(*digit) } else { *digit })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

fn cpf(digits: &[u32]) -> bool {
    let [head @ .., first, second] = digits else { return false };
    if digits.len() != 11 || is_uniform(digits) || digits == COUNTED_CPF {
        return false;
    }
    let check = |digits: &[u32]| {
        let weights = (2..=digits.len() as u32 + 1).rev();
        let rest = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>();
        match rest % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        }
    };
    let with_first = digits.get(..10).unwrap_or_default();
    check(head) == *first && check(with_first) == *second
}

fn ssn(digits: &[u32]) -> bool {
    let Some(number) = digits.first_chunk::<9>() else { return false };
    let read = |part: &[u32]| part.iter().fold(0, |number, digit| number * 10 + digit);
    let [a, b, c, d, e, serial @ ..] = number;
    let (area, group, serial) = (read(&[*a, *b, *c]), read(&[*d, *e]), read(serial));
    let assigned = area != 0 && area != 666 && area < 740 && group != 0 && serial != 0;
    assigned && !is_uniform(digits) && !is_ascending(digits)
}

fn svnr(digits: &[u32]) -> bool {
    const WEIGHTS: [u32; 10] = [3, 7, 9, 0, 5, 8, 4, 2, 1, 6];
    let Ok(number) = <[u32; 10]>::try_from(digits) else { return false };
    if is_uniform(&number) || COUNTED_SVNR.contains(&number) {
        return false;
    }
    let sum: u32 = number.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    // ModSecurity takes a remainder of ten, which is never given out, as zero.
    let check = match sum % 11 {
        10 => 0,
        rest => rest,
    };
    number.get(3) == Some(&check)
}

fn rut(candidate: &[u8]) -> bool {
    if candidate.len() < 8 {
        return false;
    }
    let kept: Vec<u8> = candidate
        .iter()
        .map(u8::to_ascii_lowercase)
        .filter(|byte| byte.is_ascii_digit() || *byte == b'k')
        .collect();
    let Some((check, body)) = kept.split_last() else { return false };
    if body.is_empty() || !body.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let weights = (2..=7).cycle();
    let digits = body.iter().rev().map(|byte| u32::from(byte - b'0'));
    let sum: u32 = digits.zip(weights).map(|(digit, weight)| digit * weight).sum();
    let expected = match sum % 11 {
        0 => b'0',
        1 => b'k',
        rest => b'0' + (11 - rest) as u8,
    };
    *check == expected
}

/// Numbers that are typed in and never given out.
const COUNTED_CPF: [u32; 11] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0];
const COUNTED_SVNR: [[u32; 10]; 2] =
    [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]];

fn is_uniform(digits: &[u32]) -> bool {
    digits.windows(2).all(|pair| pair.first() == pair.last())
}

fn is_ascending(digits: &[u32]) -> bool {
    digits.windows(2).all(|pair| matches!(pair, [left, right] if left + 1 == *right))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Identifier, Scheme};
    use crate::operator::{Captures, Meaning, Pattern};

    fn identifier(scheme: Scheme, pattern: &str) -> Identifier {
        let pattern = Arc::new(Pattern::new(pattern, Meaning::Values).unwrap());
        Identifier { scheme, pattern }
    }

    #[test]
    fn schemes() {
        const CARD: &str = r"\d{13,16}";
        const CPF: &str = r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}";
        const SSN: &str = r"\d{3}-?\d{2}-?\d{4}";
        const SVNR: &str = r"\d{4} ?\d{6}";
        const RUT: &str = r"[0-9.]{7,10}-[0-9Kk]";
        for (scheme, pattern, input, expected) in [
            (Scheme::Card, CARD, "pay 4484070000000000 now", true),
            (Scheme::Card, CARD, "4484070000000001", false),
            (Scheme::Card, CARD, "no card", false),
            (Scheme::Card, r"\D+", "only letters", false),
            // A digit before the number makes the first candidates wrong, not all.
            (Scheme::Card, CARD, "94484070000000000", true),
            (Scheme::Card, r"(?:\d{4}[ -]?){4}", "4111 1111-1111 1111", true),
            (Scheme::Cpf, CPF, "529.982.247-25", true),
            (Scheme::Cpf, CPF, "52998224725", true),
            (Scheme::Cpf, CPF, "52998224726", false),
            (Scheme::Cpf, CPF, "52998224735", false),
            (Scheme::Cpf, CPF, "11111111111", false),
            (Scheme::Cpf, r"\d{10}", "5299822472", false),
            (Scheme::Ssn, SSN, "623-02-6459", true),
            (Scheme::Ssn, SSN, "000-02-6459", false),
            (Scheme::Ssn, SSN, "623-00-6459", false),
            (Scheme::Ssn, SSN, "623-02-0000", false),
            (Scheme::Ssn, SSN, "666-02-6459", false),
            (Scheme::Ssn, SSN, "740-02-6459", false),
            (Scheme::Ssn, SSN, "123456789", false),
            (Scheme::Ssn, SSN, "111111111", false),
            (Scheme::Ssn, r"\d{10}", "6230264591", false),
            (Scheme::SsnPrefix, r"\d{10}", "6230264591", true),
            (Scheme::Svnr, SVNR, "1237 010180", true),
            (Scheme::Svnr, SVNR, "1238 010180", false),
            (Scheme::Svnr, SVNR, "0000000000", false),
            (Scheme::Svnr, r"\d{9}", "123701018", false),
            (Scheme::Rut, RUT, "11.111.111-1", true),
            (Scheme::Rut, RUT, "12.345.678-5", true),
            (Scheme::Rut, RUT, "12.345.678-6", false),
            (Scheme::Rut, RUT, "20.347.878-K", true),
            (Scheme::Rut, ".*", "--------", false),
        ] {
            let operator = identifier(scheme, pattern);
            let found = operator.find(input.as_bytes()).is_some();
            assert_eq!(found, expected, "{scheme:?} {input}");
        }
    }

    #[test]
    fn captures_every_number() {
        let mut captures = Captures::default();
        let input = b"a 4484070000000000 b 4111111111111111";
        identifier(Scheme::Card, r"\d{16}").capture(input, &mut captures);
        assert_eq!(captures.groups, [Some(2..18), Some(21..37)]);
    }

    /// A pattern that reaches to the end of the value from everywhere.
    #[test]
    fn unbounded_patterns_stay_linear() {
        let input = vec![b'1'; 128 << 10];
        let started = std::time::Instant::now();
        let _found = identifier(Scheme::Cpf, r"\d.*\d").find(&input);
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }

    #[test]
    fn countries() {
        assert_eq!(Scheme::parse_country(r"us \d+"), Ok((Scheme::SsnPrefix, r"\d+")));
        assert_eq!(Scheme::parse_country("cl x y"), Ok((Scheme::Rut, "x y")));
        for bad in ["", "us", "de x"] {
            assert!(Scheme::parse_country(bad).is_err(), "{bad}");
        }
    }
}
