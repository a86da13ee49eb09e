use std::collections::HashSet;
use std::time::Duration;

use parking_lot::Mutex;
use portcullis_config::{
    ActiveHealth, Balance, ClusterLimits, ClusterTimeouts, HashKey, Health, PassiveHealth, Percent,
    Retry, UpstreamProtocol,
};
use proptest::prelude::*;

use super::*;
use crate::hash::stable_hash;

const EJECT_FOR: Duration = Duration::from_secs(30);

fn endpoint(number: usize, weight: u32) -> config::Endpoint {
    let address =
        std::net::SocketAddr::from(([10, 0, (number / 250) as u8, 1 + (number % 250) as u8], 80));
    config::Endpoint { address: address.into(), weight }
}

fn config(weights: &[u32], balance: Balance) -> config::Cluster {
    config::Cluster {
        name: "shop".to_owned(),
        endpoints: weights.iter().enumerate().map(|(at, weight)| endpoint(at, *weight)).collect(),
        balance,
        protocol: UpstreamProtocol::Http1,
        tls: None,
        health: Health::default(),
        timeouts: ClusterTimeouts::default(),
        retry: Retry::default(),
        limits: ClusterLimits::default(),
    }
}

fn cluster(weights: &[u32], balance: Balance) -> Arc<Cluster> {
    Cluster::with_clock(&config(weights, balance), Clock::manual()).unwrap()
}

fn by_hash() -> Balance {
    Balance::ConsistentHash(HashKey::ClientIp)
}

fn with_passive(weights: &[u32], max_ejected_percent: u8) -> (Arc<Cluster>, Clock) {
    let mut config = config(weights, Balance::RoundRobin);
    config.health.passive = Some(PassiveHealth {
        consecutive_failures: 3,
        eject_for: config::Duration::from_secs(EJECT_FOR.as_secs()),
        max_ejected_percent: Percent::new(max_ejected_percent),
    });
    let clock = Clock::manual();
    (Cluster::with_clock(&config, clock.clone()).unwrap(), clock)
}

fn with_active(weights: &[u32]) -> Arc<Cluster> {
    let mut config = config(weights, Balance::RoundRobin);
    config.health.active = Some(ActiveHealth {
        path: "/health".to_owned(),
        host: None,
        interval: config::Duration::from_secs(5),
        timeout: config::Duration::from_secs(2),
        unhealthy_after: 3,
        healthy_after: 2,
        expect: Vec::new(),
    });
    Cluster::with_clock(&config, Clock::manual()).unwrap()
}

fn pick(cluster: &Arc<Cluster>) -> usize {
    cluster.pick(&PickKey::default()).unwrap().index()
}

fn counts(cluster: &Arc<Cluster>, picks: usize) -> Vec<usize> {
    let mut counts = vec![0; cluster.endpoints().len()];
    for _ in 0..picks {
        counts[pick(cluster)] += 1;
    }
    counts
}

fn fail(cluster: &Arc<Cluster>, index: usize, times: usize) {
    for _ in 0..times {
        cluster.report(index, Outcome::Failure);
    }
}

/// Words of all transitions so far.
fn watch(cluster: &Cluster) -> Arc<Mutex<Vec<String>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    cluster.observe(move |endpoint, transition| {
        log.lock().push(format!("{} {}", endpoint.id(), transition.as_str()));
    });
    seen
}

#[test]
fn round_robin_takes_turns_by_weight() {
    for (weights, expected) in [
        (&[1, 1, 1][..], "0 1 2 0 1 2 0 1"),
        (&[7, 7], "0 1 0 1 0 1 0 1"),
        (&[3, 1], "0 0 1 0 0 0 1 0"),
        (&[5, 1, 1], "0 0 0 1 2 0 0 0"),
        (&[1], "0 0 0 0 0 0 0 0"),
    ] {
        let cluster = cluster(weights, Balance::RoundRobin);
        let picks: Vec<String> = (0..8).map(|_| pick(&cluster).to_string()).collect();
        assert_eq!(picks.join(" "), expected, "{weights:?}");
    }
}

#[test]
fn round_robin_is_exact_over_a_sequence() {
    assert_eq!(counts(&cluster(&[2, 3, 5], Balance::RoundRobin), 1000), [200, 300, 500]);
    assert_eq!(counts(&cluster(&[100, 1], Balance::RoundRobin), 1010), [1000, 10]);
    // Weights without a common divisor whose sum is beyond the longest sequence.
    let weights: Vec<u32> = (0..20).map(|at| 981 + at).collect();
    let counts = counts(&cluster(&weights, Balance::RoundRobin), 200_000);
    for (at, count) in counts.iter().enumerate() {
        let share = 200_000.0 * f64::from(weights[at]) / f64::from(weights.iter().sum::<u32>());
        assert!((*count as f64 / share - 1.0).abs() < 0.01, "{at}: {count} of {share}");
    }
}

#[test]
fn least_request_spreads_by_weight_when_idle() {
    let counts = counts(&cluster(&[1, 1, 1, 1], Balance::LeastRequest), 40_000);
    assert!(counts.iter().all(|count| (9_500..=10_500).contains(count)), "{counts:?}");
}

#[test]
fn least_request_keeps_requests_in_flight_even() {
    let cluster = cluster(&[1, 1, 1, 1, 2], Balance::LeastRequest);
    let leases: Vec<Lease> = (0..600).map(|_| cluster.pick(&PickKey::default()).unwrap()).collect();
    let loads: Vec<u32> = cluster.endpoints().iter().map(Endpoint::in_flight).collect();
    assert!(loads[..4].iter().all(|load| (95..=105).contains(load)), "{loads:?}");
    assert!((190..=210).contains(&loads[4]), "{loads:?}");
    drop(leases);
    assert!(cluster.endpoints().iter().all(|endpoint| endpoint.in_flight() == 0));
    assert_eq!(cluster.in_flight(), 0);
}

#[test]
fn least_request_avoids_a_slow_endpoint() {
    let cluster = cluster(&[1, 1], Balance::LeastRequest);
    let slow: Vec<Lease> = (0..10).map(|_| cluster.pick(&PickKey::default()).unwrap()).collect();
    let (kept, _done): (Vec<Lease>, Vec<Lease>) =
        slow.into_iter().partition(|lease| lease.index() == 0);
    assert!(!kept.is_empty());
    drop(_done);
    assert_eq!(counts(&cluster, 100), [0, 100]);
}

#[test]
fn a_retry_goes_elsewhere_while_there_is_an_elsewhere() {
    for balance in [Balance::RoundRobin, Balance::LeastRequest, by_hash()] {
        let cluster = cluster(&[1, 5, 1], balance);
        for round in 0..50 {
            let hash = Some(stable_hash(&[round]));
            let mut tried = Vec::new();
            for _ in 0..3 {
                let lease = cluster.pick(&PickKey { hash, tried: &tried }).unwrap();
                assert!(!tried.contains(&lease.index()));
                tried.push(lease.index());
            }
            assert!(cluster.pick(&PickKey { hash, tried: &tried }).is_ok());
        }
    }
}

#[test]
fn the_same_key_goes_to_the_same_endpoint_of_any_gateway() {
    let (one, other) = (cluster(&[1, 1, 2], by_hash()), cluster(&[1, 1, 2], by_hash()));
    let mut counts = [0; 3];
    for key in 0..20_000u32 {
        let key = PickKey { hash: Some(stable_hash(&key.to_be_bytes())), tried: &[] };
        let index = one.pick(&key).unwrap().index();
        assert_eq!(index, other.pick(&key).unwrap().index());
        counts[index] += 1;
    }
    assert!((4_000..=6_000).contains(&counts[0]), "{counts:?}");
    assert!((4_000..=6_000).contains(&counts[1]), "{counts:?}");
    assert!((8_500..=11_500).contains(&counts[2]), "{counts:?}");
}

#[test]
fn a_request_without_the_key_takes_its_turn() {
    assert_eq!(counts(&cluster(&[1, 1], by_hash()), 10), [5, 5]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn losing_an_endpoint_moves_its_keys_only(count in 2usize..12, lost in 0usize..12) {
        let lost = lost % count;
        let full = config(&vec![1; count], by_hash());
        let mut fewer = full.clone();
        fewer.endpoints.remove(lost);
        let full = Cluster::with_clock(&full, Clock::manual()).unwrap();
        let fewer = Cluster::with_clock(&fewer, Clock::manual()).unwrap();
        let keys = 4_000u32;
        let mut moved = 0u32;
        for key in 0..keys {
            let key = PickKey { hash: Some(stable_hash(&key.to_be_bytes())), tried: &[] };
            let before = full.pick(&key).unwrap();
            let after = fewer.pick(&key).unwrap();
            if before.address() != after.address() {
                prop_assert_eq!(before.index(), lost);
                moved += 1;
            }
        }
        // A share of 1/n, with the tolerance of 160 points an endpoint.
        prop_assert!(f64::from(moved) <= 1.35 * f64::from(keys) / count as f64, "{} moved", moved);
    }

    #[test]
    fn every_usable_endpoint_is_picked_and_no_other(
        weights in proptest::collection::vec(1u32..20, 1..12),
        down in proptest::collection::vec(any::<bool>(), 12),
        which in 0u8..3,
    ) {
        let mut config = config(&weights, match which {
            0 => Balance::RoundRobin,
            1 => Balance::LeastRequest,
            _ => by_hash(),
        });
        config.health.active = with_active(&[1]).config().health.active.clone();
        let cluster = Cluster::with_clock(&config, Clock::manual()).unwrap();
        let down: HashSet<usize> = (0..weights.len()).filter(|at| down[*at]).collect();
        for at in &down {
            for _ in 0..3 {
                cluster.checked(EndpointId(*at), false);
            }
        }
        let mut picked = HashSet::new();
        for key in 0..20_000u32 {
            let hash = Some(stable_hash(&key.to_be_bytes()));
            picked.insert(cluster.pick(&PickKey { hash, tried: &[] }).unwrap().index());
        }
        let all: HashSet<usize> = (0..weights.len()).collect();
        let expected = if down.len() == all.len() { all } else { &all - &down };
        prop_assert_eq!(picked, expected);
    }
}

#[test]
fn a_full_cluster_refuses() {
    let mut config = config(&[1, 1], Balance::RoundRobin);
    config.limits.requests = 3;
    let cluster = Cluster::new(&config).unwrap();
    let leases: Vec<Lease> = (0..3).map(|_| cluster.pick(&PickKey::default()).unwrap()).collect();
    assert_eq!(cluster.pick(&PickKey::default()).unwrap_err(), PickError::Overflow);
    assert_eq!(cluster.in_flight(), 3);
    drop(leases);
    assert!(cluster.pick(&PickKey::default()).is_ok());
}

#[test]
fn checks_decide_after_so_many_in_a_row() {
    let cluster = with_active(&[1, 1]);
    let seen = watch(&cluster);
    let check =
        |results: &[bool]| results.iter().for_each(|ok| cluster.checked(EndpointId(0), *ok));
    check(&[false, false, true, false, false]);
    assert_eq!(counts(&cluster, 10), [5, 5]);
    check(&[false]);
    assert_eq!(counts(&cluster, 10), [0, 10]);
    check(&[true, false, true]);
    assert_eq!(counts(&cluster, 10), [0, 10]);
    check(&[true]);
    assert_eq!(counts(&cluster, 10), [5, 5]);
    assert_eq!(*seen.lock(), ["0 unhealthy", "0 healthy"]);
}

#[test]
fn when_none_is_healthy_all_are_tried() {
    let cluster = with_active(&[1, 1]);
    for _ in 0..3 {
        cluster.checked(EndpointId(0), false);
        cluster.checked(EndpointId(1), false);
    }
    assert!(cluster.is_desperate());
    assert_eq!(counts(&cluster, 10), [5, 5]);
    cluster.checked(EndpointId(1), true);
    cluster.checked(EndpointId(1), true);
    assert!(!cluster.is_desperate());
    assert_eq!(counts(&cluster, 10), [0, 10]);
}

#[test]
fn failures_in_a_row_eject_for_a_while() {
    let (cluster, clock) = with_passive(&[1, 1], 50);
    let seen = watch(&cluster);
    fail(&cluster, 0, 2);
    cluster.report(0, Outcome::Success);
    fail(&cluster, 0, 2);
    assert_eq!(counts(&cluster, 10), [5, 5]);
    fail(&cluster, 0, 1);
    assert_eq!(counts(&cluster, 10), [0, 10]);
    clock.advance(EJECT_FOR - Duration::from_millis(1));
    assert_eq!(counts(&cluster, 10), [0, 10]);
    clock.advance(Duration::from_millis(1));
    assert_eq!(counts(&cluster, 10), [5, 5]);
    assert_eq!(*seen.lock(), ["0 ejected", "0 returned"]);
}

#[test]
fn ejections_in_quick_succession_last_longer() {
    let (cluster, clock) = with_passive(&[1, 1], 50);
    let lengths = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&lengths);
    cluster.observe(move |_, transition| {
        if let Transition::Ejected(length) = transition {
            log.lock().push(length.as_secs() / EJECT_FOR.as_secs());
        }
    });
    for factor in [1, 2, 4, 8, 16, 16] {
        fail(&cluster, 0, 3);
        clock.advance(EJECT_FOR * factor);
        assert_eq!(counts(&cluster, 2), [1, 1]);
    }
    clock.advance(EJECT_FOR * 16 * 4 + Duration::from_millis(1));
    fail(&cluster, 0, 3);
    assert_eq!(*lengths.lock(), [1, 2, 4, 8, 16, 16, 1]);
}

#[test]
fn only_a_share_is_ejected() {
    for (count, percent, expected) in
        [(10, 50, 5), (10, 0, 0), (3, 10, 1), (4, 100, 4), (1, 100, 0), (2, 50, 1)]
    {
        let (cluster, _clock) = with_passive(&vec![1; count], percent);
        for at in 0..count {
            fail(&cluster, at, 5);
        }
        let ejected = cluster.endpoints().iter().filter(|e| !e.is_usable()).count();
        assert_eq!(ejected, expected, "{count} at {percent} %");
    }
}

#[test]
fn without_passive_health_nothing_is_ejected() {
    let cluster = cluster(&[1, 1], Balance::RoundRobin);
    fail(&cluster, 0, 100);
    cluster.checked(EndpointId(0), false);
    cluster.checked(EndpointId(7), false);
    assert_eq!(counts(&cluster, 10), [5, 5]);
}

#[test]
fn a_successor_keeps_the_health_of_shared_endpoints() {
    let (before, clock) = with_passive(&[1, 1, 1], 50);
    fail(&before, 1, 3);
    let mut changed = before.config().clone();
    changed.endpoints.remove(0);
    changed.endpoints.push(endpoint(9, 1));
    let after = before.successor(&changed).unwrap();
    assert_eq!(counts(&after, 10), [0, 5, 5]);
    clock.advance(EJECT_FOR);
    assert_eq!(counts(&after, 9), [3, 3, 3]);

    fail(&before, 1, 3);
    let mut other_rule = before.config().clone();
    other_rule.health.passive = None;
    assert_eq!(counts(&before.successor(&other_rule).unwrap(), 9), [3, 3, 3]);
}

#[test]
fn a_name_without_an_address_is_never_picked() {
    let mut config = config(&[1], Balance::RoundRobin);
    config.endpoints[0].address = "shop.internal:80".parse().unwrap();
    let cluster = Cluster::new(&config).unwrap();
    assert_eq!(cluster.pick(&PickKey::default()).unwrap_err(), PickError::NoAddress);
    assert_eq!(cluster.in_flight(), 0);
}

#[test]
fn faults_are_all_reported() {
    let paths = |config: &config::Cluster| -> Vec<String> {
        Cluster::new(config).unwrap_err().into_iter().map(|problem| problem.path).collect()
    };
    assert_eq!(paths(&config(&[], Balance::RoundRobin)), ["endpoints"]);
    assert_eq!(
        paths(&config(&[1, 0, 1001], Balance::RoundRobin)),
        ["endpoints[1].weight", "endpoints[2].weight"]
    );
}

#[test]
fn threads_leave_nothing_behind() {
    let (cluster, clock) = with_passive(&[1, 2, 3, 4], 50);
    std::thread::scope(|scope| {
        for thread in 0..4usize {
            let (cluster, clock) = (&cluster, &clock);
            scope.spawn(move || {
                for round in 0..5_000usize {
                    let lease = cluster.pick(&PickKey::default()).unwrap();
                    let bad = (round / 100 + thread).is_multiple_of(3);
                    lease.report(if bad { Outcome::Failure } else { Outcome::Success });
                    clock.advance(Duration::from_millis(5));
                }
            });
        }
    });
    assert_eq!(cluster.in_flight(), 0);
    assert!(cluster.endpoints().iter().all(|endpoint| endpoint.in_flight() == 0));
    clock.advance(EJECT_FOR * 32);
    assert_eq!(counts(&cluster, 100), [10, 20, 30, 40]);
}
