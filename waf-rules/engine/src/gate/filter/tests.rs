use super::Filter;
use crate::gate::symbols::{SymbolSet, Symbols};
use crate::gate::trie::{Sides, Trie};

/// Anything may stand beside the literals of these tests.
const ANYWHERE: Sides = (SymbolSet::MAX, SymbolSet::MAX);

/// Where which literals end.
fn found(literals: &[Vec<u8>], values: &[Vec<u8>]) -> Vec<Vec<(usize, u32)>> {
    let symbols = Symbols::new(literals.iter());
    let literals: Vec<_> = literals.iter().map(|literal| (literal.clone(), ANYWHERE)).collect();
    let filter = Filter::new(literals.iter(), &symbols);
    let (trie, outputs) = Trie::new(&literals, &symbols);
    let search = |value: &Vec<u8>| {
        let mut all = Vec::new();
        filter.walk(value, &symbols, |end| {
            trie.ending(value, end, &symbols, |node, _, start| {
                let (first, last) = node.outputs;
                let own = &outputs[first as usize..last as usize];
                // Literals that are the same in symbols are told apart behind the trie.
                let is = |output: &&u32| {
                    value[start..end].eq_ignore_ascii_case(&literals[**output as usize].0)
                };
                all.extend(own.iter().filter(is).map(|output| (end, *output)));
            });
        });
        all.sort_unstable();
        all
    };
    values.iter().map(search).collect()
}

fn naive(literals: &[Vec<u8>], value: &[u8]) -> Vec<(usize, u32)> {
    let mut all = Vec::new();
    for (output, literal) in (0..).zip(literals) {
        for (at, window) in value.windows(literal.len()).enumerate() {
            if window.eq_ignore_ascii_case(literal) {
                all.push((at + literal.len(), output));
            }
        }
    }
    all.sort_unstable();
    all
}

/// Every occurrence of every literal is found, and each once: few literals and many, of bytes with symbols of their own
/// and of bytes that share one, at the beginning and the end of values shorter and longer than a chunk.
#[test]
fn finds_what_a_naive_search_finds() {
    let words = ["ab", "abc", "bca", "caab", "aabbccaa", "c b", "aa", "b", "\0a", "acaabbc", "xa"];
    let few: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    let each = (0x80..=0xff).map(|byte| vec![b'a', byte]);
    let many: Vec<Vec<u8>> = few.iter().cloned().chain(each).collect();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let lengths = (0..200).flat_map(|length| [length; 4]).chain([4_000]);
    let values: Vec<Vec<u8>> = lengths
        .map(|length| {
            let mut byte = || {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let byte = b"abcABC x\0\x80\xfe\xff"[(state >> 20) as usize % 12];
                if byte < 0x80 { byte } else { (state >> 40) as u8 }
            };
            (0..length).map(|_| byte()).collect()
        })
        .collect();
    for literals in [few, many] {
        let mut occurrences = 0;
        for (value, found) in values.iter().zip(found(&literals, &values)) {
            assert_eq!(found, naive(&literals, value), "{value:?}");
            occurrences += found.len();
        }
        assert!(occurrences > 10_000, "{occurrences}");
    }
}

#[test]
fn few_places_are_followed_up() {
    let literals: Vec<Vec<u8>> =
        ["select", "union", "from", "or"].map(|word| word.as_bytes().to_vec()).to_vec();
    let symbols = Symbols::new(literals.iter());
    let beside: Vec<_> = literals.into_iter().map(|literal| (literal, ANYWHERE)).collect();
    let mut places = 0;
    let value = b"the selection of a reunion forum, formed to select from it".repeat(10);
    Filter::new(beside.iter(), &symbols).walk(&value, &symbols, |_| places += 1);
    // Each time selection, reunion, forum, formed, select, from.
    assert!((50..=60).contains(&places), "{places}");
}

#[test]
fn without_literals_nothing_is_found() {
    assert_eq!(found(&[], &[b"anything at all".to_vec()]), [vec![]]);
}
