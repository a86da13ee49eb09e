use super::*;
use crate::PluginDomain;

#[test]
fn where_a_module_is() {
    let digest = "ab".repeat(32);
    let pinned = format!("oci://a.example.com:5000/b/c@sha256:{digest}");
    for (text, canonical) in [
        ("./a.wasm", "file://./a.wasm"),
        ("a.wasm", "file://a.wasm"),
        ("plugins/a.wasm", "file://plugins/a.wasm"),
        ("/opt/a", "file:///opt/a"),
        ("file:///opt/a.wasm", "file:///opt/a.wasm"),
        ("https://a.example.com/a.wasm?v=1", "https://a.example.com/a.wasm?v=1"),
        ("http://10.0.0.1:80/a.wasm", "http://10.0.0.1:80/a.wasm"),
        ("oci://A.example.com/plugins/waf:1.0.0", "oci://a.example.com/plugins/waf:1.0.0"),
        ("oci://localhost:5000/waf", "oci://localhost:5000/waf"),
        ("oci://user/waf:1", "oci://docker.io/user/waf:1"),
        (&pinned, &pinned),
    ] {
        let url: PluginUrl = text.parse().unwrap();
        assert_eq!(url.to_string(), canonical, "{text}");
        assert_eq!(url.to_string().parse::<PluginUrl>().unwrap(), url, "{text}");
    }
}

#[test]
fn where_no_module_is() {
    for text in [
        "",
        "waf",
        "plugins/waf:1.0.0",
        "ftp://a.example.com/a.wasm",
        "http://",
        "https://user:password@a.example.com/a.wasm",
        "https://a.example.com/a b",
        "file://",
        "oci://",
        "oci://waf",
        "oci://a.example.com/Waf:1",
        "oci://a.example.com/waf:a b",
        "oci://a.example.com/waf@sha256:12",
        "oci://a.example.com//waf",
        "oci://a.example.com/../waf",
        "a\n.wasm",
    ] {
        assert!(text.parse::<PluginUrl>().is_err(), "{text}");
    }
}

#[test]
fn which_images_move() {
    let moves = |text: &str| text.parse::<Image>().unwrap().moves();
    assert!(moves("a.b/c") && moves("a.b/c:latest"));
    assert!(!moves("a.b/c:1") && !moves(&format!("a.b/c@sha256:{}", "0".repeat(64))));
}

#[test]
fn which_hosts_a_domain_matches() {
    for (domain, host, matches) in [
        ("Shop.Example.com", "shop.example.com", true),
        ("shop.example.com", "a.shop.example.com", false),
        ("*.example.com", "a.b.example.com", true),
        ("*.example.com", "example.com", false),
        ("*example.com", "myexample.com", true),
        ("www.*", "www.example.com", true),
        ("www.*", "api.example.com", false),
        ("*", "anything", true),
        ("[fd00::7]", "[fd00::7]", true),
    ] {
        assert_eq!(domain.parse::<PluginDomain>().unwrap().matches(host), matches, "{domain}");
    }
    for domain in ["", "a.b:80", "a b", "a.*.b", "**a"] {
        assert!(domain.parse::<PluginDomain>().is_err(), "{domain}");
    }
    let rank = |domain: &str| domain.parse::<PluginDomain>().unwrap().rank();
    assert!(rank("a.example.com") > rank("*.very.long.example.com"));
    assert!(rank("*.a.example.com") > rank("*.example.com") && rank("*.b") > rank("*"));
}
