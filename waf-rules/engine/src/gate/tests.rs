use regex_syntax::hir::Hir;

use super::alphabet::Alphabet;
use super::bytes::ByteSet;
use super::family::{Family, Need};
use super::hits::Hits;
use super::plan;
use crate::bits::BitSet;
use crate::operator::{Meaning, Pattern};

fn tree(pattern: &str) -> Hir {
    Pattern::parsed(pattern, Meaning::Values).unwrap().1
}

/// The literals a pattern needs; alternatives without any as `-`.
fn needed(pattern: &str) -> Vec<String> {
    let tree = tree(pattern);
    let mut all = Vec::new();
    for branch in plan::of_pattern(&tree) {
        let Some(group) = branch.groups.first() else {
            all.push("-".to_owned());
            continue;
        };
        all.extend(group.guards.iter().map(|g| String::from_utf8_lossy(&g.bytes).into_owned()));
    }
    all.sort();
    all
}

#[test]
fn literals_of_patterns() {
    let cases: &[(&str, &[&str])] = &[
        ("abc", &["abc"]),
        ("(?i)SELECT", &["select"]),
        ("a[bc]d", &["abd", "acd"]),
        (r"(?i)\bunion\s+all", &["union"]),
        ("foo|bar", &["bar", "foo"]),
        ("(?:foo|b)xy", &["bxy", "fooxy"]),
        ("foo|[bx]", &["-", "foo"]),
        ("a*", &["-"]),
        (".*", &["-"]),
        ("x{2}y", &["xxy"]),
    ];
    for (pattern, expected) in cases {
        assert_eq!(needed(pattern), *expected, "{pattern}");
    }
}

fn family(pattern: &str) -> Family {
    Family::new(&[Need::of_pattern(0, &tree(pattern))])
}

fn admits(family: &Family, hits: &mut Hits, value: &[u8]) -> bool {
    let mut found = BitSet::default();
    found.reset(1);
    family.candidates(value, hits, &mut found);
    found.contains(0)
}

#[test]
fn conditions_are_precise() {
    for (pattern, value, expected) in [
        (r"(?i)\bunion\s+all", "reunion all", false),
        (r"(?i)\bunion\s+all", "UNION all", true),
        (r"(?i)\bunion\s+all", "unions all", false),
        (r"(?i)\bunion\s+all", "union sale", false),
        (r"^foo", "a foo", false),
        (r"^foo", "food", true),
        (r"foo$", "food", false),
        (r"(?:^|\W)foo\b", "xfoo", false),
        (r"(?:^|\W)foo\b", "foo", true),
        (r"(?:^|\W)foo\b", "(foo)", true),
        (r"^$", "a", false),
        (r"^$", "", true),
        (r"^[ab]+.*\d$", "ca1", false),
        (r"^[ab]+.*\d$", "Ba1", true),
        (r"<\?(?:php|xml)|\[php\]", "php", false),
        (r"<\?(?:php|xml)|\[php\]", "<?php", true),
        (r"['\x22]\s*!\s*\w", "it's", false),
        (r"['\x22]\s*!\s*\w", "it' !s", true),
    ] {
        assert_eq!(
            admits(&family(pattern), &mut Hits::default(), value.as_bytes()),
            expected,
            "{pattern} {value}"
        );
    }
}

/// What the conditions exclude never matches, and case changes nothing.
#[test]
fn conditions_are_necessary() {
    let patterns = [
        r"(?i)\b(?:a|b)\s*=\s*['\x22]",
        r"^[^\d]+\d{2,}$",
        r"(?:(?:ab)+|c[de]?)\W",
        r"[\x80-\xff]x",
        r"a??b|^$",
        r"(?i)un(?:ion|lock).{0,3}[()]",
        r"(?i)(?:^|\W)(?:un|ab|cd)\b",
        r"\B(?:ab|de)\B|(?:\bun)+c",
        r"(?:x?\b)?ab(?:c|$)",
        r"(?m)^ab|un$",
        r"(?:a|bc)(?:d|e=)(?:un|\(\))",
        r"a(?:b|=)?(?:\s|\z)",
        r"(?:^a|b$|(?:c^)?d)['=]?e",
        r"(?:abcdeun|lock)(?:union|unlock)\d",
    ];
    let bytes = b"abcdeUNIONunlock='\"()0123 \xc3\xbcx\n";
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let (mut hits, mut excluded) = (Hits::default(), 0);
    for pattern in patterns {
        let regex = Pattern::new(pattern, Meaning::Values).unwrap();
        let family = family(pattern);
        for round in 0..20_000_usize {
            let mut value = Vec::new();
            for _ in 0..round % 12 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                value.push(bytes[(state >> 20) as usize % bytes.len()]);
            }
            let admitted = admits(&family, &mut hits, &value);
            excluded += usize::from(!admitted);
            assert!(admitted || !regex.is_match(&value), "{pattern} {value:?}");
            let folded = value.to_ascii_lowercase();
            assert_eq!(admitted, admits(&family, &mut hits, &folded), "{pattern} {value:?}");
        }
    }
    assert!(excluded > 10_000, "the conditions exclude next to nothing: {excluded}");
}

/// Where literals are all there is, neighbours are no longer asked for: more is let through, never less. What is said
/// again does not count.
#[test]
fn checks_are_bounded() {
    let letters = (b'a'..=b't').map(|c| format!("[{}-{}]", char::from(c), char::from(c + 6)));
    let digits = ["[0-5]", "[0-6]", "[0-7]", "[0-8]"];
    let patterns = letters
        .flat_map(|letter| digits.map(|digit| format!("{digit}xyz{letter}|{letter}xyz{digit}")));
    let needs: Vec<Need> = patterns.map(|pattern| Need::of_pattern(0, &tree(&pattern))).collect();
    let family = Family::new(&needs);
    // Each side is right for half of the literals, both sides for none.
    let value = |count| (0..count).map(|n| format!("{n:04}mxyzm ")).collect::<String>();
    let same = value(1).repeat(200);
    for (value, expected) in [(value(2), false), (value(200), true), (same, false)] {
        assert_eq!(admits(&family, &mut Hits::default(), value.as_bytes()), expected, "{value}");
    }
}

#[test]
fn too_many_classes_share_one() {
    let sets: Vec<ByteSet> = (0..=u8::MAX).map(|byte| ByteSet::of(&[byte]).folded()).collect();
    let alphabet = Alphabet::new(&sets);
    for set in sets {
        let classes = alphabet.of_set(set);
        assert!((0..=u8::MAX).filter(|b| set.contains(*b)).all(|b| alphabet.of(b).meets(classes)));
    }
}

/// Values of few kinds of bytes are asked for less, and have the same candidates.
#[test]
fn tiers_are_not_seen() {
    let words: Vec<String> = (0..200).map(|n| format!("w{n}x")).collect();
    let word = words.join("|");
    let patterns = [
        format!(r"(?i)\b(?:{word})\b"),
        format!(r"(?i)(?:{word})\s*\("),
        format!(r"[=%]\s*(?:{word})"),
        format!(r"['<](?:{word})|(?:{word})[.>]"),
    ];
    let trees = patterns.iter().map(|pattern| tree(pattern));
    let needs: Vec<Need> =
        (0..).zip(trees).map(|(number, tree)| Need::of_pattern(number, &tree)).collect();
    let together = Family::new(&needs);
    let alone: Vec<Family> = patterns.iter().map(|pattern| family(pattern)).collect();
    let regexes: Vec<Pattern> =
        patterns.iter().map(|pattern| Pattern::new(pattern, Meaning::Values).unwrap()).collect();
    let pieces = [" ", "W17X", "w199x", "w60", "x", "=", "%", "(", "'", "<", ".", ">", "a", "-"];
    let (mut state, mut hits) = (0x2545_f491_4f6c_dd1d_u64, Hits::default());
    let mut seen = [[0_usize; 2]; 4];
    for round in 0..20_000 {
        let mut value = Vec::new();
        for _ in 0..round % 7 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            value.extend_from_slice(pieces[(state >> 20) as usize % pieces.len()].as_bytes());
        }
        let mut found = BitSet::default();
        found.reset(patterns.len());
        together.candidates(&value, &mut hits, &mut found);
        for (number, regex) in regexes.iter().enumerate() {
            let admitted = found.contains(number);
            assert_eq!(admitted, admits(&alone[number], &mut hits, &value), "{number} {value:?}");
            assert!(admitted || !regex.is_match(&value), "{number} {value:?}");
            seen[number][usize::from(admitted)] += 1;
        }
    }
    assert!(seen.as_flattened().iter().all(|count| *count > 500), "{seen:?}");
}
