use super::{Limits, Problem, flatten};

/// Document, texts, attribute values, problem.
type Case = (&'static str, &'static [&'static str], &'static [&'static str], Option<Problem>);

const CASES: &[Case] = &[
    ("<a/>", &[], &[], None),
    ("<a>x</a>", &["x"], &[], None),
    ("<?xml version=\"1.0\"?><a><b>x</b> <c>y</c></a>", &["x", "y"], &[], None),
    ("<a k=\"v\" l='w'><b m=\"1\"/></a>", &[], &["v", "w", "1"], None),
    ("<a>  x  <b/>  y </a>", &["x", "y"], &[], None),
    ("<a>&lt;&amp;&#65;&#x42;&gt;&quot;&apos;</a>", &["<&AB>\"'"], &[], None),
    ("<a k=\"&lt;&#x41;\"/>", &[], &["<A"], None),
    ("<a><![CDATA[<script>]]></a>", &["<script>"], &[], None),
    ("<a>un<![CDATA[ion]]> se<!-- x -->le<?p x?>ct</a>", &["union select"], &[], None),
    ("<a xmlns:x=\"urn:x\"><x:b x:k=\"v\">t</x:b></a>", &["t"], &["urn:x", "v"], None),
    ("<!DOCTYPE html><a>x</a>", &["x"], &[], None),
    ("<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>", &["&e;"], &[], Some(Problem::EntityDeclared)),
    (
        "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>",
        &["&e;"],
        &[],
        Some(Problem::EntityDeclared),
    ),
    (
        "<!DOCTYPE a SYSTEM \"http://evil/a.dtd\"><a>x</a>",
        &["x"],
        &[],
        Some(Problem::EntityDeclared),
    ),
    ("<a>&nbsp;x</a>", &["&nbsp;x"], &[], Some(Problem::EntityUnknown)),
    ("<a k=\"&e;\"/>", &[], &["&e;"], Some(Problem::EntityUnknown)),
    ("<?xml version=\"1.0\" encoding=\"utf-16\"?><a>x</a>", &["x"], &[], Some(Problem::Encoding)),
    ("<?xml version=\"1.0\" encoding=\"utf-7\"?><a>x</a>", &["x"], &[], Some(Problem::Encoding)),
    ("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>x</a>", &["x"], &[], None),
    ("", &[], &[], Some(Problem::Truncated)),
    ("just text", &["just text"], &[], Some(Problem::Malformed(0))),
    ("<a/>text", &["text"], &[], Some(Problem::Malformed(4))),
    ("<a/><b>x</b>", &["x"], &[], Some(Problem::Malformed(4))),
    ("\u{feff}<a/>\r\n<!-- c -->\n", &[], &[], None),
    ("<?xml version='1,0'?><a/>", &[], &[], Some(Problem::Malformed(0))),
    ("<?xml, version='1.0' encoding='utf-16'?><a/>", &[], &[], Some(Problem::Malformed(0))),
    ("<a>x & y</a>", &["x & y"], &[], Some(Problem::Malformed(5))),
    ("<a>]]></a>", &["]]>"], &[], Some(Problem::Malformed(3))),
    ("<a><!-- x -- y --></a>", &[], &[], Some(Problem::Malformed(3))),
    ("<a>x", &["x"], &[], Some(Problem::Truncated)),
    ("<a k=\"v\">x<b", &["x"], &["v"], Some(Problem::Malformed(10))),
    ("<a>x</b>", &["x"], &[], Some(Problem::Malformed(4))),
    // Read all the same: a lenient server would.
    ("<a k=v>x</a>", &["x"], &["v"], Some(Problem::Malformed(0))),
    ("<a k=\\\"v\\\">x</a>", &["x"], &["\\\"v\\\""], Some(Problem::Malformed(0))),
    ("<a k>x</a>", &["x"], &["", "k"], Some(Problem::Malformed(0))),
    ("<a k=\"v\"l=\"w\"/>", &[], &["v", "w"], Some(Problem::Malformed(0))),
    ("<a k=\"<\"/>", &[], &["<"], Some(Problem::Malformed(0))),
    ("<r><a=b>x</a=b></r>", &["x"], &[], Some(Problem::Malformed(3))),
    ("<a 1=\"v\"/>", &[], &["v"], Some(Problem::Malformed(0))),
    ("<\u{e9} \u{fc}.-1:a=\"v\" />", &[], &["v"], None),
    ("<a>\u{1}</a>", &["\u{1}"], &[], Some(Problem::Malformed(3))),
    ("<a>x<!-- never closed", &["x"], &[], Some(Problem::Malformed(4))),
];

#[test]
fn documents() {
    for &(document, texts, attributes, problem) in CASES {
        let xml = flatten(document.as_bytes(), &Limits::default());
        let show = |values: &crate::Values| -> Vec<String> {
            values.iter().map(|v| String::from_utf8_lossy(v).into_owned()).collect()
        };
        assert_eq!(show(&xml.texts), texts, "{document}");
        assert_eq!(show(&xml.attributes), attributes, "{document}");
        assert_eq!(xml.problem, problem, "{document}");
    }
}

#[test]
fn utf16_is_named() {
    for document in [&b"\xFF\xFE<\0a\0/\0>\0"[..], b"\xFE\xFF\0<\0a", b"<\0a\0>\0", b"\0<\0a"] {
        assert_eq!(flatten(document, &Limits::default()).problem, Some(Problem::Encoding));
    }
}

#[test]
fn bytes_that_are_no_utf8_are_named_where_it_should_be() {
    let cases: [(&[u8], Option<Problem>); 4] = [
        (b"<a>\xFF</a>", Some(Problem::Malformed(3))),
        (b"<x\xFFl>y</x\xFFl>", Some(Problem::Malformed(2))),
        (b"<?xml version='1.0' encoding='latin1'?><a>\xE9</a>", None),
        // Cut by a limit, not wrong.
        (b"<a>\xC3", Some(Problem::Truncated)),
    ];
    for (document, problem) in cases {
        assert_eq!(flatten(document, &Limits::default()).problem, problem, "{document:?}");
    }
}

#[test]
fn limits_hold() {
    let deep = "<a>".repeat(100_000);
    assert_eq!(flatten(deep.as_bytes(), &Limits::default()).problem, Some(Problem::Depth));
    let limits = Limits { nodes: 3, ..Limits::default() };
    let wide = "<r><a>1</a><a>2</a><a>3</a><a>4</a><a>5</a></r>";
    let xml = flatten(wide.as_bytes(), &limits);
    assert_eq!((xml.texts.len(), xml.problem), (3, Some(Problem::Nodes)));
    let attributes = format!("<r {}/>", "k=\"v\" ".repeat(100_000));
    let xml = flatten(attributes.as_bytes(), &Limits::default());
    assert_eq!((xml.attributes.len(), xml.problem), (10_000, Some(Problem::Nodes)));
}

#[test]
fn time_is_linear() {
    let start = std::time::Instant::now();
    for piece in
        ["&", "&#", "<", "<a ", "<!--", "<![CDATA[", "<a k='&", "&lt;", "<?", "<!DOCTYPE ["]
    {
        for frame in ["", "<a k='", "<a>"] {
            let document = format!("{frame}{}'/>", piece.repeat((128 << 10) / piece.len()));
            flatten(document.as_bytes(), &Limits::default());
        }
    }
    // Thirty documents; a quadratic reader takes minutes.
    assert!(start.elapsed() < std::time::Duration::from_secs(4), "{:?}", start.elapsed());
}
