//! Rules changed after they are written: removed, other targets, other actions.

use portcullis_waf_engine::Disruption;

use crate::harness::{get, run};

const RULES: &str = "SecRule ARGS \"@rx x\" \"id:5,tag:t,tag:u,msg:'m'\"\nSecRule ARGS_NAMES \"@rx b\" \"id:6,tag:u\"\n\
                     SecRule REQUEST_HEADERS:x \"@rx x\" \"id:7\"";

#[test]
fn removals_and_targets() {
    for (directive, expected) in [
        ("SecRuleRemoveById 5", &[6][..]),
        ("SecRuleRemoveById 5 6", &[]),
        ("SecRuleRemoveById 1-5 100", &[6]),
        ("SecRuleRemoveById \"5-6\"", &[]),
        ("SecRuleRemoveByTag u", &[]),
        ("SecRuleRemoveByTag t", &[6]),
        ("SecRuleRemoveByMsg m", &[6]),
        ("SecRuleUpdateTargetById 5 !ARGS:b", &[6]),
        ("SecRuleUpdateTargetById 5 \"!ARGS:B\"", &[6]),
        ("SecRuleUpdateTargetById 5 !ARGS:/^B$/", &[6]),
        ("SecRuleUpdateTargetById 5 !ARGS:/^c$/", &[5, 6]),
        ("SecRuleUpdateTargetById 5 6 \"!ARGS|!ARGS_NAMES\"", &[]),
        ("SecRuleUpdateTargetById 5-6 \"!ARGS_NAMES\"", &[5]),
        ("SecRuleUpdateTargetById 100-200 \"!ARGS\"", &[5, 6]),
        ("SecRuleUpdateTargetById 7 ARGS", &[5, 6, 7]),
        ("SecRuleUpdateTargetByTag t !ARGS:b", &[6]),
        ("SecRuleUpdateTargetByMsg m !ARGS:b", &[6]),
    ] {
        assert_eq!(
            run(&format!("{RULES}\n{directive}"), get("/?b=x")).ids,
            expected,
            "{directive}"
        );
    }
}

#[test]
fn actions() {
    let rule = "SecRule ARGS \"@streq X\" \"id:5,phase:1,deny,status:401,tag:a,severity:WARNING,msg:'old'\"";
    for (update, value, status, message) in [
        ("status:418", "X", Some((418, Disruption::Deny)), Some("old")),
        ("pass", "X", None, Some("old")),
        ("drop,msg:'new'", "X", Some((401, Disruption::Drop)), Some("new")),
        ("t:uppercase", "x", Some((401, Disruption::Deny)), Some("old")),
        ("nolog", "X", Some((401, Disruption::Deny)), None),
        ("setvar:tx.n=1,logdata:'d'", "X", Some((401, Disruption::Deny)), Some("old")),
    ] {
        let text = format!("{rule}\nSecRuleUpdateActionById 5 \"{update}\"");
        let found = run(&text, get(&format!("/?b={value}")));
        assert_eq!(found.interruption.map(|by| (by.status, by.action)), status, "{update}");
        assert_eq!(found.messages.first().map(String::as_str), message, "{update}");
    }
    let found = run(
        &format!("{rule}\nSecRuleUpdateActionById 4-9 \"tag:b,setvar:tx.n=1,severity:2\""),
        get("/?b=X"),
    );
    let tags: Vec<_> =
        found.tx.matches()[0].rule.tags.iter().map(AsRef::as_ref).collect::<Vec<&str>>();
    assert_eq!(tags, ["a", "b"]);
    assert_eq!(found.tx.matches()[0].rule.severity.map(|s| s.name()), Some("CRITICAL"));
    assert_eq!(found.tx.tx("n").as_deref(), Some(&b"1"[..]));
}
