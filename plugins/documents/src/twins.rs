//! Plugins for which a filter of the gateway's own stands in: an official plugin of Higress that we have natively runs
//! natively, with its configuration translated, at the same places.

use portcullis_config::{
    Diagnostic, FilterConfig, FilterKind, Gateway, HostFilters, HostPattern, OnError, Plugin,
    PluginRule, PluginUrl,
};
use serde_json::Value;

mod waf;

/// The filter that does what a configuration of the plugin asks for; or what of it ours does not do.
type Translate = fn(&Value, OnError) -> Result<FilterConfig, String>;

/// A plugin and the filter that stands in for it.
struct Twin {
    /// Its name in the registry of official plugins.
    plugin: &'static str,
    kind: FilterKind,
    translate: Translate,
}

/// Every twin, a line each.
const TWINS: [Twin; 1] = [Twin { plugin: "waf", kind: FilterKind::Waf, translate: waf::translate }];

/// The name of the official plugin a URL names, if a filter of ours can stand in for it: `.../plugins/waf:1.0.0` of a
/// registry, `.../plugins/waf/1.0.0/plugin.wasm` of Higress' plugin server.
#[must_use]
pub fn twin_of(url: &PluginUrl) -> Option<&'static str> {
    twin(url).map(|twin| twin.plugin)
}

fn twin(url: &PluginUrl) -> Option<&'static Twin> {
    let name = match url {
        PluginUrl::File(_) => return None,
        PluginUrl::Image(image) => {
            let (folder, name) = image.repository.rsplit_once('/')?;
            (folder.rsplit('/').next()? == "plugins").then_some(name)?
        }
        PluginUrl::Http(url) => {
            let path = url.split('?').next()?.strip_suffix("/plugin.wasm")?;
            let mut segments = path.rsplit('/').skip(1);
            let (name, folder) = (segments.next()?, segments.next()?);
            (folder == "plugins").then_some(name)?
        }
    };
    TWINS.iter().find(|twin| twin.plugin == name)
}

/// Lets our own filters stand in for plugins that have one, and says so.
pub(crate) fn serve_natively(gateway: &mut Gateway) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    let plugins = std::mem::take(&mut gateway.plugins);
    for (at, mut plugin) in plugins.into_iter().enumerate() {
        if let Some(twin) = twin(&plugin.url).filter(|_| plugin.native_twin) {
            let path = format!("plugins[{at}].url");
            match places(&plugin, twin) {
                Ok(places) => {
                    plugin.served_natively = true;
                    let message = format!(
                        "the filter `{}` stands in for plugin `{}`",
                        twin.plugin, plugin.name
                    );
                    told.push(
                        Diagnostic::note(path, message)
                            .with_help("`native_twin: false` runs the module instead"),
                    );
                    told.extend(
                        places.into_iter().filter_map(|place| put(gateway, twin.kind, place, at)),
                    );
                }
                Err(why) => {
                    let message = format!(
                        "the filter `{}` cannot stand in for plugin `{}`: {why}",
                        twin.plugin, plugin.name
                    );
                    told.push(
                        Diagnostic::warning(path, message)
                            .with_help("the module runs; `native_twin: false` says that it should"),
                    );
                }
            }
        }
        gateway.plugins.push(plugin);
    }
    told
}

/// Where a filter goes, and the filter; none where it is off.
struct Put {
    scope: Scope,
    filter: Option<FilterConfig>,
}

/// A place of filters.
enum Scope {
    Everywhere,
    Host(HostPattern),
    Route(String),
}

/// What a plugin comes to in filters; or why it cannot.
fn places(plugin: &Plugin, twin: &Twin) -> Result<Vec<Put>, String> {
    let translate = |value: &Value| (twin.translate)(value, plugin.on_error);
    let mut places = Vec::new();
    let empty = Value::Object(serde_json::Map::new());
    let default = plugin.config.as_ref().map(portcullis_config::PluginSettings::value);
    if default.is_some() || plugin.rules.is_empty() {
        let filter = Some(translate(default.unwrap_or(&empty))?);
        places.push(Put { scope: Scope::Everywhere, filter });
    }
    for rule in &plugin.rules {
        let filter = match (&rule.config, rule.disable) {
            (_, true) => None,
            (config, false) => {
                Some(translate(config.as_ref().map_or(&empty, |config| config.value()))?)
            }
        };
        for scope in scopes(rule)? {
            places.push(Put { scope, filter: filter.clone() });
        }
    }
    Ok(places)
}

fn scopes(rule: &PluginRule) -> Result<Vec<Scope>, String> {
    if !rule.services.is_empty() {
        return Err("filters have no places by cluster".to_owned());
    }
    let host = |domain: &portcullis_config::PluginDomain| {
        let pattern = domain.as_str().parse::<HostPattern>();
        pattern.map(Scope::Host).map_err(|_| format!("filters have no place for `{domain}`"))
    };
    let routes = rule.routes.iter().map(|route| Ok(Scope::Route(route.clone())));
    routes.chain(rule.domains.iter().map(host)).collect()
}

/// Puts a filter in its place; says why it cannot.
fn put(gateway: &mut Gateway, kind: FilterKind, place: Put, plugin: usize) -> Option<Diagnostic> {
    let (filters, disable) = match &place.scope {
        Scope::Everywhere => (&mut gateway.filters, None),
        Scope::Host(host) => {
            let known = gateway.hosts.iter().position(|entry| entry.host == *host);
            let at = known.unwrap_or_else(|| {
                let (filters, disable) = (Vec::new(), Vec::new());
                gateway.hosts.push(HostFilters { host: host.clone(), filters, disable });
                gateway.hosts.len() - 1
            });
            let entry = gateway.hosts.get_mut(at)?;
            (&mut entry.filters, Some(&mut entry.disable))
        }
        Scope::Route(name) => {
            // A route that is not there is told by the check of rules.
            let route = gateway.routes.iter_mut().find(|route| route.name == *name)?;
            (&mut route.filters, Some(&mut route.disable))
        }
    };
    let taken = filters.iter().any(|filter| filter.kind() == kind)
        || disable.as_ref().is_some_and(|disable| disable.contains(&kind));
    if taken {
        let at = match place.scope {
            Scope::Everywhere => "everywhere".to_owned(),
            Scope::Host(host) => format!("for host `{host}`"),
            Scope::Route(name) => format!("for route `{name}`"),
        };
        let message = format!("the filter `{}` is given {at} already", kind.as_str());
        let help = "leave one of them out, or say `native_twin: false`";
        return Some(Diagnostic::error(format!("plugins[{plugin}].url"), message).with_help(help));
    }
    match (place.filter, disable) {
        (Some(filter), _) => filters.push(filter),
        (None, Some(disable)) => disable.push(kind),
        (None, None) => {}
    }
    None
}

#[cfg(test)]
mod tests;
