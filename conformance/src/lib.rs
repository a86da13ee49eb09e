//! Black-box tests of the gateway over real sockets: the `portcullis` binary between downstreams
//! that send exact bytes and upstreams that record them. Each file of `tests/` is one concept, with
//! its cases as data.
//!
//! The binary must be built first, in the same profile: `cargo build -p portcullis`; or
//! `PORTCULLIS_BIN` names another one. No test is decided by a timing; counts and ratios are.

use std::net::SocketAddr;

use portcullis_testkit::certificates::Authority;
use portcullis_testkit::gateway::{Gateway, Place};
use portcullis_testkit::upstream::{Answer, RecordingUpstream, Request};
use portcullis_testkit::{Result, document};

/// The host that requests of the tests name, and that the TLS listener has a certificate for.
pub const HOST: &str = "shop.test";

/// A gateway in front of one recording upstream, with a plain, an h2c and a TLS listener.
#[derive(Debug)]
pub struct Stage {
    /// The gateway. Before the upstream, so that it ends first.
    pub gateway: Gateway,
    /// The upstream.
    pub upstream: RecordingUpstream,
    /// What the TLS listener's certificate comes from.
    pub authority: Authority,
}

impl Stage {
    /// Starts both; `more` is appended to the document, filters above all.
    ///
    /// # Errors
    /// When one of them does not start.
    pub async fn start(
        more: &str,
        script: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::written(script, |place, up| format!("{}{more}", document::forward(place, up))).await
    }

    /// Starts both with a document of the test's own.
    ///
    /// # Errors
    /// When one of them does not start.
    pub async fn written(
        script: impl Fn(&Request) -> Answer + Send + Sync + 'static,
        document: impl Fn(&Place, SocketAddr) -> String,
    ) -> Result<Self> {
        let upstream = RecordingUpstream::start(script).await?;
        let authority = Authority::new()?;
        let address = upstream.address();
        let pair = authority.issue(&[HOST, "*.wild.test"])?;
        let gateway = Gateway::start(|place| {
            // A folder that cannot be written shows as a gateway without its TLS listener.
            let _ = pair.write(&place.folder, "listener");
            document(place, address)
        });
        Ok(Self { gateway: gateway.await?, upstream, authority })
    }

    /// The plain listener.
    pub fn http(&self) -> SocketAddr {
        self.gateway.place().listen[0]
    }

    /// The h2c listener.
    pub fn h2c(&self) -> SocketAddr {
        self.gateway.place().listen[1]
    }

    /// The TLS listener.
    pub fn tls(&self) -> SocketAddr {
        self.gateway.place().listen[2]
    }

    /// The targets of every request that reached the upstream, in order.
    pub fn targets(&self) -> Vec<String> {
        self.upstream.requests().iter().map(|r| r.head.target().to_owned()).collect()
    }
}

/// Bytes that look like nothing: the same for the same length.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ length as u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect()
}

/// A POST with a length.
pub fn post(target: &str, media_type: &str, more: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {target} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: test/1\r\nAccept: */*\r\n\
         Content-Type: {media_type}\r\n{more}Content-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// A GET as a browser sends it.
pub fn browser_get(target: &str, more: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) \
         Firefox/140.0\r\nAccept: text/html,*/*;q=0.8\r\n{more}\r\n"
    )
}

/// Collects what failed of a table, so that one run shows every case.
#[derive(Debug, Default)]
pub struct Failures(Vec<String>);

impl Failures {
    /// Notes a failure.
    pub fn note(&mut self, case: &str, what: impl std::fmt::Display) {
        self.0.push(format!("{case}: {what}"));
    }

    /// Notes a failure unless `holds`.
    pub fn check(&mut self, case: &str, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.note(case, what());
        }
    }

    /// Panics with every failure.
    ///
    /// # Panics
    /// When there is one.
    pub fn finish(self, of: usize) {
        assert!(
            self.0.is_empty(),
            "{} failures in {of} cases:\n{}",
            self.0.len(),
            self.0.join("\n")
        );
        println!("{of} cases passed");
    }
}
