//! From written to compiled configuration, with every diagnostic.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use portcullis_canonical::{
    EscapedSlashes, ForwardedSource, HeadLimits, PathPolicy, Policy, TrustedProxies,
};
use portcullis_config as config;
use portcullis_config::{Diagnostic, Gateway, HostPattern};
use portcullis_matching::RouteTable;
use portcullis_telemetry::metrics::LogName;
use portcullis_telemetry::{Destination, LogSink, Redactor};
use portcullis_upstream::Cluster;

use crate::filters::{Chains, Place, below};
use crate::plugins::CompiledPlugins;
use crate::route::HostTable;
use crate::{Listener, Registry, Rewrite, Route, RouteTimeouts, Routes, Snapshot, Weights, tls};

/// What a snapshot is made of beside the configuration itself.
#[derive(Debug, Clone, Copy)]
pub struct Loaded {
    /// The number of the new snapshot.
    pub revision: u64,
    /// When the last of the files was closed, for the time a change takes to reach traffic; none at start.
    pub closed_at: Option<Instant>,
}

/// Compiles a configuration.
///
/// # Errors
/// Every problem found, located by its path in the configuration; nothing that runs is changed.
pub fn compile(
    gateway: Arc<Gateway>,
    registry: &Registry,
    loaded: Loaded,
) -> Result<Snapshot, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let logs = Logs::open(&gateway, registry, &mut problems);
    let clusters = clusters(&gateway, registry, &mut problems);
    let mut chains = Chains::new(&gateway, registry, &logs);
    let routes = routes(&gateway, &mut chains, &clusters, &mut problems);
    problems.extend(chains.into_problems());
    problems.extend(CompiledPlugins::compile(&gateway).err().into_iter().flatten());
    let tables = Tables::new(&gateway, &routes);
    let mut listeners = Vec::new();
    for (n, listener) in gateway.listeners.iter().enumerate() {
        match compile_listener(listener, &gateway, &tables, &format!("listeners[{n}]")) {
            Ok(listener) => listeners.push(Arc::new(listener)),
            Err(found) => problems.extend(found),
        }
    }
    if problems.iter().any(Diagnostic::is_error) {
        // A table over all routes is compiled once a listener; its problems are told once.
        let mut told = std::collections::HashSet::new();
        problems.retain(|problem| told.insert(problem.clone()));
        return Err(problems);
    }
    Ok(Snapshot {
        revision: loaded.revision,
        trusted_proxies: trusted_proxies(&gateway.trusted_proxies),
        listeners,
        access_log: logs.access,
        redactor: logs.redactor,
        clusters: gateway.clusters.iter().filter_map(|c| clusters.get(&*c.name).cloned()).collect(),
        closed_at: loaded.closed_at,
        warnings: problems,
        seen: AtomicBool::new(false),
        gateway,
    })
}

/// Logs that are open, and what they hide.
#[derive(Debug)]
pub(crate) struct Logs {
    access: Option<Arc<LogSink>>,
    pub(crate) waf: Option<Arc<LogSink>>,
    pub(crate) redactor: Redactor,
}

impl Logs {
    fn open(gateway: &Gateway, registry: &Registry, problems: &mut Vec<Diagnostic>) -> Self {
        let (telemetry, limits) = (&gateway.telemetry, &gateway.limits);
        let redactor =
            Redactor::compile(&telemetry.redact).map_err(|found| below(found, "telemetry.redact"));
        if let Some(audit) = &telemetry.audit_log {
            problems.extend(portcullis_waf::check_audit(audit, "telemetry.audit_log"));
        }
        Self {
            access: taken(
                open_log(LogName::Access, &telemetry.access_log, registry, limits),
                problems,
            ),
            waf: taken(open_log(LogName::Waf, &telemetry.waf_log, registry, limits), problems),
            redactor: taken(redactor, problems),
        }
    }
}

/// A value, or its default and why there is none.
fn taken<T: Default>(made: Result<T, Vec<Diagnostic>>, problems: &mut Vec<Diagnostic>) -> T {
    made.unwrap_or_else(|found| {
        problems.extend(found);
        T::default()
    })
}

fn open_log(
    name: LogName,
    log: &config::Log,
    registry: &Registry,
    limits: &config::Limits,
) -> Result<Option<Arc<LogSink>>, Vec<Diagnostic>> {
    let Some(destination) = Destination::of(&log.to) else { return Ok(None) };
    registry.log(name, destination, log.rotate, limits).map(Some).map_err(|error| {
        let path = format!("telemetry.{}_log.to", name.as_str());
        vec![Diagnostic::error(path, format!("the log cannot be opened: {error}"))]
    })
}

fn clusters<'a>(
    gateway: &'a Gateway,
    registry: &Registry,
    problems: &mut Vec<Diagnostic>,
) -> HashMap<&'a str, Arc<Cluster>> {
    let mut clusters = HashMap::new();
    for (n, cluster) in gateway.clusters.iter().enumerate() {
        if let Some(ca) = cluster.tls.as_ref().and_then(|tls| tls.ca.as_deref()) {
            problems.extend(tls::check_authorities(ca, &format!("clusters[{n}].tls.ca")));
        }
        match registry.cluster(cluster) {
            Ok(compiled) => {
                clusters.insert(cluster.name.as_str(), compiled);
            }
            Err(found) => problems.extend(below(found, &format!("clusters[{n}]"))),
        }
    }
    clusters
}

/// All routes in order; none where one does not compile.
fn routes<'a>(
    gateway: &'a Gateway,
    chains: &mut Chains<'a>,
    clusters: &HashMap<&str, Arc<Cluster>>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Arc<Route>> {
    let host_paths: Vec<String> = (0..gateway.hosts.len()).map(|n| format!("hosts[{n}]")).collect();
    let route_paths: Vec<String> =
        (0..gateway.routes.len()).map(|n| format!("routes[{n}]")).collect();
    let mut routes = Vec::with_capacity(gateway.routes.len());
    for (route, at) in gateway.routes.iter().zip(&route_paths) {
        let own = Place { filters: &route.filters, disable: &route.disable, at };
        let global = Place { filters: &gateway.filters, disable: &[], at: "" };
        let mut chains_by_host = HashMap::new();
        for (n, host) in gateway.hosts.iter().enumerate() {
            if meets(&route.hosts, &host.host) {
                let place =
                    Place { filters: &host.filters, disable: &host.disable, at: &host_paths[n] };
                chains_by_host.insert(n, chains.of(&[own, place, global]));
            }
        }
        let rewrite = route.rewrite.as_ref().and_then(|rewrite| {
            Rewrite::compile(rewrite, &route.matches, &format!("{at}.rewrite"))
                .map_err(|found| problems.extend(found))
                .ok()
        });
        let targets = route.targets();
        let targets = targets.filter_map(|(name, w)| Some((Arc::clone(clusters.get(name)?), w)));
        routes.push(Arc::new(Route {
            name: route.name.as_str().into(),
            weights: Weights::new(targets.collect()),
            rewrite,
            timeouts: RouteTimeouts {
                request: route.timeouts.request.map(Into::into),
                idle: route.timeouts.idle.map(Into::into),
            },
            chain: chains.of(&[own, global]),
            chains_by_host,
        }));
    }
    routes
}

/// Whether a request can match one of a route's hosts and an entry of `hosts` at once.
fn meets(route: &[HostPattern], entry: &HostPattern) -> bool {
    let covers = |wide: &str, narrow: &str| match wide.strip_prefix('*') {
        Some(suffix) => narrow.ends_with(suffix),
        None => wide == narrow,
    };
    route.is_empty()
        || route.iter().any(|host| {
            covers(host.as_str(), entry.as_str()) || covers(entry.as_str(), host.as_str())
        })
}

/// A table, or why there is none.
type Made = Result<Arc<Routes>, Vec<Diagnostic>>;

/// The route tables of all listeners; listeners that serve the same routes share one.
struct Tables<'a> {
    gateway: &'a Gateway,
    routes: &'a [Arc<Route>],
    made: parking_lot::Mutex<HashMap<Vec<usize>, Made>>,
}

impl<'a> Tables<'a> {
    fn new(gateway: &'a Gateway, routes: &'a [Arc<Route>]) -> Self {
        Self { gateway, routes, made: parking_lot::Mutex::default() }
    }

    fn of(&self, listener: &str) -> Made {
        let serves = |route: &config::Route| {
            route.listeners.is_empty() || route.listeners.iter().any(|name| name == listener)
        };
        let served: Vec<usize> = (0..self.gateway.routes.len())
            .filter(|&n| self.gateway.routes.get(n).is_some_and(serves))
            .collect();
        let mut made = self.made.lock();
        if let Some(routes) = made.get(&served) {
            return routes.clone();
        }
        let routes = self.make(&served);
        made.insert(served, routes.clone());
        routes
    }

    fn make(&self, served: &[usize]) -> Made {
        let written = served.iter().filter_map(|&n| Some((n, self.gateway.routes.get(n)?)));
        let table = RouteTable::new(written)?;
        let routes = served.iter().filter_map(|&n| self.routes.get(n).cloned()).collect();
        let hosts = HostTable::new(self.gateway.hosts.iter().map(|host| &host.host));
        Ok(Arc::new(Routes { table, routes, hosts }))
    }
}

fn compile_listener(
    listener: &config::Listener,
    gateway: &Gateway,
    tables: &Tables<'_>,
    at: &str,
) -> Result<Listener, Vec<Diagnostic>> {
    let limits = listener.limits.over(&gateway.limits);
    let tls = match &listener.tls {
        Some(written) => Some(tls::compile(written, &format!("{at}.tls"))?),
        None => None,
    };
    Ok(Listener {
        name: listener.name.as_str().into(),
        address: listener.address.get(),
        h2c: listener.h2c,
        tls,
        policy: policy(gateway, &limits),
        limits,
        routes: tables.of(&listener.name)?,
    })
}

fn policy(gateway: &Gateway, limits: &config::Limits) -> Policy {
    Policy {
        limits: HeadLimits {
            uri_bytes: limits.uri.in_memory(),
            headers_bytes: limits.headers.in_memory(),
            headers_count: limits.headers_count as usize,
        },
        path: PathPolicy {
            merge_slashes: gateway.paths.merge_slashes,
            escaped_slashes: match gateway.paths.escaped_slashes {
                config::EscapedSlashes::Keep => EscapedSlashes::Keep,
                config::EscapedSlashes::Reject => EscapedSlashes::Reject,
                config::EscapedSlashes::Decode => EscapedSlashes::Decode,
            },
            ..PathPolicy::default()
        },
        ..Policy::default()
    }
}

fn trusted_proxies(written: &config::TrustedProxies) -> TrustedProxies {
    let source = match written.header {
        config::ForwardedHeader::XForwardedFor => ForwardedSource::XForwardedFor,
        config::ForwardedHeader::Forwarded => ForwardedSource::Forwarded,
    };
    TrustedProxies::new(written.addresses.iter().map(|net| net.get()), source, written.hops)
}
