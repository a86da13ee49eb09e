//! Which of the usable endpoints is next.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use portcullis_config::Balance;

use crate::endpoint::Endpoint;
use crate::hash::{mix, stable_hash};

/// Longest round-robin sequence; larger sums of weights are scaled down to it.
const SEQUENCE_MAX: u64 = 8192;

/// Points of an endpoint of average weight on the hash ring: keys spread evenly to about a tenth.
const POINTS: u64 = 160;

/// Most points of a ring; clusters of more than some 600 endpoints get fewer for each.
const RING_MAX: u64 = 100_000;

/// Step of SplitMix64, 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Draws of a round-robin retry before it takes the first endpoint that was not tried.
const DRAWS_MAX: usize = 32;

/// How endpoints are picked, with what changes from pick to pick.
#[derive(Debug)]
pub(crate) struct Balancer {
    kind: Kind,
    turn: AtomicUsize,
    random: AtomicU64,
}

#[derive(Debug)]
enum Kind {
    RoundRobin,
    LeastRequest,
    ConsistentHash(Ring),
}

/// The endpoints that may be picked now. Made anew when health changes.
#[derive(Debug)]
pub(crate) struct View {
    /// Positions of the endpoints that may be picked, ascending.
    usable: Box<[usize]>,
    /// By position, whether it may be picked.
    flags: Box<[bool]>,
    /// Positions in the order of weighted round robin.
    sequence: Box<[usize]>,
    /// For each of `usable`, the sum of weights up to and including it.
    cumulated: Box<[u64]>,
    /// None was good, so all are here.
    pub(crate) desperate: bool,
}

impl View {
    /// The good endpoints; all that have an address when none is good. To try an endpoint that is believed to be
    /// down costs little more than the error that would be sent otherwise, and a wrong check or an ejection of
    /// everything at once, as by a failing network of ours, must not make an outage by itself.
    pub(crate) fn of(endpoints: &[Endpoint]) -> Self {
        let positions = |wanted: fn(&Endpoint) -> bool| -> Box<[usize]> {
            let pairs = endpoints.iter().enumerate();
            pairs.filter(|(_, endpoint)| wanted(endpoint)).map(|(at, _)| at).collect()
        };
        let good = positions(Endpoint::is_usable);
        let desperate = good.is_empty();
        let usable =
            if desperate { positions(|endpoint| endpoint.address().is_some()) } else { good };
        let mut flags = vec![false; endpoints.len()];
        let mut cumulated = Vec::with_capacity(usable.len());
        let mut total = 0;
        for at in &usable {
            flags[*at] = true;
            total += u64::from(endpoints[*at].weight());
            cumulated.push(total);
        }
        Self {
            sequence: sequence(endpoints, &usable),
            usable,
            flags: flags.into_boxed_slice(),
            cumulated: cumulated.into_boxed_slice(),
            desperate,
        }
    }

    fn weight(&self, index: usize) -> u64 {
        self.cumulated[index] - self.start(index)
    }

    fn start(&self, index: usize) -> u64 {
        if index == 0 { 0 } else { self.cumulated[index - 1] }
    }

    fn total(&self) -> u64 {
        self.cumulated.last().copied().unwrap_or(0)
    }
}

/// Every endpoint as often as its weight says, spread evenly: the k-th turn of an endpoint of weight w stands
/// at (k + 1/2) / w of the way, ties in the order of configuration.
fn sequence(endpoints: &[Endpoint], usable: &[usize]) -> Box<[usize]> {
    let weight = |at: usize| u64::from(endpoints[at].weight());
    let divisor = usable.iter().fold(0, |divisor, at| gcd(divisor, weight(*at))).max(1);
    let total: u64 = usable.iter().map(|at| weight(*at) / divisor).sum();
    let mut turns: Vec<(u64, usize)> = Vec::new();
    for at in usable {
        let own = weight(*at) / divisor;
        let scaled = if total > SEQUENCE_MAX { own * SEQUENCE_MAX / total } else { own }.max(1);
        // In units of 2^-40 of the sequence.
        turns.extend((0..scaled).map(|turn| (((2 * turn + 1) << 40) / (2 * scaled), *at)));
    }
    turns.sort_unstable();
    turns.into_iter().map(|(_, at)| at).collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Balancer {
    pub(crate) fn new(balance: &Balance, endpoints: &[Endpoint]) -> Self {
        let kind = match balance {
            Balance::RoundRobin => Kind::RoundRobin,
            Balance::LeastRequest => Kind::LeastRequest,
            Balance::ConsistentHash(_) => Kind::ConsistentHash(Ring::of(endpoints)),
        };
        Self { kind, turn: AtomicUsize::new(0), random: AtomicU64::new(0) }
    }

    /// The next endpoint that was not tried; a tried one when there is no other; none for an empty view.
    pub(crate) fn pick(
        &self,
        view: &View,
        endpoints: &[Endpoint],
        hash: Option<u64>,
        tried: &[usize],
    ) -> Option<usize> {
        let tried = if view.usable.iter().all(|at| tried.contains(at)) { &[] } else { tried };
        match (&self.kind, hash) {
            (Kind::LeastRequest, _) => self.least_request(view, endpoints, tried),
            (Kind::ConsistentHash(ring), Some(hash)) => ring.pick(view, hash, tried),
            (Kind::RoundRobin | Kind::ConsistentHash(_), _) => self.in_turn(view, tried),
        }
    }

    fn in_turn(&self, view: &View, tried: &[usize]) -> Option<usize> {
        let length = view.sequence.len();
        if length == 0 {
            return None;
        }
        for _ in 0..DRAWS_MAX {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed) % length;
            let at = view.sequence[turn];
            if !tried.contains(&at) {
                return Some(at);
            }
        }
        view.usable.iter().copied().find(|at| !tried.contains(at))
    }

    /// Of two endpoints drawn by weight, the one with fewer requests in flight for its weight.
    /// Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing".
    fn least_request(&self, view: &View, endpoints: &[Endpoint], tried: &[usize]) -> Option<usize> {
        if !tried.is_empty() {
            let untried = view.usable.iter().filter(|at| !tried.contains(at));
            return untried.copied().reduce(|best, next| {
                if lighter(&endpoints[next], &endpoints[best]) { next } else { best }
            });
        }
        let total = view.total();
        if total == 0 {
            return None;
        }
        let draw = |number: u64| view.cumulated.partition_point(|sum| *sum <= number);
        let first = draw(self.random(total));
        let rest = total - view.weight(first);
        if rest == 0 {
            return view.usable.get(first).copied();
        }
        // A number among the weights without the first one's, then moved past it.
        let number = self.random(rest);
        let skip = if number >= view.start(first) { view.weight(first) } else { 0 };
        let (first, second) = (view.usable[first], view.usable[draw(number + skip)]);
        Some(if lighter(&endpoints[second], &endpoints[first]) { second } else { first })
    }

    /// A number below `bound`, by Lemire's multiplication; its bias of `bound` in 2^64 is not felt.
    fn random(&self, bound: u64) -> u64 {
        let number = mix(self.random.fetch_add(GOLDEN, Ordering::Relaxed).wrapping_add(GOLDEN));
        ((u128::from(number) * u128::from(bound)) >> 64) as u64
    }
}

/// Whether `a` has less to do for its weight than `b`. Idle endpoints are equal whatever their weight: then the draw,
/// which is by weight, decides, and none starves.
fn lighter(a: &Endpoint, b: &Endpoint) -> bool {
    let load =
        |of: &Endpoint, other: &Endpoint| u64::from(of.in_flight()) * u64::from(other.weight());
    load(a, b) < load(b, a)
}

/// Points on a circle of hashes; a key belongs to the endpoint of the next point. Source: Karger et al.,
/// "Consistent Hashing and Random Trees"; libketama for points by weight.
#[derive(Debug)]
struct Ring(Box<[(u64, usize)]>);

impl Ring {
    fn of(endpoints: &[Endpoint]) -> Self {
        let count = endpoints.len().max(1) as u64;
        let total: u64 = endpoints.iter().map(|endpoint| u64::from(endpoint.weight())).sum();
        let each = POINTS.min(RING_MAX / count).max(1);
        let mut points = Vec::new();
        for (at, endpoint) in endpoints.iter().enumerate() {
            let share = each * count * u64::from(endpoint.weight()) / total.max(1);
            let own = stable_hash(endpoint.label().as_bytes());
            for number in 0..share.max(1) {
                points.push((mix(own.wrapping_add(GOLDEN.wrapping_mul(number + 1))), at));
            }
        }
        points.sort_unstable_by_key(|(hash, at)| (*hash, Reverse(*at)));
        Self(points.into_boxed_slice())
    }

    fn pick(&self, view: &View, hash: u64, tried: &[usize]) -> Option<usize> {
        let start = self.0.partition_point(|(point, _)| *point < hash);
        let (before, after) = self.0.split_at(start);
        let circle = after.iter().chain(before).map(|(_, at)| *at);
        circle.into_iter().find(|at| view.flags[*at] && !tried.contains(at))
    }
}
