use std::collections::BTreeMap;

use super::Automaton;
use crate::gate::alphabet::Alphabet;

/// Every occurrence of every literal is found, in short values and in those walked over in several places.
#[test]
fn finds_what_a_naive_search_finds() {
    let words = ["ab", "abc", "bca", "caab", "aabbccaa", "c b", "aa"];
    let literals: BTreeMap<Vec<u8>, Vec<u32>> =
        (0..).zip(words).map(|(output, word)| (word.as_bytes().to_vec(), vec![output])).collect();
    let automaton = Automaton::new(&literals);
    let alphabet = Alphabet::new(&[]);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for length in (0..600).chain([4_000]) {
        let mut value = Vec::new();
        for _ in 0..length {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            value.push(b"abcABC x"[(state >> 20) as usize % 8]);
        }
        let mut found: Vec<(usize, u32)> = Vec::new();
        automaton.walk(&value, &alphabet, |matching, at| {
            found.extend(automaton.outputs(matching).iter().map(|output| (at, *output)));
        });
        found.sort_unstable();
        found.dedup();
        let folded = value.to_ascii_lowercase();
        let mut expected = Vec::new();
        for (output, word) in (0..).zip(words) {
            for (at, window) in folded.windows(word.len()).enumerate() {
                if window == word.as_bytes() {
                    expected.push((at + word.len() - 1, output));
                }
            }
        }
        expected.sort_unstable();
        assert_eq!(found, expected, "{length}");
    }
}

#[test]
fn without_literals_nothing_is_found() {
    let automaton = Automaton::new(&BTreeMap::new());
    automaton.walk(b"anything at all", &Alphabet::new(&[]), |_, _| panic!("nothing to find"));
    assert_eq!(automaton.matches(), 0);
}
