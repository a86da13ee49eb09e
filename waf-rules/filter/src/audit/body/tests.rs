use portcullis_config::Redact;

use super::*;

const MULTIPART: &str = "multipart/form-data; boundary=b";

fn check(content_type: &str, processor: &str, body: &str) -> String {
    let redactor = Redactor::default();
    let types = (content_type.as_bytes(), processor.as_bytes());
    String::from_utf8(shown(&redactor, types, body.as_bytes()).into_owned()).unwrap()
}

fn part(head: &str, content: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
}

#[test]
fn bodies_are_read_as_their_type_says() {
    for (content_type, processor, body, expected) in [
        (
            "application/x-www-form-urlencoded",
            "",
            "a=1&password=x&b=2",
            "a=1&password=[redacted]&b=2",
        ),
        ("application/json; charset=utf-8", "", r#"{"pin":[1,2]}"#, r#"{"pin":"[redacted]"}"#),
        ("application/vnd.api+json", "", r#"{"pin":[1,2]}"#, r#"{"pin":"[redacted]"}"#),
        ("text/xml", "", "<pin>1</pin>", "<pin>[redacted]</pin>"),
        ("", "", r#" [{"pin":[1,2]}]"#, r#" [{"pin":"[redacted]"}]"#),
        ("text/plain", "", "<pin>1</pin>", "<pin>[redacted]</pin>"),
        ("text/plain", "", "my pin: 1234, ok", "my pin:[redacted], ok"),
        // The rules read it so, whatever its type says.
        ("text/plain", "JSON", r#"x{"pin":[1,2]}"#, r#"x{"pin":"[redacted]"}"#),
        ("application/json", "URLENCODED", "pin=1&a=2", "pin=[redacted]&a=2"),
        ("application/json", "", "", ""),
    ] {
        assert_eq!(check(content_type, processor, body), expected, "{content_type} {body}");
    }
}

#[test]
fn parts_lose_what_stands_under_sensitive_names() {
    let body = [
        part("name=\"a\"", "1"),
        part("name=\"Password\"", "hunter2\r\nhunter2"),
        part("name=\"user[token]\"; filename=\"x\"", "hunter2"),
        part("name=\"doc\"\r\nContent-Type: application/json", r#"{"pin":["hunter2"]}"#),
        part("name=\"in\"\r\nContent-Type: multipart/mixed; boundary=c", "--c hunter2"),
        "--b--\r\n".to_owned(),
    ]
    .concat();
    let shown = check(MULTIPART, "", &body);
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_eq!(shown.matches("[redacted]").count(), 4, "{shown}");
    assert!(shown.starts_with(&part("name=\"a\"", "1")), "{shown}");
    assert!(shown.ends_with("--b--\r\n"), "{shown}");
}

#[test]
fn a_multipart_body_that_cannot_be_read_is_hidden() {
    let whole = "[redacted] (multipart body that cannot be read)";
    for (content_type, body) in [
        ("multipart/form-data", part("name=\"a\"", "hunter2")),
        (MULTIPART, part("name=\"a\"", "hunter2")),
        (MULTIPART, "password hunter2".to_owned()),
        (MULTIPART, format!("{}--b--\r\n", part("name=\"a\"; name=\"b\"", "hunter2"))),
    ] {
        assert_eq!(check(content_type, "", &body), whole, "{body}");
    }
}

#[test]
fn long_bodies_are_cut() {
    let limit = AUDIT_BODY.in_memory();
    let long = check("text/plain", "", &"x".repeat(limit + 1));
    assert_eq!((long.len(), long.ends_with("x...")), (limit + 3, true));
    assert_eq!(check("text/plain", "", &"x".repeat(limit)).len(), limit);
    let body = format!("{}{}", part("name=\"password\"", "hunter2"), part("name=\"a\"", &long));
    let shown = check(MULTIPART, "", &body);
    assert!(!shown.contains("hunter2") && shown.contains("xxx"), "{}", &shown[..200]);
    // A secret that lies over the cut would not be known for one, so the end is left out.
    let patterns = vec!["tok_[a-z]{8}".to_owned()];
    let redactor = Redactor::compile(&Redact { patterns, ..Redact::default() }).unwrap();
    let body = format!("{}tok_abcdefgh", "x".repeat(limit - 8));
    let shown = shown_text(&redactor, &body);
    assert!(!shown.contains("tok") && shown.len() < limit, "{}", &shown[limit - 100..]);
}

fn shown_text(redactor: &Redactor, body: &str) -> String {
    let bytes = shown(redactor, (b"text/plain", b""), body.as_bytes()).into_owned();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn forms_are_encoded_anew() {
    let pair = |name: &'static str, value: &'static str| -> ShownPair<'static> {
        (name.as_bytes().into(), value.as_bytes().into())
    };
    let pairs = [pair("a b", "1&2"), pair("password", REDACTED), pair("ü", "")];
    assert_eq!(form(&pairs), b"a+b=1%262&password=[redacted]&%C3%BC=");
    assert_eq!(form(&[]), b"");
}
