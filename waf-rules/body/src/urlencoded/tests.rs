use super::{Limits, parse};

/// Input, pairs, whether an escape was invalid.
type Case = (&'static [u8], &'static [(&'static [u8], &'static [u8])], bool);

const CASES: &[Case] = &[
    (b"", &[], false),
    (b"a=1", &[(b"a", b"1")], false),
    (b"a=1&b=2", &[(b"a", b"1"), (b"b", b"2")], false),
    (b"a=1&&b=2&", &[(b"a", b"1"), (b"b", b"2")], false),
    (b"a", &[(b"a", b"")], false),
    (b"a=", &[(b"a", b"")], false),
    (b"=1", &[(b"", b"1")], false),
    (b"=", &[(b"", b"")], false),
    (b"a=b=c", &[(b"a", b"b=c")], false),
    (b"a+b=c+d", &[(b"a b", b"c d")], false),
    (b"a%20b=%3Cx%3e", &[(b"a b", b"<x>")], false),
    (b"a=%26&b=%3D", &[(b"a", b"&"), (b"b", b"=")], false),
    (b"a=%", &[(b"a", b"%")], true),
    (b"a=%4", &[(b"a", b"%4")], true),
    (b"a=%zz%41", &[(b"a", b"%zzA")], true),
    (b"%g1=1", &[(b"%g1", b"1")], true),
    (b"a=%%341", &[(b"a", b"%41")], true),
    (b"a=1&a=2", &[(b"a", b"1"), (b"a", b"2")], false),
    (b"a=\x00\xFF", &[(b"a", b"\x00\xFF")], false),
    (b"a=%00%ff", &[(b"a", b"\x00\xFF")], false),
    (b"a=1;b=2", &[(b"a", b"1;b=2")], false),
    (b"a=%u0041", &[(b"a", b"%u0041")], true),
    // CVE-2026-107825: a query that a strict URL parser refuses must not leave the arguments empty.
    // https://nvd.nist.gov/vuln/detail/CVE-2026-107825
    (b"x=%&id=1'%20or%201=1--", &[(b"x", b"%"), (b"id", b"1' or 1=1--")], true),
    (b"x=[::1%zz]&q=<script>", &[(b"x", b"[::1%zz]"), (b"q", b"<script>")], true),
];

#[test]
fn pairs() {
    for &(input, expected, invalid) in CASES {
        let parsed = parse(input, b'&', &Limits::default());
        let pairs: Vec<_> = parsed.arguments.iter().collect();
        assert_eq!(pairs, expected, "{}", input.escape_ascii());
        assert_eq!(parsed.invalid_escape, invalid, "{}", input.escape_ascii());
        assert!(!parsed.over_limit, "{}", input.escape_ascii());
    }
}

#[test]
fn another_separator() {
    let parsed = parse(b"a=1;b=2&3", b';', &Limits::default());
    let pairs: Vec<_> = parsed.arguments.iter().collect();
    assert_eq!(pairs, [(&b"a"[..], &b"1"[..]), (b"b", b"2&3")]);
}

#[test]
fn argument_limit() {
    let limits = Limits { arguments: 2 };
    let exact = parse(b"a=1&b=2&&", b'&', &limits);
    assert_eq!((exact.arguments.len(), exact.over_limit), (2, false));
    let over = parse(b"a=1&b=2&c=3", b'&', &limits);
    assert_eq!((over.arguments.len(), over.over_limit), (2, true));
    assert_eq!(over.arguments.first(b"b"), Some(&b"2"[..]));
}
