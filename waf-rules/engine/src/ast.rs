//! The syntax tree of rule text.

use portcullis_waf_transform::Transformation;

use crate::audit::{AuditFormat, AuditParts, PartsChange};
use crate::collections::Collection;
use crate::diagnostic::Span;
use crate::lex::Places;
use crate::meta::{Phase, Severity};
use crate::ruleset::EngineMode;
use crate::template::Template;
use crate::variable::Variable;

/// One directive.
#[derive(Debug, Clone)]
pub(crate) struct Directive {
    pub(crate) span: Span,
    /// As written, continuations joined.
    pub(crate) raw: String,
    pub(crate) kind: DirectiveKind,
}

#[derive(Debug, Clone)]
pub(crate) enum DirectiveKind {
    Include(String),
    Rule(RuleNode),
    Action(Vec<ActionNode>),
    Marker(String),
    DefaultAction(Vec<ActionNode>),
    Remove(RuleQuery),
    UpdateTarget(RuleQuery, Vec<TargetNode>),
    UpdateAction(Vec<IdRange>, Vec<ActionNode>),
    /// Name and lines.
    Dataset(String, Vec<String>),
    /// File of a MaxMind database.
    GeoDatabase(String),
    Set(Setting),
}

/// `SecRule`.
#[derive(Debug, Clone)]
pub(crate) struct RuleNode {
    pub(crate) targets: Vec<TargetNode>,
    /// `None` for `SecAction`.
    pub(crate) operator: Option<OperatorNode>,
    pub(crate) actions: Vec<ActionNode>,
}

/// One member of a rule's target list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TargetNode {
    pub(crate) span: Span,
    pub(crate) variable: Variable,
    pub(crate) mode: TargetMode,
    pub(crate) selector: SelectorNode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetMode {
    /// `VAR`.
    Values,
    /// `&VAR`.
    Count,
    /// `!VAR`.
    Except,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SelectorNode {
    All,
    Key(String),
    Regex(String),
}

#[derive(Debug, Clone)]
pub(crate) struct OperatorNode {
    pub(crate) span: Span,
    pub(crate) negated: bool,
    /// Without `@`.
    pub(crate) name: String,
    pub(crate) argument: String,
    pub(crate) argument_span: Span,
    /// Where each byte of the argument stands.
    pub(crate) argument_places: Places,
}

/// Which rules a removal or an update is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RuleQuery {
    Ids(Vec<IdRange>),
    Tag(String),
    Message(String),
}

/// Both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdRange {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct ActionNode {
    pub(crate) span: Span,
    pub(crate) action: Action,
}

#[derive(Debug, Clone)]
pub(crate) enum Action {
    Id(u64),
    Phase(Phase),
    Message(Template, String),
    LogData(Template),
    Tag(String),
    Severity(Severity),
    Version(String),
    Revision(String),
    Maturity(u8),
    Accuracy(u8),
    Log(bool),
    AuditLog(bool),
    /// `None` is `t:none`, which drops what was inherited.
    Transform(Option<Transformation>),
    Capture,
    MultiMatch,
    Chain,
    SetVar(SetVar),
    SetEnv(String, Template),
    Open(OpenRecord),
    Ctl(Ctl),
    Sanitise(Sanitise),
    Disrupt(DisruptNode),
    Status(u16),
    Skip(usize),
    SkipAfter(String),
}

#[derive(Debug, Clone)]
pub(crate) enum DisruptNode {
    /// Whatever `SecDefaultAction` of the phase says.
    Block,
    Pass,
    Deny,
    Drop,
    Allow(AllowScope),
    Redirect(Template),
}

/// `sanitise...`: what no log shows of this exchange.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Sanitise {
    Argument(Vec<u8>),
    RequestHeader(Vec<u8>),
    ResponseHeader(Vec<u8>),
    /// Whatever the rule matched.
    Matched,
    /// The bytes the operator matched, but for so many at either end.
    MatchedBytes {
        first: usize,
        last: usize,
    },
}

/// What `allow` lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AllowScope {
    /// Every phase but logging.
    All,
    /// The rest of this phase.
    Phase,
    /// The rest of the request phases.
    Request,
}

/// `initcol`, `setsid`, `setuid`, `setrsc`.
#[derive(Debug, Clone)]
pub(crate) struct OpenRecord {
    pub(crate) collection: Collection,
    pub(crate) key: Template,
    /// The variable that shows the key.
    pub(crate) shown: Option<Variable>,
}

/// `setvar`, `expirevar`, `deprecatevar`.
#[derive(Debug, Clone)]
pub(crate) struct SetVar {
    /// `None` for `TX`.
    pub(crate) collection: Option<Collection>,
    pub(crate) name: Template,
    pub(crate) change: Change,
}

#[derive(Debug, Clone)]
pub(crate) enum Change {
    Assign(Template),
    Add(Template),
    Subtract(Template),
    Unset,
    /// After this many seconds.
    Expire(Template),
    /// By the first number for each so many seconds.
    Decay(u64, u64),
}

#[derive(Debug, Clone)]
pub(crate) enum Ctl {
    AuditEngine(AuditMode),
    AuditParts(PartsChange),
    /// Accepted for the sake of rule sets that carry it; logging has its own configuration.
    Accepted,
    ForceRequestBody(bool),
    ForceResponseBody(bool),
    RequestBodyAccess(bool),
    RequestBodyLimit(usize),
    RequestBodyProcessor(Processor),
    ResponseBodyAccess(bool),
    ResponseBodyLimit(usize),
    ResponseBodyProcessor(Processor),
    RuleEngine(EngineMode),
    Remove(RuleQuery),
    RemoveTarget(RuleQuery, Variable, SelectorNode),
}

/// `SecAuditEngine`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(crate) enum AuditMode {
    On,
    #[default]
    Off,
    RelevantOnly,
}

/// Who reads a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Processor {
    UrlEncoded,
    Multipart,
    Json,
    Xml,
    Raw,
}

impl Processor {
    pub(crate) const ALL: [(Self, &'static str); 5] = [
        (Self::UrlEncoded, "URLENCODED"),
        (Self::Multipart, "MULTIPART"),
        (Self::Json, "JSON"),
        (Self::Xml, "XML"),
        (Self::Raw, "RAW"),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(processor, _)| *processor == self).map_or("", |(_, name)| *name)
    }
}

/// Where JSON inside a value is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum DecodeJson {
    #[default]
    Off,
    Arguments,
    ArgumentsAndCookies,
}

/// What a body beyond the limit means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnLimit {
    /// The exchange is refused.
    Reject,
    /// The part within the limit is inspected.
    ProcessPartial,
}

/// One configuration directive.
#[derive(Debug, Clone)]
pub(crate) enum Setting {
    Engine(EngineMode),
    RequestBodyAccess(bool),
    RequestBodyLimit(usize),
    RequestBodyNoFilesLimit(usize),
    RequestBodyLimitAction(OnLimit),
    JsonDepth(usize),
    Arguments(usize),
    ResponseBodyAccess(bool),
    ResponseBodyLimit(usize),
    ResponseBodyLimitAction(OnLimit),
    ResponseMimeTypes(Vec<String>),
    ResponseMimeTypesClear,
    ComponentSignature(String),
    AuditEngine(AuditMode),
    AuditRelevantStatus(String),
    AuditParts(AuditParts),
    AuditLog(String),
    AuditFormat(AuditFormat),
    DecodeJson(DecodeJson),
    UploadFiles(usize),
    WebAppId(String),
    CollectionTimeout(usize),
    /// Known elsewhere, without a meaning here; kept so that nothing is dropped unseen.
    Accepted(&'static str, String),
}
