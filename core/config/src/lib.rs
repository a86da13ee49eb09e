//! What an operator writes.
//!
//! Documents in YAML become a [`Gateway`]: plain data, `Clone + Eq + Hash`, so that equality decides what survives a
//! reload. Every problem is a [`Diagnostic`] with file, line and column, and all of them are reported. This crate
//! decides what is valid on its own; it knows no socket, no regular expression and no rule language, whose compilers
//! report in the same form.
//!
//! Deliberately absent: substitution of environment variables. What a document says is what runs.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

mod address;
mod check;
mod cluster;
pub mod defaults;
mod diagnostic;
mod document;
mod files;
mod filters;
mod foreign;
mod gateway;
mod limits;
mod listener;
mod load;
mod merge;
mod names;
mod number;
mod plugins;
mod redact;
mod route;
mod schema;
mod spans;
mod structure;
mod suggest;
mod telemetry;
mod text;
mod units;

pub use address::{Address, BindAddress, HostPattern, Network};
pub use cluster::{
    ActiveHealth, Balance, Cluster, ClusterLimits, ClusterTimeouts, Endpoint, HashKey, Health,
    PassiveHealth, Retry, RetryOn, UpstreamProtocol, UpstreamTls,
};
pub use diagnostic::{Diagnostic, Severity};
pub use document::{Entry, Node, Place, Tree};
pub use filters::{
    AnomalyThreshold, DecodeJsonInArgs, FilterConfig, FilterKind, HeaderChanges, Headers,
    HostFilters, OnError, OnLimit, RequestBodyInspection, ResponseBodyInspection, Ruleset, Waf,
    WafMode,
};
pub use foreign::{Dialect, Foreign, Rewrites, Translated};
pub use gateway::{
    Admin, EscapedSlashes, ForwardedHeader, Gateway, Paths, Runtime, TrustedProxies,
};
pub use limits::{Limits, ListenerLimits};
pub use listener::{Alpn, Certificate, Listener, ListenerTls, TlsVersion};
pub use load::{Attempt, Loaded, attempt, load, parse_str};
pub use number::{Percent, StatusRange};
pub use plugins::{
    Image, ModuleDigest, Plugin, PluginDomain, PluginLimits, PluginPhase, PluginRule,
    PluginSettings, PluginUrl, PullPolicy, PullSecret, RulesBy,
};
pub use redact::REDACTED;
pub use route::{
    HeaderMatch, Match, PathMatch, QueryMatch, RegexSubstitution, Rewrite, Route, RouteTimeouts,
    ValueMatch, WeightedCluster,
};
pub use schema::schema;
pub use spans::Spans;
pub use suggest::suggest;
pub use telemetry::{
    AuditEngine, AuditFormat, AuditLog, AuditTarget, Log, LogLevel, LogTarget, Otlp, Redact,
    Rotate, Telemetry,
};
pub use units::{ByteSize, Duration};
