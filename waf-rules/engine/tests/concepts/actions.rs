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

/// What a rule names itself stands over what `SecDefaultAction` of its phase says; lists of transformations are joined.
#[test]
fn defaults_are_merged() {
    let defaults = "SecDefaultAction \"phase:1,nolog,noauditlog,deny,status:406,t:lowercase\"\n\
                    SecDefaultAction \"phase:2,log,auditlog,redirect:/no,tag:two\"\n";
    for (rule, value, ids, status) in [
        ("id:1,phase:1", "A", &[][..], Some(406)),
        ("id:1,phase:1,log", "A", &[1], Some(406)),
        ("id:1,phase:1,log,t:none", "A", &[], None),
        ("id:1,phase:1,log,t:none,t:lowercase", "A", &[1], Some(406)),
        ("id:1,phase:1,log,status:418", "A", &[1], Some(418)),
        ("id:1,phase:1,log,block,status:418", "A", &[1], Some(418)),
        ("id:1,phase:1,log,pass", "A", &[1], None),
        ("id:1,phase:1,log,allow", "A", &[1], None),
        ("id:1,phase:1,log,redirect:/x", "A", &[1], Some(302)),
        ("id:1,phase:2", "a", &[1], Some(302)),
        ("id:1,phase:2", "A", &[], None),
        ("id:1,phase:2,nolog,auditlog", "a", &[1], Some(302)),
        ("id:1,phase:3", "a", &[1], None),
    ] {
        let text = format!("{defaults}SecRule ARGS \"@streq a\" \"{rule}\"");
        let found = run(&text, get(&format!("/?x={value}")));
        assert_eq!(found.ids, ids, "{rule}");
        assert_eq!(found.interruption.map(|by| by.status), status, "{rule}");
    }
    let found = run(&format!("{defaults}SecAction \"id:1,tag:own\""), GET);
    let tags: Vec<&str> = found.tx.matches()[0].rule.tags.iter().map(AsRef::as_ref).collect();
    assert_eq!(tags, ["two", "own"]);
}

/// The last disruptive action of a rule counts.
#[test]
fn one_disruption() {
    let found = run("SecAction \"id:1,phase:1,deny,pass\"", GET);
    assert!(found.interruption.is_none());
    let found = run("SecAction \"id:1,phase:1,pass,drop\"", GET);
    assert_eq!(found.interruption.map(|by| by.action), Some(Disruption::Drop));
}

#[test]
fn environment() {
    let text = "SecAction \"id:1,phase:1,pass,nolog,setenv:'who=%{ARGS.a}'\"\n\
                SecRule ENV:WHO \"@streq me\" \"id:2,phase:1\"\nSecRule &ENV:other \"@eq 0\" \"id:3,phase:1\"";
    assert_eq!(run(text, get("/?a=me")).ids, [2, 3]);
}

#[test]
fn detection_only_records_what_would_have_been() {
    let found = run("SecRuleEngine DetectionOnly\nSecAction \"id:1,phase:1,deny\"", GET);
    assert!(found.interruption.is_none());
    assert!(found.tx.matches()[0].disruptive);
    // Nothing is let through where nothing is refused.
    let allow = "SecAction \"id:1,phase:1,allow\"\nSecAction \"id:2,phase:1,deny\"";
    assert_eq!(run(&format!("SecRuleEngine DetectionOnly\n{allow}"), GET).ids, [1, 2]);
    assert_eq!(run(allow, GET).ids, [1]);
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
