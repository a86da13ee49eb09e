use serde_json::json;

use super::*;

fn ordered(rules: Value) -> Vec<Value> {
    let rules = rules.as_array().unwrap().iter().map(|rule| rule.as_object().unwrap().clone());
    order(rules.collect()).into_iter().map(Value::Object).collect()
}

#[test]
fn the_order_of_the_list_does_not_matter() {
    let narrowest_first = [
        json!({ROUTE: ["r"], SERVICE: ["s"], "n": 0}),
        json!({SERVICE: ["s"], "n": 1}),
        json!({ROUTE: ["r"], DOMAIN: ["ignored.example.com"], "n": 2}),
        json!({PREFIX: ["r-"], CONSUMER: ["c"], "n": 3}),
        json!({PREFIX: ["r-long-"], "n": 4}),
        json!({PREFIX: ["r-"], "n": 5}),
        json!({DOMAIN: ["a.example.com"], "n": 6}),
        json!({DOMAIN: ["*.example.com"], SERVICE: ["ignored"], "n": 7}),
        json!({DOMAIN: ["*.com"], "n": 8}),
        json!({DOMAIN: ["*"], "n": 9}),
    ];
    let numbers =
        |rules: &[Value]| rules.iter().map(|rule| rule["n"].as_u64().unwrap()).collect::<Vec<_>>();
    for turn in 0..narrowest_first.len() {
        let mut turned = narrowest_first.to_vec();
        turned.rotate_left(turn);
        turned.swap(0, 5);
        let sorted = ordered(json!(turned));
        assert_eq!(numbers(&sorted), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "{turned:?}");
    }
}

#[test]
fn hosts_are_in_lower_case_and_equal_rules_stay_in_order() {
    let rules = ordered(
        json!([{DOMAIN: ["Shop.Example.COM"], "n": 0}, {DOMAIN: ["shop.example.com"], "n": 1}]),
    );
    assert_eq!(rules[0], json!({DOMAIN: ["shop.example.com"], "n": 0}));
    assert_eq!(rules[1]["n"], 1);
}

#[test]
fn a_rule_is_taken_apart_only_where_it_must_be() {
    let whole = json!([{DOMAIN: ["a.example.com", "*.org"]}, {DOMAIN: ["b.example.com"]}]);
    assert_eq!(ordered(whole.clone()).len(), 2);
    // The first would take b.example.com from the second.
    let rules = ordered(
        json!([{DOMAIN: ["a.very.long.example.com", "*.example.com"], "n": 0}, {DOMAIN: ["b.example.com"], "n": 1}]),
    );
    let shown: Vec<_> = rules
        .iter()
        .map(|rule| (rule[DOMAIN][0].as_str().unwrap(), rule["n"].as_u64().unwrap()))
        .collect();
    assert_eq!(shown, [("a.very.long.example.com", 0), ("b.example.com", 1), ("*.example.com", 0)]);
}
