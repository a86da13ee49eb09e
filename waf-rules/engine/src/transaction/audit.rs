//! What an audit log of one exchange needs, borrowed from the transaction; nothing of it is made before it is asked for.

use crate::ast::{AuditMode, Sanitise};
use crate::audit::{AuditPart, AuditParts, PartsChange};
use crate::limits::{MAX_SANITISED, MAX_SANITISED_BYTES};
use crate::meta::Severity;
use crate::pipeline::PipelineId;
use crate::program::Link;
use crate::ruleset::EngineMode;
use crate::transaction::Transaction;
use crate::transaction::bag::Bag;
use crate::transaction::state::State;
use crate::transaction::tx::Datum;
use crate::transaction::values::ValueId;
use crate::variable::Variable;

/// The part of a transaction that only the audit log asks for.
#[derive(Debug, Default)]
pub(crate) struct AuditState {
    parts: AuditParts,
    /// Whether somebody would write the request body down.
    keeps_body: bool,
    body: Option<ValueId>,
    /// Status of the first interruption that only detection kept from happening.
    pub(super) detected: Option<u16>,
    marks: Vec<Mark>,
    /// Bytes of all values among them.
    marked_bytes: usize,
}

impl AuditState {
    pub(crate) fn reset(&mut self, parts: AuditParts) {
        self.parts = parts;
        self.keeps_body = false;
        self.body = None;
        self.detected = None;
        self.marks.clear();
        self.marked_bytes = 0;
    }

    pub(super) fn change(&mut self, change: PartsChange) {
        self.parts = change.apply(self.parts);
    }

    fn mark(&mut self, mark: Mark) {
        if self.marks.contains(&mark) || self.marks.last() == Some(&Mark::Everything) {
            return;
        }
        if let Mark::Bytes { bytes, .. } = &mark {
            self.marked_bytes = self.marked_bytes.saturating_add(bytes.len());
        }
        let full = self.marks.len() >= MAX_SANITISED || self.marked_bytes > MAX_SANITISED_BYTES;
        self.marks.push(if full { Mark::Everything } else { mark });
    }
}

/// What a rule wants no log to show (`sanitiseArg` and its kin).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// The value of this argument, wherever it stands.
    Argument(Vec<u8>),
    /// The value of this header of the request.
    RequestHeader(Vec<u8>),
    /// The value of this header of the response.
    ResponseHeader(Vec<u8>),
    /// The value of this cookie.
    Cookie(Vec<u8>),
    /// These bytes, wherever they stand; the first and the last so many of them may be shown.
    Bytes {
        /// The bytes, as the rule saw them.
        bytes: Vec<u8>,
        /// Bytes shown at the beginning.
        first: usize,
        /// Bytes shown at the end.
        last: usize,
    },
    /// More was marked than is remembered: nothing a caller or an upstream sent may be shown.
    Everything,
}

impl State {
    pub(super) fn keep_body(&mut self, body: &[u8]) {
        if self.audit.keeps_body && self.audit.parts.contains(AuditPart::RequestBody) {
            self.audit.body = Some(self.values.intern(body));
        }
    }

    /// Does what a `sanitise...` action says. Those about a match look at the last hit, which is the one they run for.
    pub(super) fn sanitise(&mut self, link: &Link, what: &Sanitise) {
        match what {
            Sanitise::Argument(name) => self.audit.mark(Mark::Argument(name.clone())),
            Sanitise::RequestHeader(name) => self.audit.mark(Mark::RequestHeader(name.clone())),
            Sanitise::ResponseHeader(name) => self.audit.mark(Mark::ResponseHeader(name.clone())),
            Sanitise::Matched => self.sanitise_matched(),
            Sanitise::MatchedBytes { first, last } => {
                self.sanitise_bytes(link, (*first, *last));
            }
        }
    }

    /// Hides what was matched under its name, and its bytes wherever else they stand.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "most variables have no name that logs show"
    )]
    fn sanitise_matched(&mut self) {
        let Some(hit) = self.last_hit else { return };
        let key = self.values.get(hit.key).to_vec();
        match hit.variable {
            Variable::Args | Variable::ArgsGet | Variable::ArgsPost => {
                self.audit.mark(Mark::Argument(key));
            }
            Variable::RequestHeaders => self.audit.mark(Mark::RequestHeader(key)),
            Variable::ResponseHeaders => self.audit.mark(Mark::ResponseHeader(key)),
            Variable::RequestCookies => self.audit.mark(Mark::Cookie(key)),
            _ => {}
        }
        // What the rule saw may be transformed; a variable without keys is hidden as it came, too.
        let (mut seen, raw) = (Vec::new(), self.bytes(hit.variable).to_vec());
        hit.datum.write(&self.values, &mut seen);
        for bytes in [seen, raw] {
            if !bytes.is_empty() {
                self.audit.mark(Mark::Bytes { bytes, first: 0, last: 0 });
            }
        }
    }

    /// Hides only what the operator matched. Of a transformed value nobody knows where that stood, so all is hidden.
    fn sanitise_bytes(&mut self, link: &Link, (first, last): (usize, usize)) {
        let Some(hit) = self.last_hit else { return };
        let operator = link.operator.as_ref().filter(|_| !link.negated);
        let Datum::Value(id) = hit.datum else { return self.sanitise_matched() };
        let value = self.values.get(id);
        let range = operator.and_then(|operator| operator.find(value));
        let found = range.and_then(|range| value.get(range)).map(<[u8]>::to_vec);
        match found.filter(|bytes| link.pipeline == PipelineId::NONE && !bytes.is_empty()) {
            Some(bytes) => self.audit.mark(Mark::Bytes { bytes, first, last }),
            None => self.sanitise_matched(),
        }
    }
}

impl Transaction {
    /// Says that somebody would write the request body into an audit log, so that it is kept where the parts have it.
    pub fn keep_audit_body(&mut self) {
        self.state.audit.keeps_body = true;
    }

    /// Whether the exchange belongs in the audit log: `SecAuditEngine`, `SecAuditLogRelevantStatus`, `ctl:auditEngine`
    /// and the `auditlog` of rules that matched. `status` is the one sent; that of an interruption, also of one that
    /// detection kept from happening, counts before it.
    pub fn is_audited(&self, status: u16) -> bool {
        match self.state.switches.audit {
            AuditMode::On => true,
            AuditMode::Off => false,
            AuditMode::RelevantOnly => {
                let interruption = self.state.interruption.as_ref().map(|found| found.status);
                let status = interruption.or(self.state.audit.detected).unwrap_or(status);
                match &self.rules.program.settings.audit.relevant {
                    Some(relevant) => relevant.contains(status),
                    None => self.state.matches.iter().any(|found| found.audit),
                }
            }
        }
    }

    /// What a record of the exchange is made of.
    pub fn audit(&self) -> Audit<'_> {
        Audit { state: &self.state }
    }

    /// What rules want no log to show, in the order they said so.
    pub fn sanitised(&self) -> &[Mark] {
        &self.state.audit.marks
    }
}

/// An exchange as its audit record shows it, before anything is hidden.
#[derive(Debug, Clone, Copy)]
pub struct Audit<'a> {
    state: &'a State,
}

/// An uploaded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditFile<'a> {
    /// Name of the form field.
    pub field: &'a [u8],
    /// Name of the file as sent.
    pub name: &'a [u8],
    /// Bytes of its content.
    pub bytes: u64,
    /// Its type as sent; empty for none.
    pub media_type: &'a [u8],
}

impl<'a> Audit<'a> {
    /// `SecAuditLogParts`, as `ctl:auditLogParts` left them.
    pub fn parts(self) -> AuditParts {
        self.state.audit.parts
    }

    /// Method as received.
    pub fn method(self) -> &'a [u8] {
        self.state.bytes(Variable::RequestMethod)
    }

    /// Path and query as they went upstream.
    pub fn uri(self) -> &'a [u8] {
        self.state.bytes(Variable::RequestUri)
    }

    /// Protocol of the request.
    pub fn protocol(self) -> &'a [u8] {
        self.state.bytes(Variable::RequestProtocol)
    }

    /// Host the request is for, without port.
    pub fn server_name(self) -> &'a [u8] {
        self.state.bytes(Variable::ServerName)
    }

    /// Protocol of the response; empty where there was none.
    pub fn response_protocol(self) -> &'a [u8] {
        self.state.bytes(Variable::ResponseProtocol)
    }

    /// Header lines of the request, in order.
    pub fn request_headers(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.entries(Bag::RequestHeaders)
    }

    /// Header lines of the response, in order.
    pub fn response_headers(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.state.response.iter()
    }

    /// Cookies of the request, in order.
    pub fn cookies(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.entries(Bag::RequestCookies)
    }

    /// Arguments of the query and then of the body, decoded, in order.
    pub fn arguments(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.entries(Bag::ArgsGet).chain(self.entries(Bag::ArgsPost))
    }

    /// Arguments of the body alone, decoded, in order; what files contain is not among them.
    pub fn form(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.entries(Bag::ArgsPost)
    }

    /// The request body as inspected. Absent where there was none or nobody asked for it in time.
    pub fn request_body(self) -> Option<&'a [u8]> {
        match self.state.audit.body {
            Some(id) => Some(self.state.values.get(id)),
            None => Some(self.state.bytes(Variable::RequestBody)).filter(|body| !body.is_empty()),
        }
    }

    /// Who read the request body: `JSON`, `URLENCODED`; empty for nobody.
    pub fn body_processor(self) -> &'a [u8] {
        self.state.bytes(Variable::ReqbodyProcessor)
    }

    /// The response body as far as it was held for inspection.
    pub fn response_body(self) -> &'a [u8] {
        self.state.bytes(Variable::ResponseBody)
    }

    /// Uploaded files, in order.
    pub fn files(self) -> impl Iterator<Item = AuditFile<'a>> {
        let sizes = self.entries(Bag::FilesSizes).map(|(_, size)| size);
        self.entries(Bag::Files).zip(sizes).map(move |((field, name), size)| {
            let bytes = std::str::from_utf8(size).ok().and_then(|size| size.parse().ok());
            AuditFile { field, name, bytes: bytes.unwrap_or(0), media_type: self.part_type(field) }
        })
    }

    /// The `Content-Type` of the first part of this name.
    fn part_type(self, field: &[u8]) -> &'a [u8] {
        const NAME: &[u8] = b"content-type:";
        let lines = self.entries(Bag::PartHeaders).filter(|(name, _)| *name == field);
        let value = |line: &'a [u8]| {
            let name = line.get(..NAME.len()).filter(|name| name.eq_ignore_ascii_case(NAME));
            name.and_then(|_| line.get(NAME.len()..)).map(<[u8]>::trim_ascii)
        };
        lines.filter_map(|(_, line)| value(line)).next().unwrap_or_default()
    }

    /// Bytes of request line, headers and body.
    pub fn request_bytes(self) -> u64 {
        let datum = self.state.singles.get(Variable::FullRequestLength.index()).copied().flatten();
        let bytes = datum.map_or(0, |datum| datum.number(&self.state.values));
        u64::try_from(bytes).unwrap_or(0)
    }

    /// The worst severity among the rules that matched.
    pub fn highest_severity(self) -> Option<Severity> {
        self.state.worst
    }

    /// `SecRuleEngine`, as `ctl:ruleEngine` left it.
    pub fn mode(self) -> EngineMode {
        self.state.switches.engine
    }

    fn entries(self, bag: Bag) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let values = &self.state.values;
        self.state
            .bags
            .get(bag)
            .iter()
            .map(|entry| (values.get(entry.key), values.get(entry.value)))
    }
}
