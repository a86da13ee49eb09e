//! Which filters run on a route for a host, and their compilation. The only place that knows every filter.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_config as config;
use portcullis_config::{Diagnostic, FilterConfig, FilterKind};
use portcullis_filter::Filter;
use portcullis_telemetry::metrics::LogName;
use portcullis_telemetry::{Destination, LogSink};
use portcullis_traffic::HeadersFilter;
use portcullis_waf::{AuditSource, WafFilter, WafParts};

use crate::compile::Logs;
use crate::order::position;
use crate::{Chain, Link, OnError, Registry};

/// The filters of one place in the documents, with the path of that place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a, 'p> {
    pub(crate) filters: &'a [FilterConfig],
    pub(crate) disable: &'a [FilterKind],
    pub(crate) at: &'p str,
}

/// Compiles filters once each and shares chains that are equal.
pub(crate) struct Chains<'a> {
    gateway: &'a config::Gateway,
    registry: &'a Registry,
    logs: &'a Logs,
    filters: HashMap<&'a FilterConfig, Option<Arc<dyn Filter>>>,
    chains: HashMap<Vec<&'a FilterConfig>, Arc<Chain>>,
    problems: Vec<Diagnostic>,
}

impl<'a> Chains<'a> {
    pub(crate) fn new(
        gateway: &'a config::Gateway,
        registry: &'a Registry,
        logs: &'a Logs,
    ) -> Self {
        Self {
            gateway,
            registry,
            logs,
            filters: HashMap::new(),
            chains: HashMap::new(),
            problems: Vec::new(),
        }
    }

    /// The chain that holds where these places meet, given from the narrowest to the widest: route, host, global.
    pub(crate) fn of(&mut self, places: &[Place<'a, '_>]) -> Arc<Chain> {
        let chosen = choose(places);
        let key: Vec<&FilterConfig> = chosen.iter().map(|(filter, _)| *filter).collect();
        if let Some(chain) = self.chains.get(&key) {
            return Arc::clone(chain);
        }
        let links = chosen
            .iter()
            .filter_map(|(filter, at)| {
                let compiled = self.filter(filter, at)?;
                Some(Link { filter: compiled, on_error: on_error(filter) })
            })
            .collect();
        let chain = Arc::new(Chain::new(links));
        self.chains.insert(key, Arc::clone(&chain));
        chain
    }

    /// Every problem found on the way.
    pub(crate) fn into_problems(self) -> Vec<Diagnostic> {
        self.problems
    }

    fn filter(&mut self, filter: &'a FilterConfig, at: &str) -> Option<Arc<dyn Filter>> {
        if let Some(compiled) = self.filters.get(filter) {
            return compiled.clone();
        }
        let compiled = match self.compile(filter, at) {
            Ok((compiled, warnings)) => {
                self.problems.extend(warnings);
                Some(compiled)
            }
            Err(problems) => {
                self.problems.extend(problems);
                None
            }
        };
        self.filters.insert(filter, compiled.clone());
        compiled
    }

    fn open_audit(&self, log: &config::AuditLog) -> std::io::Result<Option<Arc<LogSink>>> {
        let Some(destination) = Destination::of_audit(&log.to) else { return Ok(None) };
        let limits = &self.gateway.limits;
        self.registry.log(LogName::Audit, destination, log.rotate, limits).map(Some)
    }

    /// The filter, and what should be known of it.
    fn compile(&self, filter: &FilterConfig, at: &str) -> Result<Compiled, Vec<Diagnostic>> {
        match filter {
            FilterConfig::Waf(waf) => {
                let at = &format!("{at}.waf");
                let parts = WafParts {
                    rulesets: &self.gateway.rulesets,
                    compiled: &self.registry.rulesets,
                    metrics: &self.registry.metrics,
                    log: self.logs.waf.as_ref(),
                    redactor: &self.logs.redactor,
                    audit: AuditSource {
                        written: self.gateway.telemetry.audit_log.as_ref(),
                        open: &|log| self.open_audit(log),
                    },
                    at,
                };
                let filter = WafFilter::compile(waf, &parts)?;
                let warnings = filter.warnings(at);
                Ok((Arc::new(filter), warnings))
            }
            FilterConfig::Headers(headers) => {
                let compiled = self.registry.headers.of(headers, HeadersFilter::compile);
                let filter =
                    compiled.map_err(|problems| below(problems, &format!("{at}.headers")))?;
                Ok((filter, Vec::new()))
            }
        }
    }
}

/// A filter and the warnings of making it.
type Compiled = (Arc<dyn Filter>, Vec<Diagnostic>);

/// The filter of each kind that counts, with the path of its place, in the order they run.
fn choose<'a>(places: &[Place<'a, '_>]) -> Vec<(&'a FilterConfig, String)> {
    let mut chosen: Vec<(FilterKind, Option<(&FilterConfig, String)>)> = Vec::new();
    for place in places {
        for (n, filter) in place.filters.iter().enumerate() {
            if !chosen.iter().any(|(kind, _)| *kind == filter.kind()) {
                let at = match place.at {
                    "" => format!("filters[{n}]"),
                    at => format!("{at}.filters[{n}]"),
                };
                chosen.push((filter.kind(), Some((filter, at))));
            }
        }
        for kind in place.disable {
            if !chosen.iter().any(|(known, _)| known == kind) {
                chosen.push((*kind, None));
            }
        }
    }
    let mut filters: Vec<_> = chosen.into_iter().filter_map(|(_, filter)| filter).collect();
    filters.retain(|(filter, _)| !is_off(filter));
    filters.sort_by_key(|(filter, _)| position(filter.kind()));
    filters
}

/// Problems of a part, with the path of the whole.
pub(crate) fn below(problems: Vec<Diagnostic>, at: &str) -> Vec<Diagnostic> {
    let place =
        |problem: Diagnostic| Diagnostic { path: format!("{at}.{}", problem.path), ..problem };
    problems.into_iter().map(place).collect()
}

/// A WAF that is off takes no part in any phase, so it is not even in the chain.
fn is_off(filter: &FilterConfig) -> bool {
    match filter {
        FilterConfig::Waf(waf) => waf.mode == config::WafMode::Off,
        FilterConfig::Headers(_) => false,
    }
}

fn on_error(filter: &FilterConfig) -> OnError {
    match filter {
        FilterConfig::Waf(waf) => match waf.on_error {
            config::OnError::Closed => OnError::Closed,
            config::OnError::Open => OnError::Open,
        },
        FilterConfig::Headers(_) => OnError::Closed,
    }
}

#[cfg(test)]
mod tests;
