use super::*;

fn check<T: FromStr<Err = String> + fmt::Display>(good: &[(&str, &str)], bad: &[&str]) {
    for (text, shown) in good {
        let value: T = text.parse().unwrap_or_else(|problem: String| panic!("{text}: {problem}"));
        assert_eq!(&value.to_string(), shown);
    }
    for text in bad {
        assert!(text.parse::<T>().is_err(), "{text}");
    }
}

#[test]
fn addresses() {
    check::<Address>(
        &[
            ("10.0.0.7:80", "10.0.0.7:80"),
            ("[fd00::7]:80", "[fd00::7]:80"),
            ("Shop.internal:8080", "shop.internal:8080"),
            ("a_b-c:1", "a_b-c:1"),
        ],
        &[
            "",
            ":80",
            "10.0.0.7",
            "10.0.0.7:0",
            "10.0.0.7:99999",
            "10.0.0.300:80",
            "fd00::7:80",
            "a b:80",
            "-a:80",
            "a..b:80",
            "http://a:80",
        ],
    );
    assert_eq!("a:1".parse::<Address>().unwrap().socket(), None);
}

#[test]
fn bind_addresses() {
    check::<BindAddress>(
        &[("0.0.0.0:0", "0.0.0.0:0"), ("[::]:80", "[::]:80")],
        &["localhost:80", ":80", "80", "0.0.0.0"],
    );
}

#[test]
fn networks() {
    check::<Network>(
        &[("10.0.0.0/8", "10.0.0.0/8"), ("192.0.2.7", "192.0.2.7/32"), ("fd00::/8", "fd00::/8")],
        &["10.0.0.1/8", "10.0.0.0/33", "ten", ""],
    );
}

#[test]
fn host_patterns() {
    check::<HostPattern>(
        &[
            ("Shop.Example.com", "shop.example.com"),
            ("shop.example.com.", "shop.example.com"),
            ("*.example.com", "*.example.com"),
            ("*", "*"),
            ("192.0.2.7", "192.0.2.7"),
            ("[2001:DB8::1]", "[2001:db8::1]"),
        ],
        &[
            "",
            "a.*.b",
            "*a.com",
            "a.com:80",
            "http://a.com",
            "a..b",
            "a b",
            "[zz]",
            "a/b",
            "*.",
            ".",
        ],
    );
}
