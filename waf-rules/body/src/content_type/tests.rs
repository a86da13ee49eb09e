use super::ContentType;

/// Field value, media type, boundary, charset.
type Case = (&'static str, &'static str, Option<&'static str>, Option<&'static str>);

const CASES: &[Case] = &[
    ("", "", None, None),
    ("text/html", "text/html", None, None),
    ("Text/HTML; Charset=UTF-8", "text/html", None, Some("UTF-8")),
    (" application/json ", "application/json", None, None),
    ("text/html;charset=\"utf-8\"", "text/html", None, Some("utf-8")),
    ("text/html ; charset=utf-8 ; x=y", "text/html", None, Some("utf-8")),
    ("multipart/form-data; boundary=abc", "multipart/form-data", Some("abc"), None),
    ("multipart/form-data; charset=x; boundary=abc", "multipart/form-data", Some("abc"), Some("x")),
    ("multipart/form-data; BOUNDARY=\"a;b\"", "multipart/form-data", Some("a;b"), None),
    ("multipart/form-data; boundary=\"a\\\"b\"", "multipart/form-data", Some("a\"b"), None),
    ("multipart/form-data boundary=abc", "multipart/form-data", Some("abc"), None),
    ("multipart/form-data, boundary=abc", "multipart/form-data", None, None),
    ("multipart/form-data; boundary", "multipart/form-data", Some(""), None),
    ("multipart/form-data; boundary=", "multipart/form-data", Some(""), None),
    ("multipart/form-data;; ;boundary=x;", "multipart/form-data", Some("x"), None),
    ("text/xml; charset=a; charset=b", "text/xml", None, Some("a")),
    (";;;", "", None, None),
    ("a;b;c=\"", "a", None, None),
];

#[test]
fn fields() {
    for &(value, media_type, boundary, charset) in CASES {
        let parsed = ContentType::parse(value.as_bytes());
        assert_eq!(parsed.media_type, media_type, "{value}");
        let found = parsed.parameter("boundary").map(|p| p.value.to_vec());
        if !value.contains(',') {
            assert_eq!(found.as_deref(), boundary.map(str::as_bytes), "{value}");
        }
        assert_eq!(parsed.charset(), charset.map(str::as_bytes), "{value}");
    }
}

/// Field value; quoted, whitespace, missing semicolon, invalid quoting of the parameter `b`.
const IRREGULAR: &[(&str, [bool; 4])] = &[
    ("m/f; b=x", [false, false, false, false]),
    ("m/f; b=\"x\"", [true, false, false, false]),
    ("m/f; b =x", [false, true, false, false]),
    ("m/f; b= x", [false, true, false, false]),
    ("m/f; b=x ", [false, false, false, false]),
    ("m/f; b=x ; c=d", [false, false, false, false]),
    ("m/f b=x", [false, false, true, false]),
    ("m/f; a b=x", [false, false, true, false]),
    ("m/f; b=\"x", [true, false, false, true]),
    ("m/f; b=\"x\"y", [true, false, false, true]),
    ("m/f; b='x'", [false, false, false, true]),
    ("m/f; b=x\"y", [false, false, false, true]),
];

#[test]
fn irregularities() {
    for &(value, expected) in IRREGULAR {
        let parsed = ContentType::parse(value.trim_end().as_bytes());
        let p = parsed.parameter("b").unwrap_or_else(|| panic!("{value} has no b"));
        let found = [p.quoted, p.whitespace, p.missing_semicolon, p.invalid_quoting];
        assert_eq!(found, expected, "{value}");
    }
}

#[test]
fn families() {
    for (value, json, xml) in [
        ("application/json", true, false),
        ("application/problem+json; charset=utf-8", true, false),
        ("text/xml", false, true),
        ("application/xml", false, true),
        ("application/soap+xml", false, true),
        ("text/plain", false, false),
    ] {
        let parsed = ContentType::parse(value.as_bytes());
        assert_eq!((parsed.is_json(), parsed.is_xml()), (json, xml), "{value}");
    }
}
