//! The whole of what an operator writes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    BindAddress, Cluster, FilterConfig, HostFilters, Limits, Listener, Network, Plugin, PullSecret,
    Route, Ruleset, Telemetry,
};

/// What an operator writes, in one document or in a folder of documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Gateway {
    /// The admin API.
    pub admin: Admin,
    /// Logs.
    pub telemetry: Telemetry,
    /// Every limit of the gateway.
    pub limits: Limits,
    /// Whose word on the caller's address is taken.
    pub trusted_proxies: TrustedProxies,
    /// How paths are made canonical.
    pub paths: Paths,
    /// The process.
    pub runtime: Runtime,
    /// Where downstreams connect.
    pub listeners: Vec<Listener>,
    /// Where requests go.
    pub clusters: Vec<Cluster>,
    /// Rule sets by name; `crs` is there without being written.
    pub rulesets: BTreeMap<String, Ruleset>,
    /// Filters of every request, unless a host or a route gives the same kind.
    pub filters: Vec<FilterConfig>,
    /// Filters by host.
    pub hosts: Vec<HostFilters>,
    /// Filters brought as WebAssembly modules.
    pub plugins: Vec<Plugin>,
    /// What proves to registries and servers of modules who asks, by name.
    pub pull_secrets: BTreeMap<String, PullSecret>,
    /// Which requests go where.
    pub routes: Vec<Route>,
}

/// The admin API: health, metrics, configuration, diagnostics. It has no authentication and is not for the internet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Where it listens; loopback unless `danger_public` is set. Read at start only.
    pub address: BindAddress,
    /// Allows an address that is not loopback.
    pub danger_public: bool,
}

impl Default for Admin {
    fn default() -> Self {
        let loopback = std::net::SocketAddr::from(([127, 0, 0, 1], crate::defaults::ADMIN_PORT));
        Self { address: loopback.into(), danger_public: false }
    }
}

/// Whose word on the caller's address is taken. Empty: nobody's; the caller is who opened the connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrustedProxies {
    /// Networks of the proxies in front of us.
    pub addresses: Vec<Network>,
    /// The header they write.
    pub header: ForwardedHeader,
    /// Most proxies walked back, from us outwards; absent: as long as they are trusted.
    #[schemars(range(min = 1, max = 32))]
    pub hops: Option<u32>,
}

/// The header that carries the caller's address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// How paths are made canonical, before any policy looks at them. What was decided on is what is sent upstream.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Paths {
    /// Whether several slashes in a row become one.
    pub merge_slashes: bool,
    /// What happens to `%2f` and `%5c`.
    pub escaped_slashes: EscapedSlashes,
}

impl Default for Paths {
    fn default() -> Self {
        Self { merge_slashes: true, escaped_slashes: EscapedSlashes::default() }
    }
}

/// What happens to an escaped slash or backslash in a path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EscapedSlashes {
    /// It stays escaped; some applications carry names with slashes so. Refused all the same where decoding it would
    /// bring a dot segment to light.
    Keep,
    /// The request is answered with 400. Upstreams disagree on whether an escaped slash separates segments, so no
    /// policy could be decided for all of them.
    #[default]
    Reject,
    /// It becomes a slash, before `..` is resolved.
    Decode,
}

/// The process. Read at start only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Runtime {
    /// Worker threads; absent: one a core.
    #[schemars(range(min = 1, max = 512))]
    pub threads: Option<u32>,
}
