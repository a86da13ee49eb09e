//! What a module reads as its configuration, and for which exchanges.

use std::collections::HashMap;

use portcullis_config::{Plugin, PluginDomain, PluginRule, PluginSettings, RulesBy};
use serde_json::{Map, Value};

use crate::precedence::{self, DOMAIN, ROUTE, RULES, Rule, SERVICE};

/// The configurations of one plugin, and which of them an exchange gets.
///
/// With [`RulesBy::Gateway`] each rule has a configuration of its own and is chosen here. With [`RulesBy::Plugin`] there
/// is one configuration with all rules in `_rules_`, in the order of their precedence, and the plugin chooses; here it is
/// only decided whether it is asked at all.
#[derive(Debug, Clone)]
pub struct Configured {
    configurations: Vec<String>,
    narrow: HashMap<(String, String), Chosen>,
    services: HashMap<String, Chosen>,
    routes: HashMap<String, Chosen>,
    hosts: HashMap<String, Chosen>,
    /// Narrowest first.
    patterns: Vec<(PluginDomain, Chosen)>,
    everywhere: Chosen,
}

/// The number of a configuration; none where the plugin is off.
type Chosen = Option<usize>;

impl Configured {
    /// What comes of a plugin as it is written.
    #[must_use]
    pub fn of(plugin: &Plugin) -> Self {
        let on_by_default = plugin.config.is_some() || plugin.rules.is_empty();
        let mut configured = Self {
            configurations: Vec::new(),
            narrow: HashMap::new(),
            services: HashMap::new(),
            routes: HashMap::new(),
            hosts: HashMap::new(),
            patterns: Vec::new(),
            everywhere: None,
        };
        match plugin.rules_by {
            RulesBy::Gateway => {
                let default = plugin.config.as_ref().map(PluginSettings::text).unwrap_or_default();
                configured.everywhere = on_by_default.then(|| configured.number(default));
                for rule in &plugin.rules {
                    let text = rule.config.as_ref().map(PluginSettings::text).unwrap_or_default();
                    let chosen = (!rule.disable).then(|| configured.number(text));
                    configured.add(rule, chosen);
                }
            }
            RulesBy::Plugin => {
                configured.configurations.push(with_rules(plugin));
                configured.everywhere = on_by_default.then_some(0);
                for rule in &plugin.rules {
                    configured.add(rule, (!rule.disable).then_some(0));
                }
            }
        }
        configured.patterns.sort_by_key(|(domain, _)| std::cmp::Reverse(domain.rank()));
        configured
    }

    /// What the module reads as its configuration, each for an instance of its own. At least one.
    #[must_use]
    pub fn configurations(&self) -> &[String] {
        &self.configurations
    }

    /// Which of [`Self::configurations`] an exchange gets; none where the plugin is not called. The first of: cluster on
    /// this route, cluster, route, host, everywhere. `host` is the canonical host without a port; `cluster` is the name of
    /// the cluster, none while it is not picked.
    #[must_use]
    pub fn choose(&self, route: &str, host: &str, cluster: Option<&str>) -> Option<usize> {
        if let Some(cluster) =
            cluster.filter(|_| !(self.narrow.is_empty() && self.services.is_empty()))
        {
            let names = Service::of(cluster).names();
            let narrow = names.iter().flatten().find_map(|name| {
                // The key of a map of pairs must be owned; rules of this kind are rare.
                self.narrow.get(&(route.to_owned(), name.clone()))
            });
            if let Some(chosen) = narrow {
                return *chosen;
            }
            if let Some(chosen) = names.iter().flatten().find_map(|name| self.services.get(name)) {
                return *chosen;
            }
        }
        let exact = || self.hosts.get(host);
        let pattern = || self.patterns.iter().find(|(domain, _)| domain.matches(host));
        let by_host = || exact().or_else(|| pattern().map(|(_, chosen)| chosen));
        *self.routes.get(route).or_else(by_host).unwrap_or(&self.everywhere)
    }

    fn number(&mut self, text: String) -> usize {
        if let Some(at) = self.configurations.iter().position(|known| *known == text) {
            return at;
        }
        self.configurations.push(text);
        self.configurations.len() - 1
    }

    fn add(&mut self, rule: &PluginRule, chosen: Chosen) {
        if !rule.routes.is_empty() && !rule.services.is_empty() {
            for route in &rule.routes {
                for service in &rule.services {
                    self.narrow.entry((route.clone(), service.clone())).or_insert(chosen);
                }
            }
            return;
        }
        for route in &rule.routes {
            self.routes.entry(route.clone()).or_insert(chosen);
        }
        for service in &rule.services {
            self.services.entry(service.clone()).or_insert(chosen);
        }
        for domain in &rule.domains {
            if domain.rank().0 {
                self.hosts.entry(domain.as_str().to_owned()).or_insert(chosen);
            } else {
                self.patterns.push((domain.clone(), chosen));
            }
        }
    }
}

/// The service of a cluster: `outbound|80||shop.static` is how Envoy and Higress name one; any other name is the service.
#[derive(Debug)]
struct Service<'a> {
    name: &'a str,
    port: Option<&'a str>,
}

impl<'a> Service<'a> {
    fn of(cluster: &'a str) -> Self {
        let mut fields = cluster.split('|');
        match (fields.next(), fields.next(), fields.next(), fields.next(), fields.next()) {
            (Some(_), Some(port), Some(_), Some(name), None) => Self { name, port: Some(port) },
            _ => Self { name: cluster, port: None },
        }
    }

    /// How rules may name it, narrowest first.
    fn names(&self) -> [Option<String>; 2] {
        [self.port.map(|port| format!("{}:{port}", self.name)), Some(self.name.to_owned())]
    }
}

/// The one configuration of a plugin that matches its rules itself, as Higress' controller makes it.
fn with_rules(plugin: &Plugin) -> String {
    let written = plugin.config.as_ref().map(PluginSettings::value);
    let mut whole = match written {
        Some(Value::Object(entries)) => entries.clone(),
        Some(_) => return plugin.config.as_ref().map(PluginSettings::text).unwrap_or_default(),
        None => Map::new(),
    };
    let rules: Vec<Rule> = match plugin.rules.is_empty() {
        // Written by hand where the configuration is.
        true => match whole.get(RULES).and_then(Value::as_array) {
            Some(rules) => rules.iter().filter_map(|rule| rule.as_object().cloned()).collect(),
            None => {
                return if written.is_some() {
                    Value::Object(whole).to_string()
                } else {
                    String::new()
                };
            }
        },
        false => plugin.rules.iter().filter(|rule| !rule.disable).map(rule).collect(),
    };
    match rules.is_empty() {
        true => whole.remove(RULES),
        false => whole.insert(
            RULES.to_owned(),
            precedence::order(rules).into_iter().map(Value::Object).collect(),
        ),
    };
    Value::Object(whole).to_string()
}

fn rule(rule: &PluginRule) -> Rule {
    let config = rule.config.as_ref().and_then(|config| config.value().as_object().cloned());
    let mut whole = config.unwrap_or_default();
    let mut list = |key: &str, names: Vec<&str>| {
        if !names.is_empty() {
            whole.insert(key.to_owned(), names.into_iter().collect());
        }
    };
    list(ROUTE, rule.routes.iter().map(String::as_str).collect());
    list(DOMAIN, rule.domains.iter().map(PluginDomain::as_str).collect());
    list(SERVICE, rule.services.iter().map(String::as_str).collect());
    whole
}

#[cfg(test)]
mod tests;
