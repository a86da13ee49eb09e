//! Filters: policy that runs in the phases of an exchange.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::files::{InputFile, InputFolder};
use crate::{ByteSize, HostPattern, defaults};

/// One filter. A closed set: the pipeline matches it exhaustively.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FilterConfig {
    /// Inspects requests and responses by a rule set.
    Waf(Waf),
    /// Sets, adds and removes headers.
    Headers(Headers),
}

impl FilterConfig {
    /// Which kind of filter it is.
    #[must_use]
    pub fn kind(&self) -> FilterKind {
        match self {
            Self::Waf(_) => FilterKind::Waf,
            Self::Headers(_) => FilterKind::Headers,
        }
    }
}

/// A kind of filter.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FilterKind {
    /// See [`FilterConfig::Waf`].
    Waf,
    /// See [`FilterConfig::Headers`].
    Headers,
}

impl FilterKind {
    /// As written in a document.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waf => "waf",
            Self::Headers => "headers",
        }
    }
}

/// Filters of all routes that serve a host. A kind given here replaces the gateway's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostFilters {
    /// The host. A request takes the filters of the most exact entry that matches its own host.
    pub host: HostPattern,
    /// Its filters.
    #[serde(default)]
    pub filters: Vec<FilterConfig>,
    /// Kinds of filters that are off on this host, unless a route gives one.
    #[serde(default)]
    pub disable: Vec<FilterKind>,
}

/// Where the rules of a rule set are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ruleset {
    /// Folder of an operator's own copy; absent: the OWASP CRS embedded in the program. Relative to the document.
    #[schemars(with = "Option<InputFolder>")]
    pub path: Option<PathBuf>,
}

/// Inspects requests and responses by a rule set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Waf {
    /// Name of the rule set; `crs` is the embedded OWASP CRS unless `rulesets` says otherwise. `none`: only `rules`
    /// and `directives`.
    pub ruleset: String,
    /// What happens to an exchange that the rules find to be an attack.
    pub mode: WafMode,
    /// CRS paranoia level: more rules, more false alarms.
    #[schemars(range(min = 1, max = 4))]
    pub paranoia: u8,
    /// Anomaly scores from which an exchange is an attack.
    pub anomaly_threshold: AnomalyThreshold,
    /// How request bodies are inspected.
    pub request_body: RequestBodyInspection,
    /// How response bodies are inspected.
    pub response_body: ResponseBodyInspection,
    /// Where JSON inside a value is opened, so that rules see its leaves instead of the whole.
    pub decode_json_in_args: DecodeJsonInArgs,
    /// SecLang files read after the rule set, in order. Relative to the document.
    #[schemars(with = "Vec<InputFile>")]
    pub rules: Vec<PathBuf>,
    /// Files that lines of `rules` name: `@pmFromFile`, `@ipMatchFromFile`, `@validateSchema`, `Include`. A line finds
    /// them beside its own file or by full name. Relative to the document.
    #[schemars(with = "Vec<InputFile>")]
    pub data: Vec<PathBuf>,
    /// MaxMind database (`.mmdb`) for `@geoLookup`; at most 256 MiB. Relative to the document.
    #[schemars(with = "Option<InputFile>")]
    pub geo_database: Option<PathBuf>,
    /// SecLang read before the rules of the rule set, after its setup: where exclusions with `ctl:` belong.
    pub directives_before: String,
    /// SecLang read after `rules`: where `SecRuleRemoveById` and `SecRuleUpdateTargetById` belong.
    pub directives: String,
    /// Of so many inspected exchanges, the rules of one are timed, for `/waf/profile` and the metrics of rules; 0 for none.
    /// It makes that exchange some ten microseconds longer.
    pub profile_one_in: u64,
    /// What happens when the filter cannot decide.
    pub on_error: OnError,
}

impl Default for Waf {
    fn default() -> Self {
        Self {
            ruleset: defaults::RULESET.to_owned(),
            mode: WafMode::Blocking,
            paranoia: defaults::PARANOIA,
            anomaly_threshold: AnomalyThreshold::default(),
            request_body: RequestBodyInspection::default(),
            response_body: ResponseBodyInspection::default(),
            decode_json_in_args: DecodeJsonInArgs::Off,
            rules: Vec::new(),
            data: Vec::new(),
            geo_database: None,
            directives_before: String::new(),
            directives: String::new(),
            profile_one_in: defaults::WAF_PROFILE_ONE_IN,
            on_error: OnError::Closed,
        }
    }
}

/// What happens to an exchange that the rules find to be an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WafMode {
    /// It is answered with 403 (`SecRuleEngine On`).
    Blocking,
    /// It is reported and passes (`SecRuleEngine DetectionOnly`).
    Detection,
    /// Nothing is inspected.
    Off,
}

/// Anomaly scores from which an exchange is an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AnomalyThreshold {
    /// Of the request.
    #[schemars(range(min = 1, max = 10_000))]
    pub inbound: u32,
    /// Of the response.
    #[schemars(range(min = 1, max = 10_000))]
    pub outbound: u32,
}

impl Default for AnomalyThreshold {
    fn default() -> Self {
        Self { inbound: defaults::ANOMALY_INBOUND, outbound: defaults::ANOMALY_OUTBOUND }
    }
}

/// How request bodies are inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RequestBodyInspection {
    /// Whether they are.
    pub inspect: bool,
    /// Most bytes collected in memory, and also most bytes after inflating; at most 16MiB.
    pub limit: ByteSize,
    /// What happens to a larger body.
    pub on_limit: OnLimit,
}

impl Default for RequestBodyInspection {
    fn default() -> Self {
        Self { inspect: true, limit: defaults::REQUEST_BODY_INSPECTION, on_limit: OnLimit::Reject }
    }
}

/// How response bodies are inspected. Streams (SSE, gRPC) never are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ResponseBodyInspection {
    /// Whether they are; the response then waits until it is known.
    pub inspect: bool,
    /// Most bytes collected in memory; at most 16MiB. What comes after passes uninspected.
    pub limit: ByteSize,
}

impl Default for ResponseBodyInspection {
    fn default() -> Self {
        Self { inspect: false, limit: defaults::RESPONSE_BODY_INSPECTION }
    }
}

/// Where JSON inside a value is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecodeJsonInArgs {
    /// Nowhere.
    #[default]
    Off,
    /// In arguments of the query and of forms.
    Arguments,
    /// In arguments and in cookies.
    ArgumentsAndCookies,
}

/// What happens to a body beyond the inspection limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnLimit {
    /// It is answered with 413.
    Reject,
    /// Its first part is inspected, and all of it passes.
    Partial,
}

/// What happens when a filter cannot decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// The exchange is refused.
    Closed,
    /// The exchange passes, and it is reported.
    Open,
}

/// Sets, adds and removes headers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Headers {
    /// Of the request, on its way up.
    pub request: HeaderChanges,
    /// Of the response, on its way down.
    pub response: HeaderChanges,
}

/// Changes of headers, in this order: remove, set, add.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HeaderChanges {
    /// Replaces all values of a header.
    pub set: BTreeMap<String, String>,
    /// Adds a value to a header.
    pub add: BTreeMap<String, String>,
    /// Removes headers.
    pub remove: Vec<String>,
}
