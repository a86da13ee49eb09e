use std::sync::Arc;

use super::Shared;
use crate::limits::{MAX_NEEDLESS_MATCHERS, MAX_OWN_MATCHERS, MAX_SHARED_GATES, MAX_SHARED_PARTS};
use crate::{CompileOptions, RuleSet, Sources, Transaction};

/// Enough patterns for a gate that is worth sharing.
const RULES: &str = r#"
SecRule ARGS "@rx one[0-9]" "id:1,phase:2,pass,msg:'One',tag:'a',setvar:tx.x=1"
SecRule ARGS "@rx two[0-9]" "id:2,phase:2,pass,tag:'a'"
SecRule ARGS "@rx three[0-9]" "id:3,phase:2,pass"
SecRule ARGS "@rx four[0-9]" "id:4,phase:2,pass"
SecRule ARGS:/^x/ "@rx five[0-9]" "id:5,phase:2,pass"
SecRule REQUEST_HEADERS "@pm six seven" "id:6,phase:1,pass"
SecRule REQUEST_HEADERS "@rx (?=eight)e" "id:7,phase:1,pass"
SecRule REQUEST_HEADERS "@rx nine[0-9]" "id:8,phase:1,pass"
"#;

fn compile(shared: &Arc<Shared>, more: &str) -> Arc<RuleSet> {
    let sources = Sources::new("test.conf", format!("SecRuleEngine On\n{RULES}{more}"));
    let shared = Arc::clone(shared);
    RuleSet::compile(&sources, &CompileOptions { shared, ..CompileOptions::default() }).unwrap()
}

fn same_gate(one: &RuleSet, other: &RuleSet) -> bool {
    let gate = |rules: &RuleSet| Arc::as_ptr(&rules.plan.as_ref().unwrap().gate.shared);
    gate(one) == gate(other)
}

fn has_own(rules: &RuleSet) -> bool {
    rules.plan.as_ref().unwrap().gate.own.is_some()
}

#[test]
fn tuned_rule_sets_ask_one_gate() {
    let shared = Arc::new(Shared::default());
    let stock = compile(&shared, "");
    for (more, same, own) in [
        ("", true, false),
        ("SecRuleRemoveById 1", true, false),
        ("SecRuleRemoveByTag a", true, false),
        ("SecRuleUpdateTargetById 1 \"!ARGS:x\"", true, false),
        ("SecRule ARGS \"@rx own[0-9]\" \"id:20,phase:2,pass\"", true, true),
        // Known, but not in this scope.
        ("SecRule RESPONSE_HEADERS \"@rx one[0-9]\" \"id:20,phase:3,pass\"", true, true),
        (
            "SecRule ARGS \"@rx ownA\" \"id:20,phase:2,pass\"\n\
             SecRule ARGS \"@rx ownB\" \"id:21,phase:2,pass\"\n\
             SecRule ARGS \"@rx ownC\" \"id:22,phase:2,pass\"",
            false,
            false,
        ),
    ] {
        let tuned = compile(&shared, more);
        assert_eq!((same_gate(&stock, &tuned), has_own(&tuned)), (same, own), "{more}");
    }
    assert!(!same_gate(&stock, &compile(&Arc::default(), "")));
}

/// So many rules with a pattern each, from one number on.
fn patterns(from: usize, count: usize) -> String {
    let rule = |n| format!("SecRule ARGS \"@rx word{n}[0-9]\" \"id:{},phase:2,pass\"\n", 1_000 + n);
    (from..from + count).map(rule).collect()
}

#[test]
fn a_gate_serves_rule_sets_within_the_limits_of_what_they_do_not_share() {
    // So many that a quarter of them is more than either limit.
    const COMMON: usize = 4 * (MAX_OWN_MATCHERS + MAX_NEEDLESS_MATCHERS);
    let shared = Arc::new(Shared::default());
    let stock = compile(&shared, &patterns(0, COMMON));
    for (what, text, same) in [
        ("own", patterns(0, COMMON + MAX_OWN_MATCHERS), true),
        ("needless", patterns(0, COMMON - MAX_NEEDLESS_MATCHERS), true),
        ("more own", patterns(0, COMMON + MAX_OWN_MATCHERS + 1), false),
    ] {
        let other = compile(&shared, &text);
        assert_eq!(same_gate(&stock, &other), same, "{what}");
        assert_eq!(has_own(&other), what == "own", "{what}");
    }
    let fewer = compile(&shared, &patterns(0, COMMON - MAX_NEEDLESS_MATCHERS - 1));
    assert!(!same_gate(&stock, &fewer), "more needless");
}

#[test]
fn beyond_the_most_gates_and_parts_rule_sets_share_nothing_and_work() {
    let shared = Arc::new(Shared::default());
    let alone = |n: usize| {
        let sources =
            Sources::new("test.conf", format!("SecRuleEngine On\n{}", patterns(100 * n, 1)));
        let shared = Arc::clone(&shared);
        RuleSet::compile(&sources, &CompileOptions { shared, ..CompileOptions::default() }).unwrap()
    };
    let kept: Vec<_> = (0..MAX_SHARED_GATES).map(alone).collect();
    assert_eq!(shared.gates.len(), MAX_SHARED_GATES);
    let (one, other) = (alone(MAX_SHARED_GATES), alone(MAX_SHARED_GATES));
    assert_eq!(shared.gates.len(), MAX_SHARED_GATES);
    assert!(!same_gate(&one, &other));
    let value = format!("word{}7", 100 * MAX_SHARED_GATES);
    for rules in [&one, &other] {
        let mut tx = Transaction::new(Arc::clone(rules), 1_u128.into());
        let uri = format!("/?a={value}");
        tx.request_line(b"GET", uri.as_bytes(), uri.as_bytes(), b"HTTP/1.1");
        assert_eq!((tx.request_headers_done(), tx.request_body(b"", true)), (None, None));
        assert_eq!(tx.matches().len(), 1);
    }
    drop(kept);
    let texts: Vec<_> = (0..MAX_SHARED_PARTS).map(|n| shared.string(&n.to_string())).collect();
    assert!(shared.strings.len() >= MAX_SHARED_PARTS);
    assert!(Arc::ptr_eq(&shared.string("7"), &texts[7]));
    assert!(!Arc::ptr_eq(&shared.string("one more"), &shared.string("one more")));
}

#[test]
fn rules_are_described_once() {
    let shared = Arc::new(Shared::default());
    let (one, other) = (compile(&shared, ""), compile(&shared, "SecRuleRemoveById 8"));
    for (mine, theirs) in one.rules().zip(other.rules()) {
        assert!(Arc::ptr_eq(mine, theirs), "{}", mine.id);
    }
}

#[test]
fn nothing_is_kept_alive() {
    let shared = Arc::new(Shared::default());
    let (one, other) = (compile(&shared, ""), compile(&shared, "SecRuleRemoveById 1"));
    drop(one);
    shared.sweep();
    assert!(shared.patterns.len() > 5 && shared.gates.len() == 1);
    drop(other);
    shared.sweep();
    let pools = [
        shared.patterns.len(),
        shared.lists.len(),
        shared.tried.len(),
        shared.schemas.len(),
        shared.metas.len(),
        shared.strings.len(),
        shared.texts.len(),
        shared.targets.len(),
        shared.effects.len(),
        shared.gates.len(),
    ];
    assert_eq!(pools, [0; 10]);
}
