//! Compares this engine with the reference engine: `differential [--slice] [--seed N] [--count N] [--only STAGE]
//! [--case NAME] [--threads N] [--prefilter on|off|both] [--verbose]`.
//!
//! Prints a table of stages and every difference that `known.yaml` does not cover; ends with 1 when there is one, or
//! when an entry of the list covers nothing any more, with 2 when nothing could be run. `--slice` takes a part of each
//! corpus and does not ask whether every entry is still needed. This engine runs with its prefilter and without, unless
//! `--prefilter` says otherwise; both must match the same values in the same rules.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use portcullis_differential::engines::{Engines, Prefilter};
use portcullis_differential::exchange::Exchange;
use portcullis_differential::generate::{Generator, rule_set};
use portcullis_differential::known::Known;
use portcullis_differential::rules::{Level, RuleText};
use portcullis_differential::stage::{self, Outcome};
use portcullis_waf_rulesets::{HOW_TO_BRING_ONE, embedded};
use portcullis_waf_tune::ftw::{Suite, exchanges};

/// The folder of CRS's regression tests, from the root of the repository.
const TESTS: &str = "waf-rules/rulesets/crs/package/tests";

/// The seed of the run that CI and `make test-differential` make.
const SEED: u64 = 20_261_121;
/// Generated requests a level of a whole run, and of a slice.
const GENERATED: [u64; 2] = [20_000, 1_500];

/// Generated rule sets of a whole run, and of a slice.
const RULE_SETS: [u64; 2] = [600, 60];
/// Requests each of them gets.
const REQUESTS_OF_A_RULE_SET: u64 = 25;

struct Arguments {
    seed: u64,
    count: Option<u64>,
    only: Option<String>,
    case: Option<String>,
    slice: bool,
    verbose: bool,
    threads: usize,
    prefilter: Prefilter,
}

impl Arguments {
    fn takes(&self, exchange: &Exchange) -> bool {
        self.case.as_ref().is_none_or(|case| *case == exchange.name)
    }
}

fn main() -> ExitCode {
    match try_main() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("differential: {message}");
            ExitCode::from(2)
        }
    }
}

fn try_main() -> Result<bool, String> {
    let arguments = arguments()?;
    let known = Known::built_in()?;
    let mut outcomes = Vec::new();
    let tests = regression_tests()?;
    let count = arguments.count.unwrap_or(GENERATED[usize::from(arguments.slice)]);
    let generator = Generator::new(arguments.seed, &tests);
    let generated: Vec<Exchange> = (0..count).map(|index| generator.exchange(index)).collect();
    for level in [Level::One, Level::Four] {
        let package = embedded().ok_or(HOW_TO_BRING_ONE)?;
        let engines = Engines::new(&RuleText::crs(package, level), arguments.prefilter)?;
        for (corpus, name) in [(&tests, "crs"), (&generated, "generated")] {
            let name = format!("{name}-{}", level.name());
            if arguments.only.as_ref().is_some_and(|only| *only != name) {
                continue;
            }
            let corpus: Vec<Exchange> =
                corpus.iter().filter(|exchange| arguments.takes(exchange)).cloned().collect();
            let outcome = stage::run(&name, &engines, &known, &corpus, arguments.threads)?;
            print!("{}", stage::shown(&outcome, arguments.verbose));
            outcomes.push(outcome);
        }
    }
    if arguments.only.as_ref().is_none_or(|only| *only == "rules") {
        let outcome = rule_sets(&arguments, &known, &generator)?;
        print!("{}", stage::shown(&outcome, arguments.verbose));
        outcomes.push(outcome);
    }
    print_table(&outcomes);
    let whole = !arguments.slice && arguments.only.is_none() && arguments.case.is_none();
    let idle = if whole { idle_entries(&known, &outcomes) } else { Vec::new() };
    for name in &idle {
        println!("known.yaml: {name} covers nothing any more");
    }
    Ok(idle.is_empty() && outcomes.iter().all(|outcome| outcome.unlisted.is_empty()))
}

/// Generated rule sets, each with requests of its own.
fn rule_sets(
    arguments: &Arguments,
    known: &Known,
    generator: &Generator,
) -> Result<Outcome, String> {
    let mut all = Outcome { name: "rules".to_owned(), ..Outcome::default() };
    let count = arguments.count.unwrap_or(RULE_SETS[usize::from(arguments.slice)]);
    for index in 0..count {
        let text = rule_set(arguments.seed, index);
        let engines = Engines::new(&text, arguments.prefilter)
            .map_err(|error| format!("{error}\n{}", text.entry))?;
        let first = index * REQUESTS_OF_A_RULE_SET;
        let requests: Vec<Exchange> = (first..first + REQUESTS_OF_A_RULE_SET)
            .map(|number| generator.request(number))
            .map(|exchange| Exchange {
                name: format!("rules-{index}-{}", exchange.name),
                ..exchange
            })
            .filter(|exchange| arguments.takes(exchange))
            .collect();
        let mut outcome = stage::run("rules", &engines, known, &requests, 1)?;
        if let Some(first) = outcome.unlisted.first_mut() {
            first.push_str(&text.entry);
        }
        all.add(outcome);
    }
    Ok(all)
}

/// The stages of CRS's tests; those whose head is no text are named.
fn regression_tests() -> Result<Vec<Exchange>, String> {
    let suite = Suite::load(Path::new(TESTS)).map_err(|error| error.to_string())?;
    let mut corpus = Vec::new();
    for stage in exchanges(&suite)? {
        match Exchange::new(stage.name.clone(), &stage.request, stage.answer) {
            Some(exchange) => corpus.push(exchange),
            None => println!("{}: its head is no text, the binding cannot take it", stage.name),
        }
    }
    Ok(corpus)
}

fn print_table(outcomes: &[Outcome]) {
    println!(
        "{:16} {:>7} {:>7} {:>9} {:>9} {:>9}",
        "stage", "cases", "differ", "unlisted", "prefilter", "seconds"
    );
    let mut listed: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in outcomes {
        let Outcome { name, cases, differ, unlisted, prefilter, elapsed, .. } = outcome;
        let (seconds, unlisted) = (elapsed.as_secs_f64(), unlisted.len());
        println!("{name:16} {cases:>7} {differ:>7} {unlisted:>9} {prefilter:>9} {seconds:>9.1}");
        for (entry, count) in &outcome.listed {
            *listed.entry(entry).or_default() += count;
        }
    }
    println!("\nlisted (known.yaml), by rule and transaction:");
    for (entry, count) in listed {
        println!("{count:>7} {entry}");
    }
}

fn idle_entries(known: &Known, outcomes: &[Outcome]) -> Vec<String> {
    let used = |name: &str| outcomes.iter().any(|outcome| outcome.listed.contains_key(name));
    let entries = known.entries().iter().map(|entry| entry.name.clone());
    entries.filter(|name| !used(name)).collect()
}

fn arguments() -> Result<Arguments, String> {
    let mut arguments = Arguments {
        seed: SEED,
        count: None,
        only: None,
        case: None,
        slice: false,
        verbose: false,
        threads: 2,
        prefilter: Prefilter::Both,
    };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let mut value = || given.next().ok_or(format!("{name} needs a value"));
        match name.as_str() {
            "--verbose" => arguments.verbose = true,
            "--slice" => arguments.slice = true,
            "--only" => arguments.only = Some(value()?),
            "--seed" => {
                arguments.seed = value()?.parse().map_err(|_| "--seed needs a number")?;
            }
            "--count" => {
                arguments.count = Some(value()?.parse().map_err(|_| "--count needs a number")?);
            }
            "--case" => arguments.case = Some(value()?),
            "--prefilter" => {
                arguments.prefilter = match value()?.as_str() {
                    "on" => Prefilter::On,
                    "off" => Prefilter::Off,
                    "both" => Prefilter::Both,
                    _ => return Err("--prefilter needs on, off or both".to_owned()),
                };
            }
            "--threads" => {
                arguments.threads = value()?.parse().map_err(|_| "--threads needs a number")?;
            }
            _ => return Err(format!("unknown argument {name}")),
        }
    }
    Ok(arguments)
}
