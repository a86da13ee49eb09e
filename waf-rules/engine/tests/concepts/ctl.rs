//! `ctl`: what a rule changes for the rest of the exchange.

use crate::harness::{GET, Request, check, form, get, run};

const XML: Request<'static> = Request {
    method: "POST",
    headers: &[("Content-Type", "text/plain")],
    body: b"<a b='c'>d</a>",
    ..GET
};

#[test]
fn removals() {
    let rule = "SecRule ARGS \"@rx x\" \"id:5,tag:t,tag:u,msg:'m'\"\nSecRule ARGS_NAMES \"@rx b\" \"id:6,tag:u\"";
    for (ctl, expected) in [
        ("ruleEngine=On", &[5, 6][..]),
        ("ruleEngine=Off", &[]),
        ("ruleRemoveById=5", &[6]),
        ("ruleRemoveById=1-5", &[6]),
        ("ruleRemoveByTag=t", &[6]),
        ("ruleRemoveByTag=u", &[]),
        ("ruleRemoveByMsg=m", &[6]),
        ("ruleRemoveTargetById=5;ARGS:a", &[5, 6]),
        ("ruleRemoveTargetById=5;ARGS:B", &[6]),
        ("ruleRemoveTargetById=5;ARGS", &[6]),
        ("ruleRemoveTargetById=5-6;ARGS_NAMES", &[5]),
        ("ruleRemoveTargetByTag=u;ARGS:/^b$/", &[6]),
        ("ruleRemoveTargetByMsg=m;ARGS:b", &[6]),
    ] {
        let text = format!("SecAction \"id:1,phase:1,nolog,pass,ctl:{ctl}\"\n{rule}");
        assert_eq!(run(&text, get("/?b=x")).ids, expected, "{ctl}");
    }
}

/// A count is of what is left, and what narrows a chain down further stays.
#[test]
fn removed_targets() {
    for (rule, ctl, expected) in [
        ("SecRule &ARGS \"@eq 1\" \"id:5\"", "ruleRemoveTargetById=5;ARGS:b", &[5][..]),
        ("SecRule &ARGS \"@eq 2\" \"id:5\"", "ruleRemoveTargetById=5;ARGS:/^[ab]$/", &[]),
        ("SecRule &ARGS \"@eq 0\" \"id:5\"", "ruleRemoveTargetById=5;ARGS:/^[ab]$/", &[5]),
        ("SecRule &ARGS:b \"@eq 0\" \"id:5\"", "ruleRemoveTargetById=5;ARGS:b", &[5]),
        (
            "SecRule ARGS \"@rx x\" \"id:5,chain\"\nSecRule ARGS:b \"@rx y\"",
            "ruleRemoveTargetById=5;ARGS:b",
            &[5],
        ),
        (
            "SecRule ARGS:b \"@rx y\" \"id:5,chain\"\nSecRule ARGS \"@rx x\"",
            "ruleRemoveTargetById=5;ARGS:b",
            &[],
        ),
        ("SecRule TX:/^s/ \"@eq 1\" \"id:5\"", "ruleRemoveTargetById=5;TX:seen", &[]),
        ("SecRule REQUEST_URI \"@rx .\" \"id:5\"", "ruleRemoveTargetById=5;REQUEST_URI", &[]),
    ] {
        let text =
            format!("SecAction \"id:1,phase:1,nolog,pass,setvar:tx.seen=1,ctl:{ctl}\"\n{rule}");
        assert_eq!(run(&text, get("/?a=x&b=y")).ids, expected, "{ctl} {rule}");
    }
}

#[test]
fn bodies() {
    check(&[
        (
            "SecAction \"id:1,phase:1,nolog,pass,ctl:requestBodyProcessor=XML\"\n\
             SecRule XML:/* \"@streq d\" \"id:2\"\nSecRule XML://@* \"@streq c\" \"id:3\"",
            XML,
            &[2, 3],
        ),
        ("SecRule XML:/* \"@rx .\" \"id:2\"", XML, &[]),
        (
            "SecAction \"id:1,phase:1,nolog,pass,ctl:forceRequestBodyVariable=On\"\n\
             SecRule REQUEST_BODY \"@beginsWith <a\" \"id:2\"",
            XML,
            &[2],
        ),
        ("SecRule REQUEST_BODY \"@rx .\" \"id:2\"", XML, &[]),
        (
            "SecAction \"id:1,phase:1,nolog,pass,ctl:requestBodyAccess=Off\"\n\
             SecRule ARGS \"@rx .\" \"id:2\"",
            form("a=b"),
            &[],
        ),
    ]);
}

#[test]
fn detection_for_one_exchange() {
    let text = "SecAction \"id:1,phase:1,nolog,pass,ctl:ruleEngine=DetectionOnly\"\nSecAction \"id:2,deny\"";
    let found = run(text, GET);
    assert!(found.interruption.is_none());
    assert_eq!(found.ids, [2]);
}

/// Rule and what a rule of a later phase sees of it.
#[test]
fn every_phase_may_change_what_follows() {
    let page = Request { response: (200, &[("Content-Type", "text/html")], b"body"), ..GET };
    for phase in 1..5 {
        let later = phase + 1;
        for (ctl, expected) in [
            ("ruleRemoveById=2", &[][..]),
            ("ruleRemoveByTag=gone", &[]),
            ("ruleRemoveByMsg=gone", &[]),
            ("ruleRemoveTargetById=2;REQUEST_METHOD", &[]),
            ("ruleRemoveTargetByTag=gone;REQUEST_METHOD", &[]),
            ("ruleRemoveTargetByMsg=gone;REQUEST_METHOD", &[]),
            ("ruleEngine=Off", &[]),
            ("ruleEngine=DetectionOnly", &[2]),
            ("debugLogLevel=9", &[2]),
        ] {
            let text = format!(
                "SecAction \"id:1,phase:{phase},nolog,pass,ctl:{ctl}\"\n\
                 SecRule REQUEST_METHOD \"@streq GET\" \"id:2,phase:{later},deny,tag:gone,msg:'gone'\""
            );
            let found = run(&text, page);
            assert_eq!(found.ids, expected, "{ctl} in phase {phase}");
            let interrupts = ctl == "debugLogLevel=9" && later < 5;
            assert_eq!(found.interruption.is_some(), interrupts, "{ctl} in phase {phase}");
        }
    }
}

#[test]
fn response_bodies() {
    let json = Request {
        response: (200, &[("Content-Type", "application/json")], b"{\"a\":\"b\"}"),
        ..GET
    };
    let ctl = |ctl: &str| format!("SecAction \"id:1,phase:3,nolog,pass,ctl:{ctl}\"\n");
    let body = "SecRule RESPONSE_BODY \"@contains b\" \"id:2,phase:4\"\n";
    let arguments = "SecRule RESPONSE_ARGS:json.a \"@streq b\" \"id:3,phase:4\"";
    for (text, expected) in [
        (String::new(), &[][..]),
        (ctl("forceResponseBodyVariable=On"), &[2]),
        (ctl("forceResponseBodyVariable=On,ctl:responseBodyProcessor=JSON"), &[2, 3]),
        (ctl("forceResponseBodyVariable=On,ctl:responseBodyAccess=Off"), &[]),
    ] {
        let found = run(&format!("{text}{body}{arguments}"), json);
        assert_eq!(found.ids, expected, "{text}");
    }
}

/// What `RAW` reads is the body alone: no arguments, and no error.
#[test]
fn raw_bodies() {
    let text = "SecAction \"id:1,phase:1,nolog,pass,ctl:requestBodyProcessor=RAW\"\n\
                SecRule REQUEST_BODY \"@streq a=b&c\" \"id:2\"\nSecRule &ARGS \"!@eq 0\" \"id:3\"\n\
                SecRule REQBODY_PROCESSOR \"@streq RAW\" \"id:4\"\nSecRule REQBODY_ERROR \"!@eq 0\" \"id:5\"\n\
                SecRule REQUEST_BODY_LENGTH \"@eq 5\" \"id:6\"";
    assert_eq!(run(text, form("a=b&c")).ids, [2, 4, 6]);
}
