//! Clusters: named sets of equal endpoints. Equality of two clusters decides whether connections and health survive
//! a reload.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::files::InputFile;
use crate::{Address, ByteSize, Duration, Percent, StatusRange, defaults};

/// A named set of equal endpoints with balancing, health, TLS and retry policy.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// Name, unique among clusters; a label in metrics and logs.
    pub name: String,
    /// The endpoints; at least one.
    pub endpoints: Vec<Endpoint>,
    /// How an endpoint is picked.
    #[serde(default)]
    pub balance: Balance,
    /// Protocol spoken with the endpoints.
    #[serde(default)]
    pub protocol: UpstreamProtocol,
    /// TLS towards the endpoints; absent for cleartext.
    #[serde(default)]
    pub tls: Option<UpstreamTls>,
    /// How endpoints are found healthy or not.
    #[serde(default)]
    pub health: Health,
    /// How long to wait.
    #[serde(default)]
    pub timeouts: ClusterTimeouts,
    /// When a request is tried again on another endpoint.
    #[serde(default)]
    pub retry: Retry,
    /// Bounds of this cluster.
    #[serde(default)]
    pub limits: ClusterLimits,
}

/// One address of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// IP address or name, and port.
    pub address: Address,
    /// Share of requests relative to the other endpoints, 1 to 1000.
    #[serde(default = "defaults::weight")]
    #[schemars(range(min = 1, max = 1000))]
    pub weight: u32,
}

/// How an endpoint is picked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Balance {
    /// In turn, by weight.
    #[default]
    RoundRobin,
    /// The one of two random endpoints that has fewer requests in flight for its weight.
    LeastRequest,
    /// The same endpoint for the same key.
    ConsistentHash(HashKey),
}

/// What a consistent hash is taken of. A request without it falls back to round robin.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HashKey {
    /// Address of the caller, through trusted proxies only.
    ClientIp,
    /// Canonical path without the query.
    Path,
    /// Value of a request header.
    Header(String),
    /// Value of a cookie.
    Cookie(String),
}

/// Protocol spoken with endpoints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamProtocol {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2: by ALPN over TLS, by prior knowledge in cleartext. What gRPC needs.
    Http2,
}

/// TLS towards endpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UpstreamTls {
    /// Server name asked for and verified; absent: the endpoint's name as written.
    pub sni: Option<String>,
    /// PEM file of the authorities to trust; absent: those of the system.
    #[schemars(with = "Option<InputFile>")]
    pub ca: Option<PathBuf>,
    /// A number for what the file of `ca` held when it was loaded. Not written: it makes a cluster another one when
    /// its authorities are renewed, so that no connection goes on trusting the old ones.
    #[serde(skip)]
    pub ca_contents: u64,
    /// Accepts any certificate: anyone on the way can read and change what passes.
    pub danger_accept_invalid_certificates: bool,
}

/// How endpoints are found healthy or not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Health {
    /// Asks each endpoint from time to time.
    pub active: Option<ActiveHealth>,
    /// Watches the requests that pass.
    pub passive: Option<PassiveHealth>,
}

/// Asks each endpoint from time to time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActiveHealth {
    /// Path of the GET request.
    pub path: String,
    /// Host header of the request; absent: the endpoint's address as written.
    #[serde(default)]
    pub host: Option<String>,
    /// Time between two requests to one endpoint.
    #[serde(default = "defaults::health_interval")]
    pub interval: Duration,
    /// Longest wait for the response.
    #[serde(default = "defaults::health_timeout")]
    pub timeout: Duration,
    /// So many failures in a row make an endpoint unhealthy.
    #[serde(default = "defaults::unhealthy_after")]
    #[schemars(range(min = 1, max = 100))]
    pub unhealthy_after: u32,
    /// So many successes in a row make it healthy again.
    #[serde(default = "defaults::healthy_after")]
    #[schemars(range(min = 1, max = 100))]
    pub healthy_after: u32,
    /// Statuses that count as success: `200`, `200-299`.
    #[serde(default = "defaults::health_expect")]
    pub expect: Vec<StatusRange>,
}

/// Watches the requests that pass, and keeps requests away from an endpoint that fails.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PassiveHealth {
    /// So many failures in a row (no connection, reset, timeout, 502, 503, 504) eject an endpoint.
    #[schemars(range(min = 1, max = 1000))]
    pub consecutive_failures: u32,
    /// For how long.
    pub eject_for: Duration,
    /// At most so much of the cluster is ejected at once.
    pub max_ejected_percent: Percent,
}

impl Default for PassiveHealth {
    fn default() -> Self {
        Self {
            consecutive_failures: defaults::CONSECUTIVE_FAILURES,
            eject_for: defaults::EJECT_FOR,
            max_ejected_percent: defaults::MAX_EJECTED_PERCENT,
        }
    }
}

/// How long to wait for endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClusterTimeouts {
    /// For a connection, with its TLS handshake.
    pub connect: Duration,
    /// Between two reads.
    pub read: Duration,
    /// Between two writes.
    pub write: Duration,
    /// How long an unused connection is kept.
    pub idle: Duration,
    /// From the request's beginning to the response's end; absent: unlimited, as streams need.
    pub total: Option<Duration>,
}

impl Default for ClusterTimeouts {
    fn default() -> Self {
        Self {
            connect: defaults::UPSTREAM_CONNECT,
            read: defaults::UPSTREAM_READ,
            write: defaults::UPSTREAM_WRITE,
            idle: defaults::UPSTREAM_IDLE,
            total: None,
        }
    }
}

/// When a request is tried again on another endpoint. Only while no byte of a response went downstream and the
/// request can be sent again whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Tries after the first one, 0 to 5.
    #[schemars(range(min = 0, max = 5))]
    pub attempts: u32,
    /// After which failures. (Not `on`: older YAML takes that word for a switch.)
    pub after: Vec<RetryOn>,
    /// After which statuses; gateway statuses only: 502, 503, 504.
    pub statuses: Vec<u16>,
    /// Retries may be at most so much of the requests of the last ten seconds.
    pub budget_percent: Percent,
    /// Retries allowed per second however few requests there are.
    #[schemars(range(min = 0, max = 1000))]
    pub min_per_second: u32,
    /// Also tries again what is not idempotent (POST, PATCH), which may then happen twice.
    pub danger_non_idempotent: bool,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: defaults::RETRY_ATTEMPTS,
            after: vec![RetryOn::ConnectFailure],
            statuses: Vec::new(),
            budget_percent: defaults::RETRY_BUDGET_PERCENT,
            min_per_second: defaults::RETRY_MIN_PER_SECOND,
            danger_non_idempotent: false,
        }
    }
}

/// A failure after which a request may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetryOn {
    /// No connection was made: the request was not sent, so any method may be tried again.
    ConnectFailure,
    /// The connection broke before a response began; idempotent methods only.
    Reset,
    /// The read timeout passed before a response began; idempotent methods only.
    Timeout,
}

/// Bounds of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClusterLimits {
    /// Most requests in flight; more are answered 503.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub requests: u32,
    /// Most unused connections kept.
    #[schemars(range(min = 0, max = 100_000))]
    pub idle_connections: u32,
    /// Largest response head.
    pub response_headers: ByteSize,
}

impl Default for ClusterLimits {
    fn default() -> Self {
        Self {
            requests: defaults::CLUSTER_REQUESTS,
            idle_connections: defaults::CLUSTER_IDLE_CONNECTIONS,
            response_headers: defaults::RESPONSE_HEADERS,
        }
    }
}
