//! The best of many matches.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_config::{Diagnostic, Route};

use crate::compile::Compiler;
use crate::conditions::Conditions;
use crate::path::PathMatcher;
use crate::paths::{Entry, Paths};
use crate::specificity::rank;
use crate::{HostRank, Query, Specificity};

/// Routes compiled for look-up. The best match wins ([`Specificity`]), ties go to the first.
///
/// Where the routes of a host pattern do not match, those of the next less exact pattern are asked, down to the ones
/// of any host. The cost grows with the labels of the host and the different lengths of prefixes, not with the number
/// of routes; only regular expressions of one host pattern are tried one by one.
#[derive(Debug, Default)]
pub struct RouteTable {
    exact: HashMap<Box<str>, Paths>,
    /// By what follows `*.`.
    wildcards: HashMap<Box<str>, Paths>,
    /// Longest wildcard in bytes: longer suffixes of a host need no look-up.
    wildcard_bytes: usize,
    any: Paths,
}

/// A route that matches, and how exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Position of the route among those the table was made from, from 0.
    pub index: usize,
    /// How exactly it matches; shown by `explain`.
    pub specificity: Specificity,
}

impl RouteTable {
    /// Compiles routes, each with its number in the configuration, for the place in diagnostics.
    ///
    /// # Errors
    /// Every regular expression, path, method and header name that is none.
    pub fn new<'a>(
        routes: impl IntoIterator<Item = (usize, &'a Route)>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut compiler = Compiler::default();
        let mut table = Self::default();
        for (index, (number, route)) in routes.into_iter().enumerate() {
            let place = format!("routes[{number}].match");
            let conditions = Arc::new(Conditions::compile(&route.matches, &place, &mut compiler));
            let path = PathMatcher::compile(route.matches.path.as_ref(), &place, &mut compiler);
            if let Some(path) = path {
                table.add(index, route, &path, &conditions);
            }
        }
        if !compiler.diagnostics.is_empty() {
            return Err(compiler.diagnostics);
        }
        table.finish();
        Ok(table)
    }

    /// The position of the best route, by the order in which the table was made.
    #[must_use]
    pub fn find(&self, query: &Query<'_>) -> Option<usize> {
        self.find_best(query).map(|found| found.index)
    }

    /// The best route, and how exactly it matches.
    #[must_use]
    pub fn find_best(&self, query: &Query<'_>) -> Option<&Found> {
        let host = query.host.as_str();
        let exact = || self.exact.get(host)?.find(query);
        exact().or_else(|| self.find_wildcard(host, query)).or_else(|| self.any.find(query))
    }

    /// The longest suffix first. At least one label stands for the `*`.
    fn find_wildcard(&self, host: &str, query: &Query<'_>) -> Option<&Found> {
        if self.wildcards.is_empty() {
            return None;
        }
        let mut rest = host;
        while let Some((_, suffix)) = rest.split_once('.') {
            rest = suffix;
            if suffix.len() > self.wildcard_bytes {
                continue;
            }
            let found = self.wildcards.get(suffix).and_then(|paths| paths.find(query));
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn add(
        &mut self,
        index: usize,
        route: &Route,
        path: &PathMatcher,
        conditions: &Arc<Conditions>,
    ) {
        let add = |paths: &mut Paths, host: HostRank| {
            let matches = &route.matches;
            let specificity = Specificity {
                host,
                path: path.rank(),
                method: !matches.methods.is_empty(),
                headers: rank(matches.headers.len()),
                query: rank(matches.query.len()),
            };
            let found = Found { index, specificity };
            paths.add(path, Entry { found, conditions: Arc::clone(conditions) });
        };
        if route.hosts.is_empty() {
            add(&mut self.any, HostRank::Any);
        }
        for host in &route.hosts {
            let host = host.as_str();
            match host.strip_prefix("*.") {
                Some(suffix) => {
                    self.wildcard_bytes = self.wildcard_bytes.max(suffix.len());
                    let paths = self.wildcards.entry(suffix.into()).or_default();
                    add(paths, HostRank::Wildcard(rank(suffix.len())));
                }
                None if host == "*" => add(&mut self.any, HostRank::Any),
                None => add(self.exact.entry(host.into()).or_default(), HostRank::Exact),
            }
        }
    }

    fn finish(&mut self) {
        let hosts = self.exact.values_mut().chain(self.wildcards.values_mut());
        hosts.chain([&mut self.any]).for_each(Paths::finish);
    }
}
