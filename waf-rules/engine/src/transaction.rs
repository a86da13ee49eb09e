//! One exchange on its way through a rule set.

use std::net::IpAddr;
use std::sync::Arc;

use crate::outcome::{Interruption, RuleMatch, Score};
use crate::ruleset::RuleSet;

/// What `UNIQUE_ID` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionId(String);

impl From<u128> for TransactionId {
    fn from(id: u128) -> Self {
        Self(format!("{id:032x}"))
    }
}

impl From<&str> for TransactionId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

/// One exchange. Methods are called in the order of the phases; a phase that was left out is not made up for.
#[derive(Debug)]
pub struct Transaction {
    _rules: Arc<RuleSet>,
    _id: TransactionId,
}

impl Transaction {
    /// Begins an exchange.
    pub fn new(rules: Arc<RuleSet>, id: TransactionId) -> Self {
        Self { _rules: rules, _id: id }
    }

    /// Who talks to whom.
    pub fn connection(
        &mut self,
        _client: IpAddr,
        _client_port: u16,
        _server: IpAddr,
        _server_port: u16,
    ) {
    }

    /// `uri` is the canonical one that goes upstream, `uri_raw` the one received.
    pub fn request_line(&mut self, _method: &[u8], _uri: &[u8], _uri_raw: &[u8], _protocol: &[u8]) {
    }

    /// One request header line.
    pub fn request_header(&mut self, _name: &[u8], _value: &[u8]) {}

    /// Runs phase 1.
    #[must_use]
    pub fn request_headers_done(&mut self) -> Option<Interruption> {
        None
    }

    /// Whether the rules want to see the request body (`SecRequestBodyAccess`, `ctl:requestBodyAccess`).
    pub fn wants_request_body(&self) -> bool {
        false
    }

    /// The inflated request body; `complete` is false where it was cut at a limit. Runs phase 2, also for `b""`.
    #[must_use]
    pub fn request_body(&mut self, _body: &[u8], _complete: bool) -> Option<Interruption> {
        None
    }

    /// Status line of the response.
    pub fn response_head(&mut self, _status: u16, _protocol: &[u8]) {}

    /// One response header line.
    pub fn response_header(&mut self, _name: &[u8], _value: &[u8]) {}

    /// Runs phase 3.
    #[must_use]
    pub fn response_headers_done(&mut self) -> Option<Interruption> {
        None
    }

    /// Whether the response body is to be held and shown (`SecResponseBodyAccess`, `SecResponseBodyMimeType`).
    pub fn wants_response_body(&self) -> bool {
        false
    }

    /// The inflated response body as far as it is inspected. Runs phase 4, also for `b""`.
    #[must_use]
    pub fn response_body(&mut self, _body: &[u8], _complete: bool) -> Option<Interruption> {
        None
    }

    /// Runs phase 5; never interrupts.
    pub fn logging(&mut self) {}

    /// Rules that matched and are to be logged or audited, in order.
    pub fn matches(&self) -> &[RuleMatch] {
        &[]
    }

    /// The anomaly scores as they stand.
    pub fn score(&self) -> Score {
        Score::default()
    }

    /// A variable of `TX` by name.
    pub fn tx(&self, _name: &str) -> Option<Vec<u8>> {
        None
    }
}
