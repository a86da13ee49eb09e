//! What is decided at load is what an exchange would have found out.

use std::sync::Arc;

use portcullis_waf_engine::{RuleSet, Transaction, TransactionId};

use crate::harness::{Request, check, compile, form, get, phases};
use crate::random::Random;

#[test]
fn levels_and_what_they_skip() {
    let rules = r#"
SecAction "id:1,phase:1,pass,nolog,setvar:tx.level=1,setvar:tx.text=abc"
SecRule TX:level "@lt 2" "id:2,phase:1,pass,nolog,skipAfter:END"
SecRule ARGS "@rx ." "id:3,phase:1,pass,log"
SecMarker END
SecRule TX:level "@eq 1" "id:4,phase:1,pass,log"
SecRule TX:text "@streq abc" "id:5,phase:2,pass,log,chain"
    SecRule ARGS "@contains x" "setvar:tx.level=2"
SecRule TX:level "@eq 2" "id:6,phase:2,pass,log"
SecRule &TX:level "@eq 1" "id:7,phase:5,pass,log"
"#;
    check(&[(rules, get("/?a=x"), &[4, 5, 6, 7]), (rules, get("/?a=y"), &[4, 7])]);
}

#[test]
fn rules_that_an_exchange_leaves_out() {
    let rules = r#"
SecAction "id:1,phase:1,pass,nolog,setvar:tx.level=1"
SecRule ARGS:off "@streq 1" "id:2,phase:1,pass,nolog,ctl:ruleRemoveByTag=crs"
SecRule ARGS:part "@streq 1" "id:3,phase:1,pass,nolog,ctl:ruleRemoveById=4"
SecRule TX:level "@lt 2" "id:4,phase:1,pass,nolog,tag:crs,skipAfter:END"
SecRule ARGS "@rx ." "id:5,phase:1,pass,log,tag:crs"
SecMarker END
SecRule TX:level "@eq 1" "id:6,phase:1,pass,log"
"#;
    check(&[
        (rules, get("/?a=x"), &[6]),
        (rules, get("/?off=1"), &[6]),
        (rules, get("/?part=1"), &[5, 6]),
    ]);
}

#[test]
fn ways_out_of_a_phase() {
    let rules = r#"
SecRule ARGS:go "@streq phase" "id:1,phase:1,allow:phase,nolog"
SecRule ARGS:go "@streq request" "id:2,phase:1,allow:request,nolog"
SecRule ARGS:go "@streq all" "id:3,phase:1,allow,nolog"
SecAction "id:4,phase:1,pass,nolog,setvar:tx.set=1"
SecRule &TX:set "@eq 1" "id:5,phase:2,pass,log"
SecRule &TX:set "@eq 1" "id:6,phase:3,pass,log"
SecRule &TX:set "@eq 1" "id:7,phase:5,pass,log"
"#;
    check(&[
        (rules, get("/"), &[5, 6, 7]),
        (rules, get("/?go=phase"), &[]),
        (rules, get("/?go=request"), &[]),
        (rules, get("/?go=all"), &[]),
    ]);
}

/// A later phase alone finds what is set without looking at the exchange, and nothing a request would have set.
#[test]
fn a_phase_that_is_left_out() {
    let rules = compile(
        r#"
SecAction "id:1,phase:1,pass,nolog,setvar:tx.level=3"
SecRule REQUEST_METHOD "@streq GET" "id:2,phase:1,pass,nolog,setvar:tx.level=4"
SecRule TX:level "@ge 4" "id:3,phase:2,pass,log"
SecRule TX:level "@ge 3" "id:4,phase:2,pass,log"
"#,
        true,
    );
    let mut tx = Transaction::new(rules, TransactionId::from(1_u128));
    tx.request_line(b"GET", b"/", b"/", b"HTTP/1.1");
    assert!(tx.request_body(b"", true).is_none());
    assert_eq!(tx.matches().iter().map(|found| found.rule.id).collect::<Vec<_>>(), [4]);
}

const CONDITIONS: [&str; 14] = [
    r#"SecRule TX:a "@eq 1""#,
    r#"SecRule TX:a "@lt 2""#,
    r#"SecRule TX:b "!@eq 0""#,
    r#"SecRule &TX:b "@eq 0""#,
    r#"SecRule &TX:c "@eq 1""#,
    r#"SecRule TX:b "@gt %{tx.a}""#,
    r#"SecRule TX:c "@streq %{tx.b}""#,
    r#"SecRule TX:a|TX:b "@eq 1""#,
    r#"SecRule TX:/^[ab]$/ "@eq 2""#,
    r#"SecRule ARGS:q "@streq x""#,
    r#"SecRule ARGS "@rx [yz]""#,
    r#"SecRule ARGS "!@rx y""#,
    r#"SecRule &ARGS "@ge 2""#,
    "SecAction",
];
const EFFECTS: [&str; 16] = [
    "setvar:tx.a=1",
    "setvar:tx.a=2",
    "setvar:tx.b=0",
    "setvar:tx.b=+1",
    "setvar:tx.a=-1",
    "setvar:tx.b=%{tx.a}",
    "setvar:tx.c=%{tx.b}",
    "setvar:!tx.c",
    "setvar:tx.c=t%{tx.a}",
    "setvar:tx.%{ARGS.q}=1",
    "capture",
    "ctl:ruleRemoveByTag=odd",
    "ctl:ruleRemoveById=100-120",
    "ctl:ruleRemoveTargetById=100-140;TX:a",
    "ctl:ruleEngine=DetectionOnly",
    "setvar:tx.a=%{MATCHED_VAR}",
];

/// Forty rules, most of them over `TX`, with markers between them.
fn rule_set(random: &mut Random) -> String {
    let mut text = String::new();
    for id in 100..140 {
        let phase = 1 + (id - 100) / 12 + usize::from(random.below(8) == 0);
        let mut actions = vec![format!("id:{id}"), format!("phase:{}", phase.min(5))];
        let outcomes = ["pass", "pass", "pass", "pass", "pass", "pass", "allow:phase", "deny"];
        let condition = random.of(&CONDITIONS);
        let asks = condition.contains("ARGS");
        actions.push(if asks { random.of(&outcomes) } else { "pass" }.to_owned());
        actions.push(random.of(&["nolog", "nolog", "nolog", "log", "nolog,auditlog"]).to_owned());
        for _ in 0..random.below(3) {
            actions.push(random.of(&EFFECTS).to_owned());
        }
        if id % 2 == 1 {
            actions.push("tag:odd".to_owned());
        }
        match random.below(6) {
            0 => actions.push("skipAfter:M1".to_owned()),
            1 => actions.push(format!("skip:{}", 1 + random.below(3))),
            _ => {}
        }
        let chained = condition != "SecAction" && random.below(5) == 0;
        if chained {
            actions.push("chain".to_owned());
        }
        let operator = if condition == "SecAction" { "" } else { " " };
        text.push_str(&format!("{condition}{operator} \"{}\"\n", actions.join(",")));
        if chained {
            let second = random.of(&CONDITIONS[..13]);
            text.push_str(&format!("    {second} \"{}\"\n", random.of(&EFFECTS[..9])));
        }
        if id % 10 == 9 {
            text.push_str("SecMarker M1\n");
        }
    }
    text.push_str("SecMarker M1\n");
    text
}

/// Rules that matched, the verdict, and what `TX` holds in the end.
fn observe(rules: &Arc<RuleSet>, request: Request<'_>) -> String {
    let mut tx = Transaction::new(Arc::clone(rules), TransactionId::from(7_u128));
    let interruption = phases(&mut tx, request);
    tx.logging();
    let ids: Vec<u64> = tx.matches().iter().map(|found| found.rule.id).collect();
    let values = ["a", "b", "c", "x", "0"]
        .map(|name| tx.tx(name).map(|value| String::from_utf8_lossy(&value).into_owned()));
    format!("{ids:?} {interruption:?} {values:?}")
}

#[test]
fn rule_sets_at_random() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut different = std::collections::BTreeSet::new();
    for round in 0..400 {
        let text = rule_set(&mut random);
        let (plain, planned) = (compile(&text, false), compile(&text, true));
        for request in [get("/"), get("/?q=x"), get("/?q=y&r=z"), form("q=b&s=1")] {
            let expected = observe(&plain, request);
            for _ in 0..2 {
                let found = observe(&planned, request);
                assert_eq!(found, expected, "{round}: {}\n{text}", request.uri);
            }
            different.insert(expected);
        }
    }
    assert!(different.len() > 300, "{} outcomes: the rules do too little", different.len());
}
