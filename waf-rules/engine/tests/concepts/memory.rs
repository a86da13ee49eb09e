//! What is remembered of values of earlier exchanges changes nothing.

use std::sync::Arc;

use portcullis_waf_engine::{RuleSet, Transaction, TransactionId};

use crate::harness::{Request, compile, get, phases};
use crate::random::Random;

/// Rules that matched with their data, and what `TX` holds in the end. Not what was captured last, where no rule sees that.
fn observe(rules: &Arc<RuleSet>, request: Request<'_>) -> String {
    let mut tx = Transaction::new(Arc::clone(rules), TransactionId::from(7_u128));
    let interruption = phases(&mut tx, request);
    tx.logging();
    let found: Vec<_> = tx.matches().iter().map(|m| (m.rule.id, &m.data, &m.matched)).collect();
    let values = ["sum", "last"]
        .map(|name| tx.tx(name).map(|value| String::from_utf8_lossy(&value).into_owned()));
    format!("{found:?} {interruption:?} {values:?}")
}

/// Whatever came before, an exchange finds what it finds without a memory.
fn check(text: &str, requests: &[Request<'_>]) {
    let (plain, remembering) = (compile(text, false), compile(text, true));
    for round in 0..3 {
        for request in requests {
            let expected = observe(&plain, *request);
            assert_eq!(observe(&remembering, *request), expected, "{round} {request:?}\n{text}");
        }
    }
}

#[test]
fn the_same_value_elsewhere() {
    let rules = r#"
SecRule ARGS:a "@rx ^evil$" "id:1,phase:2,pass,log"
SecRule ARGS:/^x_/ "@rx evil" "id:2,phase:2,pass,log"
SecRule ARGS|!ARGS:a|!ARGS:/^y_/ "@contains evil" "id:3,phase:2,pass,log"
SecRule ARGS_NAMES "@rx ^evil$" "id:4,phase:2,pass,log"
SecRule REQUEST_HEADERS:A "!@rx ^evil$" "id:5,phase:1,pass,log"
SecRule REQUEST_HEADERS "@streq evil" "id:6,phase:2,pass,log,t:lowercase"
SecRule ARGS "@rx (?i)evil." "id:7,phase:2,pass,log,multiMatch,t:none,t:urlDecodeUni,t:lowercase"
"#;
    let uris =
        ["/?a=evil", "/?b=evil", "/?x_=evil", "/?y_=evil", "/?evil=a", "/?a=EVIL%21&b=evil%2521"];
    let headers: [&[(&str, &str)]; 3] = [&[("A", "evil")], &[("B", "EVIL"), ("A", "x")], &[]];
    let requests =
        uris.iter().flat_map(|uri| headers.map(|headers| Request { headers, ..get(uri) }));
    check(rules, &requests.collect::<Vec<_>>());
}

/// Chains that note each value under a name of its own, seen by nobody else or by others.
#[test]
fn chains_that_note_each_value() {
    let chain = r#"
SecRule REQUEST_HEADERS_NAMES "@rx ^(.*)$" "id:1,phase:1,pass,log,capture,t:lowercase,logdata:'%{TX.0}',setvar:'tx.seen_%{tx.0}=/%{tx.1}/',chain"
    SecRule TX:/^seen_/ "@within /bad/ /worse/" "setvar:'tx.sum=+1'"
"#;
    let others = [
        "",
        "SecRule TX:/worse/ \"@rx .\" \"id:2,phase:2,pass,log\"",
        "SecRule TX:seen_good \"@rx .\" \"id:2,phase:2,pass,log\"",
        "SecRule TX:0 \"@streq good\" \"id:2,phase:2,pass,log\"",
        "SecAction \"id:2,phase:2,pass,log,logdata:'%{TX.1}'\"",
        "SecRule ARGS:a \"@rx (.)\" \"id:2,phase:1,pass,log,setvar:'tx.seen_%{tx.0}=1'\"",
        "SecRule ARGS:a \"@rx (.)\" \"id:2,phase:1,pass,log,capture,logdata:'%{TX.1}'\"",
        "SecRule TX \"@rx good\" \"id:2,phase:2,pass,log\"",
        "SecRule MATCHED_VAR \"@rx good\" \"id:2,phase:2,pass,log\"",
        "SecRule ARGS:a \"@streq b\" \"id:2,phase:1,pass,nolog,ctl:ruleRemoveTargetById=1;REQUEST_HEADERS_NAMES:Bad\"",
    ];
    let sets: [&[(&str, &str)]; 5] = [
        &[("Good", "1")],
        &[("Bad", "1"), ("Good", "2")],
        &[("Good", "1"), ("Worse", "1"), ("Fine", "x")],
        &[("Worse", "1")],
        &[],
    ];
    for other in others {
        for text in [format!("{chain}{other}"), format!("{other}\n{chain}")] {
            let requests = sets
                .iter()
                .flat_map(|headers| ["/", "/?a=b"].map(|uri| Request { headers, ..get(uri) }));
            check(&text, &requests.collect::<Vec<_>>());
        }
    }
}

/// More values than are remembered, and the first ones again.
#[test]
fn a_memory_that_is_full() {
    let text = r#"
SecRule ARGS "@rx 77[0-9]$" "id:1,phase:2,pass,log"
SecRule ARGS "!@rx ^[0-9]+$" "id:2,phase:2,pass,log"
"#;
    let (plain, remembering) = (compile(text, false), compile(text, true));
    for number in (0..9_000).chain(0..100) {
        let long = "9".repeat(number % 600);
        let uri = format!("/?a={number}&b={long}");
        assert_eq!(observe(&remembering, get(&uri)), observe(&plain, get(&uri)), "{uri}");
    }
}

const TARGETS: [&str; 14] = [
    "ARGS",
    "ARGS_NAMES",
    "ARGS:a",
    "ARGS|!ARGS:a",
    "ARGS:/^[ab]/",
    "ARGS_GET|REQUEST_HEADERS",
    "REQUEST_HEADERS:A",
    "REQUEST_HEADERS|!REQUEST_HEADERS:B",
    "REQUEST_HEADERS_NAMES",
    "REQUEST_COOKIES|REQUEST_COOKIES_NAMES",
    "REQUEST_COOKIES|!REQUEST_COOKIES:/^_/",
    "REQUEST_URI",
    "QUERY_STRING|REQUEST_LINE",
    "REQUEST_METHOD",
];
const OPERATORS: [&str; 16] = [
    "@rx evil",
    "!@rx ^[a-z]*$",
    "@rx (?i)^(ev)il",
    "@pm evil mean",
    "!@pm evil a b",
    "@streq evil",
    "!@streq a",
    "@contains vi",
    "@within evil mean GET %{tx.words}",
    "!@within a b c GET %{tx.words}",
    "@eq 4",
    "@beginsWith ev",
    "@validateByteRange 97-122",
    "!@validateByteRange 97-122",
    "@detectSQLi",
    "@validateUrlEncoding",
];
const TRANSFORMATIONS: [&str; 6] = [
    "t:none",
    "t:none,t:lowercase",
    "t:none,t:urlDecodeUni",
    "t:none,t:length",
    "t:none,t:lowercase,t:removeWhitespace",
    "t:none,t:urlDecodeUni,t:lowercase,multiMatch",
];
const MORE: [&str; 7] = [
    "capture",
    "setvar:'tx.sum=+1'",
    "setvar:'tx.last=%{MATCHED_VAR}'",
    "capture,setvar:'tx.last=%{TX.1}'",
    "logdata:'%{TX.0} %{MATCHED_VAR_NAME}'",
    "ctl:ruleRemoveTargetById=100-130;ARGS:a",
    "severity:2",
];
const VALUES: [&str; 12] = [
    "evil",
    "EVIL",
    "Evil+",
    "mean",
    "a",
    "b",
    "",
    "ev%69l",
    "1'+or+1=1--",
    "%zz",
    "devil",
    "four",
];
const NAMES: [&str; 6] = ["a", "b", "A", "_c", "evil", "d"];

fn rule_set(random: &mut Random) -> String {
    let mut text = "SecAction \"id:1,phase:1,pass,nolog,setvar:'tx.words=four d'\"\n".to_owned();
    for id in 100..116 {
        let phase = 1 + usize::from(id > 106);
        let chained = random.below(4) == 0;
        let mut actions = format!("id:{id},phase:{phase},pass,log,{}", random.of(&TRANSFORMATIONS));
        for _ in 0..random.below(3) {
            actions.push_str(&format!(",{}", random.of(&MORE)));
        }
        if chained {
            actions.push_str(",chain");
        }
        let (target, operator) = (random.of(&TARGETS), random.of(&OPERATORS));
        text.push_str(&format!("SecRule {target} \"{operator}\" \"{actions}\"\n"));
        if chained {
            let target = random.of(&["ARGS", "REQUEST_METHOD", "MATCHED_VAR", "TX:last", "TX:0"]);
            let actions = random.of(&TRANSFORMATIONS);
            text.push_str(&format!(
                "    SecRule {target} \"{}\" \"{actions}\"\n",
                random.of(&OPERATORS)
            ));
        }
    }
    text
}

#[test]
fn rule_sets_and_requests_at_random() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut different = std::collections::BTreeSet::new();
    for round in 0..150 {
        let text = rule_set(&mut random);
        let (plain, remembering) = (compile(&text, false), compile(&text, true));
        for _ in 0..16 {
            let mut uri = "/p?".to_owned();
            for _ in 0..random.below(4) {
                uri.push_str(&format!("{}={}&", random.of(&NAMES), random.of(&VALUES)));
            }
            let cookie =
                format!("{}={}; _c={}", random.of(&NAMES), random.of(&VALUES), random.of(&VALUES));
            let headers = [
                (random.of(&NAMES), random.of(&VALUES)),
                (random.of(&NAMES), random.of(&VALUES)),
                ("Cookie", cookie.as_str()),
            ];
            let headers = headers.get(random.below(3)..).unwrap_or_default();
            let request = Request { headers, ..get(&uri) };
            let expected = observe(&plain, request);
            assert_eq!(observe(&remembering, request), expected, "{round}: {request:?}\n{text}");
            different.insert(expected);
        }
    }
    assert!(different.len() > 1_000, "{} outcomes: the rules do too little", different.len());
}
