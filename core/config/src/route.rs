//! Routes: which requests go where.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Duration, FilterConfig, FilterKind, HostPattern, defaults};

/// match -> filters + cluster. The best match wins, ties go to the first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Name, unique among routes; a label in metrics and logs.
    pub name: String,
    /// Names of the listeners it serves; absent: all.
    #[serde(default)]
    pub listeners: Vec<String>,
    /// Hosts; absent: any.
    #[serde(default)]
    pub hosts: Vec<HostPattern>,
    /// What a request must be like; absent: any.
    #[serde(default, rename = "match")]
    pub matches: Match,
    /// The cluster that answers; or `clusters`.
    #[serde(default)]
    pub cluster: Option<String>,
    /// Clusters that share the requests by weight; or `cluster`.
    #[serde(default)]
    pub clusters: Vec<WeightedCluster>,
    /// What is changed in the request line and Host on the way up.
    #[serde(default)]
    pub rewrite: Option<Rewrite>,
    /// How long an exchange may take.
    #[serde(default)]
    pub timeouts: RouteTimeouts,
    /// Filters of this route; a kind given here replaces the host's and the gateway's.
    #[serde(default)]
    pub filters: Vec<FilterConfig>,
    /// Kinds of filters that are off on this route.
    #[serde(default)]
    pub disable: Vec<FilterKind>,
}

impl Route {
    /// The clusters with their weights, whichever way they were written.
    pub fn targets(&self) -> impl Iterator<Item = (&str, u32)> {
        let one = self.cluster.iter().map(|name| (name.as_str(), 1));
        one.chain(self.clusters.iter().map(|target| (target.name.as_str(), target.weight)))
    }
}

/// A cluster's share of a route.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightedCluster {
    /// Name of the cluster.
    pub name: String,
    /// Share of requests relative to the other clusters of the route, 0 to 1000; 0 sends none.
    #[serde(default = "defaults::weight")]
    #[schemars(range(min = 0, max = 1000))]
    pub weight: u32,
}

/// What a request must be like. All that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Match {
    /// The canonical path, without the query.
    pub path: Option<PathMatch>,
    /// Methods; absent: any.
    pub methods: Vec<String>,
    /// Request headers; all must hold.
    pub headers: Vec<HeaderMatch>,
    /// Query parameters; all must hold.
    pub query: Vec<QueryMatch>,
}

/// How the path must be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PathMatch {
    /// Exactly this.
    Exact(String),
    /// This, or below it: `/shop` matches `/shop` and `/shop/cart`, not `/shopping`.
    Prefix(String),
    /// A regular expression found anywhere in it; anchor with `^` and `$`.
    Regex(String),
}

/// How a header must be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderMatch {
    /// Name, in any case.
    pub name: String,
    /// A value of it is exactly this. Of `exact`, `prefix` and `regex` at most one; none: it is there at all.
    #[serde(default)]
    pub exact: Option<String>,
    /// A value of it begins with this.
    #[serde(default)]
    pub prefix: Option<String>,
    /// A regular expression is found in a value of it; anchor with `^` and `$`.
    #[serde(default)]
    pub regex: Option<String>,
    /// Turns the match around.
    #[serde(default)]
    pub invert: bool,
}

impl HeaderMatch {
    /// How a value must be; one of several values is enough.
    #[must_use]
    pub fn value(&self) -> ValueMatch<'_> {
        ValueMatch::of(self.exact.as_deref(), self.prefix.as_deref(), self.regex.as_deref())
    }
}

/// How a query parameter must be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryMatch {
    /// Name after percent-decoding, case-sensitive.
    pub name: String,
    /// A value of it, percent-decoded, is exactly this. Of `exact`, `prefix` and `regex` at most one; none: it is there at all.
    #[serde(default)]
    pub exact: Option<String>,
    /// A value of it begins with this.
    #[serde(default)]
    pub prefix: Option<String>,
    /// A regular expression is found in a value of it; anchor with `^` and `$`.
    #[serde(default)]
    pub regex: Option<String>,
    /// Turns the match around.
    #[serde(default)]
    pub invert: bool,
}

impl QueryMatch {
    /// How a value must be; one of several values is enough.
    #[must_use]
    pub fn value(&self) -> ValueMatch<'_> {
        ValueMatch::of(self.exact.as_deref(), self.prefix.as_deref(), self.regex.as_deref())
    }
}

/// How a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueMatch<'a> {
    /// Anything, as long as it is there.
    Present,
    /// Exactly this.
    Exact(&'a str),
    /// Begins with this.
    Prefix(&'a str),
    /// A regular expression found anywhere in it.
    Regex(&'a str),
}

impl<'a> ValueMatch<'a> {
    fn of(exact: Option<&'a str>, prefix: Option<&'a str>, regex: Option<&'a str>) -> Self {
        let exact = exact.map(Self::Exact);
        let pattern = exact.or(prefix.map(Self::Prefix)).or(regex.map(Self::Regex));
        pattern.unwrap_or(Self::Present)
    }
}

/// What is changed in the request line and Host on the way up. Filters see the request as it was before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rewrite {
    /// Replaces the prefix the route matched by; only with `match: {path: {prefix}}`.
    pub path_prefix: Option<String>,
    /// Replaces what a regular expression matches in the path; not with `path_prefix`.
    pub path_regex: Option<RegexSubstitution>,
    /// Host sent to the endpoint; absent: the host the downstream asked for.
    pub host: Option<String>,
}

/// A search and what is put in its place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegexSubstitution {
    /// Regular expression; its first match in the path is replaced.
    pub pattern: String,
    /// Replacement; `$1` or `${name}` stands for a group.
    pub replacement: String,
}

/// How long an exchange may take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RouteTimeouts {
    /// From the request's beginning to the response's end; absent: the cluster's `total`.
    pub request: Option<Duration>,
    /// Longest silence of a stream or an upgraded connection in both directions; absent: `limits.stream_idle_timeout`.
    pub idle: Option<Duration>,
}
