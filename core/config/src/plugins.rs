//! Plugins: filters an operator brings as WebAssembly modules that speak Proxy-Wasm.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::files::InputFile;
use crate::{ByteSize, Duration, LogLevel, OnError, defaults};

mod domain;
mod json;
mod url;

pub use domain::PluginDomain;
pub use json::PluginSettings;
pub use url::{Image, ModuleDigest, PluginUrl};

/// One plugin: where its module is, what it may use, and how it is configured where.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plugin {
    /// Name, unique among plugins; a label in metrics and logs.
    pub name: String,
    /// Where the module is: a file (`./a.wasm`, `file:///opt/a.wasm`, relative to the document), `https://...`, `http://...`
    /// or an image, `oci://registry/repository:tag`.
    pub url: PluginUrl,
    /// SHA-256 of the module, in hexadecimal. Required with `http://` and `https://`. Of an image it is the module's, or the
    /// manifest's.
    #[serde(default)]
    pub sha256: Option<ModuleDigest>,
    /// When a registry is asked again; absent: `always` for the tag `latest` or none, else `if_not_present`.
    #[serde(default)]
    pub pull_policy: Option<PullPolicy>,
    /// Name of an entry of `pull_secrets`, to prove to a registry or server who asks.
    #[serde(default)]
    pub pull_secret: Option<String>,
    /// Takes a module from a server without `sha256`: whoever serves it decides what runs here.
    #[serde(default)]
    pub danger_unpinned: bool,
    /// Asks a registry that is not on this machine without TLS: whoever is on the way decides what runs here.
    #[serde(default)]
    pub danger_plain_http: bool,
    /// When it runs among plugins.
    #[serde(default)]
    pub phase: PluginPhase,
    /// Within a phase, the higher runs first; ties go by name.
    #[serde(default)]
    #[schemars(range(min = -1_000_000, max = 1_000_000))]
    pub priority: i32,
    /// Whether it runs here at all, or a filter of the gateway's own that does the same, where there is one.
    #[serde(default = "defaults::native_twin")]
    pub native_twin: bool,
    /// What happens when it traps, takes too long or cannot be started.
    #[serde(default = "defaults::plugin_on_error")]
    pub on_error: OnError,
    /// What it may use.
    #[serde(default)]
    pub limits: PluginLimits,
    /// Environment variables of its VM.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Names of environment variables it is given from the gateway's own environment, when it is started.
    #[serde(default)]
    pub env_from_host: Vec<String>,
    /// Least severe of its log lines that are written; what the module is told when it asks.
    #[serde(default)]
    pub log_level: LogLevel,
    /// The name it is given inside (`plugin_root_id`); absent: `name`.
    #[serde(default)]
    pub root_id: Option<String>,
    /// Its configuration where no rule matches: any YAML, handed over as JSON; a text as it is. Absent: with `rules`, it
    /// is off where none matches; without, it runs with an empty configuration.
    #[serde(default)]
    pub config: Option<PluginSettings>,
    /// Other configurations, by route, host and cluster. The narrowest rule counts, wherever it stands in the list.
    #[serde(default)]
    pub rules: Vec<PluginRule>,
    /// Who matches the rules.
    #[serde(default)]
    pub rules_by: RulesBy,
    /// Whether a filter of the gateway's own stands in for it. Not written: found while documents are loaded.
    #[serde(skip)]
    pub served_natively: bool,
}

impl Plugin {
    /// When a registry is asked again, as written or by the tag.
    #[must_use]
    pub fn pull_policy(&self) -> PullPolicy {
        let moving = matches!(&self.url, PluginUrl::Image(image) if image.moves());
        let by_tag = if moving { PullPolicy::Always } else { PullPolicy::IfNotPresent };
        self.pull_policy.unwrap_or(by_tag)
    }
}

/// When a registry or server is asked for a module that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PullPolicy {
    /// Never: what was brought once is used.
    IfNotPresent,
    /// Whenever documents are loaded. What was brought before is used when there is no answer.
    Always,
}

/// When a plugin runs: those of an earlier phase see a request first, and its response last. The words are Higress' and Istio's.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PluginPhase {
    /// Who is asking.
    Authn,
    /// May they.
    Authz,
    /// What is counted.
    Stats,
    /// After all of these.
    #[default]
    Unspecified,
}

/// What a plugin may use.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PluginLimits {
    /// Most memory of one VM.
    pub memory: ByteSize,
    /// Longest time of one call into it.
    pub call_deadline: Duration,
    /// Longest time it takes to start and to read its configuration.
    pub configure_deadline: Duration,
}

impl Default for PluginLimits {
    fn default() -> Self {
        Self {
            memory: defaults::PLUGIN_MEMORY,
            call_deadline: defaults::PLUGIN_CALL,
            configure_deadline: defaults::PLUGIN_CONFIGURE,
        }
    }
}

/// A configuration of a plugin for some exchanges. `routes` and `services` together: both must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PluginRule {
    /// Names of routes.
    pub routes: Vec<String>,
    /// Hosts: `shop.example.com`, `*.example.com`, `shop.*`, `*`. Not beside `routes`.
    pub domains: Vec<PluginDomain>,
    /// Names of clusters, with a port where they have one: `shop`, `shop.static:80`.
    pub services: Vec<String>,
    /// The configuration there, instead of the plugin's.
    pub config: Option<PluginSettings>,
    /// Whether the plugin is off there.
    pub disable: bool,
}

/// Who matches the rules of a plugin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RulesBy {
    /// The gateway: each rule is a configuration of its own for the module. Any module will do.
    #[default]
    Gateway,
    /// The plugin: it is given one configuration with all rules in `_rules_`, as modules made with Higress' kits expect.
    /// The gateway does not call it where no rule can match.
    Plugin,
}

/// What proves to a registry or server who asks, and who may answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PullSecret {
    /// A file as Docker writes it (`config.json`, `.dockerconfigjson`); or `username` and `password`.
    #[schemars(with = "Option<InputFile>")]
    pub docker_config: Option<PathBuf>,
    /// The name to log in with.
    pub username: Option<String>,
    /// A file with the password or token; a newline at its end does not count.
    #[schemars(with = "Option<InputFile>")]
    pub password: Option<PathBuf>,
    /// PEM file of the authorities to trust; absent: those of the system.
    #[schemars(with = "Option<InputFile>")]
    pub ca: Option<PathBuf>,
}
