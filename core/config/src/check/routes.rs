//! Routes: where they lead, and whether anything can reach them.

use std::collections::HashMap;

use super::clusters::is_authority;
use super::{Report, is_token};
use crate::{Gateway, HeaderMatch, PathMatch, QueryMatch, Rewrite, Route};

pub(super) fn check(gateway: &Gateway, report: &mut Report<'_>) {
    let names = gateway.routes.iter().enumerate();
    let names = names.map(|(index, route)| (format!("routes[{index}].name"), &route.name));
    report.unique("route", names, ToString::to_string);
    for (index, route) in gateway.routes.iter().enumerate() {
        let path = format!("routes[{index}]");
        report.name(format!("{path}.name"), &route.name);
        for (number, name) in route.listeners.iter().enumerate() {
            let names = gateway.listeners.iter().map(|listener| listener.name.as_str());
            report.reference(format!("{path}.listeners[{number}]"), "listener", name, names);
        }
        clusters(gateway, &path, route, report);
        matches(&path, route, report);
        if let Some(rewrite) = &route.rewrite {
            check_rewrite(&path, route, rewrite, report);
        }
    }
    reachable(gateway, report);
}

fn clusters(gateway: &Gateway, path: &str, route: &Route, report: &mut Report<'_>) {
    let names = || gateway.clusters.iter().map(|cluster| cluster.name.as_str());
    match (&route.cluster, route.clusters.as_slice()) {
        (None, []) => {
            let help = "give `cluster: NAME` or `clusters: [{name, weight}]`";
            report.error_help(path, format!("route `{}` leads nowhere", route.name), help);
        }
        (Some(_), [_, ..]) => {
            report.error(format!("{path}.cluster"), "`cluster` and `clusters` exclude each other");
        }
        (Some(name), []) => report.reference(format!("{path}.cluster"), "cluster", name, names()),
        (None, several) => {
            for (index, target) in several.iter().enumerate() {
                let path = format!("{path}.clusters[{index}].name");
                report.reference(path, "cluster", &target.name, names());
            }
            let targets = several.iter().enumerate();
            let targets = targets
                .map(|(index, target)| (format!("{path}.clusters[{index}].name"), &target.name));
            report.unique("cluster", targets, ToString::to_string);
            if several.iter().all(|target| target.weight == 0) {
                report.error(format!("{path}.clusters"), "all weights are 0");
            }
        }
    }
}

fn matches(path: &str, route: &Route, report: &mut Report<'_>) {
    let hosts = route.hosts.iter().enumerate();
    let hosts = hosts.map(|(index, host)| (format!("{path}.hosts[{index}]"), host));
    report.unique("host", hosts, ToString::to_string);
    let path = format!("{path}.match");
    match &route.matches.path {
        Some(PathMatch::Exact(text)) => path_text(&format!("{path}.path.exact"), text, report),
        Some(PathMatch::Prefix(text)) => path_text(&format!("{path}.path.prefix"), text, report),
        Some(PathMatch::Regex(_)) | None => {}
    }
    for (index, method) in route.matches.methods.iter().enumerate() {
        let path = format!("{path}.methods[{index}]");
        if !is_token(method) {
            report.error(path, format!("`{method}` is not a method"));
        } else if method.bytes().any(|b| b.is_ascii_lowercase()) {
            let help = format!("did you mean `{}`?", method.to_ascii_uppercase());
            report.error_help(path, format!("methods are case-sensitive: `{method}`"), help);
        }
    }
    for (index, header) in route.matches.headers.iter().enumerate() {
        let path = format!("{path}.headers[{index}]");
        let HeaderMatch { name, exact, prefix, regex, invert: _ } = header;
        if !is_token(name) {
            report.error(format!("{path}.name"), format!("`{name}` is not the name of a header"));
        }
        at_most_one(&path, [exact, prefix, regex], report);
    }
    for (index, query) in route.matches.query.iter().enumerate() {
        let path = format!("{path}.query[{index}]");
        let QueryMatch { name, exact, prefix, regex, invert: _ } = query;
        if name.is_empty() {
            report.error(format!("{path}.name"), "a query parameter has a name");
        }
        at_most_one(&path, [exact, prefix, regex], report);
    }
}

fn at_most_one(path: &str, values: [&Option<String>; 3], report: &mut Report<'_>) {
    if values.into_iter().flatten().count() > 1 {
        report.error(path, "`exact`, `prefix` and `regex` exclude each other");
    }
}

/// A path as it is after canonicalisation, or nothing would ever equal it.
fn path_text(path: &str, text: &str, report: &mut Report<'_>) {
    if !text.starts_with('/') {
        report.error(path, format!("`{text}` is not a path: it begins with `/`"));
    } else if let Some(c) = text.chars().find(|c| matches!(c, '?' | '#')) {
        let help = "the query is matched by `query`";
        report.error_help(path, format!("`{text}` is not a path: it holds `{c}`"), help);
    } else if text.split('/').any(|segment| segment == "." || segment == "..") {
        report.error(path, format!("`{text}` is never reached: `.` and `..` are resolved before"));
    }
}

fn check_rewrite(path: &str, route: &Route, rewrite: &Rewrite, report: &mut Report<'_>) {
    let path = format!("{path}.rewrite");
    if let Some(prefix) = &rewrite.path_prefix {
        path_text(&format!("{path}.path_prefix"), prefix, report);
        if !matches!(route.matches.path, Some(PathMatch::Prefix(_))) {
            let help = "give `match: {path: {prefix: ...}}`, or use `path_regex`";
            report.error_help(format!("{path}.path_prefix"), "there is no prefix to replace", help);
        }
        if rewrite.path_regex.is_some() {
            let message = "`path_prefix` and `path_regex` exclude each other";
            report.error(format!("{path}.path_regex"), message);
        }
    }
    if let Some(host) = rewrite.host.as_deref().filter(|host| !is_authority(host)) {
        report.error(format!("{path}.host"), format!("`{host}` is not a host"));
    }
    if *rewrite == Rewrite::default() {
        report.warning(path, "it changes nothing", "give `path_prefix`, `path_regex` or `host`");
    }
}

/// An earlier route with the same match takes every request.
fn reachable(gateway: &Gateway, report: &mut Report<'_>) {
    let mut first: HashMap<_, usize> = HashMap::new();
    for (index, route) in gateway.routes.iter().enumerate() {
        let key = (&route.listeners, &route.hosts, &route.matches);
        let number = *first.entry(key).or_insert(index);
        if let Some(earlier) = gateway.routes.get(number).filter(|_| number != index) {
            let (name, other) = (&route.name, &earlier.name);
            let message = format!("nothing reaches route `{name}`: `{other}` matches the same");
            let help = report.place_of(&format!("routes[{number}].name"));
            report.warning(format!("routes[{index}].name"), message, help);
        }
    }
}
