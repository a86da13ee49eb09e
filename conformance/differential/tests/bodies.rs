//! Every body processor against the reference engine.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use portcullis_differential::bodies::{Kind, compare};

const BODIES: usize = 3_000;

fn check(kind: Kind) {
    let report = compare(kind, 1, BODIES).unwrap();
    println!("{kind:?}: {report}");
    assert!(report.differences.is_empty(), "{kind:?}: {report}");
    // The rules at hand decide what is compared strictly: most bodies have to be whole.
    assert!(report.refused.1 < BODIES / 3, "{kind:?}: {report}");
}

#[test]
fn urlencoded() {
    check(Kind::Urlencoded);
}

#[test]
fn multipart() {
    check(Kind::Multipart);
}

#[test]
fn json() {
    check(Kind::Json);
}

#[test]
fn xml() {
    check(Kind::Xml);
}
