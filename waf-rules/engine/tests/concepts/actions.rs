//! Disruptive actions, defaults, logging.

use portcullis_waf_engine::{Disruption, Severity};

use crate::harness::{GET, get, run};

#[test]
fn disruptions() {
    for (defaults, actions, expected) in [
        ("", "pass", None),
        ("", "block", None),
        ("", "deny", Some((403, Disruption::Deny))),
        ("", "deny,status:418", Some((418, Disruption::Deny))),
        ("", "drop", Some((403, Disruption::Drop))),
        ("", "redirect:'/no?%{RULE.id}'", Some((302, Disruption::Redirect("/no?1".to_owned())))),
        (
            "SecDefaultAction \"phase:1,log,deny,status:406\"",
            "block",
            Some((406, Disruption::Deny)),
        ),
        ("SecDefaultAction \"phase:1,log,deny,status:406\"", "pass", None),
        ("SecDefaultAction \"phase:1,log,deny,status:406\"", "log", Some((406, Disruption::Deny))),
        ("SecDefaultAction \"phase:2,log,deny\"", "block", None),
    ] {
        let text = format!("{defaults}\nSecAction \"id:1,phase:1,{actions}\"");
        let found = run(&text, GET);
        let verdict = found.interruption.map(|by| (by.status, by.action));
        assert_eq!(verdict, expected, "{defaults} {actions}");
    }
}

#[test]
fn detection_only_records_what_would_have_been() {
    let found = run("SecRuleEngine DetectionOnly\nSecAction \"id:1,phase:1,deny\"", GET);
    assert!(found.interruption.is_none());
    assert!(found.tx.matches()[0].disruptive);
}

#[test]
fn logging() {
    for (actions, log, audit) in
        [("log", true, true), ("noauditlog", true, false), ("nolog,auditlog", false, true)]
    {
        let found = run(&format!("SecAction \"id:1,phase:1,pass,{actions}\""), GET);
        let first = &found.tx.matches()[0];
        assert_eq!((first.log, first.audit), (log, audit), "{actions}");
    }
    assert!(run("SecAction \"id:1,phase:1,pass,nolog\"", GET).ids.is_empty());
}

#[test]
fn metadata() {
    let text = "\n\nSecRule ARGS \"@rx x\" \"id:7,tag:'a',tag:'paranoia-level/3',severity:'CRITICAL',\
                ver:v1,rev:2,msg:'M %{ARGS.a}',logdata:'D'\"";
    let found = run(text, get("/?a=x"));
    let first = &found.tx.matches()[0];
    let rule = &first.rule;
    assert_eq!((rule.id, rule.line, rule.paranoia_level), (7, 6, Some(3)));
    assert_eq!(
        (rule.severity, &*rule.version, &*rule.revision),
        (Some(Severity::Critical), "v1", "2")
    );
    assert_eq!((first.message.as_str(), first.data.as_str()), ("M x", "D"));
    assert_eq!(rule.operator, "@rx x");
}
