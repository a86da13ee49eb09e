use super::{Backtracking, Search};
use crate::operator::Captures;
use crate::operator::regex::ascii;

fn compile(pattern: &str) -> Backtracking {
    Backtracking::new(&ascii(pattern)).expect("needs trying").unwrap()
}

/// Pattern, value, where it matches.
type Case = (&'static str, &'static [u8], Option<(usize, usize)>);

const CASES: &[Case] = &[
    ("foo(?!bar)", b"foobar foobaz", Some((7, 10))),
    ("foo(?=bar)", b"foobaz foobar", Some((7, 10))),
    ("(?<!x)foo", b"xfoo", None),
    ("(?<=x)foo", b"afoo xfoo", Some((6, 9))),
    (r"(\w)(\w)\2\1", b"xabbay", Some((1, 5))),
    (r"(?P<q>['\x22])a(?P=q)", b"'a\" \"a\"", Some((4, 7))),
    ("(?>a+)ab", b"aaab", None),
    ("a++b", b"caab", Some((1, 4))),
    ("a++ab", b"aaab", None),
    (r"^(?:(a)|b)(?(1)c|d)$", b"ac", Some((0, 2))),
    (r"^(?:(a)|b)(?(1)c|d)$", b"bc", None),
    // Line ends: `.` takes them, `$` and `\z` are only the end, `^` only the beginning.
    ("a.b(?!c)", b"a\nb", Some((0, 3))),
    ("a(?=b)b$", b"ab\n", None),
    ("^b(?!c)", b"a\nb", None),
    // Bytes: what is no UTF-8 is matched as it is, and `\x{HH}` is a byte.
    (r"\xbc(?!x)", b"a\xbc", Some((1, 2))),
    (r"\x{bc}(?!x)", b"\xbcx\xbc", Some((2, 3))),
    (r"[\x80-\xff]{2}(?=z)", b"\xff\xfe\xfdz", Some((1, 3))),
    (r"[^a](?=z)", b"az\xffz", Some((2, 3))),
    (".(?<=\\xff)", b"a\xff", Some((1, 2))),
    ("é(?!x)", "éx é".as_bytes(), Some((4, 6))),
    ("[é](?=z)", b"\xa9z", Some((0, 1))),
    // ASCII classes and case.
    (r"^\w(?!x)", "é".as_bytes(), None),
    (r"\d(?!x)", "\u{0661}".as_bytes(), None),
    (r"\s(?!x)", "\u{a0}".as_bytes(), None),
    (r"\b(?=e)e", "ée".as_bytes(), Some((2, 3))),
    ("(?i)k(?!x)", "\u{212a}".as_bytes(), None),
    ("(?i)s(?!x)", "\u{17f}".as_bytes(), None),
    ("(?i)Ab(?=C)", b"xaBc", Some((1, 3))),
    (r"(?i)(a)\1", b"aA", Some((0, 2))),
    (r"(?i)\xe9(?!x)", b"\xc9", None),
    (r"(?i:<script)(?![^>]*src)", b"<SCRIPT src><script x>", Some((12, 19))),
    ("(?=)", b"", Some((0, 0))),
    ("(?!a)$", b"a", Some((1, 1))),
];

#[test]
fn matches() {
    for (pattern, input, expected) in CASES {
        let expected = expected.map_or(Search::Missing, |(start, end)| Search::Found(start..end));
        assert_eq!(compile(pattern).search(input), expected, "{pattern} {input:?}");
    }
}

/// What a match can begin with leaves no match out: the same search from every position finds the same.
#[test]
fn starts_hide_nothing() {
    let alphabet = b"aAbfoxO'\" \n<script>z\xbc\xc3\xa9\xff0";
    let mut seed = 1_u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    for (pattern, input, _) in CASES {
        let plain = Backtracking { starts: None, ..compile(pattern) };
        let pattern = compile(pattern);
        for round in 0..500 {
            let mut text: Vec<u8> =
                (0..next() % 12).map(|_| alphabet[next() % alphabet.len()]).collect();
            if round % 2 == 0 {
                let at = next() % (text.len() + 1);
                text.splice(at..at, input.iter().copied());
            }
            assert_eq!(pattern.search(&text), plain.search(&text), "{text:?}");
        }
    }
}

#[test]
fn captures() {
    let mut captures = Captures::default();
    compile(r"(\w)(x)?=(?=b)\1?").capture(b"q a=b", &mut captures);
    assert_eq!(captures.groups, [Some(2..4), Some(2..3), None]);
}

/// What would take forever is given up, and what would take long on a long value too.
#[test]
fn work_is_bounded() {
    let text = vec![b'a'; 128 << 10];
    for (pattern, length, expected) in [
        (r"(?:a|a)*(?!x)b", 40, Search::Exhausted),
        (r"(a*)*\1b", 64, Search::Exhausted),
        (r"(?=.*x)a", 128 << 10, Search::Exhausted),
        (r"(?:(?=.*x)a)+b", 128 << 10, Search::Exhausted),
        (r"(?=.*x)a", 10_000, Search::Missing),
        // An anchored pattern and one with a rare beginning are no dearer on long values.
        (r"^(?!.*x)b", 128 << 10, Search::Missing),
        (r"<script(?![^>]*src)", 128 << 10, Search::Missing),
        (r"a(?!a|$)", 128 << 10, Search::Missing),
    ] {
        let started = std::time::Instant::now();
        let input = text.get(..length).unwrap();
        assert_eq!(compile(pattern).search(input), expected, "{pattern}");
        assert!(started.elapsed().as_secs() < 5, "{pattern} {:?}", started.elapsed());
    }
}
