//! From a `waf` filter as written to the text the engine compiles.
//!
//! The order is the one the OWASP Core Rule Set asks for: engine settings, setup, the operator's own lines that must
//! stand before the rules, the rules, the operator's files and lines that must stand after them. What the filter's
//! own keys say (mode, limits) comes last, so that no line of a rule file changes it.

use std::fmt::Write as _;

use portcullis_config as config;
use portcullis_config::{Diagnostic, WafMode};
use portcullis_waf_engine::{RuleDiagnostic, Sources};
use portcullis_waf_rulesets::{HOW_TO_BRING_ONE, Package, embedded};

use crate::{WafParts, audit};

/// Name of the entry document in diagnostics of the engine.
const ENTRY: &str = "waf";

/// Name under which `directives_before` is included.
const BEFORE: &str = "directives_before";

/// Name under which `directives` is included.
const AFTER: &str = "directives";

/// Largest rule or data file of an operator, in bytes.
const MAX_RULE_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Largest database of places, in bytes.
const MAX_GEO_DATABASE_BYTES: u64 = 256 * 1024 * 1024;

/// The text of a filter's rules, and the version of the package among them.
#[derive(Debug)]
pub(crate) struct Assembled {
    pub(crate) sources: Sources,
    pub(crate) version: String,
}

/// Collects everything a filter's rules are compiled from.
pub(crate) fn assemble(
    waf: &config::Waf,
    parts: &WafParts<'_>,
) -> Result<Assembled, Vec<Diagnostic>> {
    let (at, written) = (parts.at, parts.audit.written);
    let mut problems = Vec::new();
    let package = package(waf, parts.rulesets, at).unwrap_or_else(|problem| {
        problems.push(*problem);
        None
    });
    // Records of persistent collections belong to the rule set's name, unless a line of the operator's says otherwise.
    let owner = format!("SecWebAppId \"{}\"\n{}", waf.ruleset, audit::defaults(written));
    let mut entry = match &package {
        Some(package) => package.entry(&format!("{owner}{}Include {BEFORE}", setup(waf))),
        None => format!("{owner}Include {BEFORE}\n"),
    };
    let mut files = Files { at, read: Vec::new(), problems };
    for (n, path) in waf.rules.iter().enumerate() {
        if let Some(name) = files.read(path, MAX_RULE_FILE_BYTES, || format!("rules[{n}]")) {
            let _ = writeln!(entry, "Include \"{name}\"");
        }
    }
    for (n, path) in waf.data.iter().enumerate() {
        files.read(path, MAX_RULE_FILE_BYTES, || format!("data[{n}]"));
    }
    if let Some(path) = &waf.geo_database
        && let Some(name) = files.read(path, MAX_GEO_DATABASE_BYTES, || "geo_database".to_owned())
    {
        let _ = writeln!(entry, "SecGeoLookupDb \"{name}\"");
    }
    let _ = write!(entry, "Include {AFTER}\n{}{}", settings(waf), audit::overrides(written));
    if !files.problems.is_empty() {
        return Err(files.problems);
    }
    let version = package.as_ref().map_or("", |package| &package.version).to_owned();
    let mut sources = Sources::new(ENTRY, entry);
    if let Some(package) = package {
        sources = sources
            .with_files(package.files.iter().map(|file| (file.path.clone(), file.content.clone())));
    }
    sources.insert(BEFORE, waf.directives_before.clone().into_bytes());
    sources.insert(AFTER, waf.directives.clone().into_bytes());
    for (name, text) in files.read {
        sources.insert(name, text);
    }
    Ok(Assembled { sources, version })
}

/// A problem of the rules as a problem of the configuration. What stands in a file of its own is located there; what
/// stands in a key of the filter is located at that key, its own line counted from the key's text.
pub(crate) fn located(problem: RuleDiagnostic, at: &str) -> Diagnostic {
    let RuleDiagnostic { file, line, column, message, help } = problem;
    let diagnostic = match &*file {
        key @ (BEFORE | AFTER) => Diagnostic::error(
            format!("{at}.{key}"),
            format!("{message} (line {line}, column {column} of this text)"),
        ),
        ENTRY => Diagnostic::error(at, message),
        file => Diagnostic::error(at, message).at(file, line, column),
    };
    match help {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    }
}

/// The rule set package a filter names; none for `none`.
fn package(
    waf: &config::Waf,
    rulesets: &std::collections::BTreeMap<String, config::Ruleset>,
    at: &str,
) -> Result<Option<Package>, Box<Diagnostic>> {
    if waf.ruleset == config::defaults::NO_RULESET {
        return Ok(None);
    }
    let written = rulesets.get(&waf.ruleset);
    if let Some(path) = written.and_then(|ruleset| ruleset.path.as_deref()) {
        return Package::from_dir(path).map(Some).map_err(|error| {
            Box::new(Diagnostic::error(
                format!("rulesets.{}.path", waf.ruleset),
                format!("the rule set cannot be read: {error}"),
            ))
        });
    }
    embedded().cloned().map(Some).ok_or_else(|| {
        Box::new(
            Diagnostic::error(format!("{at}.ruleset"), "there is no rule set to inspect with")
                .with_help(HOW_TO_BRING_ONE),
        )
    })
}

/// What keys of the filter name, as it is read.
struct Files<'a> {
    /// Where in the configuration the filter stands.
    at: &'a str,
    /// By full name.
    read: Vec<(String, Vec<u8>)>,
    problems: Vec<Diagnostic>,
}

impl Files<'_> {
    /// Reads a file and says under which name rules find it.
    fn read(
        &mut self,
        path: &std::path::Path,
        limit: u64,
        key: impl FnOnce() -> String,
    ) -> Option<String> {
        let name = path.display().to_string();
        match bounded(path, limit) {
            Ok(content) => {
                self.read.push((name.clone(), content));
                Some(name)
            }
            Err(problem) => {
                let message = format!("{name}: {problem}");
                let at = format!("{}.{}", self.at, key());
                self.problems.push(Diagnostic::error(at, message));
                None
            }
        }
    }
}

fn bounded(path: &std::path::Path, limit: u64) -> std::io::Result<Vec<u8>> {
    let size = std::fs::metadata(path)?.len();
    if size > limit {
        let problem = format!("{size} bytes are more than {limit}");
        return Err(std::io::Error::other(problem));
    }
    std::fs::read(path)
}

/// The rule set's setup as crs-setup.conf.example would write it, under the ids it reserves for that.
fn setup(waf: &config::Waf) -> String {
    let (level, threshold) = (waf.paranoia, waf.anomaly_threshold);
    format!(
        "SecAction \"id:900000,phase:1,pass,t:none,nolog,setvar:tx.blocking_paranoia_level={level}\"\n\
         SecAction \"id:900110,phase:1,pass,t:none,nolog,\
         setvar:tx.inbound_anomaly_score_threshold={},\
         setvar:tx.outbound_anomaly_score_threshold={}\"\n",
        threshold.inbound, threshold.outbound
    )
}

/// The engine settings that the filter's own keys decide.
fn settings(waf: &config::Waf) -> String {
    let on = |on: bool| if on { "On" } else { "Off" };
    let mode = match waf.mode {
        WafMode::Blocking => "On",
        WafMode::Detection => "DetectionOnly",
        WafMode::Off => "Off",
    };
    let on_limit = match waf.request_body.on_limit {
        config::OnLimit::Reject => "Reject",
        config::OnLimit::Partial => "ProcessPartial",
    };
    let decode_json = match waf.decode_json_in_args {
        config::DecodeJsonInArgs::Off => "Off",
        config::DecodeJsonInArgs::Arguments => "Arguments",
        config::DecodeJsonInArgs::ArgumentsAndCookies => "ArgumentsAndCookies",
    };
    format!(
        "SecRuleEngine {mode}\n\
         SecDecodeJsonInArgs {decode_json}\n\
         SecRequestBodyAccess {}\n\
         SecRequestBodyLimit {}\n\
         SecRequestBodyLimitAction {on_limit}\n\
         SecResponseBodyAccess {}\n\
         SecResponseBodyLimit {}\n\
         SecResponseBodyLimitAction ProcessPartial\n",
        on(waf.request_body.inspect),
        waf.request_body.limit.bytes(),
        on(waf.response_body.inspect),
        waf.response_body.limit.bytes(),
    )
}
