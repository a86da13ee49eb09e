use std::sync::Arc;

use super::Shared;
use crate::{CompileOptions, RuleSet, Sources};

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
        // Known, but not in this half of the exchange.
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
