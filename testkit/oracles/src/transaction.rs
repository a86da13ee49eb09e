//! Whole transactions: the prefilter is not seen, phases run in order, and a transaction leaves nothing to the next.

mod request;
mod rules;

use crate::drive::{Observed, drive};
use arbitrary::Unstructured;
use portcullis_waf_engine::{CompileOptions, RuleSet, Sources};

/// A rule set and a request made of the bytes.
pub fn check(data: &[u8]) {
    let mut bytes = Unstructured::new(data);
    // Bytes that run out end the text: what there is is used.
    let Ok(text) = rules::text(&mut bytes) else { return };
    let compile = |prefilter| {
        let options = CompileOptions { prefilter, ..CompileOptions::default() };
        RuleSet::compile(&Sources::new("made.conf", text.clone()), &options)
    };
    let (gated, plain) = match (compile(true), compile(false)) {
        (Ok(gated), Ok(plain)) => (gated, plain),
        (Err(gated), Err(plain)) => return assert_eq!(gated, plain),
        // What never runs is not compiled, so that a pattern of it may be too large.
        (Ok(_), Err(_)) => return,
        (Err(problems), Ok(_)) => panic!("{problems:?}\n{text}"),
    };
    while let Ok(request) = request::request(&mut bytes) {
        let with = drive(&gated, &request);
        let without = drive(&plain, &request);
        assert_eq!(with, without, "the prefilter is seen\n{text}\n{request:?}");
        in_order(&with, &text);
        assert_eq!(with, drive(&gated, &request), "the second time differs\n{text}\n{request:?}");
        if bytes.is_empty() {
            break;
        }
    }
}

fn in_order(observed: &Observed, text: &str) {
    let phases = observed.matches.iter().map(|(_, phase)| *phase);
    assert!(phases.is_sorted(), "{observed:?}\n{text}");
    if let Some(interruption) = &observed.interruption {
        let known = observed.matches.iter().any(|(id, _)| *id == interruption.rule_id);
        // A rule with `nolog` interrupts unseen; the id must be one of the rule set all the same.
        assert!(
            known || text.contains(&format!("id:{},", interruption.rule_id)),
            "{observed:?}\n{text}"
        );
    }
}
