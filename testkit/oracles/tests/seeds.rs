//! Every oracle over its seeds, what fuzzing found before, and what a fixed number of mutations make of them. A fuzz
//! finding goes into `fuzz/corpus-seeds/TARGET` and stays there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use portcullis_oracles::ORACLES;

/// Mutations of each seed.
const MUTATIONS: usize = 200;

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(path)
}

fn names(path: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder(path)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let path = format!("corpus-seeds/{target}");
    names(&path).iter().map(|name| std::fs::read(folder(&path).join(name)).unwrap()).collect()
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound.max(1)
    }

    /// A few bytes changed, cut, repeated, or taken from another seed.
    fn mutate(&mut self, seed: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(4) {
            let (from, to) = (self.below(bytes.len() + 1), self.below(bytes.len() + 1));
            let (from, to) = (from.min(to), from.max(to));
            let slice = bytes[from..to].to_vec();
            let start = self.below(other.len() + 1);
            let end = start + self.below(other.len() - start + 1);
            match self.below(5) {
                0 => drop(bytes.drain(from..to)),
                1 => drop(bytes.splice(from..from, slice)),
                2 => drop(bytes.splice(from..to, other[start..end].iter().copied())),
                _ if from < bytes.len() => bytes[from] = self.below(256) as u8,
                _ => bytes.push(self.below(256) as u8),
            }
        }
        bytes
    }
}

#[test]
fn every_oracle_has_a_target_and_seeds() {
    let known: BTreeSet<String> = ORACLES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let targets = names("fuzz_targets");
    let targets: BTreeSet<String> =
        targets.iter().map(|t| t.trim_end_matches(".rs").to_owned()).collect();
    assert_eq!(targets, known);
    assert_eq!(names("corpus-seeds"), known);
    for dictionary in names("dictionaries") {
        assert!(known.contains(&dictionary), "{dictionary}");
    }
    for target in known {
        assert!(!seeds(&target).is_empty(), "{target} has no seed");
    }
}

#[test]
fn every_oracle_holds_for_its_seeds_and_their_mutations() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for (name, oracle) in ORACLES {
        let seeds = seeds(name);
        for seed in &seeds {
            oracle(seed);
            for _ in 0..MUTATIONS {
                let other = &seeds[random.below(seeds.len())];
                let mutated = random.mutate(seed, other);
                if let Err(panic) = std::panic::catch_unwind(|| oracle(&mutated)) {
                    eprintln!("{name} fails for \"{}\"", mutated.escape_ascii());
                    std::panic::resume_unwind(panic);
                }
            }
        }
    }
}
