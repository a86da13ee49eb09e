//! What one GET costs the WAF filter: the Core Rule Set as packaged, blocking, paranoia level 1, all phases of an exchange
//! that passes, the logs off.
//!
//! `cargo run --release -p portcullis-waf --example filter_cost [LEVEL]`; `COUNT=n` runs n exchanges for a profiler that
//! counts instructions, `REQUEST_ONLY=1` leaves out what comes after the request.
#![allow(clippy::unwrap_used, clippy::panic, reason = "an example ends at the first error")]

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use pingora_http::{RequestHeader, ResponseHeader};
use portcullis_canonical::{ClientIp, Host, Path, PathPolicy};
use portcullis_config as config;
use portcullis_filter::{
    Downstream, Exchange, ExchangeId, ExchangeParts, Filter, Flow, Protocol, Received, WholeBody,
};
use portcullis_telemetry::metrics::MetricLimits;
use portcullis_telemetry::{Metrics, Redactor};
use portcullis_waf::{AuditSource, RuleSets, WafFilter, WafParts};

const TARGET: &[u8] = b"/products?page=2&sort=price";

const REQUEST: &[(&str, &str)] = &[
    ("Host", "shop.example.com"),
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Language", "en-US,en;q=0.5"),
    ("Accept-Encoding", "gzip, deflate, br"),
    ("Referer", "https://shop.example.com/products/shoes"),
    (
        "Cookie",
        "session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; _ga=GA1.2.1234567890.1700000000",
    ),
    ("Connection", "keep-alive"),
];

const RESPONSE: &[(&str, &str)] = &[
    ("Server", "nginx/1.22.1"),
    ("Date", "Sat, 21 Nov 2026 17:46:45 GMT"),
    ("Content-Type", "text/plain"),
    ("Content-Length", "24"),
];

struct Stage {
    filter: WafFilter,
    downstream: Arc<Downstream>,
    host: Host,
    path: Path,
    route: Arc<str>,
    request: RequestHeader,
    response: ResponseHeader,
    request_only: bool,
}

impl Stage {
    fn new(level: u8) -> Self {
        let waf = config::Waf { paranoia: level, ..config::Waf::default() };
        let parts = WafParts {
            rulesets: &BTreeMap::new(),
            compiled: &RuleSets::default(),
            metrics: &Metrics::new(MetricLimits::default(), "0"),
            log: None,
            redactor: &Redactor::compile(&config::Redact::default()).unwrap(),
            audit: AuditSource { written: None, open: &|_| Ok(None) },
            at: "filters[0].waf",
        };
        let filter =
            WafFilter::compile(&waf, &parts).unwrap_or_else(|problems| panic!("{problems:?}"));
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 80));
        let mut request = RequestHeader::build("GET", TARGET, None).unwrap();
        for (name, value) in REQUEST {
            request.append_header(*name, *value).unwrap();
        }
        let mut response = ResponseHeader::build(200, None).unwrap();
        for (name, value) in RESPONSE {
            response.append_header(*name, *value).unwrap();
        }
        Self {
            filter,
            downstream: Arc::new(Downstream {
                peer: any,
                local: any,
                listener: "http".into(),
                tls: None,
                protocol: Protocol::Http11,
            }),
            host: Host::parse(b"shop.example.com", false).unwrap(),
            path: Path::parse(TARGET, &PathPolicy::default()).unwrap(),
            route: "all".into(),
            request,
            response,
            request_only: std::env::var_os("REQUEST_ONLY").is_some(),
        }
    }

    fn run(&mut self, id: u128) {
        let mut exchange = Exchange::new(ExchangeParts {
            id: ExchangeId(id),
            revision: 1,
            downstream: Arc::clone(&self.downstream),
            client: ClientIp::of_peer(Ipv4Addr::LOCALHOST.into()),
            host: self.host.clone(),
            path: self.path.clone(),
            received: Received { method: Method::GET, target: Bytes::from_static(TARGET) },
            route: Arc::clone(&self.route),
        });
        passes(now(self.filter.request_head(&mut exchange, &mut self.request)).unwrap());
        let mut body = WholeBody::complete(Bytes::new());
        passes(now(self.filter.request_body(&mut exchange, &self.request, &mut body)).unwrap());
        if self.request_only {
            return;
        }
        passes(now(self.filter.response_head(&mut exchange, &mut self.response)).unwrap());
        if exchange.held_response_bytes().is_some() {
            let body = WholeBody::complete(Bytes::from_static(b"hello from the upstream\n"));
            passes(now(self.filter.response_held(&mut exchange, &self.response, &body)).unwrap());
        }
        self.filter.log(&mut exchange);
    }
}

fn main() {
    let level = std::env::args().nth(1).and_then(|level| level.parse().ok()).unwrap_or(1);
    let mut stage = Stage::new(level);
    if let Some(count) = std::env::var_os("COUNT") {
        let count: u128 = count.to_string_lossy().parse().unwrap();
        (1..=count).for_each(|id| stage.run(id));
        return;
    }
    let began = Instant::now();
    let mut count = 0_u128;
    while began.elapsed() < Duration::from_secs(2) {
        (1..=100).for_each(|id| stage.run(id));
        count += 100;
    }
    println!("{:.2} us an exchange", began.elapsed().as_secs_f64() * 1e6 / count as f64);
}

fn passes(flow: Flow) {
    if let Flow::Reply(reply) = flow {
        panic!("{reply:?}");
    }
}

/// The filter waits for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the filter waits for nothing"),
    }
}
