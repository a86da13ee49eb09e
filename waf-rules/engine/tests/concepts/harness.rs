//! The one place that touches the engine's API.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use portcullis_waf_engine::{
    CompileOptions, Interruption, RuleSet, Sources, Transaction, TransactionId,
};

/// A request; what a case does not name is an ordinary GET.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub method: &'a str,
    pub uri: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
    /// Status, headers and body of the response.
    pub response: (u16, &'a [(&'a str, &'a str)], &'a [u8]),
}

pub const GET: Request<'static> = Request {
    method: "GET",
    uri: "/",
    headers: &[],
    body: b"",
    response: (200, &[("Content-Type", "text/html")], b""),
};

pub fn get(uri: &str) -> Request<'_> {
    Request { uri, ..GET }
}

pub fn form(body: &str) -> Request<'_> {
    let headers = &[("Content-Type", "application/x-www-form-urlencoded")];
    Request { method: "POST", headers, body: body.as_bytes(), ..GET }
}

/// What came of it.
pub struct Outcome {
    pub ids: Vec<u64>,
    pub messages: Vec<String>,
    pub names: Vec<String>,
    pub interruption: Option<Interruption>,
    pub tx: Transaction,
}

pub fn compile(text: &str, prefilter: bool) -> Arc<RuleSet> {
    let text =
        format!("SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\n{text}");
    RuleSet::compile(
        &Sources::new("test.conf", text),
        &CompileOptions { prefilter, ..CompileOptions::default() },
    )
    .unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Runs all phases with and without the prefilter, which must not be seen.
pub fn run(text: &str, request: Request<'_>) -> Outcome {
    let plain = drive(&compile(text, false), request);
    let rules = compile(text, true);
    let (gated, again) = (drive(&rules, request), drive(&rules, request));
    for outcome in [&gated, &again] {
        assert_eq!(plain.ids, outcome.ids, "the prefilter changed the matches");
        assert_eq!(plain.interruption, outcome.interruption, "the prefilter changed the verdict");
    }
    gated
}

fn drive(rules: &Arc<RuleSet>, request: Request<'_>) -> Outcome {
    let mut tx = Transaction::new(Arc::clone(rules), TransactionId::from(7_u128));
    tx.keep_audit_body();
    let interruption = phases(&mut tx, request);
    tx.logging();
    Outcome {
        ids: tx.matches().iter().map(|found| found.rule.id).collect(),
        messages: tx.matches().iter().map(|found| found.message.clone()).collect(),
        names: tx.matches().iter().map(portcullis_waf_engine::RuleMatch::variable_name).collect(),
        interruption,
        tx,
    }
}

pub fn phases(tx: &mut Transaction, request: Request<'_>) -> Option<Interruption> {
    let client = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    let server = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 80));
    tx.connection(client, 50_000, server, 443);
    let uri = request.uri.as_bytes();
    tx.request_line(request.method.as_bytes(), uri, uri, b"HTTP/1.1");
    for (name, value) in request.headers {
        tx.request_header(name.as_bytes(), value.as_bytes());
    }
    if let Some(interruption) = tx.request_headers_done() {
        return Some(interruption);
    }
    if let Some(interruption) = tx.request_body(request.body, true) {
        return Some(interruption);
    }
    let (status, headers, body) = request.response;
    tx.response_head(status, b"HTTP/1.1");
    for (name, value) in headers {
        tx.response_header(name.as_bytes(), value.as_bytes());
    }
    if let Some(interruption) = tx.response_headers_done() {
        return Some(interruption);
    }
    let body = if tx.wants_response_body() { body } else { b"" };
    tx.response_body(body, true)
}

/// Asserts which rules match.
pub fn check(cases: &[(&str, Request<'_>, &[u64])]) {
    for (text, request, expected) in cases {
        assert_eq!(
            run(text, *request).ids,
            *expected,
            "{text}\n{} {}",
            request.method,
            request.uri
        );
    }
}
