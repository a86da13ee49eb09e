//! The regression test schema of the Core Rule Set (ftw-tests-schema v2), as written.
//!
//! Every documented field is read. An unknown field is an error of the file, so that a newer schema is noticed and
//! not half understood.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};

/// One file: the tests of one rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestFile {
    /// Free text about the file.
    #[serde(default)]
    pub meta: Meta,
    /// Written at the top of one file of CRS 4.25 instead of inside `meta`.
    #[serde(default)]
    pub author: Option<String>,
    /// The rule the tests are about.
    #[serde(default)]
    pub rule_id: u64,
    /// The tests, in order.
    #[serde(default)]
    pub tests: Vec<Test>,
}

/// Free text about a file; only `enabled` has a meaning.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Meta {
    /// Who wrote it.
    pub author: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// `false` takes the whole file out (deprecated).
    pub enabled: Option<bool>,
    /// A title.
    pub name: Option<String>,
    /// A version.
    pub version: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
}

/// One test: stages that run one after the other.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// Number within the file, from 1.
    #[serde(default)]
    pub test_id: u32,
    /// Title of older files.
    #[serde(default)]
    pub test_title: Option<String>,
    /// What it shows.
    #[serde(default)]
    pub desc: Option<String>,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Requests and what is expected of them.
    #[serde(default)]
    pub stages: Vec<Stage>,
}

/// One request and what is expected of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// What it shows.
    #[serde(default)]
    pub description: Option<String>,
    /// The request.
    #[serde(default)]
    pub input: Input,
    /// The expectations; all must hold.
    #[serde(default)]
    pub output: Output,
}

/// A request, in fields or as raw bytes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Input {
    /// Where go-ftw connects to; in process it is the server's address.
    pub dest_addr: Option<String>,
    /// Port of `dest_addr`, 80 when absent.
    pub port: Option<u16>,
    /// `http` or `https`.
    pub protocol: Option<String>,
    /// The request target, written as it is; `/` when absent.
    pub uri: Option<String>,
    /// The protocol version, written as it is; `HTTP/1.1` when absent.
    pub version: Option<String>,
    /// The method, written as it is; `GET` when absent.
    pub method: Option<String>,
    /// Headers; written in the order of their names.
    #[serde(deserialize_with = "scalars")]
    pub headers: BTreeMap<String, String>,
    /// Headers in order, with repetitions; before `headers`.
    pub ordered_headers: Vec<OrderedHeader>,
    /// The body; may hold Go template actions.
    pub data: Option<String>,
    /// The body in base64.
    pub encoded_data: Option<String>,
    /// The whole request in base64; replaces all other fields.
    pub encoded_request: Option<String>,
    /// Keeps the response's cookies for the next stage.
    pub save_cookie: Option<bool>,
    /// Follows a redirect; the stage takes the target of the previous response's `Location`.
    pub follow_redirect: Option<bool>,
    /// Whether Content-Type, Content-Length and Connection are filled in; `true` when absent.
    pub autocomplete_headers: Option<bool>,
    /// Older name of the opposite of `autocomplete_headers`.
    pub stop_magic: Option<bool>,
    /// Sends the request's Host also with the markers of the log; without meaning in process.
    pub virtual_host_mode: Option<bool>,
    /// What the upstream answers.
    pub response: Option<Response>,
}

/// One header line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderedHeader {
    /// Its name, written as it is.
    pub name: String,
    /// Its value, written as it is.
    #[serde(default)]
    pub value: String,
}

/// What the upstream answers to a stage.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Response {
    /// Header fields.
    #[serde(deserialize_with = "scalars")]
    pub headers: BTreeMap<String, String>,
    /// Status, 200 when absent.
    pub status: Option<u16>,
    /// The body.
    pub body: Option<String>,
    /// The body in base64.
    pub encoded_body: Option<String>,
    /// A line for the upstream's own log.
    pub log_message: Option<String>,
}

/// What is expected of a stage.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Output {
    /// The status of the response.
    pub status: Option<u16>,
    /// A regular expression on the response.
    pub response_contains: Option<String>,
    /// Older name of `log.match_regex`.
    pub log_contains: Option<String>,
    /// Older name of `log.no_match_regex`.
    pub no_log_contains: Option<String>,
    /// What the log says.
    pub log: Log,
    /// No response can be read.
    pub expect_error: Option<bool>,
    /// One repetition is allowed: the rule depends on something slow or random.
    pub retry_once: Option<bool>,
    /// The one expected rule is the only one.
    pub isolated: Option<bool>,
}

/// What the log says after a stage.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Rules that matched, all of them.
    pub expect_ids: Vec<u64>,
    /// Rules that did not match, none of them.
    pub no_expect_ids: Vec<u64>,
    /// A regular expression some line matches.
    pub match_regex: Option<String>,
    /// A regular expression no line matches.
    pub no_match_regex: Option<String>,
}

/// A file that replaces expectations for one engine or platform.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overrides {
    /// Version of the schema.
    #[serde(default)]
    pub version: Option<String>,
    /// For whom the file is.
    #[serde(default)]
    pub meta: OverridesMeta,
    /// The replacements.
    #[serde(default)]
    pub test_overrides: Vec<TestOverride>,
}

/// For whom an overrides file is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OverridesMeta {
    /// The engine.
    pub engine: Option<String>,
    /// The platform.
    pub platform: Option<String>,
    /// Free text by name.
    #[serde(deserialize_with = "scalars")]
    pub annotations: BTreeMap<String, String>,
}

/// Replaces what is expected of some tests of one rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestOverride {
    /// The rule whose file is meant.
    pub rule_id: u64,
    /// The tests; empty for all of the file.
    #[serde(default)]
    pub test_ids: Vec<u32>,
    /// The stages, from 1; empty for all of the test.
    #[serde(default)]
    pub stage_ids: Vec<u32>,
    /// Why. Printed in the report.
    pub reason: String,
    /// Files of other projects that mark the same test as a difference of the platform; a key of ours.
    #[serde(default)]
    pub marked_by: Vec<String>,
    /// Free text.
    #[serde(default)]
    pub expect_failure: Option<bool>,
    /// One repetition is allowed.
    #[serde(default)]
    pub retry_once: Option<bool>,
    /// Replaces the whole expectation.
    #[serde(default)]
    pub output: Option<Output>,
}

/// A map whose values may be written as numbers or booleans: `Content-Length: 5`.
fn scalars<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let map = Option::<BTreeMap<String, Scalar>>::deserialize(from)?.unwrap_or_default();
    Ok(map.into_iter().map(|(name, value)| (name, value.0)).collect())
}

/// A YAML scalar as text.
struct Scalar(String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Scalar;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a scalar")
            }
            fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar(value.to_owned()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar(String::new()))
            }
        }
        from.deserialize_str(Visitor)
    }
}
