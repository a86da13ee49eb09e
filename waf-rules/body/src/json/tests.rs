use super::{Json, Limits, Problem, flatten};

fn show(json: &Json) -> Vec<String> {
    json.fields
        .iter()
        .map(|(n, v)| format!("{}={}", String::from_utf8_lossy(n), String::from_utf8_lossy(v)))
        .collect()
}

/// Document, entries as `name=value`, problem.
type Case = (&'static str, &'static [&'static str], Option<Problem>);

const CASES: &[Case] = &[
    ("{}", &[], None),
    ("[]", &[], None),
    ("{\"a\":1}", &["json.a=1"], None),
    (" {\"a\" : \"b\" , \"c\" : true } ", &["json.a=b", "json.c=true"], None),
    ("{\"a\":{\"b\":[1,2]}}", &["json.a.b.0=1", "json.a.b.1=2", "json.a.b=2"], None),
    ("[1,\"x\",null,false]", &["json.0=1", "json.1=x", "json.2=", "json.3=false", "json=4"], None),
    ("[[],{},[[]],[1]]", &["json.2=1", "json.3.0=1", "json.3=1", "json=4"], None),
    ("{\"a\":{\"b\":{\"c\":null}},\"d\":-1.5e+10}", &["json.a.b.c=", "json.d=-1.5e+10"], None),
    ("\"top\"", &["json.0=top", "json=1"], None),
    ("12", &["json.0=12", "json=1"], None),
    ("{\"a\":1,\"a\":2}", &["json.a=1", "json.a=2"], None),
    ("{\"a\":{\"b\":1},\"a.b\":2}", &["json.a.b=1", "json.a.b=2"], None),
    ("{\"\":\"x\"}", &["json.=x"], None),
    (r#"{"a":"\"\\\/\b\f\n\r\t\u0041\u00e9"}"#, &["json.a=\"\\/\u{8}\u{c}\n\r\tA\u{e9}"], None),
    (r#"{"a":"\ud83d\ude00"}"#, &["json.a=\u{1f600}"], None),
    (r#"{"a":"\ud83dx\udc00\ud83d\u0041"}"#, &["json.a=\u{fffd}x\u{fffd}\u{fffd}A"], None),
    (r#"{"\u0061b":"<script>"}"#, &["json.ab=<script>"], None),
    ("\u{feff}{\"a\":1}", &["json.a=1"], None),
    ("{\"a\":1e999999999}", &["json.a=1e999999999"], None),
    ("", &[], Some(Problem::Truncated)),
    ("   ", &[], Some(Problem::Truncated)),
    ("{", &[], Some(Problem::Truncated)),
    ("{\"a\":\"<scr", &["json.a=<scr"], Some(Problem::Truncated)),
    ("{\"<scr", &["json.<scr="], Some(Problem::Truncated)),
    ("{\"a\":1", &["json.a=1"], Some(Problem::Truncated)),
    ("{\"a\":tru", &[], Some(Problem::Truncated)),
    ("{\"a\":1,}", &["json.a=1"], Some(Problem::Malformed(7))),
    ("[1,]", &["json.0=1"], Some(Problem::Malformed(3))),
    ("{\"a\":1]", &["json.a=1"], Some(Problem::Malformed(6))),
    ("{\"a\" 1}", &[], Some(Problem::Malformed(5))),
    ("{a:1}", &[], Some(Problem::Malformed(1))),
    ("{'a':1}", &[], Some(Problem::Malformed(1))),
    ("[01]", &["json.0=0"], Some(Problem::Malformed(2))),
    ("[1.]", &[], Some(Problem::Malformed(3))),
    ("[.5]", &[], Some(Problem::Malformed(1))),
    ("[+1]", &[], Some(Problem::Malformed(1))),
    ("[NaN]", &[], Some(Problem::Malformed(1))),
    ("[truex]", &["json.0=true"], Some(Problem::Malformed(5))),
    ("{\"a\":1} x", &["json.a=1"], Some(Problem::TrailingData(8))),
    ("{\"a\":1}{\"b\":2}", &["json.a=1"], Some(Problem::TrailingData(7))),
    ("{\"a\":\"x\ny\",\"b\":2}", &["json.a=x\ny"], Some(Problem::Malformed(6))),
    ("{\"a\":\"x\\q\"}", &["json.a=x"], Some(Problem::Malformed(8))),
    ("{\"a\":\"\\u00g1\"}", &["json.a="], Some(Problem::Malformed(8))),
    ("{\"a\":1,/*c*/\"b\":2}", &["json.a=1"], Some(Problem::Malformed(7))),
];

#[test]
fn documents() {
    for &(document, expected, problem) in CASES {
        let json = flatten(document.as_bytes(), b"json", &Limits::default());
        assert_eq!(show(&json), expected, "{document}");
        assert_eq!(json.problem, problem, "{document}");
    }
}

#[test]
fn bytes_that_are_not_utf8_stay() {
    let json = flatten(b"{\"a\xFF\":\"\xC3(\"}", b"json", &Limits::default());
    assert_eq!(json.fields.iter().collect::<Vec<_>>(), [(&b"json.a\xFF"[..], &b"\xC3("[..])]);
    assert_eq!(json.problem, None);
}

#[test]
fn depth_is_limited_without_recursion() {
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    let json = flatten(&deep, b"json", &Limits::default());
    assert_eq!(json.problem, Some(Problem::Depth));
    let limits = Limits { depth: 200_000, ..Limits::default() };
    let json = flatten(&deep, b"json", &limits);
    // A path of 100,000 levels is longer than all names together may be.
    assert_eq!(json.problem, Some(Problem::OutputBytes));
    let limits = Limits { depth: 3, ..Limits::default() };
    assert_eq!(flatten(b"[[[1]]]", b"json", &limits).problem, None);
    assert_eq!(flatten(b"[[[[1]]]]", b"json", &limits).problem, Some(Problem::Depth));
}

#[test]
fn entries_are_limited() {
    let limits = Limits { entries: 3, ..Limits::default() };
    assert_eq!(flatten(b"{\"a\":1,\"b\":2,\"c\":3}", b"json", &limits).problem, None);
    let over = flatten(b"{\"a\":1,\"b\":2,\"c\":3,\"d\":4}", b"json", &limits);
    assert_eq!((over.fields.len(), over.problem), (3, Some(Problem::Entries)));
    // Containers that hold nothing have no entries, but cost their bytes only.
    let empty = [&b"["[..], &b"[],".repeat(50_000), b"[]]"].concat();
    assert_eq!(flatten(&empty, b"json", &limits).fields.len(), 1);
}

#[test]
fn names_cannot_multiply_the_input() {
    let key = "k".repeat(10_000);
    let document = format!("{{\"{key}\":[{}1]}}", "1,".repeat(50_000));
    let limits = Limits { entries: 100_000, output_bytes: 1 << 20, ..Limits::default() };
    let json = flatten(document.as_bytes(), b"json", &limits);
    assert_eq!(json.problem, Some(Problem::OutputBytes));
    assert!(json.fields.byte_len() <= 1 << 20);
}
