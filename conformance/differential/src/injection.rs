//! `detectSQLi` and `detectXSS` against the C library libinjection 3.9.2, for which the Core Rule Set is written.
//!
//! The library is an oracle of development only: `scripts/libinjection.sh` builds it into `.tools`, and a process of
//! its own answers for it, so nothing of it is linked here.

mod inputs;
mod known;

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use portcullis_waf_injection::{sqli, xss};

pub use inputs::draw;
pub use known::{Known, SQLI, XSS};

/// Both verdicts on one string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The shape of an SQL injection.
    pub sqli: Option<String>,
    /// Whether the string could run a script in a page.
    pub xss: bool,
}

/// What a run has compared and found.
#[derive(Debug, Default)]
pub struct Report {
    /// Strings given to both.
    pub strings: usize,
    /// Strings that the library takes for SQL injection.
    pub sqli: usize,
    /// Strings that the library takes for a script.
    pub xss: usize,
    /// How often a difference had this reason.
    pub covered: BTreeMap<&'static str, usize>,
    /// Differences without a reason.
    pub differences: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { strings, sqli, xss, covered, differences } = self;
        writeln!(f, "{strings} strings, {sqli} of them SQL injection, {xss} script")?;
        for (reason, count) in covered {
            writeln!(f, "{count:>8} differ: {reason}")?;
        }
        writeln!(f, "{:>8} differ without a reason", differences.len())?;
        differences.iter().take(40).try_for_each(|difference| writeln!(f, "{difference}"))
    }
}

/// Verdict by verdict, this engine's and the library's on the same strings.
pub fn compare(strings: &[Vec<u8>], library: &[Verdict]) -> Report {
    let mut report = Report { strings: strings.len(), ..Report::default() };
    for (string, theirs) in strings.iter().zip(library) {
        report.sqli += usize::from(theirs.sqli.is_some());
        report.xss += usize::from(theirs.xss);
        let ours = Verdict { sqli: sqli(string).map(|shape| shape.to_string()), xss: xss(string) };
        let mut judge = |reason: Option<&'static str>| match reason {
            Some(reason) => *report.covered.entry(reason).or_default() += 1,
            None => report.differences.push(format!(
                "    of {}\n    ours {ours:?}\n    theirs {theirs:?}",
                string.escape_ascii()
            )),
        };
        if ours.sqli != theirs.sqli {
            judge(known::reason(known::SQLI, string));
        }
        if ours.xss != theirs.xss {
            judge(known::reason(known::XSS, string).filter(|_| ours.xss));
        }
    }
    report
}

/// The verdicts of the C library.
///
/// # Errors
/// When the library was not built, or its process did not answer for every string.
pub fn library(strings: &[Vec<u8>]) -> Result<Vec<Verdict>, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = root.join("../../.tools/libinjection/libinjection.so");
    if !shared.exists() {
        return Err("the C library is not there: run scripts/libinjection.sh".to_owned());
    }
    let failed = |error: std::io::Error| format!("python3: {error}");
    let mut process = Command::new("python3")
        .arg(root.join("libinjection.py"))
        .arg(shared)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    // It answers after it has read everything, so neither side waits for the other.
    let mut to = process.stdin.take().ok_or("python3 has no input")?;
    for string in strings {
        let length = u32::try_from(string.len()).map_err(|error| error.to_string())?;
        to.write_all(&length.to_le_bytes()).map_err(failed)?;
        to.write_all(string).map_err(failed)?;
    }
    drop(to);
    let output = process.wait_with_output().map_err(failed)?;
    let text = String::from_utf8(output.stdout).map_err(|error| error.to_string())?;
    let verdicts: Vec<Verdict> = text.lines().filter_map(verdict).collect();
    if verdicts.len() != strings.len() {
        return Err(format!("the library answered for {} of {}", verdicts.len(), strings.len()));
    }
    Ok(verdicts)
}

fn verdict(line: &str) -> Option<Verdict> {
    let mut words = line.split(' ');
    let (sqli, shape, xss) = (words.next()?, words.next()?, words.next()?);
    Some(Verdict { sqli: (sqli == "1").then(|| shape.to_owned()), xss: xss == "1" })
}
