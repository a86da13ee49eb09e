use portcullis_config::parse_str;
use serde_json::json;

use super::*;

fn configured(plugin: &str) -> Configured {
    let text = format!("plugins: [{{name: p, url: 'oci://a.example.com/p:1', {plugin}}}]\n");
    Configured::of(&parse_str("a.yaml", &text).unwrap().gateway.plugins[0])
}

const RULES_OF_ALL_KINDS: &str = "config: {at: everywhere}, rules: [\
    {domains: ['*'], config: {at: any}}, {domains: ['*.example.com'], config: {at: wildcard}}, {domains: ['A.example.com'], config: {at: exact}}, \
    {domains: ['off.example.com'], disable: true}, {routes: [r, q], config: {at: route}}, {services: [s], config: {at: service}}, \
    {services: ['s:81'], config: {at: port}}, {routes: [r], services: [s], config: {at: both}}]";

#[test]
fn the_gateway_chooses_the_narrowest() {
    let configured = configured(RULES_OF_ALL_KINDS);
    for (route, host, cluster, expected) in [
        ("r", "a.example.com", Some("s"), Some("both")),
        ("r", "a.example.com", Some("outbound|81||s"), Some("both")),
        ("q", "a.example.com", Some("outbound|81||s"), Some("port")),
        ("q", "a.example.com", Some("outbound|80|v1|s"), Some("service")),
        ("q", "a.example.com", Some("s"), Some("service")),
        ("q", "a.example.com", Some("t"), Some("route")),
        ("q", "a.example.com", None, Some("route")),
        ("x", "a.example.com", None, Some("exact")),
        ("x", "b.example.com", None, Some("wildcard")),
        ("x", "off.example.com", None, None),
        ("q", "off.example.com", None, Some("route")),
        ("x", "example.org", None, Some("any")),
    ] {
        let chosen = configured.choose(route, host, cluster);
        let chosen = chosen.map(|at| configured.configurations()[at].clone());
        let expected = expected.map(|at| json!({"at": at}).to_string());
        assert_eq!(chosen, expected, "{route} {host} {cluster:?}");
    }
}

#[test]
fn what_is_on_where_nothing_matches() {
    for (plugin, chosen, configurations) in [
        ("config: {a: 1}", Some(0), vec![r#"{"a":1}"#]),
        ("config: text", Some(0), vec!["text"]),
        ("priority: 1", Some(0), vec![""]),
        ("config: {}", Some(0), vec!["{}"]),
        (
            "rules: [{routes: [r], config: {a: 1}}, {routes: [q], config: {a: 1}}]",
            None,
            vec![r#"{"a":1}"#],
        ),
        ("config: {}, rules_by: plugin", Some(0), vec!["{}"]),
        ("rules_by: plugin", Some(0), vec![""]),
        (
            "rules_by: plugin, rules: [{routes: [r], config: {a: 1}}]",
            None,
            vec![r#"{"_rules_":[{"_match_route_":["r"],"a":1}]}"#],
        ),
    ] {
        let configured = configured(plugin);
        assert_eq!(configured.choose("x", "h", None), chosen, "{plugin}");
        assert_eq!(configured.configurations(), configurations, "{plugin}");
    }
}

#[test]
fn a_plugin_that_matches_itself_reads_all_rules_and_is_asked_where_one_may_match() {
    let plugin = format!("rules_by: plugin, {RULES_OF_ALL_KINDS}");
    let configured = configured(&plugin);
    let read: Value = serde_json::from_str(&configured.configurations()[0]).unwrap();
    assert_eq!(read["at"], "everywhere");
    let order: Vec<_> = read["_rules_"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["at"].as_str().unwrap())
        .collect();
    assert_eq!(order, ["both", "service", "port", "route", "exact", "wildcard", "any"]);
    assert_eq!(read["_rules_"][4], json!({"_match_domain_": ["a.example.com"], "at": "exact"}));
    assert_eq!(configured.choose("x", "off.example.com", None), None);
    assert_eq!(configured.choose("x", "a.example.com", None), Some(0));
}

#[test]
fn rules_written_into_the_configuration_are_ordered_too() {
    let configured = configured(
        "rules_by: plugin, config: {a: 1, _rules_: [{_match_domain_: ['*']}, {_match_route_prefix_: [r]}, {_match_route_: [r]}]}",
    );
    let expected = json!({"a": 1, "_rules_": [{"_match_route_": ["r"]}, {"_match_route_prefix_": ["r"]}, {"_match_domain_": ["*"]}]});
    assert_eq!(serde_json::from_str::<Value>(&configured.configurations()[0]).unwrap(), expected);
    assert_eq!(configured.choose("x", "h", None), Some(0));
}
