//! Rule text: any text is a rule set or diagnostics with a place inside it, the same every time.

use portcullis_waf_engine::limits::MAX_DIAGNOSTICS;
use portcullis_waf_engine::{CompileOptions, RuleDiagnostic, RuleSet, Sources};

const ENTRY: &str = "entry.conf";
/// A file the text may include or take data from: the text itself.
const DATA: &str = "data.txt";

/// Compiles the text, with the text itself as a file beside it.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let compile = || {
        let mut sources = Sources::new(ENTRY, text.clone());
        sources.insert(DATA, data.to_vec());
        RuleSet::compile(&sources, &CompileOptions::default())
    };
    match (compile(), compile()) {
        (Ok(rules), Ok(again)) => {
            let ids = |rules: &RuleSet| rules.rules().map(|rule| rule.id).collect::<Vec<_>>();
            assert_eq!(ids(&rules), ids(&again));
        }
        (Err(problems), Err(again)) => {
            assert_eq!(problems, again);
            assert!((1..=MAX_DIAGNOSTICS).contains(&problems.len()), "{}", problems.len());
            for problem in &problems {
                inside(problem, &text, data);
            }
        }
        (Ok(_), Err(problems)) | (Err(problems), Ok(_)) => panic!("only once: {problems:?}"),
    }
}

/// The place of a problem is a byte of its file, or just behind its line.
fn inside(problem: &RuleDiagnostic, text: &str, data: &[u8]) {
    let file = if &*problem.file == DATA { data } else { text.as_bytes() };
    let line = usize::try_from(problem.line).ok().and_then(|line| line.checked_sub(1));
    let line = line.and_then(|line| file.split(|byte| *byte == b'\n').nth(line));
    let line = line.unwrap_or_else(|| panic!("no such line: {problem:?}"));
    assert!(
        (1..=line.len() + 1).contains(&(problem.column as usize)),
        "no such column: {problem:?}"
    );
    assert!(!problem.message.is_empty());
}
