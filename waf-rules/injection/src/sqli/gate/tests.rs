//! What the gate refuses, the full reading refuses: over all short strings of one byte a class, over words
//! beside each other, and over the shapes themselves.

use super::may_be;
use crate::sqli::detect_ungated;

fn check(input: &[u8]) -> bool {
    let passes = may_be(input);
    let found = detect_ungated(input);
    assert!(passes || found.is_none(), "\"{}\" is {found:?}", input.escape_ascii());
    passes
}

/// Every string of at most `length` pieces; how many of them the gate refused.
fn all(pieces: &[&[u8]], length: u32) -> usize {
    let count = pieces.len();
    let mut refused = 0;
    for number in 0..count.pow(length) {
        let (mut rest, mut input) = (number, Vec::new());
        for _ in 0..length {
            input.extend_from_slice(pieces[rest % count]);
            rest /= count;
        }
        refused += usize::from(!check(&input));
    }
    refused
}

#[test]
fn words_and_numbers_without_anything_between() {
    // What starts a number, a literal or a suffix, and words of every type.
    let starts: &[&[u8]] = &[
        b"", b"0", b"0x", b"0b", b"1", b"9", b"e", b"E", b"d", b"f", b"x", b"b", b"n", b"q", b"u",
        b"_", b"zz", b"union", b"or", b"select", b"user", b"like", b"int", b"collate",
    ];
    assert_eq!(all(starts, 4), starts.len().pow(4));
}

#[test]
fn marks_and_digits_without_letters() {
    let marks: &[&[u8]] = &[
        b"", b"1", b".", b",", b":", b"::", b"+", b"/", b"%", b"<", b"=", b"!", b"~", b"^", b"?",
        b"[", b"]", b"{", b"}", b"\\", b" ", b"\0", b"_", b"\xC3", b"\xA0",
    ];
    assert_eq!(all(marks, 4), marks.len().pow(4));
}

#[test]
fn every_short_string_over_the_classes() {
    let classes: &[&[u8]] = &[
        b"", b"a", b"1", b"0", b"x", b"_", b" ", b".", b",", b"'", b"\"", b"`", b"-", b"/", b"*",
        b"#", b"@", b"$", b"(", b")", b";", b"&", b"|", b"=", b"{", b"\\", b"\xE9",
    ];
    assert!(all(classes, 4) > 1_000);
}

/// Each shape has a letter that only a byte of the gate gives.
#[test]
fn every_shape_has_a_meaning() {
    let text = include_str!("../fingerprints.txt");
    let shapes: Vec<&str> =
        text.lines().filter(|l| !l.starts_with('#')).flat_map(|l| l.split(' ')).collect();
    assert!(shapes.len() > 8_000);
    for shape in shapes {
        assert!(
            shape.contains(['&', '(', ')', ';', 'B', 'C', 'E', 'F', 'K', 'S', 'T', 'U', 'V', 'X']),
            "{shape}"
        );
    }
}
