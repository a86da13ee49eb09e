//! Everything a transaction knows, in memory that is used again.

use std::time::{Instant, SystemTime};

use crate::ast::{AllowScope, AuditMode, Processor};
use crate::bits::BitSet;
use crate::meta::Severity;
use crate::outcome::{Interruption, RuleMatch};
use crate::program::Selector;
use crate::ruleset::{EngineMode, RuleSet};
use crate::transaction::audit::AuditState;
use crate::transaction::bag::Bags;
use crate::transaction::records::Records;
use crate::transaction::response::ResponseLines;
use crate::transaction::scans::Scans;
use crate::transaction::survey::Survey;
use crate::transaction::tx::{Datum, Tx};
use crate::transaction::values::{ValueId, Values};
use crate::variable::Variable;

/// A value under its name, as a rule looks at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) variable: Variable,
    /// Empty where the variable has no keys.
    pub(crate) key: ValueId,
    pub(crate) datum: Datum,
}

/// A value that satisfied an operator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit {
    pub(crate) found: Found,
    /// Link of the chain.
    pub(crate) link: u8,
}

/// `ctl:ruleRemoveTarget...`: rules by position.
#[derive(Debug, Clone)]
pub(crate) struct RemovedTarget {
    pub(crate) rules: std::sync::Arc<BitSet>,
    pub(crate) variable: Variable,
    pub(crate) selector: Selector,
}

/// Switches that `ctl` may turn during the exchange.
#[derive(Debug, Clone, Default)]
pub(crate) struct Switches {
    pub(crate) engine: EngineMode,
    pub(crate) audit: AuditMode,
    pub(crate) request_body_access: bool,
    pub(crate) request_body_limit: usize,
    pub(crate) request_body_forced: bool,
    pub(crate) request_processor: Option<Processor>,
    pub(crate) response_body_access: bool,
    pub(crate) response_body_limit: usize,
    pub(crate) response_body_forced: bool,
    pub(crate) response_processor: Option<Processor>,
    pub(crate) allowed: Option<AllowScope>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) values: Values,
    pub(crate) bags: Bags,
    pub(crate) response: ResponseLines,
    pub(crate) tx: Tx,
    pub(crate) records: Records,
    /// Single values, by variable.
    pub(crate) singles: Vec<Option<Datum>>,
    pub(crate) switches: Switches,
    /// Hits of the rule that is evaluated.
    pub(crate) hits: Vec<Hit>,
    pub(crate) last_hit: Option<Found>,
    pub(crate) removed_rules: BitSet,
    pub(crate) removed_targets: Vec<RemovedTarget>,
    pub(crate) matches: Vec<RuleMatch>,
    pub(crate) worst: Option<Severity>,
    pub(crate) interruption: Option<Interruption>,
    pub(crate) scans: Scans,
    pub(crate) survey: Survey,
    /// Moves on whenever the exchange brings something new.
    pub(crate) epoch: u32,
    pub(crate) started: Option<(Instant, SystemTime)>,
    /// Bytes of request line and headers, with their separators.
    pub(crate) head_bytes: usize,
    /// A request body that the JSON processor read, where some rule validates a schema.
    pub(crate) json_body: Option<ValueId>,
    pub(crate) audit: AuditState,
    pub(crate) exhausted: Exhausted,
    pub(crate) work: Work,
}

/// Patterns that ran into their limits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Exhausted {
    /// How often.
    pub(crate) count: u32,
    /// Whether one of the rule that is evaluated did.
    pub(crate) in_rule: bool,
}

/// Buffers that are taken while they are used.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) found: Vec<Found>,
    pub(crate) argument: Vec<u8>,
    pub(crate) text: Vec<u8>,
    pub(crate) name: Vec<u8>,
    pub(crate) captures: crate::operator::Captures,
}

/// What is 0 until something else is known, as in ModSecurity and Coraza.
const ZERO: [Variable; 8] = [
    Variable::FilesCombinedSize,
    Variable::RequestBodyLength,
    Variable::ReqbodyError,
    Variable::ReqbodyProcessorError,
    Variable::UrlencodedError,
    Variable::InboundDataError,
    Variable::OutboundDataError,
    Variable::MultipartStrictError,
];

impl State {
    /// Makes an old state new.
    pub(crate) fn reset(&mut self, rules: &RuleSet) {
        let settings = &rules.program.settings;
        let constants = rules.plan.as_ref().map(|plan| &plan.constants);
        self.values.reset(constants);
        self.bags.reset();
        self.response.reset();
        self.tx.reset(&rules.program.names, constants);
        if rules.program.opens_records {
            self.records.reset();
        }
        self.singles.clear();
        self.singles.resize(Variable::COUNT, None);
        for variable in ZERO {
            if let Some(place) = self.singles.get_mut(variable.index()) {
                *place = Some(Datum::Number(0));
            }
        }
        self.switches = Switches {
            engine: settings.engine,
            audit: settings.audit.mode,
            request_body_access: settings.request_body_access,
            request_body_limit: settings.request_body_limit,
            response_body_access: settings.response_body_access,
            response_body_limit: settings.response_body_limit,
            ..Switches::default()
        };
        self.hits.clear();
        self.last_hit = None;
        self.removed_rules.clear();
        self.removed_targets.clear();
        self.matches.clear();
        self.worst = None;
        self.interruption = None;
        self.scans.reset();
        self.epoch = 1;
        self.started = None;
        self.head_bytes = 0;
        self.json_body = None;
        self.exhausted = Exhausted::default();
        self.audit.reset(settings.audit.parts);
    }

    /// Milliseconds since 1970, by the time the exchange began and what has passed since.
    pub(crate) fn now_ms(&mut self) -> u64 {
        let (began, wall) =
            *self.started.get_or_insert_with(|| (Instant::now(), SystemTime::now()));
        let since = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from((since + began.elapsed()).as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn set(&mut self, variable: Variable, value: &[u8]) {
        let id = self.values.intern(value);
        self.set_datum(variable, Datum::Value(id));
    }

    pub(crate) fn set_number(&mut self, variable: Variable, number: i64) {
        self.set_datum(variable, Datum::Number(number));
    }

    pub(crate) fn set_datum(&mut self, variable: Variable, datum: Datum) {
        self.epoch += 1;
        if let Some(place) = self.singles.get_mut(variable.index()) {
            *place = Some(datum);
        }
    }

    /// The bytes of a single value that was set.
    pub(crate) fn bytes(&self, variable: Variable) -> &[u8] {
        match self.singles.get(variable.index()).copied().flatten() {
            Some(Datum::Value(id)) => self.values.get(id),
            Some(Datum::Number(_)) | None => b"",
        }
    }
}
