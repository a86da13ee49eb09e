//! Numbers and words that look drawn by lot and are the same in every run: SplitMix64 (Steele, Lea and Flood, 2014).

/// A prime, so that multiples of it by different small numbers differ in every range it does not divide.
const STEP: u64 = 1_000_003;

/// A source of values.
#[derive(Debug, Clone)]
pub struct Draw {
    seed: u64,
    state: u64,
}

impl Draw {
    /// Equal seeds draw equally.
    pub fn new(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of `least..=most`.
    pub fn number(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// A number of `least..=most` that no other seed has here, as long as seeds are fewer than there are numbers.
    pub fn own(&self, least: u64, most: u64) -> u64 {
        least + self.seed.wrapping_mul(STEP) % (most - least + 1)
    }

    /// One of the words; empty for none.
    pub fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let at = self.next() % (words.len().max(1) as u64);
        words.get(usize::try_from(at).unwrap_or(0)).copied().unwrap_or_default()
    }

    /// Hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut text = String::new();
        while text.len() < digits {
            text.push_str(&format!("{:016x}", self.next()));
        }
        text.truncate(digits);
        text
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Draw;

    #[test]
    fn own_numbers_are_nobody_elses() {
        for (least, most) in [(0, 4_095), (10_000, 99_999), (1, 5_000)] {
            let all: HashSet<u64> =
                (0..4_096).map(|seed| Draw::new(seed).own(least, most)).collect();
            assert_eq!(all.len(), 4_096);
            assert!(all.iter().all(|number| (least..=most).contains(number)));
        }
    }
}
