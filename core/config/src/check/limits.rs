//! Limits, the admin API and trusted proxies.

use super::Report;
use crate::{ByteSize, FilterConfig, Gateway, Limits, defaults};

pub(super) fn check(gateway: &Gateway, report: &mut Report<'_>) {
    sizes("limits", &gateway.limits, None, report);
    for (index, listener) in gateway.listeners.iter().enumerate() {
        if listener.limits != crate::ListenerLimits::default() {
            let limits = listener.limits.over(&gateway.limits);
            let path = format!("listeners[{index}].limits");
            sizes(&path, &limits, Some(&gateway.limits), report);
        }
    }
    budget(gateway, report);
    admin(gateway, report);
    trusted_proxies(gateway, report);
}

/// Ranges of sizes: what HTTP/2 allows, and what one head may hold at most. What was taken over from elsewhere is
/// reported there.
fn sizes(path: &str, limits: &Limits, taken_over: Option<&Limits>, report: &mut Report<'_>) {
    let own = |of: fn(&Limits) -> ByteSize| taken_over.is_none_or(|other| of(other) != of(limits));
    for (name, of, least, most) in RANGES {
        let size = of(limits);
        if own(of) && !(least..=most).contains(&size) {
            let help = format!("from {least} to {most}");
            report.error_help(format!("{path}.{name}"), format!("{size} is out of range"), help);
        }
    }
    if limits.uri > limits.headers && (own(|limits| limits.uri) || own(|limits| limits.headers)) {
        let (uri, head) = (limits.uri, limits.headers);
        report.error(format!("{path}.uri"), format!("{uri} does not fit a head of {head}"));
    }
}

/// Name, value, least, most.
type Range = (&'static str, fn(&Limits) -> ByteSize, ByteSize, ByteSize);

const RANGES: [Range; 6] = [
    ("uri", |limits| limits.uri, ByteSize::from_bytes(64), defaults::HEAD_MAX),
    ("headers", |limits| limits.headers, ByteSize::from_bytes(256), defaults::HEAD_MAX),
    (
        "h2_header_list",
        |limits| limits.h2_header_list,
        ByteSize::from_bytes(256),
        defaults::HEAD_MAX,
    ),
    (
        "h2_stream_window",
        |limits| limits.h2_stream_window,
        defaults::H2_WINDOW_MIN,
        defaults::H2_WINDOW_MAX,
    ),
    (
        "h2_connection_window",
        |limits| limits.h2_connection_window,
        defaults::H2_WINDOW_MIN,
        defaults::H2_WINDOW_MAX,
    ),
    ("body_min_rate", |limits| limits.body_min_rate, ByteSize::from_bytes(1), defaults::HEAD_MAX),
];

/// A body must fit the memory of all bodies, or it could never be inspected.
fn budget(gateway: &Gateway, report: &mut Report<'_>) {
    let routes = gateway.routes.iter().flat_map(|route| &route.filters);
    let hosts = gateway.hosts.iter().flat_map(|host| &host.filters);
    let limit = |filter: &FilterConfig| match filter {
        FilterConfig::Waf(waf) => Some(waf.request_body.limit),
        FilterConfig::Headers(_) => None,
    };
    let largest = gateway.filters.iter().chain(hosts).chain(routes).filter_map(limit).max();
    if let Some(largest) = largest.filter(|largest| *largest > gateway.limits.buffered_bodies) {
        let message = format!("a request body of {largest} is to be inspected and does not fit");
        report.error("limits.buffered_bodies", message);
    }
}

fn admin(gateway: &Gateway, report: &mut Report<'_>) {
    let address = gateway.admin.address.get();
    if !address.ip().is_loopback() && !gateway.admin.danger_public {
        let help = "use 127.0.0.1, or set `danger_public: true` where a network policy guards it";
        report.error_help("admin.address", "the admin API is not for other machines", help);
    }
}

fn trusted_proxies(gateway: &Gateway, report: &mut Report<'_>) {
    let networks = &gateway.trusted_proxies.addresses;
    for (index, network) in networks.iter().enumerate() {
        if network.get().prefix_len() == 0 {
            let path = format!("trusted_proxies.addresses[{index}]");
            let help = "name the networks of your own proxies";
            report.error_help(
                path,
                "this lets everybody choose the address they are taken for",
                help,
            );
        }
    }
    let named = networks.iter().enumerate();
    let named =
        named.map(|(index, network)| (format!("trusted_proxies.addresses[{index}]"), *network));
    report.unique("network", named, ToString::to_string);
}
