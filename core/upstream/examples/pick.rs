//! What picking an endpoint costs, in nanoseconds a pick with its lease and report:
//! `cargo run --release -p portcullis-upstream --example pick`.

#![allow(clippy::unwrap_used, reason = "a measurement, not the gateway")]

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::Instant;

use portcullis_config as config;
use portcullis_upstream::{Cluster, Outcome, PickKey, stable_hash};

const PICKS: u32 = 1_000_000;

fn main() {
    let endpoints: Vec<config::Endpoint> = (1..=10u8)
        .map(|last| config::Endpoint {
            address: SocketAddr::from(([10, 0, 0, last], 80)).into(),
            weight: 1,
        })
        .collect();
    let ways = [
        config::Balance::RoundRobin,
        config::Balance::LeastRequest,
        config::Balance::ConsistentHash(config::HashKey::ClientIp),
    ];
    for balance in ways {
        let cluster = Cluster::new(&config::Cluster {
            name: "c".to_owned(),
            endpoints: endpoints.clone(),
            balance: balance.clone(),
            protocol: config::UpstreamProtocol::default(),
            tls: None,
            health: config::Health {
                active: None,
                passive: Some(config::PassiveHealth::default()),
            },
            timeouts: config::ClusterTimeouts::default(),
            retry: config::Retry::default(),
            limits: config::ClusterLimits::default(),
        })
        .unwrap();
        for threads in [1, 2] {
            let start = Instant::now();
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        for key in 0..PICKS {
                            let hash = Some(stable_hash(&key.to_be_bytes()));
                            let lease = cluster.pick(&PickKey { hash, tried: &[] }).unwrap();
                            cluster.retry_budget().deposit();
                            black_box(lease.address());
                            lease.report(Outcome::Success);
                        }
                    });
                }
            });
            let each = start.elapsed().as_nanos() as f64 / f64::from(PICKS);
            println!("{balance:?} {threads} threads: {each:.1} ns");
        }
    }
}
