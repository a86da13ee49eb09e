//! What rules cost is counted for sampled exchanges, and changes nothing.

use std::sync::Arc;

use portcullis_waf_engine::{Costs, RuleSet, Transaction, TransactionId};

use crate::harness::{compile, get, phases};

const RULES: &str = r#"
SecRule ARGS "@rx at+ack" "id:1,phase:1,pass,log,t:lowercase,msg:'found'"
SecRule ARGS "@rx [0-9]{3}" "id:2,phase:1,pass,log"
SecRule ARGS "@streq never" "id:3,phase:2,deny"
"#;

fn drive(rules: &Arc<RuleSet>, sampled: bool) -> Vec<u64> {
    let mut tx = Transaction::new(Arc::clone(rules), TransactionId::from(7_u128));
    if sampled {
        tx.sample();
    }
    assert_eq!(phases(&mut tx, get("/?id=ATTACK")), None);
    tx.logging();
    tx.matches().iter().map(|matched| matched.rule.id).collect()
}

#[test]
fn only_samples_are_counted() {
    let rules = compile(RULES, true);
    assert_eq!(drive(&rules, false), [1]);
    assert_eq!(rules.costs(), Costs::default());
    assert_eq!(drive(&rules, true), [1]);
    assert_eq!(drive(&rules, false), [1]);
    assert_eq!(rules.costs().transactions, 1);
    drive(&rules, true);
    assert_eq!(rules.costs().transactions, 2);
}

#[test]
fn what_matched_was_evaluated() {
    for prefilter in [true, false] {
        let rules = compile(RULES, prefilter);
        drive(&rules, true);
        drive(&rules, true);
        let costs = rules.costs();
        let position = rules.rules().position(|rule| rule.id == 1).unwrap();
        assert_eq!(costs.rules.len(), rules.rules().len());
        assert_eq!(costs.rules[position].count, 2, "{costs:?}");
        assert!(costs.rules[position].nanoseconds > 0, "{costs:?}");
        assert_eq!(costs.scans.count > 0, prefilter, "{costs:?}");
    }
}

#[test]
fn parts_do_not_outgrow_the_whole() {
    let rules = compile(RULES, true);
    (0..50).for_each(|_| drop(drive(&rules, true)));
    let costs = rules.costs();
    let of_rules: u64 = costs.rules.iter().map(|rule| rule.nanoseconds).sum();
    assert!(of_rules + costs.scans.nanoseconds <= costs.phases.nanoseconds, "{costs:?}");
}
