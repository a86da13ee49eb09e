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
