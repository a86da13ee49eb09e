//! Rule text for both engines: the same bytes in the same order.

use std::borrow::Cow;

use portcullis_waf_rulesets::Package;
use portcullis_waf_tune::REGRESSION;

/// The rule that writes the end state into its message; its id is taken by nothing else.
pub const PROBE: u64 = 9_900_001;

/// What the probe of CRS writes: the variables of `TX` that hold its scores.
pub const PROBES: [&str; 14] = [
    "blocking_inbound_anomaly_score",
    "detection_inbound_anomaly_score",
    "inbound_anomaly_score_pl1",
    "inbound_anomaly_score_pl2",
    "inbound_anomaly_score_pl3",
    "inbound_anomaly_score_pl4",
    "blocking_outbound_anomaly_score",
    "detection_outbound_anomaly_score",
    "outbound_anomaly_score_pl1",
    "outbound_anomaly_score_pl2",
    "outbound_anomaly_score_pl3",
    "outbound_anomaly_score_pl4",
    "sql_injection_score",
    "xss_score",
];

/// Stands between two probed values.
const BETWEEN: &str = ";";

/// Stock settings: paranoia level 1, blocking, responses inspected.
const LEVEL_1: &str = r#"
SecRuleEngine On
SecDefaultAction "phase:3,log,auditlog,pass"
SecDefaultAction "phase:4,log,auditlog,pass"
SecDefaultAction "phase:5,log,auditlog,pass"
"#;

/// How the Core Rule Set is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// Paranoia level 1, blocking: what an operator gets.
    One,
    /// Paranoia level 4, detection only, with the settings the regression tests ask for.
    Four,
}

impl Level {
    /// As the report names it.
    pub fn name(self) -> &'static str {
        match self {
            Level::One => "PL1",
            Level::Four => "PL4",
        }
    }
}

/// An entry document and the files it includes.
#[derive(Debug, Clone)]
pub struct RuleText {
    /// The entry document.
    pub entry: String,
    /// Virtual name and content of every file.
    pub files: Vec<(String, Cow<'static, [u8]>)>,
    /// The variables of `TX` whose end state is compared.
    pub probes: &'static [&'static str],
}

impl RuleText {
    /// The Core Rule Set with the probe at its end.
    pub fn crs(package: &Package, level: Level) -> RuleText {
        let settings = match level {
            Level::One => LEVEL_1,
            Level::Four => REGRESSION,
        };
        // Neither engine is to write an audit log while they are compared.
        let settings = format!("SecAuditEngine Off\n{settings}");
        let mut entry = package.entry(&settings);
        entry.push_str(&probe(&PROBES));
        let files = package
            .files
            .iter()
            .map(|file| (file.path.to_string(), file.content.clone()))
            .collect();
        RuleText { entry, files, probes: &PROBES }
    }
}

/// A rule that matches in phase 5 of every transaction and says what variables of `TX` hold.
pub fn probe(names: &[&str]) -> String {
    let values: Vec<String> = names.iter().map(|name| format!("%{{tx.{name}}}")).collect();
    format!("SecAction \"id:{PROBE},phase:5,pass,log,msg:'{}'\"\n", values.join(BETWEEN))
}

/// The values of a probe's message, by name.
pub fn probed(
    names: &'static [&'static str],
    message: &str,
) -> impl Iterator<Item = (&'static str, String)> {
    names.iter().copied().zip(message.split(BETWEEN).map(str::to_owned))
}
