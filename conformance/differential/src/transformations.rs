//! Every transformation and every pipeline of the Core Rule Set, on the same byte strings in both engines.
//!
//! The reference engine tells its result through the message of a rule: the digits of the result's SHA-1, which decide
//! at any length, and for a difference the result itself in hexadecimal, of which it logs the first 280 digits. A
//! difference is a failure unless [`KNOWN`] covers what a step of the pipeline is given.

mod inputs;
mod known;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use coraza::{Waf, WafConfig};
use portcullis_waf_rulesets::Package;
use portcullis_waf_transform::Transformation as T;

use crate::random::Random;

pub use known::{KNOWN, Known};

/// Transformations that the reference engine does not have.
pub const NOT_IN_THE_REFERENCE: &[T] =
    &[T::ParityEven7Bit, T::ParityOdd7Bit, T::ParityZero7Bit, T::SqlHexDecode];

/// Differences shown of one pipeline; all are counted.
const SHOWN: usize = 8;

/// What a run has compared and found.
#[derive(Debug, Default)]
pub struct Report {
    /// How many strings each pipeline was given.
    pub strings: usize,
    /// For each pipeline, how often the engines had to agree: no difference of its steps covered the string.
    pub strict: BTreeMap<String, usize>,
    /// How often a difference had this reason.
    pub covered: BTreeMap<&'static str, usize>,
    /// Differences without a reason, by pipeline.
    pub differences: BTreeMap<String, Vec<String>>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} strings through each of {} pipelines", self.strings, self.strict.len())?;
        for (reason, count) in &self.covered {
            writeln!(f, "{count:>8} differ: {reason}")?;
        }
        for (pipeline, differences) in &self.differences {
            writeln!(f, "{:>8} WITHOUT A REASON in {pipeline}", differences.len())?;
            for difference in differences.iter().take(SHOWN) {
                writeln!(f, "{difference}")?;
            }
        }
        Ok(())
    }
}

/// Gives `strings` byte strings of the seed to every transformation alone and to every pipeline of `rule_set`.
///
/// # Errors
/// When the reference engine cannot be built or run.
pub fn compare(rule_set: &Package, seed: u64, strings: usize) -> Result<Report, String> {
    let pipelines = pipelines(rule_set);
    let digests = Reference::new(&pipelines, &[T::Sha1, T::HexEncode])?;
    let values = Reference::new(&pipelines, &[T::HexEncode])?;
    let mut random = Random::new(seed);
    let mut report = Report { strings, ..Report::default() };
    for at in 0..strings {
        let input = inputs::draw(at, &mut random);
        let theirs = digests.results(&input)?;
        for (pipeline, theirs) in pipelines.iter().zip(&theirs) {
            let (ours, reason) = ours(pipeline, &input);
            let name = name(pipeline);
            let strict = report.strict.entry(name.clone()).or_default();
            *strict += usize::from(reason.is_none());
            if *theirs == run(&[T::Sha1, T::HexEncode], &ours) {
                continue;
            }
            match reason {
                Some(reason) => *report.covered.entry(reason).or_default() += 1,
                None => {
                    let theirs = values.results(&input)?;
                    let at = pipelines.iter().position(|other| other == pipeline);
                    let theirs = at.and_then(|at| theirs.get(at)).map(|t| run(&[T::HexDecode], t));
                    let shown = shown(&input, &ours, &theirs.unwrap_or_default());
                    report.differences.entry(name).or_default().push(shown);
                }
            }
        }
    }
    Ok(report)
}

/// This engine's result, and the reason why the reference engine may differ.
fn ours(pipeline: &[T], input: &[u8]) -> (Vec<u8>, Option<&'static str>) {
    let mut value = input.to_vec();
    let mut reason = None;
    for &step in pipeline {
        // Up to the first difference both engines give a step the same bytes.
        let covering =
            KNOWN.iter().find(|known| known.of.contains(&step) && (known.covers)(&value));
        reason = reason.or(covering.map(|known| known.reason));
        value = run(&[step], &value);
    }
    (value, reason)
}

fn run(pipeline: &[T], input: &[u8]) -> Vec<u8> {
    pipeline.iter().fold(input.to_vec(), |value, step| {
        let mut out = Vec::new();
        if step.apply(&value, &mut out) { out } else { value }
    })
}

fn name(pipeline: &[T]) -> String {
    pipeline.iter().map(|step| step.name()).collect::<Vec<_>>().join(",")
}

fn shown(input: &[u8], ours: &[u8], theirs: &[u8]) -> String {
    let text = |bytes: &[u8]| {
        bytes.iter().take(140).copied().collect::<Vec<u8>>().escape_ascii().to_string()
    };
    format!("    of     {}\n    ours   {}\n    theirs {}", text(input), text(ours), text(theirs))
}

/// Every transformation that both engines have, alone, and every distinct sequence of the rule set.
fn pipelines(rule_set: &Package) -> Vec<Vec<T>> {
    let both = T::ALL.iter().filter(|t| !NOT_IN_THE_REFERENCE.contains(t));
    let mut all: Vec<Vec<T>> = both.map(|&t| vec![t]).collect();
    let mut seen: BTreeSet<Vec<T>> = all.iter().cloned().collect();
    for (_, content) in rule_set.iter().filter(|(path, _)| path.ends_with(".conf")) {
        for rule in String::from_utf8_lossy(content).split("\nSecRule ") {
            let words = rule.split(['"', ',', '\\', '\n', ' ']);
            let steps = words.filter_map(|word| word.strip_prefix("t:")).filter_map(T::from_name);
            let steps: Vec<T> = steps.filter(|&step| step != T::None).collect();
            if seen.insert(steps.clone()) {
                all.push(steps);
            }
        }
    }
    all
}

/// The reference engine with one rule a pipeline, which logs its result.
struct Reference {
    waf: Waf,
    logged: Arc<Mutex<Vec<(i32, String)>>>,
    pipelines: usize,
}

impl Reference {
    fn new(pipelines: &[Vec<T>], after: &[T]) -> Result<Self, String> {
        let mut rules = String::from(
            "SecRequestBodyAccess On\nSecAction \"id:9999,phase:1,pass,nolog,ctl:requestBodyProcessor=RAW\"\n",
        );
        for (number, pipeline) in pipelines.iter().enumerate() {
            let steps: String =
                pipeline.iter().chain(after).map(|step| format!("t:{},", step.name())).collect();
            let _infallible = writeln!(
                rules,
                "SecRule REQUEST_BODY \"@unconditionalMatch\" \
                 \"id:{},phase:2,pass,log,t:none,{steps}msg:'%{{MATCHED_VAR}}'\"",
                number + 1
            );
        }
        let logged = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&logged);
        let waf = WafConfig::new()
            .map_err(|error| error.to_string())?
            .with_directives(&rules)
            .with_error_callback(move |rule| {
                log.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push((rule.rule_id, rule.message));
            })
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { waf, logged, pipelines: pipelines.len() })
    }

    /// What each pipeline makes of `body`, as digits.
    fn results(&self, body: &[u8]) -> Result<Vec<Vec<u8>>, String> {
        let failed = |error: coraza::Error| error.to_string();
        let mut transaction = self.waf.new_transaction();
        transaction.process_uri("/", "POST", "HTTP/1.1").map_err(failed)?;
        transaction.process_request_headers().map_err(failed)?;
        transaction.append_request_body(body).map_err(failed)?;
        transaction.process_request_body().map_err(failed)?;
        let logged =
            std::mem::take(&mut *self.logged.lock().unwrap_or_else(PoisonError::into_inner));
        if logged.len() != self.pipelines {
            return Err(format!("{} rules of {} told their result", logged.len(), self.pipelines));
        }
        let digits = logged.iter().map(|(_, line)| {
            let told = line.split_once("Coraza: Warning. ").map_or("", |(_, told)| told);
            told.split(' ').next().unwrap_or_default().as_bytes().to_vec()
        });
        Ok(digits.collect())
    }
}
