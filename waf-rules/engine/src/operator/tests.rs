use super::{
    ByteRange, Captures, Comparison, Meaning, Networks, Pattern, Phrases, TextTest, integer,
};

#[test]
fn integers() {
    for (text, expected) in [
        ("", 0),
        ("12", 12),
        (" 7x", 7),
        ("-3", -3),
        ("+4", 4),
        ("x", 0),
        ("99999999999999999999", i64::MAX),
    ] {
        assert_eq!(integer(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn comparisons() {
    for (name, holds) in [
        ("eq", [false, true, false]),
        ("ge", [false, true, true]),
        ("gt", [false, false, true]),
        ("le", [true, true, false]),
        ("lt", [true, false, false]),
    ] {
        let comparison = Comparison::parse(name).unwrap();
        assert_eq!([1, 2, 3].map(|value| comparison.holds(value, 2)), holds, "{name}");
    }
}

#[test]
fn texts() {
    for (name, input, argument, expected) in [
        ("streq", "a", "a", true),
        ("streq", "a", "A", false),
        ("contains", "abc", "b", true),
        ("contains", "abc", "", true),
        ("containsWord", "a select b", "select", true),
        ("containsWord", "aselect b", "select", false),
        ("containsWord", "selectselect select", "select", true),
        ("containsWord", "select", "select", true),
        ("containsWord", "xselect", "select", false),
        ("containsWord", "select_1 2select", "select", true),
        ("containsWord", "abc", "", true),
        ("containsWord", "", "a", false),
        ("beginsWith", "abc", "ab", true),
        ("endsWith", "abc", "bc", true),
        ("within", "GET", "GET POST", true),
        ("within", "PUT", "GET POST", false),
    ] {
        let test = TextTest::parse(name).unwrap();
        assert_eq!(test.matches(input.as_bytes(), argument.as_bytes()), expected, "{name} {input}");
    }
}

#[test]
fn byte_ranges() {
    let range = ByteRange::parse("9,10,13,32-126").unwrap();
    assert!(!range.violated_by(b"abc\t\r\n~"));
    assert!(range.violated_by(b"a\x7f"));
    assert!(range.violated_by(b"a\0"));
    assert!(!ByteRange::parse("0-255").unwrap().violated_by(b"\xff\0"));
    for bad in ["", "256", "a-b", "5-"] {
        assert!(ByteRange::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn networks() {
    let networks = Networks::parse("127.0.0.1,10.0.0.0/8 ::1\n# c\n2001:db8::/32").unwrap();
    for (address, expected) in [
        ("127.0.0.1", true),
        ("10.2.3.4", true),
        ("11.0.0.1", false),
        ("::1", true),
        ("::ffff:10.0.0.1", true),
        ("2001:db8:1::", true),
        ("x", false),
    ] {
        assert_eq!(networks.contains(address.as_bytes()), expected, "{address}");
    }
    assert!(Networks::parse("10.0.0.0/33").is_err());
}

#[test]
fn phrases() {
    let words = Phrases::words("one |41 42|c  two");
    assert_eq!(words, [b"one".to_vec(), b"ABc".to_vec(), b"two".to_vec()]);
    let phrases = Phrases::new(&words);
    assert!(phrases.is_match(b"xONEx"));
    assert!(!phrases.is_match(b"three"));
    let mut captures = Captures::default();
    phrases.capture(b"two abC", &mut captures);
    assert_eq!(captures.groups, [Some(0..3), Some(4..7)]);
    assert_eq!(Phrases::lines(b"# c\n a b \r\n\nc"), [b"a b".to_vec(), b"c".to_vec()]);
}

#[test]
fn every_match_is_captured() {
    for (pattern, input, expected) in [
        ("(a)(b)?", "ab a", &[Some(0..2), Some(0..1), Some(1..2), Some(3..4), Some(3..4)][..]),
        ("(x)?a", "a xa", &[Some(0..1), Some(2..4), Some(2..3)]),
        ("(x)?(a)", "a", &[Some(0..1), None, Some(0..1)]),
        ("", "ab", &[Some(0..0), Some(1..1), Some(2..2)]),
    ] {
        let pattern = Pattern::new(pattern, Meaning::Values).unwrap();
        let mut captures = Captures::default();
        pattern.capture_all(input.as_bytes(), &mut captures);
        assert_eq!(captures.groups, expected, "{input}");
    }
    let mut captures = Captures::default();
    let pattern = Pattern::new("a", Meaning::Values).unwrap();
    pattern.capture_all(&[b'a'; 1_000], &mut captures);
    assert_eq!(captures.groups.len(), crate::limits::MAX_GLOBAL_CAPTURES);
}
