//! Operators that leave something behind, and data that stands in the rule text.

use portcullis_waf_engine::{CompileOptions, RuleSet, Sources, Transaction, TransactionId};

use crate::harness::{GET, Request, check, form, get, phases, run};

#[test]
fn paths_become_arguments() {
    let rules = "SecRule REQUEST_FILENAME \"@restpath /users/{user}/posts/{post}\" \"id:1,phase:1,pass\"\n\
                 SecRule ARGS_PATH:user \"@streq 7\" \"id:2,phase:1,pass\"\n\
                 SecRule ARGS \"@contains evil\" \"id:3,phase:1,pass\"\n\
                 SecRule &ARGS_PATH \"@eq 2\" \"id:4,phase:1,pass\"";
    // A rule that looks before the path is read sees nothing; the same pattern after it does.
    let around = "SecRule ARGS|ARGS_PATH \"@rx ev(i)l\" \"id:1,phase:1,pass\"\n\
                  SecRule REQUEST_FILENAME \"!@restpath ^/users/{user}$\" \"id:2,phase:1,deny\"\n\
                  SecRule ARGS|ARGS_PATH \"@rx ev(i)l\" \"id:3,phase:1,pass\"";
    check(&[
        (rules, get("/users/7/posts/9"), &[1, 2, 4]),
        (rules, get("/users/8/posts/evil"), &[1, 3, 4]),
        (rules, get("/users/8"), &[]),
        (around, get("/users/evil"), &[3]),
        (around, get("/users/evil/more"), &[2]),
    ]);
}

#[test]
fn every_match_of_a_global_pattern_is_captured() {
    let rules = "SecRule ARGS \"@rxGlobal (\\w)=(\\d)\" \"id:1,phase:1,pass,capture,\\\n\
                 msg:'%{TX.0} %{TX.2} %{TX.3} %{TX.12}|%{TX.15}'\"";
    let found = run(rules, get("/?x=a%3D1+b%3D2+c%3D3+d%3D4+e%3D5"));
    assert_eq!(found.messages, ["a=1 1 b=2 e=5|"]);
    let found = run(rules, get("/?x=a%3D1+b%3D2+c%3D3+d%3D4+e%3D5&y=z%3D9"));
    assert_eq!(found.messages, ["z=9 9  |"]);
}

#[test]
fn identifiers() {
    let card = "SecRule ARGS \"@verifyCC \\d{13,16}\" \"id:1,phase:1,pass,capture,msg:'%{TX.0}'\"";
    check(&[
        (card, get("/?a=4484070000000000"), &[1]),
        (card, get("/?a=4484070000000001"), &[]),
        (
            "SecRule ARGS:id \"!@validateNid us ^\\d{3}-\\d{2}-\\d{4}$\" \"id:1,phase:1,pass\"",
            get("/?id=666-02-6459"),
            &[1],
        ),
    ]);
    assert_eq!(run(card, get("/?a=x4484070000000000y")).messages, ["4484070000000000"]);
}

#[test]
fn datasets() {
    let rules = "SecDataset bots `\n  # crawlers\n  sqlmap\n  nikto scan\n`\n\
                 SecDataset inside `\n192.0.2.0/24\n2001:db8::/32\n`\n\
                 SecRule ARGS \"@pmFromDataset bots\" \"id:1,phase:1,pass\"\n\
                 SecRule REMOTE_ADDR \"@ipMatchFromDataset inside\" \"id:2,phase:1,pass\"";
    check(&[
        (rules, get("/?a=SQLmap"), &[1, 2]),
        (rules, get("/?a=nikto%20scanner"), &[1, 2]),
        (rules, get("/?a=nikto"), &[2]),
    ]);
}

#[test]
fn patterns_that_are_tried() {
    check(&[
        ("SecRule ARGS \"@rx foo(?!bar)\" \"id:1,phase:1,pass\"", get("/?a=foobar&b=foobaz"), &[1]),
        ("SecRule ARGS \"@rx foo(?!bar)\" \"id:1,phase:1,pass\"", get("/?a=foobar"), &[]),
        ("SecRule ARGS \"!@rx ^(\\w)\\1$\" \"id:1,phase:1,pass\"", get("/?a=xx&b=xy"), &[1]),
        (
            "SecRule ARGS \"@rx ^(?:(?!ad)\\w)++$\" \"id:1,phase:1,pass,t:lowercase\"",
            get("/?a=READ"),
            &[],
        ),
    ]);
    let found = run(
        "SecRule ARGS \"@rx (\\w)\\1\" \"id:1,phase:1,pass,capture,msg:'%{TX.0} %{TX.1}'\"",
        get("/?a=abbc"),
    );
    assert_eq!(found.messages, ["bb b"]);
}

/// What cannot be found out within the limits never helps whoever sent it.
#[test]
fn exhausted_patterns_protect() {
    let long = format!("/?a={}", "a".repeat(40));
    let hard = "^(?:a|a)*(?!x)b";
    let rule = |operator: &str, actions: &str| {
        format!(
            "SecRule ARGS \"{operator}@rx {hard}\" \"id:1,phase:1,{actions}\"\n\
                 SecRule TX:/^MSC_/ \"!@streq 0\" \"id:2,phase:1,pass\"\n\
                 SecAction \"id:3,phase:1,pass\"\n\
                 SecMarker END"
        )
    };
    for (operator, actions, expected) in [
        ("", "deny", &[1][..]),
        ("!", "deny", &[1]),
        ("", "pass,setvar:tx.score=+5", &[1, 2, 3]),
        ("!", "pass", &[1, 2, 3]),
        ("", "allow", &[2, 3]),
        ("!", "allow", &[2, 3]),
        ("", "pass,ctl:ruleEngine=Off", &[2, 3]),
        ("!", "pass,ctl:ruleRemoveById=3", &[2, 3]),
        ("", "pass,skipAfter:END", &[2, 3]),
        ("", "deny,ctl:ruleRemoveById=3", &[1]),
    ] {
        let found = run(&rule(operator, actions), get(&long));
        assert_eq!(found.ids, expected, "{operator} {actions}");
        assert_eq!(found.tx.exhausted_patterns(), 1);
        if expected.contains(&1) {
            let data = &found.tx.matches()[0].data;
            assert!(data.contains("ran into its limits"), "{data}");
        }
    }
    let found = run(&rule("", "deny"), get("/?a=aab"));
    assert_eq!((found.ids, found.tx.exhausted_patterns()), (vec![1], 0));
}

const SCHEMA: &str =
    r#"{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}"#;

fn with_schema(rules: &str, request: Request<'_>) -> Vec<u64> {
    let text = format!(
        "SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\nSecResponseBodyMimeType application/json\n\
         SecRule REQUEST_HEADERS:Content-Type \"@streq application/json\" \
         \"id:9,phase:1,nolog,pass,ctl:requestBodyProcessor=JSON\"\n{rules}"
    );
    let mut sources = Sources::new("rules/test.conf", text);
    sources.insert("rules/a.json", SCHEMA.as_bytes());
    let rules = RuleSet::compile(&sources, &CompileOptions::default()).unwrap();
    let mut tx = Transaction::new(rules, TransactionId::from(7_u128));
    phases(&mut tx, request);
    tx.matches().iter().map(|found| found.rule.id).filter(|id| *id != 9).collect()
}

/// `REQUEST_BODY` is empty where the JSON processor read the body; the schema sees the body all the same, and only it.
#[test]
fn schemas_see_bodies() {
    let body = "SecRule REQUEST_BODY \"@validateSchema a.json\" \"id:1,phase:2,pass\"\n\
                SecRule REQUEST_BODY \"@rx .\" \"id:2,phase:2,pass\"\n\
                SecRule REQUEST_BODY \"!@validateSchema a.json\" \"id:3,phase:2,pass\"";
    let argument = "SecRule ARGS_GET:q \"@validateSchema a.json\" \"id:1,phase:2,pass\"";
    let answer = "SecRule RESPONSE_BODY \"@validateSchema a.json\" \"id:1,phase:4,pass\"";
    let json = |body: &'static [u8]| {
        let headers = &[("Content-Type", "application/json")];
        Request { method: "POST", headers, body, ..GET }
    };
    let said = |body: &'static [u8]| {
        let headers: &[(&str, &str)] = &[("Content-Type", "application/json")];
        Request { response: (200, headers, body), ..GET }
    };
    for (rules, request, expected) in [
        (body, json(b"{\"a\":1}"), &[3][..]),
        (body, json(b"{\"a\":\"x\"}"), &[1]),
        (body, json(b"{\"a\":1"), &[1]),
        (body, json(b""), &[3]),
        (body, form("{\"a\":1}"), &[2, 3]),
        (body, form("a=1"), &[1, 2]),
        (argument, get("/?q=%7B%22a%22:1%7D"), &[]),
        (argument, get("/?q=%7B%22a%22:true%7D"), &[1]),
        (argument, Request { uri: "/?q=%7B%22a%22:1%7D", ..json(b"[]") }, &[]),
        (argument, get("/"), &[]),
        (answer, said(b"{\"a\":1}"), &[]),
        (answer, said(b"{\"b\":1}"), &[1]),
    ] {
        let body = String::from_utf8_lossy(request.body);
        assert_eq!(with_schema(rules, request), expected, "{rules} {} {body}", request.uri);
    }
}

#[test]
fn broken_schemas_are_located() {
    let text = "\nSecRule ARGS \"@validateSchema a.json\" id:1";
    for (schema, expected) in [
        ("{\n\"type\": }", "`a.json` is no JSON Schema: expected value at line 2 column 9"),
        (r#"{"$ref": "https://example.com/"}"#, "https://example.com/"),
    ] {
        let mut sources = Sources::new("test.conf", text);
        sources.insert("a.json", schema.as_bytes());
        let problems = RuleSet::compile(&sources, &CompileOptions::default()).unwrap_err();
        let [problem] = &*problems else { panic!("{problems:?}") };
        assert_eq!((&*problem.file, problem.line), ("test.conf", 2));
        assert!(problem.message.contains(expected), "{problem}");
    }
}

/// `a++` gives nothing back; an automaton would read it as `(a+)+`.
#[test]
fn possessive_repetitions() {
    check(&[
        ("SecRule ARGS \"@rx a++ab\" \"id:1,phase:1,pass\"", get("/?q=aaab"), &[]),
        ("SecRule ARGS \"@rx a+ab\" \"id:1,phase:1,pass\"", get("/?q=aaab"), &[1]),
        ("SecRule ARGS \"@rx ^a?+$\" \"id:1,phase:1,pass\"", get("/?q=aa"), &[]),
        ("SecRule ARGS \"@rx ^[a-z]{1,2}+b\" \"id:1,phase:1,pass\"", get("/?q=ab"), &[]),
        ("SecRule ARGS \"@rx ^[a-z]{1,2}+b\" \"id:1,phase:1,pass\"", get("/?q=xyb"), &[1]),
        ("SecRule ARGS \"@rx ba++\" \"id:1,phase:1,pass\"", get("/?q=baa"), &[1]),
    ]);
    for rule in ["ARGS \"@verifyCC \\d++1\"", "ARGS:/a++b/ \"@rx a\"", "ARGS \"@rxGlobal a++b\""] {
        let sources = Sources::new("test.conf", format!("SecRule {rule} id:1"));
        let problems = RuleSet::compile(&sources, &CompileOptions::default()).unwrap_err();
        assert!(problems[0].message.contains("possessive"), "{rule}: {problems:?}");
    }
}
