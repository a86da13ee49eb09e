//! `bench-peers [--rounds N] [--seconds N] [--connections N] [--only NAME,NAME] [--out DIR]`:
//! measures the gateway beside its peers and writes `peers.json` and `peers.md`.
//!
//! Exit code 1 when something could not be measured, 2 when a ratio that the project asks for is
//! missed.

use std::path::PathBuf;
use std::process::ExitCode;

use portcullis_benches::awake::Awake;
use portcullis_benches::machine;
use portcullis_benches::options;
use portcullis_benches::peers::contender::{Contender, NAMES, Place, probe, versions};
use portcullis_benches::peers::measure::{Load, measure, script};
use portcullis_benches::peers::report::{Row, WITHOUT, bars, json, markdown, remarks};
use portcullis_benches::peers::{Group, Result};
use portcullis_benches::waf::bars::Bar;

struct Plan {
    rounds: u32,
    load: Load,
    only: Option<Vec<String>>,
    out: PathBuf,
}

fn plan(place: &Place) -> Result<Plan> {
    let mut plan = Plan {
        rounds: 5,
        load: Load { seconds: 4, connections: 32 },
        only: None,
        out: place.folder.clone(),
    };
    for given in options::read(std::env::args().skip(1))? {
        match given.name.as_str() {
            "--rounds" => plan.rounds = given.number()?,
            "--seconds" => plan.load.seconds = given.number()?,
            "--connections" => plan.load.connections = given.number()?,
            "--only" => plan.only = Some(given.words()),
            "--out" => plan.out = PathBuf::from(given.value),
            _ => return Err(given.unknown()),
        }
    }
    Ok(plan)
}

fn place() -> Result<Place> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let binaries = own.parent().ok_or("the binary has no folder")?.to_owned();
    let root = std::env::current_dir().map_err(|error| error.to_string())?;
    if !root.join("benches/peers").is_dir() {
        return Err("run it from the root of the repository".to_owned());
    }
    let folder = binaries.parent().ok_or("the binary has no folder")?.join("bench-peers");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(Place { root, binaries, folder })
}

fn run() -> Result<bool> {
    let place = place()?;
    let plan = plan(&place)?;
    let upstream = place.upstream()?;
    let mut gateways: Vec<Contender> = Vec::new();
    for (name, group) in NAMES {
        if plan.only.as_ref().is_none_or(|only| only.iter().any(|own| own == name)) {
            let gateway = place.start(name, group, upstream.address)?;
            probe(&gateway)?;
            println!("{name} is ready");
            gateways.push(gateway);
        }
    }
    let awake = Awake::keep();
    let mut rows: Vec<Row> = Vec::new();
    for group in [Group::Plain, Group::Rules] {
        for shape in group.shapes() {
            let members = members(&gateways, group);
            let start = rows.len();
            rows.extend(members.iter().map(|(name, _)| Row {
                name,
                group,
                shape: *shape,
                samples: Vec::new(),
            }));
            let script = script(*shape, &place.folder)?;
            for round in 1..=plan.rounds {
                for ((name, gateway), row) in members.iter().zip(rows.iter_mut().skip(start)) {
                    let sample = measure(gateway, &upstream, plan.load, &script)?;
                    println!(
                        "round {round}: {} {}: {:.0} requests/s, p99 {:.2} ms, {} answered, \
                         {} reached the upstream",
                        name,
                        shape.name(),
                        sample.per_second,
                        sample.p99_ms,
                        sample.responses,
                        sample.reached
                    );
                    row.samples.push(sample);
                }
            }
        }
    }
    let mut facts = versions(&place);
    facts.push(("machine", machine::describe()));
    facts.push(("cores", awake.describe().to_owned()));
    facts.push(("load average afterwards", machine::load()));
    facts.push((
        "run",
        format!(
            "{} rounds in turn of {} s, {} connections, one core for the gateway, one for \
             upstream and wrk",
            plan.rounds, plan.load.seconds, plan.load.connections
        ),
    ));
    facts.extend(remarks(&rows));
    finish(&rows, &facts, &plan.out)
}

/// The gateways of a comparison with their names in it: beside the rules stands the gateway without them, in the same
/// rounds.
fn members(gateways: &[Contender], group: Group) -> Vec<(&'static str, &Contender)> {
    let own = gateways.iter().filter(|g| g.group == group).map(|g| (g.name, g));
    let plain = gateways.iter().filter(|g| group == Group::Rules && g.name == "portcullis");
    own.chain(plain.map(|g| (WITHOUT, g))).collect()
}

fn finish(rows: &[Row], facts: &[(&str, String)], out: &std::path::Path) -> Result<bool> {
    let bars = bars(rows);
    let page = markdown(rows, &bars, facts);
    let write = |name: &str, text: &str| {
        let path = out.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    write("peers.md", &page)?;
    write("peers.json", &format!("{:#}\n", json(rows, &bars, facts)))?;
    println!("\n{page}");
    Ok(bars.iter().all(Bar::holds))
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(problem) => {
            eprintln!("bench-peers: {problem}");
            ExitCode::FAILURE
        }
    }
}
