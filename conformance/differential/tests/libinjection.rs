//! The verdicts of `detectSQLi` and `detectXSS` are those of the C library.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::Path;

use portcullis_differential::injection::{compare, draw, library};
use portcullis_waf_tune::ftw::{Suite, exchanges};

const STRINGS: usize = 120_000;

#[test]
fn verdicts_are_those_of_the_c_library() {
    let tests =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../waf-rules/rulesets/crs/package/tests");
    let suite = Suite::load(&tests).unwrap();
    let strings = draw(&exchanges(&suite).unwrap(), 1, STRINGS);
    let report = compare(&strings, &library(&strings).unwrap());
    println!("{report}");
    assert!(report.strings >= STRINGS, "{report}");
    assert!(report.sqli > STRINGS / 20 && report.xss > STRINGS / 20, "{report}");
    assert!(report.differences.is_empty(), "{report}");
}
