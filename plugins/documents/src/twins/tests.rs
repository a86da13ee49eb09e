use portcullis_config::{ByteSize, FilterConfig, FilterKind, Loaded, Severity, WafMode};

use super::*;
use crate::FOREIGN;

const AROUND: &str = "listeners: [{name: l, address: '127.0.0.1:8080'}]\nclusters: [{name: a, endpoints: [{address: '127.0.0.1:1'}]}]\n\
                      routes: [{name: shop, cluster: a}, {name: open, cluster: a, match: {path: {exact: /o}}}]\n";

fn load(plugins: &str) -> Result<Loaded, Vec<Diagnostic>> {
    FOREIGN.parse_str("a.yaml", &format!("{AROUND}plugins: [{plugins}]\n"))
}

fn waf(filters: &[FilterConfig]) -> &portcullis_config::Waf {
    match filters {
        [FilterConfig::Waf(waf)] => waf,
        other => panic!("{other:?}"),
    }
}

#[test]
fn which_plugins_have_a_twin() {
    for (url, twin) in [
        ("oci://higress-registry.cn-hangzhou.cr.aliyuncs.com/plugins/waf:1.0.0", Some("waf")),
        ("oci://mirror.example.com/higress/plugins/waf", Some("waf")),
        (
            "http://higress-plugin-server.higress-system.svc/plugins/waf/2.0.0/plugin.wasm",
            Some("waf"),
        ),
        ("oci://mirror.example.com/waf:1", None),
        ("oci://mirror.example.com/plugins/waf2:1", None),
        ("oci://mirror.example.com/plugins/key-auth:1", None),
        ("https://a.example.com/waf.wasm", None),
        ("./plugins/waf", None),
    ] {
        assert_eq!(twin_of(&url.parse().unwrap()), twin, "{url}");
    }
}

#[test]
fn the_same_places_and_the_same_rules() {
    let loaded = load(
        "{name: waf, url: 'oci://r.example.com/plugins/waf:1', on_error: open, config: {useCRS: true, secRules: ['SecRuleEngine DetectionOnly', 'SecRuleRemoveById 941160']}, \
         rules: [{routes: [shop], config: {secRules: ['SecRequestBodyAccess On', 'SecAction \"id:1,phase:1,pass\"']}}, {routes: [open], disable: true}, {domains: ['*.example.com'], config: {useCRS: true}}]}",
    )
    .unwrap();
    assert_eq!(loaded.warnings.len(), 1, "{:?}", loaded.warnings);
    assert_eq!((loaded.warnings[0].severity, loaded.warnings[0].line), (Severity::Note, 4));
    let gateway = loaded.gateway;
    assert!(gateway.plugins[0].served_natively);
    let global = waf(&gateway.filters);
    assert_eq!(
        (&*global.ruleset, global.mode, global.on_error),
        ("crs", WafMode::Detection, OnError::Open)
    );
    assert_eq!(global.directives, "SecRuleRemoveById 941160\n");
    assert_eq!(global.request_body.limit, ByteSize::from_bytes(13_107_200));
    assert!(global.request_body.inspect && global.response_body.inspect);
    let shop = waf(&gateway.routes[0].filters);
    assert_eq!((&*shop.ruleset, shop.mode), ("none", WafMode::Blocking));
    assert_eq!(shop.directives, "SecAction \"id:1,phase:1,pass\"\n");
    assert!(shop.request_body.inspect && !shop.response_body.inspect);
    assert_eq!(gateway.routes[1].disable, [FilterKind::Waf]);
    assert_eq!(gateway.hosts[0].host.as_str(), "*.example.com");
    assert_eq!(waf(&gateway.hosts[0].filters).ruleset, "crs");
}

#[test]
fn what_cannot_be_served_natively_stays_a_plugin() {
    for (config, why) in [
        ("config: {useCRS: true, unknown: 1}", "knows nothing of `unknown`"),
        (
            "config: {secRules: ['Include @owasp_crs/REQUEST-911*.conf']}",
            "names files of the module",
        ),
        ("config: {secRules: ['SecRuleEngine Perhaps']}", "is not understood"),
        ("rules: [{services: [a], config: {useCRS: true}}]", "no places by cluster"),
        ("rules: [{domains: ['shop.*'], config: {useCRS: true}}]", "no place for `shop.*`"),
    ] {
        let loaded =
            load(&format!("{{name: waf, url: 'oci://r.example.com/plugins/waf:1', {config}}}"))
                .unwrap();
        assert!(loaded.warnings[0].message.contains(why), "{:?}", loaded.warnings);
        assert!(!loaded.gateway.plugins[0].served_natively && loaded.gateway.filters.is_empty());
    }
}

#[test]
fn it_can_be_switched_off() {
    let loaded =
        load("{name: waf, url: 'oci://r.example.com/plugins/waf:1', native_twin: false}").unwrap();
    assert_eq!(loaded.warnings, []);
    assert!(!loaded.gateway.plugins[0].served_natively && loaded.gateway.filters.is_empty());
}

#[test]
fn two_of_a_kind_in_one_place_are_an_error() {
    let one = "{name: one, url: 'oci://r.example.com/plugins/waf:1', config: {useCRS: true}}";
    let two = "{name: two, url: 'oci://r.example.com/plugins/waf:2', config: {useCRS: true}}";
    let problems = load(&format!("{one}, {two}")).unwrap_err();
    let error = problems.iter().find(|problem| problem.is_error()).unwrap();
    assert_eq!(error.message, "the filter `waf` is given everywhere already");
}
