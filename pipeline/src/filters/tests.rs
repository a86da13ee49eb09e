use portcullis_config::{FilterConfig, FilterKind, Headers, Waf, WafMode};

use super::{Place, choose};

fn waf(paranoia: u8) -> FilterConfig {
    FilterConfig::Waf(Waf { paranoia, ..Waf::default() })
}

fn off() -> FilterConfig {
    FilterConfig::Waf(Waf { mode: WafMode::Off, ..Waf::default() })
}

fn headers() -> FilterConfig {
    FilterConfig::Headers(Headers::default())
}

fn place<'a>(filters: &'a [FilterConfig], disable: &'a [FilterKind], at: &'a str) -> Place<'a, 'a> {
    Place { filters, disable, at }
}

/// Filters and disabled kinds of route, host and gateway; which filters run, by the place they come from.
#[test]
fn the_narrowest_place_counts() {
    let no: &[FilterKind] = &[];
    let waf_off: &[FilterKind] = &[FilterKind::Waf];
    for (route, host, global, expected) in [
        ((vec![], no), (vec![], no), (vec![waf(1)], no), vec!["filters[0]"]),
        ((vec![waf(3)], no), (vec![waf(2)], no), (vec![waf(1)], no), vec!["r.filters[0]"]),
        ((vec![], no), (vec![waf(2)], no), (vec![waf(1)], no), vec!["h.filters[0]"]),
        ((vec![], waf_off), (vec![waf(2)], no), (vec![waf(1)], no), vec![]),
        ((vec![], no), (vec![], waf_off), (vec![waf(1)], no), vec![]),
        ((vec![waf(3)], no), (vec![], waf_off), (vec![waf(1)], no), vec!["r.filters[0]"]),
        ((vec![off()], no), (vec![], no), (vec![waf(1)], no), vec![]),
        (
            (vec![headers()], no),
            (vec![], no),
            (vec![headers(), waf(1)], no),
            vec!["filters[1]", "r.filters[0]"],
        ),
    ] {
        let places = [
            place(&route.0, route.1, "r"),
            place(&host.0, host.1, "h"),
            place(&global.0, global.1, ""),
        ];
        let chosen: Vec<_> = choose(&places).into_iter().map(|(_, at)| at).collect();
        assert_eq!(chosen, expected);
    }
}
