//! The way of one request through the engine, as the gateway's filter drives it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use portcullis_waf_engine::{
    CompileOptions, Interruption, Matched, Phase, RuleSet, Score, Sources, Transaction,
    TransactionId,
};

/// A request as bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Such as `GET`.
    pub method: Vec<u8>,
    /// The request target.
    pub uri: Vec<u8>,
    /// Header lines in order.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// The whole body; what is beyond the rule set's limit is cut, as the filter does.
    pub body: Vec<u8>,
}

impl Request {
    /// A GET with the headers every client sends.
    pub fn get(uri: impl Into<Vec<u8>>) -> Self {
        let headers = [
            ("Host", "shop.example.com"),
            ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"),
            ("Accept", "*/*"),
        ];
        Self {
            method: b"GET".to_vec(),
            uri: uri.into(),
            headers: headers.map(|(name, value)| (name.into(), value.into())).to_vec(),
            body: Vec::new(),
        }
    }

    /// A POST of a body of a media type.
    pub fn post(media: &str, body: Vec<u8>) -> Self {
        let length = body.len().to_string();
        let request = Self { method: b"POST".to_vec(), body, ..Self::get("/post") };
        request.header("Content-Type", media).header("Content-Length", length)
    }

    /// With one header line more.
    pub fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// What a transaction came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Ids of the matches that are kept, in order, with the phase of each.
    pub matches: Vec<(u64, Phase)>,
    /// What each of them matched, as far as that is kept.
    pub matched: Vec<Vec<Matched>>,
    /// Scores at the end.
    pub score: Score,
    /// The interruption, where there was one.
    pub interruption: Option<Interruption>,
}

/// The embedded Core Rule Set at a paranoia level, with directives of the caller's before its rules.
///
/// # Panics
/// Where this was built without the rule set, or it does not compile.
pub fn core_rule_set(level: u8, more: &str, prefilter: bool) -> Arc<RuleSet> {
    let package =
        portcullis_waf_rulesets::embedded().expect(portcullis_waf_rulesets::HOW_TO_BRING_ONE);
    let overrides = format!(
        "{more}\nSecAction \"id:900000,phase:1,pass,nolog,setvar:tx.blocking_paranoia_level={level}\"\n"
    );
    let sources = Sources::new("entry.conf", package.entry(&overrides))
        .with_files(package.files.iter().map(|file| (file.path.clone(), file.content.clone())));
    RuleSet::compile(&sources, &CompileOptions { prefilter, ..CompileOptions::default() })
        .unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Runs all phases; the response is a plain one whose body is the request's. An interruption ends all phases but the
/// last.
pub fn drive(rules: &Arc<RuleSet>, request: &Request) -> Observed {
    let mut tx = Transaction::new(Arc::clone(rules), TransactionId::from(7_u128));
    let interruption =
        request_phases(&mut tx, request).or_else(|| response_phases(&mut tx, request));
    tx.logging();
    Observed {
        matches: tx.matches().iter().map(|m| (m.rule.id, m.phase)).collect(),
        matched: tx.matches().iter().map(|m| m.matched.clone()).collect(),
        score: tx.score(),
        interruption,
    }
}

/// Phases 1 and 2.
pub fn request_phases(tx: &mut Transaction, request: &Request) -> Option<Interruption> {
    let client = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    let server = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 80));
    tx.connection(client, 50_000, server, 443);
    tx.request_line(&request.method, &request.uri, &request.uri, b"HTTP/1.1");
    for (name, value) in &request.headers {
        tx.request_header(name, value);
    }
    if let Some(interruption) = tx.request_headers_done() {
        return Some(interruption);
    }
    let limit = if tx.wants_request_body() { tx.request_body_limit() } else { 0 };
    let body = request.body.get(..limit).unwrap_or(&request.body);
    tx.request_body(body, body.len() == request.body.len())
}

fn response_phases(tx: &mut Transaction, request: &Request) -> Option<Interruption> {
    tx.response_head(200, b"HTTP/1.1");
    tx.response_header(b"Content-Type", b"text/html");
    if let Some(interruption) = tx.response_headers_done() {
        return Some(interruption);
    }
    let limit = if tx.wants_response_body() { tx.response_body_limit() } else { 0 };
    let body = request.body.get(..limit).unwrap_or(&request.body);
    tx.response_body(body, body.len() == request.body.len())
}
