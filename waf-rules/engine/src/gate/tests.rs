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

/// Where literals are all there is, neighbours are no longer asked for: more is let through, never less.
#[test]
fn checks_are_bounded() {
    // Six literals end at every byte in the middle of the value; half may stand anywhere but for what is before them, half
    // but for what is after them.
    let literals = (3..=8).map(|length| "a".repeat(length));
    let patterns = literals.enumerate().map(|(at, literal)| match at % 2 {
        0 => format!(r"\b{literal}"),
        _ => format!(r"{literal}\b"),
    });
    let needs: Vec<Need> = patterns.map(|pattern| Need::of_pattern(0, &tree(&pattern))).collect();
    let family = Family::new(&needs);
    for (length, expected) in [(30, false), (20_000, true)] {
        let value = format!("b{}b", "a".repeat(length));
        assert_eq!(admits(&family, &mut Hits::default(), value.as_bytes()), expected, "{length}");
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
