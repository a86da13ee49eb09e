//! CPU time of running the phases of a chain whose filters do nothing: what the contract itself costs
//! an exchange, by the number of filters.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark ends at the first error")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, Method, Version};
use pingora_http::{RequestHeader, ResponseHeader};
use portcullis_benches::timing::report;
use portcullis_canonical::{Canonical, ClientIp, Policy, RawHead, canonicalise};
use portcullis_filter::{
    Downstream, Exchange, ExchangeId, ExchangeParts, Filter, Interest, Protocol, Received,
};
use portcullis_pipeline::{Chain, Link, OnError};

/// A filter that takes part in the head phases and the log, and does nothing.
#[derive(Debug)]
struct Empty;

#[async_trait]
impl Filter for Empty {
    fn name(&self) -> &'static str {
        "empty"
    }

    fn interest(&self) -> Interest {
        Interest { request_head: true, response_head: true, log: true, ..Interest::default() }
    }
}

fn exchange(canonical: &Canonical, downstream: &Arc<Downstream>) -> Exchange {
    Exchange::new(ExchangeParts {
        id: ExchangeId(7),
        revision: 1,
        downstream: Arc::clone(downstream),
        client: ClientIp::of_peer(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        host: canonical.host.clone(),
        path: canonical.path.clone(),
        received: Received { method: Method::GET, target: "/".into() },
        route: "route".into(),
    })
}

/// Filters that wait for nothing are ready at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("an empty filter waits for nothing"),
    }
}

fn main() {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("shop.example.com"));
    let head = RawHead {
        method: &Method::GET,
        target: b"/catalogue?page=2",
        authority: None,
        version: Version::HTTP_11,
        headers: &headers,
        tls: false,
    };
    let canonical = canonicalise(&head, &Policy::default()).unwrap();
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 80));
    let downstream = Arc::new(Downstream {
        peer: any,
        local: any,
        listener: "http".into(),
        tls: None,
        protocol: Protocol::Http11,
    });
    let mut request = RequestHeader::build("GET", b"/catalogue?page=2", None).unwrap();
    let mut response = ResponseHeader::build(200, None).unwrap();
    report("an exchange without a chain", || exchange(&canonical, &downstream));
    for count in [0, 1, 10] {
        let link = || Link { filter: Arc::new(Empty), on_error: OnError::Closed };
        let chain = Chain::new((0..count).map(|_| link()).collect());
        report(&format!("an exchange and {count} empty filters, 3 phases"), || {
            let mut exchange = exchange(&canonical, &downstream);
            let asked = now(chain.request_head(&mut exchange, &mut request));
            let answered = now(chain.response_head(&mut exchange, &mut response));
            chain.log(&mut exchange);
            (asked.is_ok(), answered.is_ok())
        });
    }
}
