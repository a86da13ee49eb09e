use super::*;

fn query(text: &str) -> String {
    String::from_utf8(Redactor::default().query(text.as_bytes()).into_owned()).unwrap()
}

fn text(text: &str) -> String {
    String::from_utf8(Redactor::default().text(text.as_bytes()).into_owned()).unwrap()
}

#[test]
fn queries_lose_the_values_of_sensitive_parameters() {
    for (given, shown) in [
        ("", ""),
        ("a=1&b=2", "a=1&b=2"),
        ("password=x", "password=[redacted]"),
        ("a=1&password=x&b=2", "a=1&password=[redacted]&b=2"),
        ("PassWord=x&token=y", "PassWord=[redacted]&token=[redacted]"),
        ("p%61ssword=x", "p%61ssword=[redacted]"),
        ("+password=x", "+password=[redacted]"),
        ("user[password]=x", "user[password]=[redacted]"),
        ("user%5Bpassword%5D=x", "user%5Bpassword%5D=[redacted]"),
        ("user.password=x", "user.password=[redacted]"),
        ("a=1;password=x;b=2", "a=1;password=[redacted]"),
        ("password=a;b=c&d=e", "password=[redacted]&d=e"),
        ("password=a=b", "password=[redacted]"),
        ("password", "password"),
        ("passwordless=yes", "passwordless=yes"),
        ("password=", "password=[redacted]"),
        ("&&token=1&", "&&token=[redacted]&"),
    ] {
        assert_eq!(query(given), shown, "{given}");
    }
}

#[test]
fn text_loses_what_stands_under_sensitive_names() {
    for (given, shown) in [
        ("nothing here", "nothing here"),
        ("found within ARGS:q: 1=1", "found within ARGS:q: 1=1"),
        ("/login?user=a&password=s e c", "/login?user=a&password=[redacted]"),
        ("/login?password=s&x=1", "/login?password=[redacted]&x=1"),
        (r#"{"user":"a","password":"s\"x","n":1}"#, r#"{"user":"a","password":[redacted],"n":1}"#),
        (r#"{"pin": 1234, "n": 1}"#, r#"{"pin":[redacted], "n": 1}"#),
        (r#"{"password":"unfinished"#, r#"{"password":[redacted]"#),
        ("found within ARGS:password: hunter2", "found within ARGS:password:[redacted]"),
        ("Authorization: Basic abc", "Authorization:[redacted]"),
    ] {
        assert_eq!(text(given), shown, "{given}");
    }
}

fn redactor(written: &config::Redact) -> Redactor {
    Redactor::compile(written).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn own() -> Redactor {
    redactor(&config::Redact {
        arguments: vec!["Colour".to_owned()],
        headers: vec!["X-My-Key".to_owned()],
        cookies: vec!["tracker".to_owned()],
        patterns: vec![r"\b\d{4}-\d{4}\b".to_owned(), "(?i)secret[a-z]*".to_owned()],
    })
}

#[test]
fn headers_and_variables_are_hidden_by_name() {
    let redactor = own();
    assert!(redactor.hides_header(b"Authorization"));
    assert!(redactor.hides_header(b"set-cookie"));
    assert!(redactor.hides_header(b"x-my-key"));
    assert!(!redactor.hides_header(b"user-agent"));
    assert_eq!(&*redactor.header(b"cookie", b"a=b"), REDACTED.as_bytes());
    assert_eq!(&*redactor.header(b"x-a", b"colour=red&x"), b"colour=[redacted]&x");
    assert!(redactor.hides_parameter(b"colour"));
    assert!(redactor.hides_parameter(b"Tracker"));
    assert!(redactor.hides_variable("REQUEST_COOKIES", b"anything"));
    assert!(redactor.hides_variable("request_headers", b"Authorization"));
    assert!(redactor.hides_variable("ARGS", b"json.user.password"));
    assert!(!redactor.hides_variable("ARGS", b"q"));
    assert!(!redactor.hides_variable("REQUEST_HEADERS", b"token"));
    assert_eq!(&*redactor.variable("REQUEST_BODY", b"", b"a=1&pwd=2"), b"a=1&pwd=[redacted]");
}

#[test]
fn patterns_hide_wherever_they_match() {
    let redactor = own();
    for (given, shown) in [
        ("", ""),
        ("no number", "no number"),
        ("a 1234-5678 b 8765-4321", "a [redacted] b [redacted]"),
        ("topSECRETstuff", "top[redacted]"),
        ("12345-6789", "12345-6789"),
    ] {
        assert_eq!(&*redactor.plain(given.as_bytes()), shown.as_bytes(), "{given}");
        assert_eq!(&*redactor.text(given.as_bytes()), shown.as_bytes(), "{given}");
        assert_eq!(&*redactor.query(given.as_bytes()), shown.as_bytes(), "{given}");
        assert_eq!(&*redactor.url(given.as_bytes()), shown.as_bytes(), "{given}");
        assert_eq!(&*redactor.json(given.as_bytes()), shown.as_bytes(), "{given}");
        assert_eq!(&*redactor.xml(given.as_bytes()), shown.as_bytes(), "{given}");
    }
    assert_eq!(&*redactor.plain(b"\xff1234-5678\xfe"), b"\xff[redacted]\xfe");
    assert_eq!(&*redactor.url(b"/1234-5678?a=secret&b=2"), b"/[redacted]?a=[redacted]&b=2");
}

#[test]
fn wrong_patterns_are_said_with_their_place() {
    let patterns = ["ok", "(", "x*", "a{1000}{1000}{1000}"].map(str::to_owned).to_vec();
    let problems =
        Redactor::compile(&config::Redact { patterns, ..Default::default() }).unwrap_err();
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["patterns[1]", "patterns[2]", "patterns[3]"]);
    assert!(problems[0].message.contains("unclosed group"), "{}", problems[0].message);
    assert!(problems[1].message.contains("matches nothing"), "{}", problems[1].message);
}

#[test]
fn json_loses_values_with_all_that_is_in_them() {
    let redactor = Redactor::default();
    for (given, shown) in [
        (r#"{"a":1}"#, r#"{"a":1}"#),
        (r#"{"password":"x","n":1}"#, r#"{"password":"[redacted]","n":1}"#),
        (r#"{"password" : [1, "x", {"y": "z"}], "n":1}"#, r#"{"password" : "[redacted]", "n":1}"#),
        (r#"{"token":{"a":{"b":"x}"}},"n":[2]}"#, r#"{"token":"[redacted]","n":[2]}"#),
        (r#"{"PASS\u0057ORD":"x"}"#, r#"{"PASS\u0057ORD":"[redacted]"}"#),
        (r#"{"user.password":true}"#, r#"{"user.password":"[redacted]"}"#),
        (r#"[{"pin":12},{"pin":null}]"#, r#"[{"pin":"[redacted]"},{"pin":"[redacted]"}]"#),
        (r#"{"q":"a=1&pwd=x","n":1}"#, r#"{"q":"a=1&pwd=[redacted]","n":1}"#),
        (r#"{"password":"never ends"#, r#"{"password":"[redacted]""#),
        (r#"{"password":["never","ends""#, r#"{"password":"[redacted]""#),
        (r#"{"password":"#, r#"{"password":"[redacted]""#),
        (r#"{"note":"never ends"#, r#"{"note":"never ends"#),
    ] {
        let json = redactor.json(given.as_bytes()).into_owned();
        assert_eq!(String::from_utf8(json).unwrap(), shown, "{given}");
    }
}

#[test]
fn xml_loses_elements_and_attributes() {
    let redactor = Redactor::default();
    for (given, shown) in [
        ("<a>1</a>", "<a>1</a>"),
        ("<a><password>x</password><b>1</b></a>", "<a><password>[redacted]</password><b>1</b></a>"),
        ("<s:Token t='1'><x>y</x></s:Token>", "<s:Token>[redacted]</s:Token>"),
        ("<u pin='12' n=\"1\"/>", "<u pin=\"[redacted]\" n=\"1\"/>"),
        ("<u pin = '1>2'>x</u>", "<u pin = \"[redacted]\">x</u>"),
        ("<password value='x'/>ok", "<password [redacted]/>ok"),
        ("<password>never ends", "<password>[redacted]"),
        ("<password", "<password>[redacted]"),
    ] {
        let xml = redactor.xml(given.as_bytes()).into_owned();
        assert_eq!(String::from_utf8(xml).unwrap(), shown, "{given}");
    }
}

#[test]
fn an_exchange_hides_more() {
    let redactor = own().with(&Hidden {
        headers: vec![b"X-Once".to_vec()],
        arguments: vec![b"Card".to_vec()],
        bytes: vec![
            HiddenBytes::whole(b"hunter2"),
            HiddenBytes { bytes: b"4111222233334444".to_vec(), first: 2, last: 4 },
            HiddenBytes::whole(b"abc"),
        ],
        everything: false,
    });
    for (given, shown) in [
        ("q=hunter2&card=1", "q=[redacted]&card=[redacted]"),
        ("HUNTER2 is 4111222233334444", "[redacted] is 41**********4444"),
        // Too few bytes to be looked for.
        ("q=abc", "q=abc"),
        ("colour=red", "colour=[redacted]"),
    ] {
        assert_eq!(&*redactor.text(given.as_bytes()), shown.as_bytes(), "{given}");
        assert_eq!(&*redactor.query(given.as_bytes()), shown.as_bytes(), "{given}");
    }
    assert!(redactor.hides_header(b"x-once") && redactor.hides_header(b"cookie"));
    assert!(!own().hides_header(b"x-once"));
    assert_eq!(redactor.cut(&[b'a'; 100]).len(), 36);
    assert_eq!(Redactor::default().cut(&[b'a'; 100]).len(), 100);
}

#[test]
fn everything_is_everything() {
    let redactor = Redactor::default().with(&Hidden { everything: true, ..Hidden::default() });
    assert_eq!(&*redactor.text(b"a=1"), REDACTED.as_bytes());
    assert_eq!(&*redactor.url(b"/a?b=1"), REDACTED.as_bytes());
    assert_eq!(&*redactor.json(b"{}"), REDACTED.as_bytes());
    assert_eq!(&*redactor.header(b"accept", b"*/*"), REDACTED.as_bytes());
    assert_eq!(&*redactor.plain(b""), b"");
}
