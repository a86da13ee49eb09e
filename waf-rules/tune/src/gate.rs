//! The gate: attacks that must be blocked at paranoia level 1, and ordinary requests that must not.
//!
//! The regression tests run in detection mode with every paranoia level, so they show that rules fire, not that an
//! ordinary visitor gets through and an attacker does not. These two lists show that, in process here and over
//! sockets in the conformance tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_waf_engine::RuleSet;
use serde::Deserialize;

use crate::drive::{Observed, drive};
use crate::ftw::front;
use crate::ftw::upstream::Answer;
use crate::ftw::wire::WireRequest;

const ATTACKS: &str = include_str!("../gate/attacks.yaml");
const BENIGN: &str = include_str!("../gate/benign.yaml");
const BENIGN_BLOCKED: &str = include_str!("../gate/benign-blocked.yaml");

/// What a browser sends with every request; a request of the lists replaces or removes them by name.
const BROWSER: [(&str, &str); 4] = [
    ("Host", "shop.example.com"),
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Language", "en-US,en;q=0.5"),
];

/// One request of the lists, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Unique within its list.
    pub name: String,
    /// The rule family an attack belongs to (`942`); 0 for ordinary requests.
    pub family: u16,
    /// Method.
    pub method: String,
    /// Path and query as sent.
    pub path: String,
    /// All headers but Content-Length and Connection.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// One request as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default)]
    family: u16,
    #[serde(default)]
    method: Option<String>,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<String>,
}

/// An ordinary request that stock CRS blocks, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocked {
    /// Name of the request in `benign.yaml`.
    pub name: String,
    /// The rules that matched, without those that only sum up.
    pub rules: Vec<u64>,
}

/// Attacks, at least one of every request family of CRS.
///
/// # Errors
/// Says what is wrong with the list that is built in; a test holds that nothing is.
pub fn attacks() -> Result<Vec<Request>, String> {
    read(ATTACKS)
}

/// Ordinary requests.
///
/// # Errors
/// As [`attacks`].
pub fn benign() -> Result<Vec<Request>, String> {
    read(BENIGN)
}

/// The ordinary requests that stock CRS blocks all the same.
///
/// # Errors
/// As [`attacks`].
pub fn benign_blocked() -> Result<Vec<Blocked>, String> {
    serde_saphyr::from_str(BENIGN_BLOCKED).map_err(|error| format!("benign-blocked.yaml: {error}"))
}

/// What became of one request.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The request.
    pub request: Request,
    /// Status of the answer when it was blocked.
    pub blocked: Option<u16>,
    /// Whether the upstream was asked.
    pub upstream_reached: bool,
    /// The rules that matched, without those that only sum up.
    pub rules: Vec<u64>,
}

/// Runs requests on rules compiled by [`crate::compile`] with [`crate::Setting::Stock`].
pub fn judge(rules: &Arc<RuleSet>, requests: Vec<Request>) -> Vec<Judged> {
    let answer = Answer {
        status: 200,
        headers: vec![("Content-Type".to_owned(), "text/plain".to_owned())],
        body: b"ok".to_vec(),
    };
    let judge = |(index, request): (usize, Request)| {
        let bytes = request.wire();
        let wire = WireRequest::parse(&bytes);
        // The canonical form, as in the gateway. A request it refuses has none; a test holds that none is.
        let uri =
            front::admit(&bytes).map_or_else(|_| wire.origin_form().to_vec(), String::into_bytes);
        let observed = drive(rules, index as u128 + 1, &wire, &uri, || answer.clone());
        Judged {
            blocked: observed.interruption.map(|(status, _)| status),
            upstream_reached: observed.upstream_reached,
            rules: reasons(&observed),
            request,
        }
    };
    requests.into_iter().enumerate().map(judge).collect()
}

/// The matched rules without those that sum scores up (949, 959, 980).
fn reasons(observed: &Observed) -> Vec<u64> {
    let sums = |rule: &u64| matches!(rule / 1_000, 949 | 959 | 980);
    let mut rules: Vec<u64> = observed.matched.iter().map(|matched| matched.rule).collect();
    rules.retain(|rule| !sums(rule));
    rules.sort_unstable();
    rules.dedup();
    rules
}

impl Request {
    /// The bytes of this request over HTTP/1.1, with Content-Length where there is a body or POST has none.
    pub fn wire(&self) -> Vec<u8> {
        let mut wire = format!("{} {} HTTP/1.1\r\n", self.method, self.path).into_bytes();
        for (name, value) in &self.headers {
            wire.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        if !self.body.is_empty() || self.method == "POST" {
            wire.extend_from_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        wire.extend_from_slice(b"\r\n");
        wire.extend_from_slice(&self.body);
        wire
    }
}

impl From<Written> for Request {
    fn from(written: Written) -> Request {
        let own = |name: &str| written.headers.keys().any(|key| key.eq_ignore_ascii_case(name));
        let mut headers: Vec<(String, String)> = BROWSER
            .iter()
            .filter(|(name, _)| !own(name))
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let multipart = written.headers.values().any(|value| value.starts_with("multipart/"));
        headers.extend(written.headers.into_iter().filter(|(_, value)| !value.is_empty()));
        let body = written.body.unwrap_or_default();
        let body = if multipart { body.replace('\n', "\r\n") } else { body };
        Request {
            name: written.name,
            family: written.family,
            method: written.method.unwrap_or_else(|| "GET".to_owned()),
            path: written.path,
            headers,
            body: body.into_bytes(),
        }
    }
}

fn read(list: &str) -> Result<Vec<Request>, String> {
    let written: Vec<Written> = serde_saphyr::from_str(list).map_err(|error| error.to_string())?;
    Ok(written.into_iter().map(Request::from).collect())
}

#[cfg(test)]
mod tests;
