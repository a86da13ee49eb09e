//! Makes requests: seeded, so that a number names a request for ever.
//!
//! Half of them are a stage of CRS's tests changed a little; half are built from nothing with payloads of those tests
//! and of a list of our own, written in one of many encodings, at one of many places.

mod body;
mod encode;
mod mutate;
mod payload;
mod place;
mod rule_set;

use crate::exchange::Exchange;
use crate::random::Random;

pub use rule_set::rule_set;

/// The largest body a generated request has, in bytes. Larger ones only make a run slower.
const MAX_BODY_BYTES: usize = 16 << 10;

/// Where generated requests come from.
pub struct Generator {
    seed: u64,
    cases: Vec<Exchange>,
    payloads: Vec<Vec<u8>>,
}

impl Generator {
    /// A generator over CRS's own test requests.
    pub fn new(seed: u64, cases: &[Exchange]) -> Generator {
        let cases: Vec<Exchange> =
            cases.iter().filter(|case| case.body.len() <= MAX_BODY_BYTES).cloned().collect();
        let payloads = payload::collect(&cases);
        Generator { seed, cases, payloads }
    }

    /// Request number `index` of those built from nothing.
    pub fn request(&self, index: u64) -> Exchange {
        let random = &mut Random::of(self.seed ^ 1, index);
        let mut exchange = place::request(random, &self.payloads);
        exchange.name = format!("request-{}-{index}", self.seed);
        exchange
    }

    /// Request number `index`.
    pub fn exchange(&self, index: u64) -> Exchange {
        let random = &mut Random::of(self.seed, index);
        let mut exchange = if random.chance(50) {
            let mut case = self.cases.get(random.below(self.cases.len())).cloned();
            if let Some(case) = &mut case {
                mutate::mutate(random, case, &self.payloads);
            }
            case.unwrap_or_else(|| place::request(random, &self.payloads))
        } else {
            place::request(random, &self.payloads)
        };
        if random.chance(90) {
            exchange.answer = Exchange::ordinary_answer();
        }
        exchange.name = format!("generated-{}-{index}", self.seed);
        exchange.body.truncate(MAX_BODY_BYTES);
        exchange
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_names_a_request() {
        let base = Exchange {
            name: "x".to_owned(),
            method: "POST".to_owned(),
            target: "/?a=<script>alert(1)</script>".to_owned(),
            version: "HTTP/1.1".to_owned(),
            headers: vec![("User-Agent".to_owned(), "curl".to_owned())],
            body: b"b=1%20OR%201=1".to_vec(),
            answer: Exchange::ordinary_answer(),
        };
        let [one, other] = [(); 2].map(|()| Generator::new(7, std::slice::from_ref(&base)));
        let another_seed = Generator::new(8, &[base]);
        let mut same = 0;
        for index in 0..500 {
            let exchange = one.exchange(index);
            assert_eq!(exchange, other.exchange(index));
            let texts = exchange.headers.iter().flat_map(|(name, value)| [name, value]);
            for text in texts.chain([&exchange.target, &exchange.method, &exchange.version]) {
                assert!(!text.contains('\0'), "{exchange:?}");
            }
            same += usize::from(exchange.target == another_seed.exchange(index).target);
        }
        assert!(same < 250, "another seed gives other requests");
    }
}
