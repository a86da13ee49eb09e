//! Plugins: whether each can be brought, started and configured.

use std::collections::HashMap;

use serde_json::Value;

use super::Report;
use crate::{
    ByteSize, Duration, Gateway, Plugin, PluginSettings, PluginUrl, PullSecret, RulesBy, defaults,
    suggest,
};

pub(super) fn check(gateway: &Gateway, report: &mut Report<'_>) {
    for (name, secret) in &gateway.pull_secrets {
        let path = format!("pull_secrets.{name}");
        report.name(path.clone(), name);
        pull_secret(&path, secret, report);
    }
    if gateway.plugins.len() > defaults::PLUGINS {
        let message =
            format!("{} plugins are more than {}", gateway.plugins.len(), defaults::PLUGINS);
        report.error("plugins", message);
    }
    let names = gateway.plugins.iter().enumerate();
    let names = names.map(|(index, plugin)| (format!("plugins[{index}].name"), &plugin.name));
    report.unique("plugin", names, ToString::to_string);
    for (index, plugin) in gateway.plugins.iter().enumerate() {
        let path = format!("plugins[{index}]");
        report.name(format!("{path}.name"), &plugin.name);
        brought(gateway, &path, plugin, report);
        limits(&path, plugin, report);
        environment(&path, plugin, report);
        configurations(&path, plugin, report);
        rules(gateway, &path, plugin, report);
    }
}

fn pull_secret(path: &str, secret: &PullSecret, report: &mut Report<'_>) {
    let PullSecret { docker_config, username, password, ca } = secret;
    match (docker_config, username, password) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            report.error(path, "`docker_config` and `username` with `password` exclude each other");
        }
        (None, Some(_), None) => report.error(path, "`username` needs a `password`"),
        (None, None, Some(_)) => report.error(path, "`password` needs a `username`"),
        (None, None, None) if ca.is_none() => {
            let help = "give `docker_config`, `username` and `password`, or `ca`";
            report.error_help(path, "it proves nothing", help);
        }
        (Some(_), None, None) | (None, Some(_), Some(_)) | (None, None, None) => {}
    }
}

/// Where the module comes from, and whether it may.
fn brought(gateway: &Gateway, path: &str, plugin: &Plugin, report: &mut Report<'_>) {
    if let Some(name) = &plugin.pull_secret {
        let names = gateway.pull_secrets.keys().map(String::as_str);
        report.reference(format!("{path}.pull_secret"), "pull secret", name, names);
    }
    let from_file = matches!(plugin.url, PluginUrl::File(_));
    let from_server = matches!(plugin.url, PluginUrl::Http(_));
    if from_server && plugin.sha256.is_none() && !plugin.danger_unpinned {
        let help = "give `sha256`, or `danger_unpinned: true` to run whatever is served";
        report.error_help(format!("{path}.url"), "a module of a server needs its `sha256`", help);
    }
    let misplaced = [
        ("pull_secret", plugin.pull_secret.is_some() && from_file),
        ("pull_policy", plugin.pull_policy.is_some() && from_file),
        ("danger_unpinned", plugin.danger_unpinned && !from_server),
        ("danger_plain_http", plugin.danger_plain_http && (from_file || from_server)),
    ];
    for (key, _) in misplaced.into_iter().filter(|(_, wrong)| *wrong) {
        let message = format!("`{key}` says nothing for {}", plugin.url);
        report.warning(format!("{path}.{key}"), message, "leave it out");
    }
}

fn limits(path: &str, plugin: &Plugin, report: &mut Report<'_>) {
    let path = format!("{path}.limits");
    let (least, most) = (ByteSize::from_mib(1), defaults::PLUGIN_MEMORY_MAX);
    if !(least..=most).contains(&plugin.limits.memory) {
        let message = format!("{} is out of range", plugin.limits.memory);
        report.error_help(format!("{path}.memory"), message, format!("from {least} to {most}"));
    }
    let waits: [(&str, Duration, Duration); 2] = [
        ("call_deadline", plugin.limits.call_deadline, defaults::PLUGIN_CALL_MAX),
        ("configure_deadline", plugin.limits.configure_deadline, defaults::PLUGIN_CONFIGURE_MAX),
    ];
    for (key, wait, most) in waits.into_iter().filter(|(_, wait, most)| wait > most) {
        let message = format!("{wait} is out of range");
        report.error_help(format!("{path}.{key}"), message, format!("at most {most}"));
    }
}

fn environment(path: &str, plugin: &Plugin, report: &mut Report<'_>) {
    let is_name = |name: &str| !name.is_empty() && !name.contains(['=', '\0']);
    for (name, value) in &plugin.env {
        if !is_name(name) || value.contains('\0') {
            report.error(format!("{path}.env.{name}"), "this is not an environment variable");
        }
    }
    for (index, name) in plugin.env_from_host.iter().enumerate() {
        let path = format!("{path}.env_from_host[{index}]");
        if !is_name(name) {
            report.error(path, format!("`{name}` is not the name of an environment variable"));
        } else if plugin.env.contains_key(name) {
            report.error(path, format!("`{name}` is given by `env` already"));
        }
    }
}

/// A module is given a map or a text; a map where something is added to it.
fn configurations(path: &str, plugin: &Plugin, report: &mut Report<'_>) {
    let rules = plugin.rules.iter().enumerate();
    let of_rules =
        rules.map(|(index, rule)| (format!("{path}.rules[{index}].config"), rule.config.as_ref()));
    let own = (format!("{path}.config"), plugin.config.as_ref());
    let added_to = plugin.rules_by == RulesBy::Plugin && !plugin.rules.is_empty();
    for (path, config) in std::iter::once(own).chain(of_rules) {
        match config.map(PluginSettings::value) {
            None | Some(Value::Object(_)) => {}
            Some(Value::String(_)) if !added_to => {}
            Some(Value::String(_)) => {
                report.error(
                    path,
                    "a text cannot carry rules; a plugin that matches them reads a map",
                );
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) => {
                report.error(path, "expected a map or a text");
            }
        }
    }
}

fn rules(gateway: &Gateway, path: &str, plugin: &Plugin, report: &mut Report<'_>) {
    if plugin.rules.len() > defaults::PLUGIN_RULES {
        let message =
            format!("{} rules are more than {}", plugin.rules.len(), defaults::PLUGIN_RULES);
        report.error(format!("{path}.rules"), message);
    }
    let mut first: HashMap<(&str, String), String> = HashMap::new();
    for (index, rule) in plugin.rules.iter().enumerate() {
        let path = format!("{path}.rules[{index}]");
        if rule.routes.is_empty() && rule.domains.is_empty() && rule.services.is_empty() {
            let help = "give `routes`, `domains` or `services`; what counts everywhere is `config` of the plugin";
            report.error_help(path.as_str(), "the rule matches nothing", help);
        }
        let others = rule.routes.len() + rule.services.len();
        if !rule.domains.is_empty() && others > 0 {
            let message = "`domains` does not go with `routes` or `services`";
            report.error_help(format!("{path}.domains"), message, "write a rule for each");
        }
        match (&rule.config, rule.disable) {
            (Some(_), true) => report.error(&*path, "`config` and `disable` exclude each other"),
            (None, false) => {
                let help = "give `config` (`{}` for an empty one), or `disable: true`";
                report.error_help(&*path, "the rule says nothing", help);
            }
            (Some(_), false) | (None, true) => {}
        }
        known(gateway, &path, rule, report);
        for (key, name) in keys(rule) {
            let seen = first.entry((key, name.clone())).or_insert_with(|| path.clone());
            if *seen != path {
                let message = format!("an earlier rule gives `{name}` its configuration");
                let help = report.place_of(seen);
                report.warning(&*path, message, help);
            }
        }
    }
}

/// What a rule claims for itself alone.
fn keys(rule: &crate::PluginRule) -> Vec<(&'static str, String)> {
    if !rule.routes.is_empty() && !rule.services.is_empty() {
        let pairs = |route: &String| {
            let with = |service: &String| ("both", format!("{route}` and `{service}"));
            rule.services.iter().map(with).collect::<Vec<_>>()
        };
        return rule.routes.iter().flat_map(pairs).collect();
    }
    let routes = rule.routes.iter().map(|name| ("route", name.clone()));
    let domains = rule.domains.iter().map(|domain| ("domain", domain.to_string()));
    let services = rule.services.iter().map(|name| ("service", name.clone()));
    routes.chain(domains).chain(services).collect()
}

/// Routes and clusters a rule names and that are not there: no mistake in documents that come from elsewhere, and
/// still the rule never counts.
fn known(gateway: &Gateway, path: &str, rule: &crate::PluginRule, report: &mut Report<'_>) {
    let routes = || gateway.routes.iter().map(|route| route.name.as_str());
    for (index, name) in rule.routes.iter().enumerate() {
        absent(format!("{path}.routes[{index}]"), "route", name, routes, report);
    }
    let clusters = || gateway.clusters.iter().map(|cluster| cluster.name.as_str());
    for (index, name) in rule.services.iter().enumerate() {
        let service = name.rsplit_once(':').map_or(name.as_str(), |(service, _)| service);
        absent(format!("{path}.services[{index}]"), "cluster", service, clusters, report);
    }
}

fn absent<'n, I: Iterator<Item = &'n str>>(
    path: String,
    what: &str,
    name: &str,
    names: impl Fn() -> I,
    report: &mut Report<'_>,
) {
    let dropped = report.known.incomplete || report.known.dropped.iter().any(|other| other == name);
    if dropped || names().any(|other| other == name) {
        return;
    }
    let help = match suggest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "the rule counts for nothing".to_owned(),
    };
    report.warning(path, format!("there is no {what} `{name}`"), help);
}
