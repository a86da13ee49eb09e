//! Compiled routes, and the one way from a request to its route and chain.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use portcullis_canonical::Host;
use portcullis_config::HostPattern;
use portcullis_matching::{Query, RouteTable};

use crate::{Chain, Rewrite, Weights};

/// match -> filters + clusters, compiled.
pub struct Route {
    /// Its name.
    pub name: Arc<str>,
    /// Which cluster gets the next request.
    pub weights: Weights,
    /// What is changed on the way up.
    pub rewrite: Option<Rewrite>,
    /// How long an exchange may take.
    pub timeouts: RouteTimeouts,
    pub(crate) chain: Arc<Chain>,
    pub(crate) chains_by_host: HashMap<usize, Arc<Chain>>,
}

/// How long an exchange of a route may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RouteTimeouts {
    /// From the request's beginning to the response's end; none: the cluster's.
    pub request: Option<Duration>,
    /// Longest silence of a stream or an upgraded connection; none: the listener's.
    pub idle: Option<Duration>,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The routes of a listener.
#[derive(Debug)]
pub struct Routes {
    pub(crate) table: RouteTable,
    pub(crate) routes: Vec<Arc<Route>>,
    pub(crate) hosts: HostTable,
}

/// The route of a request, with the chain that holds for its host.
#[derive(Debug, Clone, Copy)]
pub struct Routed<'a> {
    /// The route.
    pub route: &'a Arc<Route>,
    /// Its filters for this host.
    pub chain: &'a Arc<Chain>,
}

impl Routes {
    /// The route of a request; none: nothing matches.
    #[must_use]
    pub fn find(&self, query: &Query<'_>) -> Option<Routed<'_>> {
        let route = self.routes.get(self.table.find(query)?)?;
        let own = match route.chains_by_host.is_empty() {
            true => None,
            false => self.hosts.find(query.host).and_then(|n| route.chains_by_host.get(&n)),
        };
        Some(Routed { route, chain: own.unwrap_or(&route.chain) })
    }

    /// All routes in the order of the documents.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Route>> {
        self.routes.iter()
    }
}

/// The entries of `hosts`, found by the most exact pattern.
#[derive(Debug, Default)]
pub(crate) struct HostTable {
    exact: HashMap<Box<str>, usize>,
    wildcard: HashMap<Box<str>, usize>,
    any: Option<usize>,
}

impl HostTable {
    /// A table of patterns, each standing for its position. Of equal patterns the first counts.
    pub(crate) fn new<'a>(patterns: impl Iterator<Item = &'a HostPattern>) -> Self {
        let mut table = Self::default();
        for (n, pattern) in patterns.enumerate() {
            match pattern.as_str() {
                "*" => {
                    table.any.get_or_insert(n);
                }
                text => match text.strip_prefix("*.") {
                    Some(parent) => {
                        table.wildcard.entry(parent.into()).or_insert(n);
                    }
                    None => {
                        table.exact.entry(text.into()).or_insert(n);
                    }
                },
            }
        }
        table
    }

    /// The position of the most exact pattern for a host.
    pub(crate) fn find(&self, host: &Host) -> Option<usize> {
        let name = host.as_str();
        if let Some(&n) = self.exact.get(name) {
            return Some(n);
        }
        let mut rest = name;
        while let Some((_, parent)) = rest.split_once('.') {
            if let Some(&n) = self.wildcard.get(parent) {
                return Some(n);
            }
            rest = parent;
        }
        self.any
    }
}
