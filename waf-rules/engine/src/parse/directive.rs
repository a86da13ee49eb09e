//! One directive: its name decides how its arguments are read.

mod elsewhere;

use crate::ast::{
    AuditMode, DecodeJson, Directive, DirectiveKind, IdRange, OnLimit, OperatorNode, RuleNode,
    RuleQuery, Setting,
};
use crate::diagnostic::Problem;
use crate::lex::Word;
use crate::parse::{actions, audit, targets};
use crate::reference::State;
use crate::ruleset::EngineMode;

/// How the arguments of a directive are read.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Include,
    Rule,
    Action,
    Marker,
    DefaultAction,
    RemoveById,
    RemoveByTag,
    RemoveByMessage,
    UpdateTargetById,
    UpdateTargetByTag,
    UpdateTargetByMessage,
    UpdateActionById,
    Dataset,
    GeoDatabase,
    Engine,
    Switch(fn(bool) -> Setting),
    Number(fn(usize) -> Setting),
    OnLimit(fn(OnLimit) -> Setting),
    Text(fn(String) -> Setting),
    Words(fn(Vec<String>) -> Setting),
    AuditEngine,
    Alone(fn() -> Setting),
    Parsed(fn(&Word) -> Result<Setting, Problem>),
    /// Kept, without effect: the gateway configures it elsewhere or has no such thing.
    Accepted,
    /// Without effect where its last word is one of these; else refused, and why.
    Only(&'static [&'static str], &'static str),
    /// Would change what rules mean, and cannot be done.
    Refused(&'static str),
}

const DIRECTIVES: &[(&str, Shape)] = &[
    ("Include", Shape::Include),
    ("SecRule", Shape::Rule),
    ("SecAction", Shape::Action),
    ("SecMarker", Shape::Marker),
    ("SecDefaultAction", Shape::DefaultAction),
    ("SecRuleEngine", Shape::Engine),
    ("SecRuleRemoveById", Shape::RemoveById),
    ("SecRuleRemoveByTag", Shape::RemoveByTag),
    ("SecRuleRemoveByMsg", Shape::RemoveByMessage),
    ("SecRuleUpdateTargetById", Shape::UpdateTargetById),
    ("SecRuleUpdateTargetByTag", Shape::UpdateTargetByTag),
    ("SecRuleUpdateTargetByMsg", Shape::UpdateTargetByMessage),
    ("SecRuleUpdateActionById", Shape::UpdateActionById),
    ("SecDataset", Shape::Dataset),
    ("SecGeoLookupDb", Shape::GeoDatabase),
    ("SecComponentSignature", Shape::Text(Setting::ComponentSignature)),
    ("SecRequestBodyAccess", Shape::Switch(Setting::RequestBodyAccess)),
    ("SecRequestBodyLimit", Shape::Number(Setting::RequestBodyLimit)),
    ("SecRequestBodyNoFilesLimit", Shape::Number(Setting::RequestBodyNoFilesLimit)),
    ("SecRequestBodyLimitAction", Shape::OnLimit(Setting::RequestBodyLimitAction)),
    ("SecRequestBodyJsonDepthLimit", Shape::Number(Setting::JsonDepth)),
    ("SecDecodeJsonInArgs", Shape::Parsed(decode_json)),
    ("SecArgumentsLimit", Shape::Number(Setting::Arguments)),
    ("SecResponseBodyAccess", Shape::Switch(Setting::ResponseBodyAccess)),
    ("SecResponseBodyLimit", Shape::Number(Setting::ResponseBodyLimit)),
    ("SecResponseBodyLimitAction", Shape::OnLimit(Setting::ResponseBodyLimitAction)),
    ("SecResponseBodyMimeType", Shape::Words(Setting::ResponseMimeTypes)),
    ("SecResponseBodyMimeTypesClear", Shape::Alone(response_types_clear)),
    ("SecAuditEngine", Shape::AuditEngine),
    ("SecAuditLogRelevantStatus", Shape::Text(Setting::AuditRelevantStatus)),
    ("SecAuditLogParts", Shape::Parsed(audit::parts)),
    ("SecAuditLog", Shape::Parsed(audit::path)),
    ("SecAuditLog2", Shape::Accepted),
    ("SecAuditLogType", Shape::Accepted),
    ("SecAuditLogFormat", Shape::Parsed(audit::format)),
    ("SecAuditLogStorageDir", Shape::Accepted),
    ("SecAuditLogDirMode", Shape::Accepted),
    ("SecAuditLogFileMode", Shape::Accepted),
    ("SecCollectionTimeout", Shape::Number(Setting::CollectionTimeout)),
    ("SecDataDir", Shape::Accepted),
    ("SecDebugLog", Shape::Accepted),
    ("SecDebugLogLevel", Shape::Accepted),
    ("SecPcreMatchLimit", Shape::Accepted),
    ("SecPcreMatchLimitRecursion", Shape::Accepted),
    ("SecRequestBodyInMemoryLimit", Shape::Accepted),
    ("SecRxPreFilter", Shape::Accepted),
    ("SecSensorId", Shape::Accepted),
    ("SecServerSignature", Shape::Accepted),
    ("SecStatusEngine", Shape::Accepted),
    ("SecTmpDir", Shape::Accepted),
    ("SecUploadDir", Shape::Accepted),
    ("SecUploadFileLimit", Shape::Number(Setting::UploadFiles)),
    ("SecUploadFileMode", Shape::Accepted),
    ("SecUploadKeepFiles", Shape::Accepted),
    ("SecWebAppId", Shape::Text(Setting::WebAppId)),
    ("SecRemoteRules", Shape::Refused("rules come from files")),
    ("SecRuleScript", Shape::Refused("the gateway runs no Lua")),
];

/// Every directive.
fn all() -> impl Iterator<Item = &'static (&'static str, Shape)> {
    DIRECTIVES.iter().chain(elsewhere::ELSEWHERE)
}

/// Every directive and what becomes of it; `note` says what it does, or why leaving it out is harmless.
pub(crate) fn states(
    note: impl Fn(&'static str) -> &'static str,
) -> impl Iterator<Item = (&'static str, State)> {
    all().map(move |(name, shape)| {
        let state = if let Shape::Refused(why) = shape {
            State::Refused(why)
        } else if matches!(shape, Shape::Accepted | Shape::Only(..)) {
            State::Accepted(note(name))
        } else {
            State::Works
        };
        (*name, state)
    })
}

fn response_types_clear() -> Setting {
    Setting::ResponseMimeTypesClear
}

fn decode_json(word: &Word) -> Result<Setting, Problem> {
    Ok(Setting::DecodeJson(match word.text.to_ascii_lowercase().as_str() {
        "off" => DecodeJson::Off,
        "arguments" => DecodeJson::Arguments,
        "argumentsandcookies" => DecodeJson::ArgumentsAndCookies,
        text => {
            let known = ["Off", "Arguments", "ArgumentsAndCookies"];
            return Err(Problem::unknown(word.span, "place of JSON", text, &known));
        }
    }))
}

pub(super) fn parse(words: &[Word]) -> Result<Directive, Vec<Problem>> {
    let Some((name, arguments)) = words.split_first() else { return Err(Vec::new()) };
    let known = all().find(|(known, _)| known.eq_ignore_ascii_case(&name.text));
    let Some((known, shape)) = known else {
        let names: Vec<&str> = all().map(|(name, _)| *name).collect();
        return Err(vec![Problem::unknown(name.span, "directive", &name.text, &names)]);
    };
    let args = Arguments { name, known, words: arguments };
    let kind = match shape {
        Shape::Rule => DirectiveKind::Rule(rule(&args)?),
        Shape::Action => DirectiveKind::Action(actions::parse(args.one()?)?),
        Shape::DefaultAction => DirectiveKind::DefaultAction(actions::parse(args.one()?)?),
        Shape::UpdateActionById => {
            let (queries, change) = args.some_and_one()?;
            DirectiveKind::UpdateAction(ids(queries)?, actions::parse(change)?)
        }
        Shape::UpdateTargetById => {
            let (queries, change) = args.some_and_one()?;
            DirectiveKind::UpdateTarget(RuleQuery::Ids(ids(queries)?), targets::parse(change)?)
        }
        Shape::UpdateTargetByTag => {
            let [query, change] = args.exactly()?;
            DirectiveKind::UpdateTarget(RuleQuery::Tag(query.text.clone()), targets::parse(change)?)
        }
        Shape::UpdateTargetByMessage => {
            let [query, change] = args.exactly()?;
            let query = RuleQuery::Message(query.text.clone());
            DirectiveKind::UpdateTarget(query, targets::parse(change)?)
        }
        Shape::Include
        | Shape::Marker
        | Shape::RemoveById
        | Shape::RemoveByTag
        | Shape::RemoveByMessage
        | Shape::Dataset
        | Shape::GeoDatabase
        | Shape::Engine
        | Shape::Switch(_)
        | Shape::Number(_)
        | Shape::OnLimit(_)
        | Shape::Text(_)
        | Shape::Words(_)
        | Shape::AuditEngine
        | Shape::Alone(_)
        | Shape::Parsed(_)
        | Shape::Accepted
        | Shape::Only(..)
        | Shape::Refused(_) => simple(*shape, &args)?,
    };
    Ok(Directive { span: name.span, raw: String::new(), kind })
}

/// Directives whose arguments are words, numbers and switches.
fn simple(shape: Shape, args: &Arguments<'_>) -> Result<DirectiveKind, Problem> {
    let setting = match shape {
        Shape::Include => return Ok(DirectiveKind::Include(args.one()?.text.clone())),
        Shape::Marker => return Ok(DirectiveKind::Marker(unquoted(&args.one()?.text).to_owned())),
        Shape::Dataset => return dataset(args),
        Shape::GeoDatabase => {
            return Ok(DirectiveKind::GeoDatabase(args.one()?.text.clone()));
        }
        Shape::RemoveById => {
            args.some()?;
            return Ok(DirectiveKind::Remove(RuleQuery::Ids(ids(args.words)?)));
        }
        Shape::RemoveByTag => {
            return Ok(DirectiveKind::Remove(RuleQuery::Tag(args.one()?.text.clone())));
        }
        Shape::RemoveByMessage => {
            return Ok(DirectiveKind::Remove(RuleQuery::Message(args.one()?.text.clone())));
        }
        Shape::Engine => Setting::Engine(engine_mode(args.one()?)?),
        Shape::Switch(make) => make(switch(args.one()?)?),
        Shape::Number(make) => make(number(args.one()?)?),
        Shape::OnLimit(make) => make(on_limit(args.one()?)?),
        Shape::Text(make) => make(args.one()?.text.clone()),
        Shape::Words(make) => {
            args.some()?;
            make(args.words.iter().map(|word| word.text.clone()).collect())
        }
        Shape::AuditEngine => Setting::AuditEngine(audit_mode(args.one()?)?),
        Shape::Alone(make) => make(),
        Shape::Parsed(parse) => parse(args.one()?)?,
        Shape::Accepted => args.accepted(),
        Shape::Only(values, why) => {
            args.some()?;
            let Some(word) = args.words.last().filter(|word| !word.is_any_of(values)) else {
                return Ok(DirectiveKind::Set(args.accepted()));
            };
            let message = format!("{} is not supported with `{}`", args.known, word.text);
            return Err(Problem::new(word.span, message).help(why));
        }
        Shape::Refused(why) => {
            let message = format!("{} is not supported", args.known);
            return Err(Problem::new(args.name.span, message).help(why));
        }
        Shape::Rule
        | Shape::Action
        | Shape::DefaultAction
        | Shape::UpdateActionById
        | Shape::UpdateTargetById
        | Shape::UpdateTargetByTag
        | Shape::UpdateTargetByMessage => {
            return Err(Problem::new(args.name.span, "directive takes actions"));
        }
    };
    Ok(DirectiveKind::Set(setting))
}

/// The lexer made a word of every line between the backticks.
fn dataset(args: &Arguments<'_>) -> Result<DirectiveKind, Problem> {
    let Some((name, lines)) = args.words.split_first() else {
        return Err(args.misses("a name and lines between backticks"));
    };
    if name.text.is_empty() || name.text.contains(['`', ' ']) {
        return Err(Problem::new(name.span, "dataset needs a name of one word"));
    }
    if lines.is_empty() {
        return Err(Problem::new(name.span, format!("dataset `{}` has no lines", name.text))
            .help("lines stand between a backtick after the name and a line with a backtick"));
    }
    let lines = lines.iter().map(|word| word.text.clone()).collect();
    Ok(DirectiveKind::Dataset(name.text.clone(), lines))
}

fn rule(args: &Arguments<'_>) -> Result<RuleNode, Vec<Problem>> {
    let (targets_word, operator_word, actions_word) = match args.words {
        [targets, operator] => (targets, operator, None),
        [targets, operator, actions] => (targets, operator, Some(actions)),
        _ => {
            let message = "SecRule takes variables, an operator and actions";
            return Err(vec![Problem::new(args.name.span, message)]);
        }
    };
    let mut problems = Vec::new();
    let targets = targets::parse(targets_word).unwrap_or_else(|problem| {
        problems.push(problem);
        Vec::new()
    });
    let actions = actions_word.map_or(Ok(Vec::new()), actions::parse).unwrap_or_else(|found| {
        problems.extend(found);
        Vec::new()
    });
    if problems.is_empty() {
        Ok(RuleNode { targets, operator: Some(operator(operator_word)), actions })
    } else {
        Err(problems)
    }
}

/// `@name argument`, `!@name argument`; without `@` all of it is a pattern for `@rx`.
fn operator(word: &Word) -> OperatorNode {
    let text = word.text.trim_start();
    let (negated, bare) = match text.strip_prefix('!') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    let offset = |part: &str| word.text.len() - part.len();
    let (name, argument) = match bare.strip_prefix('@') {
        Some(rest) => match rest.split_once(|c: char| c.is_whitespace()) {
            Some((name, argument)) => (name, argument.trim_start()),
            None => (rest, &rest[rest.len()..]),
        },
        None => ("rx", bare),
    };
    OperatorNode {
        span: word.at(offset(bare)),
        negated,
        name: name.to_owned(),
        argument: argument.to_owned(),
        argument_span: word.at(offset(argument)),
        argument_places: word.places(offset(argument)),
    }
}

/// Rule ids and ranges, separated by commas or spaces.
fn ids(words: &[Word]) -> Result<Vec<IdRange>, Problem> {
    let mut ranges = Vec::new();
    for word in words {
        for part in word.text.split([',', ' ']).filter(|part| !part.is_empty()) {
            ranges.push(id_range(part).ok_or_else(|| {
                Problem::new(word.span, format!("`{part}` is neither a rule id nor a range"))
            })?);
        }
    }
    Ok(ranges)
}

/// `1` or `1-5`.
pub(super) fn id_range(text: &str) -> Option<IdRange> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let range = IdRange { first: first.trim().parse().ok()?, last: last.trim().parse().ok()? };
    (range.first <= range.last).then_some(range)
}

pub(super) fn unquoted(text: &str) -> &str {
    text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(text)
}

fn switch(word: &Word) -> Result<bool, Problem> {
    match word.text.to_ascii_lowercase().as_str() {
        "on" => Ok(true),
        "off" => Ok(false),
        text => Err(Problem::unknown(word.span, "switch", text, &["On", "Off"])),
    }
}

fn number(word: &Word) -> Result<usize, Problem> {
    word.text
        .parse()
        .map_err(|_| Problem::new(word.span, format!("`{}` is not a number", word.text)))
}

fn on_limit(word: &Word) -> Result<OnLimit, Problem> {
    match word.text.to_ascii_lowercase().as_str() {
        "reject" => Ok(OnLimit::Reject),
        "processpartial" => Ok(OnLimit::ProcessPartial),
        text => {
            Err(Problem::unknown(word.span, "limit action", text, &["Reject", "ProcessPartial"]))
        }
    }
}

fn engine_mode(word: &Word) -> Result<EngineMode, Problem> {
    EngineMode::parse(&word.text).ok_or_else(|| {
        Problem::unknown(word.span, "engine mode", &word.text, &["On", "Off", "DetectionOnly"])
    })
}

fn audit_mode(word: &Word) -> Result<AuditMode, Problem> {
    match word.text.to_ascii_lowercase().as_str() {
        "on" => Ok(AuditMode::On),
        "off" => Ok(AuditMode::Off),
        "relevantonly" => Ok(AuditMode::RelevantOnly),
        text => {
            Err(Problem::unknown(word.span, "audit mode", text, &["On", "Off", "RelevantOnly"]))
        }
    }
}

/// The arguments of a directive.
struct Arguments<'a> {
    name: &'a Word,
    known: &'static str,
    words: &'a [Word],
}

impl<'a> Arguments<'a> {
    fn one(&self) -> Result<&'a Word, Problem> {
        self.exactly::<1>().map(|[word]| word)
    }

    fn misses(&self, what: &str) -> Problem {
        Problem::new(self.name.span, format!("{} needs {what}", self.known))
    }

    fn accepted(&self) -> Setting {
        let words: Vec<&str> = self.words.iter().map(|word| word.text.as_str()).collect();
        Setting::Accepted(self.known, words.join(" "))
    }

    fn some(&self) -> Result<(), Problem> {
        if self.words.is_empty() {
            let message = format!("{} takes at least one argument", self.known);
            return Err(Problem::new(self.name.span, message));
        }
        Ok(())
    }

    /// At least one, and one more that ends the line.
    fn some_and_one(&self) -> Result<(&'a [Word], &'a Word), Problem> {
        match self.words.split_last() {
            Some((last, first)) if !first.is_empty() => Ok((first, last)),
            Some(_) | None => {
                let message = format!("{} takes two arguments", self.known);
                Err(Problem::new(self.name.span, message))
            }
        }
    }

    fn exactly<const N: usize>(&self) -> Result<&'a [Word; N], Problem> {
        self.words.try_into().map_err(|_| {
            let message = format!("{} takes {N} arguments, not {}", self.known, self.words.len());
            Problem::new(self.name.span, message)
        })
    }
}

impl From<Problem> for Vec<Problem> {
    fn from(problem: Problem) -> Self {
        vec![problem]
    }
}
