//! Which of a route's clusters gets the next request, by weight.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use portcullis_upstream::Cluster;

/// Longest schedule of a route; weights beyond it are scaled down to fit.
const MAX_TURNS: u64 = 10_000;

/// The clusters of a route in a schedule that spreads each one's turns evenly, so that 90 to 10 is one in ten at any
/// time and not ninety and then ten. The schedule is made once; a request takes one atomic step.
#[derive(Debug)]
pub struct Weights {
    clusters: Box<[(Arc<Cluster>, u32)]>,
    turns: Box<[u16]>,
    next: AtomicU32,
}

impl Weights {
    /// A schedule over clusters with their weights. Weight 0 gets no turn.
    #[must_use]
    pub fn new(clusters: Vec<(Arc<Cluster>, u32)>) -> Self {
        let turns = schedule(&clusters.iter().map(|(_, weight)| *weight).collect::<Vec<_>>());
        Self { clusters: clusters.into(), turns, next: AtomicU32::new(0) }
    }

    /// The cluster whose turn it is; none when every weight is 0.
    pub fn pick(&self) -> Option<&Arc<Cluster>> {
        let turn = match self.turns.len() {
            0 => return None,
            1 => 0,
            turns => self.next.fetch_add(1, Ordering::Relaxed) as usize % turns,
        };
        self.clusters.get(usize::from(self.turns[turn])).map(|(cluster, _)| cluster)
    }

    /// The clusters with their weights as written.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<Cluster>, u32)> {
        self.clusters.iter().map(|(cluster, weight)| (cluster, *weight))
    }
}

/// Smooth weighted round robin, as nginx does it: each turn every share grows by its weight, the largest wins and
/// pays the total.
fn schedule(weights: &[u32]) -> Box<[u16]> {
    let divisor = weights.iter().fold(0_u64, |a, &b| gcd(a, u64::from(b))).max(1);
    let total: u64 = weights.iter().map(|&w| u64::from(w) / divisor).sum();
    let shrink = total.div_ceil(MAX_TURNS).max(1);
    let shares: Vec<i64> = weights
        .iter()
        .map(|&w| i64::try_from((u64::from(w) / divisor).div_ceil(shrink)).unwrap_or(0))
        .collect();
    let total: i64 = shares.iter().sum();
    let mut current = vec![0_i64; shares.len()];
    let mut turns = Vec::new();
    for _ in 0..total {
        for (have, share) in current.iter_mut().zip(&shares) {
            *have += share;
        }
        let best = (0..current.len()).max_by_key(|&n| (current[n], std::cmp::Reverse(n)));
        let Some(best) = best else { break };
        current[best] -= total;
        turns.push(u16::try_from(best).unwrap_or(u16::MAX));
    }
    turns.into()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::schedule;

    #[test]
    fn turns_follow_weights_and_are_spread() {
        for (weights, turns) in [
            (&[1][..], &[0][..]),
            (&[100], &[0]),
            (&[0], &[]),
            (&[], &[]),
            (&[1, 1], &[0, 1]),
            (&[50, 50], &[0, 1]),
            (&[5, 1, 1], &[0, 0, 1, 0, 2, 0, 0]),
            (&[0, 3], &[1]),
            (&[90, 10], &[0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
        ] {
            assert_eq!(&*schedule(weights), turns, "weights {weights:?}");
        }
    }

    #[test]
    fn a_long_schedule_is_scaled_down() {
        let turns = schedule(&[1000; 64]);
        assert_eq!(turns.len(), 64);
        let turns = schedule(&[999, 1000, 997, 991, 983, 977, 971, 967, 953, 947, 941, 937]);
        assert!(turns.len() <= 10_012, "{}", turns.len());
    }
}
