//! A named set of equal endpoints: picking, bounding, health.

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use portcullis_config::{self as config, Diagnostic};

use crate::balance::{Balancer, View};
use crate::clock::{Clock, Millis};
use crate::endpoint::{Endpoint, EndpointId};
use crate::health::{EndpointHealth, Outcome, Transition};
use crate::lease::Lease;
use crate::retry::RetryBudget;

/// No endpoint is ejected.
const NEVER: Millis = Millis::MAX;

/// Told of every change of an endpoint's health.
type Observer = Box<dyn Fn(&Endpoint, Transition) + Send + Sync>;

/// What a pick depends on.
#[derive(Debug, Clone, Copy, Default)]
pub struct PickKey<'a> {
    /// Hash of what [`config::Balance::ConsistentHash`] names, see [`crate::stable_hash`]; none when the request
    /// does not have it, or for other ways of balancing.
    pub hash: Option<u64>,
    /// Endpoints this exchange tried already, by [`Lease::index`]. They are picked again only when there is no
    /// other.
    pub tried: &'a [usize],
}

/// No endpoint could be picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PickError {
    /// The cluster has as many requests in flight as it may have.
    Overflow,
    /// No endpoint has an address.
    NoAddress,
}

impl fmt::Display for PickError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overflow => "the cluster has as many requests in flight as it may have",
            Self::NoAddress => "no endpoint of the cluster has an address",
        })
    }
}

impl std::error::Error for PickError {}

/// A cluster in operation. It outlives a reload that leaves its configuration as it is.
pub struct Cluster {
    config: config::Cluster,
    name: Arc<str>,
    endpoints: Box<[Endpoint]>,
    balancer: Balancer,
    view: ArcSwap<View>,
    in_flight: AtomicU32,
    /// When the next ejection ends.
    next_return: AtomicU64,
    /// Held by whoever changes health or the view.
    health_lock: Mutex<()>,
    retry_budget: RetryBudget,
    observer: OnceLock<Observer>,
    clock: Clock,
}

impl Cluster {
    /// A cluster of this configuration in which every endpoint counts as healthy.
    ///
    /// # Errors
    /// Every fault of the configuration; paths begin at the cluster: `endpoints[2].weight`.
    pub fn new(config: &config::Cluster) -> Result<Arc<Self>, Vec<Diagnostic>> {
        Self::with(config, Clock::monotonic(), None)
    }

    /// As [`Cluster::new`], by another clock.
    ///
    /// # Errors
    /// As [`Cluster::new`].
    pub fn with_clock(
        config: &config::Cluster,
        clock: Clock,
    ) -> Result<Arc<Self>, Vec<Diagnostic>> {
        Self::with(config, clock, None)
    }

    /// A cluster that takes the place of this one after a reload: endpoints that both have keep their health, unless
    /// health is judged otherwise now.
    ///
    /// # Errors
    /// As [`Cluster::new`].
    pub fn successor(&self, config: &config::Cluster) -> Result<Arc<Self>, Vec<Diagnostic>> {
        let keeps_health = self.config.health == config.health;
        Self::with(config, self.clock.clone(), keeps_health.then_some(self))
    }

    fn with(
        config: &config::Cluster,
        clock: Clock,
        heir_of: Option<&Self>,
    ) -> Result<Arc<Self>, Vec<Diagnostic>> {
        let problems = problems(config);
        if !problems.is_empty() {
            return Err(problems);
        }
        let inherited = |endpoint: &config::Endpoint| {
            let before = heir_of?.endpoints.iter().find(|e| *e.written() == endpoint.address)?;
            Some(before.health.inherit())
        };
        let endpoints: Box<[Endpoint]> = config
            .endpoints
            .iter()
            .enumerate()
            .map(|(at, endpoint)| {
                let health: EndpointHealth = inherited(endpoint).unwrap_or_default();
                Endpoint::new(EndpointId(at), endpoint, health)
            })
            .collect();
        let cluster = Self {
            config: config.clone(),
            name: config.name.as_str().into(),
            balancer: Balancer::new(&config.balance, &endpoints),
            view: ArcSwap::from_pointee(View::of(&endpoints)),
            endpoints,
            in_flight: AtomicU32::new(0),
            next_return: AtomicU64::new(NEVER),
            health_lock: Mutex::new(()),
            retry_budget: RetryBudget::new(&config.retry, clock.clone()),
            observer: OnceLock::new(),
            clock,
        };
        cluster.publish();
        Ok(Arc::new(cluster))
    }

    /// What the operator wrote; equality of it decides whether a cluster outlives a reload.
    #[must_use]
    pub fn config(&self) -> &config::Cluster {
        &self.config
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// All endpoints, by [`EndpointId`].
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// What a consistent hash is taken of; none for other ways of balancing.
    #[must_use]
    pub fn hash_key(&self) -> Option<&config::HashKey> {
        match &self.config.balance {
            config::Balance::ConsistentHash(key) => Some(key),
            config::Balance::RoundRobin | config::Balance::LeastRequest => None,
        }
    }

    /// The retries this cluster gets. Call [`RetryBudget::deposit`] once for each exchange.
    #[must_use]
    pub fn retry_budget(&self) -> &RetryBudget {
        &self.retry_budget
    }

    /// Requests in flight.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Whether every endpoint is unhealthy or ejected, so that all are tried anyway.
    #[must_use]
    pub fn is_desperate(&self) -> bool {
        self.view.load().desperate
    }

    /// Has every later change of health told to `observer`, for logs and metrics; it must not block. The first
    /// observer stays.
    pub fn observe(&self, observer: impl Fn(&Endpoint, Transition) + Send + Sync + 'static) {
        let _ = self.observer.set(Box::new(observer));
    }

    /// Picks an endpoint for a request.
    ///
    /// # Errors
    /// When the cluster is full or no endpoint has an address.
    pub fn pick(self: &Arc<Self>, key: &PickKey<'_>) -> Result<Lease, PickError> {
        self.return_ejected();
        let bound = self.config.limits.requests;
        if self.in_flight.fetch_add(1, Ordering::Relaxed) >= bound {
            self.leave();
            return Err(PickError::Overflow);
        }
        let picked = {
            let view = self.view.load();
            self.balancer.pick(&view, &self.endpoints, key.hash, key.tried)
        };
        match picked.and_then(|index| Some((index, self.endpoints[index].address()?))) {
            Some((index, address)) => Ok(Lease::new(Arc::clone(self), index, address)),
            None => {
                self.leave();
                Err(PickError::NoAddress)
            }
        }
    }

    /// Takes in the result of an active check. Does nothing in a cluster without active health.
    pub fn checked(&self, endpoint: EndpointId, ok: bool) {
        let (Some(rule), Some(endpoint)) =
            (&self.config.health.active, self.endpoints.get(endpoint.0))
        else {
            return;
        };
        let guard = self.health_lock.lock();
        let transition = endpoint.health.checked(ok, rule);
        if let Some(transition) = transition {
            self.publish();
            drop(guard);
            self.tell(endpoint, transition);
        }
    }

    pub(crate) fn endpoint(&self, index: usize) -> &Endpoint {
        &self.endpoints[index]
    }

    pub(crate) fn leave(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn report(&self, index: usize, outcome: Outcome) {
        let Some(rule) = &self.config.health.passive else { return };
        let endpoint = &self.endpoints[index];
        match outcome {
            Outcome::Success => endpoint.health.succeeded(),
            Outcome::Failure => {
                if endpoint.health.failed(rule) {
                    self.eject(endpoint, rule);
                }
            }
        }
    }

    fn eject(&self, endpoint: &Endpoint, rule: &config::PassiveHealth) {
        let guard = self.health_lock.lock();
        let ejected = self.endpoints.iter().filter(|e| e.health.is_ejected()).count();
        if endpoint.health.is_ejected() || ejected >= self.ejected_max(rule) {
            return;
        }
        let length = endpoint.health.eject(self.clock.now(), rule);
        self.publish();
        drop(guard);
        self.tell(endpoint, Transition::Ejected(length));
    }

    /// Rounded down, but one endpoint of several may always go, else a share of 50 % would never eject one of
    /// three at 30 %. The only endpoint of a cluster is never ejected: it would be tried anyway.
    fn ejected_max(&self, rule: &config::PassiveHealth) -> usize {
        let percent = usize::from(rule.max_ejected_percent.get());
        let count = self.endpoints.len();
        if percent == 0 || count < 2 {
            return 0;
        }
        (count * percent / 100).max(1)
    }

    /// Ends the ejections whose time is over. One relaxed load where nothing is ejected.
    fn return_ejected(&self) {
        let next = self.next_return.load(Ordering::Relaxed);
        if next == NEVER {
            return;
        }
        let now = self.clock.now();
        if now < next {
            return;
        }
        let guard = self.health_lock.lock();
        let returned: Vec<&Endpoint> =
            self.endpoints.iter().filter(|endpoint| endpoint.health.return_at(now)).collect();
        self.publish();
        drop(guard);
        for endpoint in returned {
            self.tell(endpoint, Transition::Returned);
        }
    }

    /// Publishes what health is now. The caller holds the health lock, or is the only one to know the cluster.
    fn publish(&self) {
        let next = self.endpoints.iter().filter_map(|endpoint| endpoint.health.returns_at()).min();
        self.next_return.store(next.unwrap_or(NEVER), Ordering::Relaxed);
        self.view.store(Arc::new(View::of(&self.endpoints)));
    }

    fn tell(&self, endpoint: &Endpoint, transition: Transition) {
        if let Some(observer) = self.observer.get() {
            observer(endpoint, transition);
        }
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("name", &self.name)
            .field("endpoints", &self.endpoints)
            .field("in_flight", &self.in_flight())
            .finish_non_exhaustive()
    }
}

fn problems(config: &config::Cluster) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    if config.endpoints.is_empty() {
        problems.push(
            Diagnostic::error("endpoints", format!("cluster `{}` has no endpoint", config.name))
                .with_help("give at least one, as `endpoints: [{ address: \"10.0.0.7:8080\" }]`"),
        );
    }
    for (at, endpoint) in config.endpoints.iter().enumerate() {
        if !(1..=WEIGHT_MAX).contains(&endpoint.weight) {
            problems.push(
                Diagnostic::error(
                    format!("endpoints[{at}].weight"),
                    format!("{} is not a weight", endpoint.weight),
                )
                .with_help(format!("write a number from 1 to {WEIGHT_MAX}")),
            );
        }
    }
    problems
}

/// Largest weight of an endpoint.
const WEIGHT_MAX: u32 = 1000;

#[cfg(test)]
mod tests;
