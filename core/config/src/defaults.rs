//! Every default and every hard bound, with its unit and its reason. Nothing else in the program invents a number.

use crate::{ByteSize, Duration, Percent, StatusRange};

// Connections.

/// Listener connections at once. At 25 KB each the table stays under 512 MB.
pub const CONNECTIONS: u32 = 20_000;
/// Connections of one address at once: above what a browser or a household behind one address opens, and low enough
/// that one address cannot fill the table.
pub const CONNECTIONS_PER_IP: u32 = 512;
/// TLS handshake: four round trips of a bad mobile network, twice.
pub const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Request head, first to last byte, in total: a timeout per read never ends a byte every two seconds (slowloris).
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Idle HTTP/1 connection: what browsers and load balancers in front keep one for.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(60);
/// Requests of one HTTP/1 connection: bounds what a connection can pile up, rarely felt.
pub const KEEPALIVE_REQUESTS: u32 = 100_000;
/// Silence within a request body.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes a second of a request body: below any real uplink, above a drip.
pub const BODY_MIN_RATE: ByteSize = ByteSize::from_bytes(256);
/// Grace before the rate of a request body is judged.
pub const BODY_MIN_RATE_AFTER: Duration = Duration::from_secs(10);
/// A downstream that takes nothing, HTTP/2 zero windows included.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Silence of a stream: SSE and WebSocket applications send a sign of life every 15 to 60 seconds; five minutes
/// forgives those that do it rarely.
pub const STREAM_IDLE_TIMEOUT: Duration = Duration::from_secs(300);

// Request heads.

/// Request target. Browsers stay under 8 KiB; signed URLs reach above.
pub const URI: ByteSize = ByteSize::from_kib(16);
/// Request head. Cookies of real sites reach 16 KiB.
pub const HEADERS: ByteSize = ByteSize::from_kib(64);
/// Header lines. Counting lines and not only bytes is what stops the HPACK reference bomb (154 bytes held per byte
/// sent at the usual limits).
pub const HEADERS_COUNT: u32 = 100;

// HTTP/2.

/// Streams at once: the usual value of an edge, and the least RFC 9113 section 6.5.2 recommends.
pub const H2_STREAMS: u32 = 100;
/// Header list. With 100 streams it bounds the heads of a connection to 3.2 MB.
pub const H2_HEADER_LIST: ByteSize = ByteSize::from_kib(32);
/// Receive window of a stream: the protocol's own initial value would slow uploads; 256 KiB is one round trip of
/// 20 ms at 100 Mbit/s.
pub const H2_STREAM_WINDOW: ByteSize = ByteSize::from_kib(256);
/// Receive window of a connection: what one connection can make us hold of bodies.
pub const H2_CONNECTION_WINDOW: ByteSize = ByteSize::from_mib(1);
/// Connection without a stream; as HTTP/1.
pub const H2_IDLE_TIMEOUT: Duration = Duration::from_secs(60);

// The whole gateway.

/// Bodies held for inspection over all exchanges: 2,000 exchanges at the default limit of 128 KiB.
pub const BUFFERED_BODIES: ByteSize = ByteSize::from_mib(256);
/// Drain of removed listeners and at the end: the terminationGracePeriod of Kubernetes.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);
/// Lines waiting for one log: a second of 8,000 requests.
pub const LOG_QUEUE: u32 = 8192;
/// Size at which a log file that rotates is begun anew.
pub const LOG_ROTATE: ByteSize = ByteSize::from_mib(100);
/// Renamed files kept of a log that rotates.
pub const LOG_KEEP: u32 = 5;
/// Bytes of a body an audit record holds.
pub const AUDIT_BODY: ByteSize = ByteSize::from_kib(64);
/// Wait for the answer of a collector.
pub const OTLP_TIMEOUT: Duration = Duration::from_secs(10);
/// Records of one request to a collector.
pub const OTLP_BATCH: u32 = 512;

pub(crate) fn otlp_timeout() -> Duration {
    OTLP_TIMEOUT
}

pub(crate) fn otlp_batch() -> u32 {
    OTLP_BATCH
}

// Clusters.

/// Connection with TLS handshake: within one region it takes milliseconds; a second try must still fit.
pub const UPSTREAM_CONNECT: Duration = Duration::from_secs(5);
/// Between two reads of a response.
pub const UPSTREAM_READ: Duration = Duration::from_secs(60);
/// Between two writes of a request.
pub const UPSTREAM_WRITE: Duration = Duration::from_secs(60);
/// Unused connection: shorter than the 60 to 75 seconds after which servers close theirs, so that a request seldom
/// meets a closing connection.
pub const UPSTREAM_IDLE: Duration = Duration::from_secs(50);
/// Requests in flight of a cluster.
pub const CLUSTER_REQUESTS: u32 = 10_000;
/// Unused connections kept of a cluster.
pub const CLUSTER_IDLE_CONNECTIONS: u32 = 256;
/// Response head: cookies set by applications stay far below.
pub const RESPONSE_HEADERS: ByteSize = ByteSize::from_kib(64);
/// Retries of one request: one other endpoint.
pub const RETRY_ATTEMPTS: u32 = 1;
/// Retries as a share of requests: at most a fifth, so that retries cannot double the load of a failing cluster.
pub const RETRY_BUDGET_PERCENT: Percent = Percent::new(20);
/// Retries a second that are always allowed, for clusters with few requests.
pub const RETRY_MIN_PER_SECOND: u32 = 10;
/// Failures in a row before an endpoint is ejected.
pub const CONSECUTIVE_FAILURES: u32 = 5;
/// How long an endpoint stays ejected: a restart of a process.
pub const EJECT_FOR: Duration = Duration::from_secs(30);
/// Share of a cluster that may be ejected: half of it must go on being tried.
pub const MAX_EJECTED_PERCENT: Percent = Percent::new(50);

pub(crate) fn weight() -> u32 {
    1
}

pub(crate) fn health_interval() -> Duration {
    Duration::from_secs(5)
}

pub(crate) fn health_timeout() -> Duration {
    Duration::from_secs(2)
}

pub(crate) fn unhealthy_after() -> u32 {
    3
}

pub(crate) fn healthy_after() -> u32 {
    2
}

pub(crate) fn health_expect() -> Vec<StatusRange> {
    vec![StatusRange::SUCCESS]
}

// WAF.

/// Rule set of a `waf` filter that names none.
pub const RULESET: &str = "crs";
/// A `waf` filter with no rule set of its own uses this name.
pub const NO_RULESET: &str = "none";
/// Paranoia level: what the CRS itself starts with.
pub const PARANOIA: u8 = 1;
/// Inbound anomaly threshold of the CRS: one critical rule.
pub const ANOMALY_INBOUND: u32 = 5;
/// Outbound anomaly threshold of the CRS.
pub const ANOMALY_OUTBOUND: u32 = 4;
/// Request body held for inspection: forms and JSON of real applications; the recommended value of ModSecurity for
/// bodies without files.
pub const REQUEST_BODY_INSPECTION: ByteSize = ByteSize::from_kib(128);
/// Response body held for inspection: ModSecurity's recommended value.
pub const RESPONSE_BODY_INSPECTION: ByteSize = ByteSize::from_kib(512);
/// Hard bound of both: one exchange never holds more.
pub const BODY_INSPECTION_MAX: ByteSize = ByteSize::from_mib(16);
/// Of so many inspected exchanges, the rules of one are timed: that makes it some ten microseconds longer.
pub const WAF_PROFILE_ONE_IN: u64 = 1_000;
/// Rules of a rule set that metrics and profiles show, the dearest first.
pub const WAF_PROFILE_RULES: usize = 20;

// Plugins.

/// Memory of one VM: the largest of Higress' own plugins, with its dictionary, takes half of it.
pub const PLUGIN_MEMORY: ByteSize = ByteSize::from_mib(256);
/// One call into a plugin: a hundred times what a plugin in Go takes for a request.
pub const PLUGIN_CALL: Duration = Duration::from_millis(10);
/// Start and configuration of a plugin: large dictionaries take a second.
pub const PLUGIN_CONFIGURE: Duration = Duration::from_secs(30);
/// Most memory a WebAssembly module can address.
pub const PLUGIN_MEMORY_MAX: ByteSize = ByteSize::from_mib(4096);
/// Longest call that can be configured: meanwhile the worker serves nobody else.
pub const PLUGIN_CALL_MAX: Duration = Duration::from_secs(1);
/// Longest start that can be configured.
pub const PLUGIN_CONFIGURE_MAX: Duration = Duration::from_secs(300);
/// Most plugins.
pub const PLUGINS: usize = 200;
/// Most rules of a plugin: those are matched one by one where a pattern is involved.
pub const PLUGIN_RULES: usize = 2_000;
/// Largest module brought from anywhere.
pub const PLUGIN_MODULE: ByteSize = ByteSize::from_mib(128);
/// Largest manifest and token of a registry.
pub const PLUGIN_MANIFEST: ByteSize = ByteSize::from_mib(4);
/// Wait for a registry or server, from the first byte sent to the last one read.
pub const PLUGIN_FETCH: Duration = Duration::from_secs(60);
/// Wait for a connection to a registry or server.
pub const PLUGIN_CONNECT: Duration = Duration::from_secs(5);
/// Most redirects followed for one file; registries hand layers out by one.
pub const PLUGIN_REDIRECTS: u32 = 5;
/// Most modules kept in the cache; what was used longest ago goes first.
pub const PLUGIN_CACHE: usize = 256;

pub(crate) fn native_twin() -> bool {
    true
}

pub(crate) fn plugin_on_error() -> crate::OnError {
    crate::OnError::Closed
}

// Documents.

/// Largest document read.
pub const DOCUMENT: ByteSize = ByteSize::from_mib(16);
/// Deepest nesting of a document; what is valid needs ten.
pub const DOCUMENT_DEPTH: usize = 64;
/// Most values of a document, those that aliases repeat included: some 50,000 routes.
pub const DOCUMENT_NODES: usize = 1_000_000;
/// Most aliases of a document.
pub const DOCUMENT_ALIASES: usize = 10_000;
/// Most addresses of one name.
pub const RESOLVED_ADDRESSES: usize = 64;
/// Most documents of one folder.
pub const DOCUMENTS: usize = 1000;
/// Most diagnostics shown of one load; the rest is counted.
pub const DIAGNOSTICS: usize = 200;

// Administration.

/// Port of the admin API on loopback.
pub const ADMIN_PORT: u16 = 9901;

// Hard bounds.

/// Largest head, response head and target that can be configured: all of it is held in memory.
pub const HEAD_MAX: ByteSize = ByteSize::from_mib(1);
/// Smallest receive window: the protocol's initial value (RFC 9113 section 6.5.2), below which peers may already send.
pub const H2_WINDOW_MIN: ByteSize = ByteSize::from_bytes(65_535);
/// Largest receive window (RFC 9113 section 6.9.1 allows 2 GiB); what one peer can make us hold.
pub const H2_WINDOW_MAX: ByteSize = ByteSize::from_mib(64);

// Reloads.

/// Quiet after the last change of a file before documents are read: an editor's or a `cp`'s several steps are one
/// change.
pub const RELOAD_QUIET: Duration = Duration::from_millis(20);
/// Longest wait for quiet: changes that never end are taken over all the same.
pub const RELOAD_QUIET_MAX: Duration = Duration::from_millis(250);
/// Longest wait for a file that is being written to be closed.
pub const RELOAD_OPEN_MAX: Duration = Duration::from_secs(2);
/// Time until a good configuration that could not take effect, as when an address is in use, is tried again.
pub const RELOAD_RETRY: Duration = Duration::from_secs(5);
/// Most folders watched.
pub const WATCHED_FOLDERS: usize = 1000;
/// Deepest folder below a rule set's that is watched.
pub const WATCHED_DEPTH: usize = 4;

// The admin API.

/// Connections to the admin API at once; more wait.
pub const ADMIN_CONNECTIONS: usize = 64;
/// Longest life of a connection to the admin API: above the scrape interval of Prometheus, so that it is used again,
/// and an end for one that sends its request a byte a minute.
pub const ADMIN_CONNECTION: Duration = Duration::from_secs(120);
