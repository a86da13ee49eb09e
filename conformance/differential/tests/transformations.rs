//! Every transformation, and every pipeline of the Core Rule Set, against the reference engine.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use portcullis_differential::transformations::{NOT_IN_THE_REFERENCE, compare};
use portcullis_waf_rulesets::{HOW_TO_BRING_ONE, embedded};
use portcullis_waf_transform::Transformation;

const STRINGS: usize = 12_000;

/// As many of the strings at least must be such that nothing on the list of differences speaks of them.
const STRICT: usize = 600;

#[test]
fn results_are_those_of_the_reference_engine() {
    let report = compare(embedded().expect(HOW_TO_BRING_ONE), 1, STRINGS).unwrap();
    println!("{report}");
    assert!(report.differences.is_empty(), "{report}");
    let alone = Transformation::ALL.len() - NOT_IN_THE_REFERENCE.len();
    assert!(report.strict.len() > alone + 30, "pipelines of the rule set are missing: {report}");
    for (pipeline, &strict) in &report.strict {
        assert!(strict >= STRICT, "{pipeline}: only {strict} strings had to be alike");
    }
}
