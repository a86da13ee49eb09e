//! One exchange on its way through a rule set.

mod audit;
mod bag;
mod body;
mod bounds;
mod clock;
mod collect;
mod constants;
mod credentials;
mod effects;
mod embedded_json;
mod expand;
mod full_request;
mod numbers;
mod records;
mod request;
mod response;
mod run;
mod sampled;
mod scans;
mod score;
mod state;
mod survey;
mod trial;
mod tx;
mod values;

use std::cell::RefCell;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::limits::MAX_IDLE_WORKSPACES;
use crate::meta::Phase;
use crate::outcome::{Interruption, RuleMatch};
use crate::ruleset::{EngineMode, RuleSet};
pub use crate::transaction::audit::{Audit, AuditFile, Mark};
pub(crate) use crate::transaction::bag::Bag;
pub(crate) use crate::transaction::constants::{Constant, Constants};
pub(crate) use crate::transaction::score::ScoreSlots;
use crate::transaction::state::State;
use crate::transaction::tx::Datum;
use crate::variable::Variable;

thread_local! {
    /// States of finished transactions, so that the next one allocates little.
    #[expect(clippy::vec_box, reason = "states are large, and change hands only as pointers")]
    static IDLE: RefCell<Vec<Box<State>>> = const { RefCell::new(Vec::new()) };
}

/// What `UNIQUE_ID` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionId(Id);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Id {
    /// 32 hexadecimal digits.
    Number([u8; 32]),
    Text(String),
}

impl From<u128> for TransactionId {
    fn from(id: u128) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [b'0'; 32];
        let mut rest = id;
        for place in text.iter_mut().rev() {
            *place = DIGITS.get((rest & 15) as usize).copied().unwrap_or(b'0');
            rest >>= 4;
        }
        Self(Id::Number(text))
    }
}

impl From<&str> for TransactionId {
    fn from(id: &str) -> Self {
        Self(Id::Text(id.to_owned()))
    }
}

impl TransactionId {
    /// As rules see it.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Id::Number(digits) => std::str::from_utf8(digits).unwrap_or_default(),
            Id::Text(text) => text,
        }
    }

    fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Id::Number(digits) => digits,
            Id::Text(text) => text.as_bytes(),
        }
    }
}

/// One exchange. Methods are called in the order of the phases; a phase that is left out is not made up for.
pub struct Transaction {
    rules: Arc<RuleSet>,
    state: Box<State>,
}

impl Transaction {
    /// Begins an exchange.
    pub fn new(rules: Arc<RuleSet>, id: TransactionId) -> Self {
        let mut state = IDLE.with_borrow_mut(Vec::pop).unwrap_or_default();
        state.reset(&rules);
        if rules.names(Variable::UniqueId) {
            state.set(Variable::UniqueId, id.as_bytes());
        }
        if rules.names(Variable::Duration) {
            state.started = Some((Instant::now(), SystemTime::now()));
        }
        if rules.names(Variable::Webappid) {
            state.set(Variable::Webappid, rules.program.settings.web_app_id.as_bytes());
        }
        Self { rules, state }
    }

    /// When the exchange began, where that is not now. Persistent collections and `TIME_*` count from it.
    pub fn began(&mut self, at: SystemTime) {
        self.state.started = Some((Instant::now(), at));
    }

    /// Counts what the phases and rules of this exchange cost ([`RuleSet::costs`]). To be called before the first phase,
    /// for one exchange of many: looking at the clock takes longer than most rules do.
    pub fn sample(&mut self) {
        self.rules.ledger.open(self.rules.program.rules.len());
        self.state.scans.watch.start();
    }

    /// Who talks to whom.
    pub fn connection(
        &mut self,
        client: IpAddr,
        client_port: u16,
        server: IpAddr,
        server_port: u16,
    ) {
        self.state.connection((client, client_port), (server, server_port));
    }

    /// `uri` is the canonical one that goes upstream, `uri_raw` the one received.
    pub fn request_line(&mut self, method: &[u8], uri: &[u8], uri_raw: &[u8], protocol: &[u8]) {
        self.state.request_line(&self.rules, method, (uri, uri_raw), protocol);
    }

    /// One request header line.
    pub fn request_header(&mut self, name: &[u8], value: &[u8]) {
        self.state.request_header(&self.rules, name, value);
    }

    /// Runs phase 1.
    #[must_use]
    pub fn request_headers_done(&mut self) -> Option<Interruption> {
        self.state.full_request(&self.rules, b"");
        self.state.run(&self.rules, Phase::RequestHeaders)
    }

    /// Whether the rules want to see the request body (`SecRequestBodyAccess`, `ctl:requestBodyAccess`).
    pub fn wants_request_body(&self) -> bool {
        self.state.switches.request_body_access && self.state.switches.engine != EngineMode::Off
    }

    /// Bytes of the request body that rules want to see (`SecRequestBodyLimit`, `ctl:requestBodyLimit`).
    pub fn request_body_limit(&self) -> usize {
        self.state.switches.request_body_limit
    }

    /// The inflated request body; `complete` is false where it was cut at a limit. Runs phase 2, also for `b""`. A body
    /// beyond the rules' own limit is refused or cut here, as `SecRequestBodyLimitAction` says.
    #[must_use]
    pub fn request_body(&mut self, body: &[u8], complete: bool) -> Option<Interruption> {
        self.state.request_body(&self.rules, body, complete)
    }

    /// Status line of the response.
    pub fn response_head(&mut self, status: u16, protocol: &[u8]) {
        self.state.set_number(Variable::ResponseStatus, i64::from(status));
        self.state.set(Variable::ResponseProtocol, protocol);
        if self.rules.names(Variable::StatusLine) {
            let line = [protocol, format!(" {status}").as_bytes()].concat();
            self.state.set(Variable::StatusLine, &line);
        }
    }

    /// One response header line.
    pub fn response_header(&mut self, name: &[u8], value: &[u8]) {
        self.state.response.push(name, value);
        if name.eq_ignore_ascii_case(b"content-type") {
            self.state.set(Variable::ResponseContentType, media_type(value));
        }
    }

    /// Runs phase 3.
    #[must_use]
    pub fn response_headers_done(&mut self) -> Option<Interruption> {
        self.state.show_response_lines(&self.rules, Phase::ResponseHeaders);
        self.state.run(&self.rules, Phase::ResponseHeaders)
    }

    /// Whether the response body is to be held and shown (`SecResponseBodyAccess`, `SecResponseBodyMimeType`).
    pub fn wants_response_body(&self) -> bool {
        let switches = &self.state.switches;
        if !switches.response_body_access || switches.engine == EngineMode::Off {
            return false;
        }
        let media = self.state.bytes(Variable::ResponseContentType);
        let types = &self.rules.program.settings.response_types;
        switches.response_body_forced
            || types.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(media))
    }

    /// Bytes of the response body that rules want to see (`SecResponseBodyLimit`, `ctl:responseBodyLimit`).
    pub fn response_body_limit(&self) -> usize {
        self.state.switches.response_body_limit
    }

    /// The inflated response body as far as it is inspected. Runs phase 4, also for `b""`.
    #[must_use]
    pub fn response_body(&mut self, body: &[u8], complete: bool) -> Option<Interruption> {
        self.state.show_response_lines(&self.rules, Phase::ResponseBody);
        self.state.response_body(&self.rules, body, complete)
    }

    /// Runs phase 5; never interrupts.
    pub fn logging(&mut self) {
        self.state.show_response_lines(&self.rules, Phase::Logging);
        let _none = self.state.run(&self.rules, Phase::Logging);
    }

    /// Rules that matched and are to be logged or audited, in order.
    pub fn matches(&self) -> &[RuleMatch] {
        &self.state.matches
    }

    /// How often a pattern ran into its limits ([`crate::limits::MAX_BACKTRACKING_STEPS`],
    /// [`crate::limits::MAX_BACKTRACKING_WORK_BYTES`]). Rules that protect took it as a match.
    pub fn exhausted_patterns(&self) -> u32 {
        self.state.exhausted.count
    }

    /// The interruption that was asked for, where there was one.
    pub fn interruption(&self) -> Option<&Interruption> {
        self.state.interruption.as_ref()
    }

    fn tx_datum(&self, name: &str) -> Option<Datum> {
        let name = name.to_ascii_lowercase();
        self.state.tx.find(name.as_bytes(), &self.rules.program.names, &self.state.values)
    }

    /// A variable of `TX` by name, in any case.
    pub fn tx(&self, name: &str) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        self.tx_datum(name)?.write(&self.state.values, &mut text);
        Some(text)
    }

    /// The rule set the exchange runs through.
    pub fn rules(&self) -> &Arc<RuleSet> {
        &self.rules
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let state = std::mem::take(&mut self.state);
        if state.values.is_small() && state.response.is_small() {
            IDLE.with_borrow_mut(|idle| {
                if idle.len() < MAX_IDLE_WORKSPACES {
                    idle.push(state);
                }
            });
        }
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("rules", &self.rules)
            .field("matches", &self.state.matches.len())
            .field("interruption", &self.state.interruption)
            .finish_non_exhaustive()
    }
}

fn media_type(value: &[u8]) -> &[u8] {
    value.split(|b| *b == b';').next().unwrap_or_default().trim_ascii()
}
