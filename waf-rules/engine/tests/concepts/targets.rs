//! Variables, selectors, counts and exceptions.

use crate::harness::{GET, Request, check, form, get, run};

#[test]
fn targets() {
    let cookie = Request { headers: &[("Cookie", "a=1; b=x%20y; c")], ..GET };
    let agent = Request { headers: &[("User-Agent", "curl"), ("X-A", "1"), ("x-a", "2")], ..GET };
    check(&[
        (r#"SecRule ARGS "@streq x y" "id:1""#, get("/?a=x+y"), &[1]),
        (r#"SecRule ARGS:A "@streq 1" "id:1""#, get("/?a=1"), &[1]),
        (r#"SecRule ARGS:b "@rx ." "id:1""#, get("/?a=1"), &[]),
        (r#"SecRule ARGS_NAMES "@streq na me" "id:1""#, get("/?na%20me=1"), &[1]),
        (r#"SecRule ARGS:/^a\d$/ "@streq 1" "id:1""#, get("/?A7=1"), &[1]),
        (r#"SecRule ARGS|!ARGS:a "@rx ." "id:1""#, get("/?a=1"), &[]),
        (r#"SecRule ARGS|!ARGS:/^a/ "@rx ." "id:1""#, get("/?ab=1&b=2"), &[1]),
        (r#"SecRule ARGS_GET "@streq 1" "id:1""#, form("a=1"), &[]),
        (r#"SecRule ARGS_POST "@streq 1" "id:1""#, form("a=1"), &[1]),
        (r#"SecRule &ARGS "@eq 2" "id:1""#, get("/?a=1&a=2"), &[1]),
        (r#"SecRule &ARGS:b "@eq 0" "id:1""#, get("/?a=1"), &[1]),
        (r#"SecRule &REQUEST_HEADERS:X-A "@eq 2" "id:1""#, agent, &[1]),
        (r#"SecRule REQUEST_HEADERS:user-agent "@streq curl" "id:1""#, agent, &[1]),
        (r#"SecRule REQUEST_HEADERS_NAMES "@streq User-Agent" "id:1""#, agent, &[1]),
        (r#"SecRule REQUEST_COOKIES:b "@streq x%20y" "id:1""#, cookie, &[1]),
        (r#"SecRule REQUEST_COOKIES_NAMES "@streq c" "id:1""#, cookie, &[1]),
        (r#"SecRule REQUEST_LINE "@streq GET /p?q HTTP/1.1" "id:1""#, get("/p?q"), &[1]),
        (r#"SecRule REQUEST_FILENAME "@streq /a b" "id:1""#, get("/a%20b?c"), &[1]),
        (r#"SecRule REQUEST_BASENAME "@streq c.php" "id:1""#, get("/a/b/c.php?x=/y"), &[1]),
        (r#"SecRule QUERY_STRING "@streq a=%41" "id:1""#, get("/?a=%41"), &[1]),
        (r#"SecRule ARGS_COMBINED_SIZE "@eq 5" "id:1""#, get("/?ab=cde"), &[1]),
        (r#"SecRule REMOTE_ADDR "@ipMatch 192.0.2.0/24" "id:1""#, GET, &[1]),
        (r#"SecRule UNIQUE_ID "@rx 7$" "id:1""#, GET, &[1]),
        (r#"SecRule REQBODY_PROCESSOR "@streq " "id:1""#, GET, &[1]),
        (r#"SecRule URLENCODED_ERROR "@eq 1" "id:1""#, get("/?a=%zz"), &[1]),
        (r#"SecRule ARGS "@streq %zz" "id:1""#, get("/?a=%zz"), &[1]),
        (r#"SecRule HIGHEST_SEVERITY "@eq 255" "id:1""#, GET, &[1]),
        (r#"SecRule TIME_EPOCH "@gt 1700000000" "id:1""#, GET, &[1]),
        (r#"SecRule ARGS "@unconditionalMatch" "id:1""#, GET, &[]),
    ]);
}

#[test]
fn names_say_which_value() {
    let found = run(r#"SecRule ARGS|REQUEST_URI "@rx x" "id:1""#, get("/?a=x"));
    assert_eq!(found.names, ["ARGS:a"]);
    let matched = &found.tx.matches()[0].matched;
    assert_eq!(matched.len(), 2);
    assert_eq!(matched[0].range, Some(0..1));
    assert_eq!(matched[1].name(), "REQUEST_URI");
}

/// Updates and removals at load.
#[test]
fn updates() {
    let rule = r#"SecRule ARGS "@rx x" "id:1,tag:t,msg:'m'""#;
    for (update, matches) in [
        ("", true),
        ("SecRuleUpdateTargetById 1 !ARGS:a", false),
        ("SecRuleUpdateTargetById 1-9 \"!ARGS:/^a$/\"", false),
        ("SecRuleUpdateTargetById 1 \"!ARGS\"", false),
        ("SecRuleUpdateTargetByTag t !ARGS:a", false),
        ("SecRuleUpdateTargetByTag u !ARGS:a", true),
        ("SecRuleUpdateTargetByMsg m !ARGS:a", false),
        ("SecRuleRemoveById 1", false),
        ("SecRuleRemoveById 5 0-3", false),
        ("SecRuleRemoveByTag t", false),
        ("SecRuleRemoveByMsg m", false),
        ("SecRuleRemoveById 2", true),
    ] {
        let found = run(&format!("{rule}\n{update}"), get("/?a=x"));
        assert_eq!(!found.ids.is_empty(), matches, "{update}");
    }
}
