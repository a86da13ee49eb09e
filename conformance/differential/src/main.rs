//! Compares this engine with the reference engine.

use std::path::Path;
use std::time::Instant;

use portcullis_differential::compare::compare;
use portcullis_differential::exchange::Exchange;
use portcullis_differential::ours::Ours;
use portcullis_differential::reference::Reference;
use portcullis_differential::rules::{Level, RuleText};
use portcullis_waf_rulesets::embedded;
use portcullis_waf_tune::ftw::{Suite, exchanges};

fn main() -> Result<(), String> {
    let package = embedded().ok_or("no rules")?;
    let suite = Suite::load(Path::new("waf-rules/rulesets/crs/package/tests")).map_err(|e| e.to_string())?;
    let mut all = Vec::new();
    for stage in exchanges(&suite)? {
        match Exchange::new(stage.name.clone(), &stage.request, stage.answer) {
            Some(exchange) => all.push(exchange),
            None => println!("cannot be fed: {}", stage.name),
        }
    }
    for level in [Level::One, Level::Four] {
        let text = RuleText::crs(package, level);
        let ours = Ours::new(&text)?;
        let reference = Reference::new(&text)?;
        let begin = Instant::now();
        let found = compare(&all, 2, |index, exchange| {
            let id = index as u128 + 1;
            Ok(ours.run(exchange, id).difference(&reference.run(exchange, id)?))
        })?;
        println!("{} {} of {} in {:?}", level.name(), found.len(), all.len(), begin.elapsed());
        for found in &found {
            println!("  {}: {}", all[found.index].name, found.difference);
        }
    }
    Ok(())
}
