use portcullis_config as config;

use super::{Rewrite, join};

#[test]
fn a_prefix_is_replaced_with_one_slash_between() {
    for (replacement, rest, new) in [
        ("/new", "/cart", "/new/cart"),
        ("/new/", "/cart", "/new/cart"),
        ("/new", "", "/new"),
        ("/", "/cart", "/cart"),
        ("/", "", "/"),
        ("", "/cart", "/cart"),
        ("/new", "cart", "/new/cart"),
    ] {
        assert_eq!(join(replacement, rest), new, "{replacement} + {rest}");
    }
}

#[test]
fn every_problem_is_told() {
    let written = config::Rewrite {
        path_prefix: Some("/x".into()),
        path_regex: None,
        host: Some("a\nb".into()),
    };
    let problems = Rewrite::compile(&written, &config::Match::default(), "routes[0].rewrite");
    let paths: Vec<_> = problems.unwrap_err().into_iter().map(|p| p.path).collect();
    assert_eq!(paths, ["routes[0].rewrite.path_prefix", "routes[0].rewrite.host"]);
}

#[test]
fn a_bad_pattern_is_told() {
    let written = config::Rewrite {
        path_regex: Some(config::RegexSubstitution {
            pattern: "(".into(),
            replacement: String::new(),
        }),
        ..config::Rewrite::default()
    };
    let problems = Rewrite::compile(&written, &config::Match::default(), "r").unwrap_err();
    assert_eq!(problems[0].path, "r.path_regex.pattern");
}
