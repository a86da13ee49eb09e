use std::path::{Path, PathBuf};

use portcullis_waf_rulesets::{HOW_TO_BRING_ONE, embedded};

use super::*;
use crate::{Setting, compile};

/// Tests of CRS 4.25, and their stages. All pass.
const TESTS: usize = 4_674;
const STAGES: usize = 4_680;

fn pinned() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rulesets/crs/package/tests")
}

fn in_process(overrides: Overrides) -> Report {
    let package = embedded().expect(HOW_TO_BRING_ONE);
    let rules = compile(package, Setting::Regression).unwrap();
    let suite = Suite::load(&pinned()).unwrap();
    run(&rules, &package.version, &suite, &Options { overrides, ..Options::default() })
}

#[test]
fn the_pinned_rule_set_passes_its_own_tests() {
    let report = in_process(engine_overrides().unwrap());
    assert_eq!(report.sum(), Count { passed: TESTS, total: TESTS }, "{}", report.to_text(true));
    assert_eq!(report.stages, STAGES);
    assert_eq!(report.stale, Vec::<String>::new());
    let overridden: Vec<&str> = report.overridden.iter().map(|by| &*by.test).collect();
    assert_eq!(overridden, ["920620-1"]);
    assert_eq!(report.refused.len(), 22, "every stage that expects 400, and no other");
}

#[test]
fn without_overrides_one_test_differs() {
    let report = in_process(Overrides::default());
    let failed: Vec<&str> = report.failures.iter().map(|failure| &*failure.test).collect();
    assert_eq!(failed, ["920620-1"]);
}

#[test]
fn a_rule_set_without_rules_fails_the_tests() {
    let sources = portcullis_waf_engine::Sources::new("none.conf", "SecRuleEngine On");
    let rules = RuleSet::compile(&sources, &Default::default()).unwrap();
    let suite = Suite::load(&pinned()).unwrap();
    let report = run(&rules, "none", &suite, &Options::default());
    assert!(report.sum().passed < 1_000, "silence passes {} tests", report.sum().passed);
}

#[test]
fn own_overrides_replace_and_say_who_marks_the_difference() {
    for own in [engine_overrides().unwrap(), gateway_overrides().unwrap()] {
        for by in own.test_overrides {
            assert!(by.output.is_some() && !by.test_ids.is_empty(), "{by:?}");
            assert!(!by.reason.is_empty(), "{by:?}");
            assert!(!by.marked_by.is_empty(), "{} is marked by no one else: {by:?}", by.rule_id);
        }
    }
}

#[test]
fn an_override_without_need_or_test_is_an_error() {
    let overrides = parse_overrides(
        "test_overrides:\n  \
         - { rule_id: 942100, test_ids: [1], reason: x, output: { status: 200 } }\n  \
         - { rule_id: 942100, test_ids: [9999], reason: x, output: { status: 200 } }\n  \
         - { rule_id: 1, reason: x, output: { status: 200 } }\n",
    );
    let report = in_process(overrides.unwrap());
    assert_eq!(
        report.stale,
        [
            "1 has an override and is no test of this suite",
            "942100-1 holds without its override: remove the override",
            "942100-9999 has an override and is no test of this suite",
        ]
    );
    assert!(!report.holds(0.0), "a run with a stale override fails");
}
