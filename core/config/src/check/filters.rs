//! Filters of the gateway, of hosts and of routes.

use super::{Report, headers};
use crate::{ByteSize, FilterConfig, FilterKind, Gateway, Waf, WafMode, defaults};

pub(super) fn check(gateway: &Gateway, report: &mut Report<'_>) {
    for name in gateway.rulesets.keys() {
        let path = format!("rulesets.{name}");
        report.name(path.clone(), name);
        if name == defaults::NO_RULESET {
            report.error(path, "`none` stands for no rule set");
        }
    }
    list(gateway, "", &gateway.filters, &[], report);
    for (index, host) in gateway.hosts.iter().enumerate() {
        list(gateway, &format!("hosts[{index}]."), &host.filters, &host.disable, report);
    }
    let hosts = gateway.hosts.iter().enumerate();
    let hosts = hosts.map(|(index, host)| (format!("hosts[{index}].host"), &host.host));
    report.unique("host", hosts, ToString::to_string);
    for (index, route) in gateway.routes.iter().enumerate() {
        list(gateway, &format!("routes[{index}]."), &route.filters, &route.disable, report);
    }
}

/// Filters at one level. `at` is the path before `filters` and `disable`.
fn list(
    gateway: &Gateway,
    at: &str,
    filters: &[FilterConfig],
    disable: &[FilterKind],
    report: &mut Report<'_>,
) {
    for (index, filter) in filters.iter().enumerate() {
        let path = format!("{at}filters[{index}].{}", filter.kind().as_str());
        match filter {
            FilterConfig::Waf(config) => waf(gateway, &path, config, report),
            FilterConfig::Headers(config) => headers::check(&path, config, report),
        }
    }
    let kinds = filters.iter().enumerate();
    let kinds = kinds.map(|(index, filter)| (format!("{at}filters[{index}]"), filter.kind()));
    report.unique("filter", kinds, |kind| kind.as_str().to_owned());
    for (index, kind) in disable.iter().enumerate() {
        if filters.iter().any(|filter| filter.kind() == *kind) {
            let message = format!("`{}` is given and disabled at once", kind.as_str());
            report.error(format!("{at}disable[{index}]"), message);
        }
    }
    let disable = disable.iter().enumerate();
    let disable = disable.map(|(index, kind)| (format!("{at}disable[{index}]"), *kind));
    report.unique("filter", disable, |kind| kind.as_str().to_owned());
}

fn waf(gateway: &Gateway, path: &str, waf: &Waf, report: &mut Report<'_>) {
    let built_in = [defaults::RULESET, defaults::NO_RULESET];
    let own = gateway.rulesets.keys().map(String::as_str).filter(|name| !built_in.contains(name));
    let names = built_in.into_iter().chain(own);
    report.reference(format!("{path}.ruleset"), "rule set", &waf.ruleset, names);
    let empty =
        waf.rules.is_empty() && waf.directives.is_empty() && waf.directives_before.is_empty();
    if waf.ruleset == defaults::NO_RULESET && empty && waf.mode != WafMode::Off {
        let help = "name a rule set, or give `rules` or `directives`";
        report.error_help(format!("{path}.ruleset"), "there are no rules to inspect by", help);
    }
    let (smallest, largest) = (ByteSize::from_bytes(1), defaults::BODY_INSPECTION_MAX);
    let limits =
        [("request_body", waf.request_body.limit), ("response_body", waf.response_body.limit)];
    for (name, limit) in limits {
        if !(smallest..=largest).contains(&limit) {
            let help = format!("from {smallest} to {largest}");
            let message = format!("{limit} is out of range");
            report.error_help(format!("{path}.{name}.limit"), message, help);
        }
    }
}
