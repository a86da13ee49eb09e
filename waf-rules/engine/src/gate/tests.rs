use super::{literals, required};
use crate::operator::{Meaning, Pattern};

fn needed(pattern: &str) -> Option<Vec<String>> {
    let tree = Pattern::parsed(pattern, Meaning::Values).unwrap().1;
    literals::of_pattern(&tree)
        .map(|all| all.into_iter().map(|l| String::from_utf8_lossy(&l).into_owned()).collect())
}

#[test]
fn literals_of_patterns() {
    let cases: &[(&str, Option<&[&str]>)] = &[
        ("abc", Some(&["abc"])),
        ("(?i)SELECT", Some(&["select"])),
        ("a[bc]d", Some(&["abd", "acd"])),
        (r"(?i)\bunion\s+select", Some(&["union"])),
        ("foo|bar", Some(&["foo", "bar"])),
        ("(?:foo|b)xy", Some(&["fooxy", "bxy"])),
        ("foo|bc", None),
        ("a*", None),
        (".*", None),
        ("x{2}y", Some(&["xxy"])),
    ];
    for (pattern, expected) in cases {
        let expected = expected.map(|all| all.iter().map(|l| (*l).to_owned()).collect());
        assert_eq!(needed(pattern), expected, "{pattern}");
    }
}

/// What the conditions exclude never matches.
#[test]
fn conditions_are_necessary() {
    let patterns = [
        r"(?i)\b(?:a|b)\s*=\s*['\x22]",
        r"^[^\d]+\d{2,}$",
        r"(?:(?:ab)+|c[de]?)\W",
        r"[\x80-\xff]x",
        r"a??b|^$",
        r"(?i)un(?:ion|lock).{0,3}[()]",
    ];
    let bytes = b"abcdeUNIONunlock='\"()0123 \xc3\xbcx";
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for pattern in patterns {
        let tree = Pattern::parsed(pattern, Meaning::Values).unwrap().1;
        let regex = Pattern::new(pattern, Meaning::Values).unwrap();
        let (sets, min_bytes) = required::of_pattern(&tree);
        let (alphabet, needed_sets) = required::Alphabet::new(&[sets]);
        let needed = literals::of_pattern(&tree);
        for round in 0..20_000_usize {
            let mut value = Vec::new();
            for _ in 0..round % 12 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                value.push(bytes[(state >> 20) as usize % bytes.len()]);
            }
            let folded = value.to_ascii_lowercase();
            let literal = needed.as_ref().is_none_or(|all| {
                all.iter().any(|literal| folded.windows(literal.len()).any(|w| w == literal))
            });
            let covers = alphabet.signature(&value).covers(needed_sets[0].0);
            let admitted = literal && value.len() >= min_bytes && covers;
            assert!(admitted || !regex.is_match(&value), "{pattern} {value:?}");
        }
    }
}
