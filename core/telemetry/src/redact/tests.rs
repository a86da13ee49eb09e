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

#[test]
fn headers_and_variables_are_hidden_by_name() {
    let redactor = Redactor::new(["X-My-Key"], ["Colour"]);
    assert!(redactor.hides_header("Authorization"));
    assert!(redactor.hides_header("set-cookie"));
    assert!(redactor.hides_header("x-my-key"));
    assert!(!redactor.hides_header("user-agent"));
    assert_eq!(redactor.header("cookie", b"a=b"), REDACTED.as_bytes());
    assert!(redactor.hides_parameter(b"colour"));
    assert!(redactor.hides_variable("REQUEST_COOKIES", b"anything"));
    assert!(redactor.hides_variable("request_headers", b"Authorization"));
    assert!(redactor.hides_variable("ARGS", b"json.user.password"));
    assert!(!redactor.hides_variable("ARGS", b"q"));
    assert!(!redactor.hides_variable("REQUEST_HEADERS", b"token"));
    assert_eq!(&*redactor.variable("REQUEST_BODY", b"", b"a=1&pwd=2"), b"a=1&pwd=[redacted]");
}
