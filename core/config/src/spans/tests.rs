use std::path::Path;

use crate::{Diagnostic, parse_str};

const TEXT: &str = "filters:\n  - headers:\n      response:\n        set:\n          x.a: \"1\"\n          x: \"2\"\nrulesets: {a.b: {path: .}}\n";

#[test]
fn every_path_leads_to_the_nearest_value() {
    let spans = parse_str("a.yaml", TEXT).unwrap().spans;
    for (path, line, column) in [
        ("", 1, 1),
        ("filters", 2, 3),
        ("filters[0]", 2, 5),
        ("filters[0].headers.response.set.x.a", 5, 16),
        ("filters[0].headers.response.set.x", 6, 14),
        ("filters[0].headers.response.set.y", 5, 11),
        ("filters[0].headers.request", 3, 7),
        ("filters[1]", 2, 3),
        ("filters[x]", 2, 3),
        ("rulesets.a.b.path", 7, 24),
        ("nothing.at[0].all", 1, 1),
    ] {
        assert_eq!(spans.find(path), Some((Path::new("a.yaml"), line, column)), "{path}");
    }
}

#[test]
fn only_what_has_no_place_is_located() {
    let spans = parse_str("a.yaml", TEXT).unwrap().spans;
    let mut problems = [
        Diagnostic::error("filters", "no place"),
        Diagnostic::error("filters", "in a rule file").at("own.conf", 7, 8),
    ];
    spans.locate(&mut problems);
    assert_eq!((problems[0].line, problems[0].file.to_str()), (2, Some("a.yaml")));
    assert_eq!((problems[1].line, problems[1].file.to_str()), (7, Some("own.conf")));
}
