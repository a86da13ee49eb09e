//! What telemetry costs on the request path, in nanoseconds a call:
//! `cargo run --release -p portcullis-telemetry --example hot_path`.

#![allow(clippy::unwrap_used, reason = "a measurement, not the gateway")]

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use portcullis_telemetry::metrics::{LogName, MetricLimits};
use portcullis_telemetry::{
    AccessRecord, Destination, LogSink, Metrics, Redactor, SinkLimits, Timestamp,
};

const CALLS: u32 = 2_000_000;

/// The best of five runs of `CALLS` calls, on `threads` threads at once.
fn measure(what: &str, threads: usize, call: impl Fn() + Sync) {
    let run = || {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| (0..CALLS).for_each(|_| call()));
            }
        });
        start.elapsed()
    };
    let best = (0..5).map(|_| run()).min().unwrap_or_default();
    println!("{what:<44} {threads} threads {:>8.1} ns", best.as_nanos() as f64 / f64::from(CALLS));
}

fn main() {
    let metrics = Metrics::new(MetricLimits::default(), "0");
    let exchanges = metrics.exchanges("web", "shop");
    let cluster = metrics.cluster("demo");
    let waf = metrics.waf("crs", "shop");
    let redactor = Redactor::default();
    let peer = SocketAddr::from(([192, 0, 2, 1], 50_000));
    let record = AccessRecord {
        protocol: Some("HTTP/1.1"),
        client: Some(peer.ip()),
        method: Some(b"GET"),
        host: Some(b"shop.example.com"),
        path: Some(b"/catalogue/shoes"),
        query: Some(b"page=2&sort=price&session=0123456789"),
        route: Some("shop"),
        cluster: Some("demo"),
        endpoint: Some(peer),
        status: 200,
        user_agent: Some(b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        referer: Some(b"https://shop.example.com/catalogue"),
        ..AccessRecord::new(1, 1, "web", peer)
    };
    let null = Destination::File("/dev/null".into());
    let counters = metrics.log(LogName::Access);
    let dropped = counters.dropped.clone();
    let limits =
        SinkLimits { queue_lines: 1_000_000, queue_bytes: 1 << 30, ..SinkLimits::default() };
    let sink = LogSink::open(null, limits, counters).unwrap();
    for threads in [1, 2] {
        measure("count", threads, || cluster.retries.increment());
        measure("observe a duration", threads, || {
            cluster.connect_seconds.observe_duration(black_box(Duration::from_micros(700)));
        });
        measure("end an exchange (2 counts, 1 histogram)", threads, || {
            exchanges.ended(black_box(200), Duration::from_micros(700), 0, 512);
        });
        measure("count a rule by id", threads, || waf.detection(black_box(942_100)));
        measure("count a local reply by reason", threads, || metrics.local_reply("waf"));
        measure("read the time", threads, || {
            black_box(Timestamp::now());
        });
        measure("write a line", threads, || sink.write(|out| record.write_line(&redactor, out)));
    }
    println!("lines dropped: {}", dropped.value());
}
