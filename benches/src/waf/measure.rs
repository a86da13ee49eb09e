//! The rounds: which driver runs how many requests of which shape, in turn.

use std::path::Path;

use super::driver::{Driver, More, Peer, Run};
use super::folder::{ROUTES, entry, route};
use super::shapes::{SHAPES, Shape};

/// Requests of a turn at least.
const TURN_REQUESTS: u64 = 64;

/// How the harness measures.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Rounds; in each every engine has its turn.
    pub rounds: usize,
    /// CPU time of one turn at least, milliseconds.
    pub turn_ms: f64,
    /// The core of whichever engine runs.
    pub core: u32,
    /// Only shapes whose file has this name.
    pub only: Option<String>,
}

/// One shape at one paranoia level, through all engines.
#[derive(Debug, Clone)]
pub struct Row {
    /// The shape.
    pub shape: Shape,
    /// The paranoia level.
    pub level: u8,
    /// By engine, the turns.
    pub turns: Vec<(Peer, Vec<Run>)>,
}

/// What one engine's rule sets cost.
#[derive(Debug, Clone)]
pub struct Sets {
    /// The engine.
    pub peer: Peer,
    /// Name and version, as the engine says.
    pub version: String,
    /// CPU time of compiling the first rule set of a process, milliseconds; one value a process.
    pub cold_ms: Vec<f64>,
    /// Further rule sets of the last process.
    pub more: More,
}

/// Everything of one run.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Requests.
    pub rows: Vec<Row>,
    /// Rule sets.
    pub sets: Vec<Sets>,
}

/// Measures everything.
///
/// # Errors
/// When a driver fails.
pub fn measure(plan: &Plan, binaries: &Path, folder: &Path) -> Result<Measured, String> {
    let mut rows = Vec::new();
    for level in [1, 4] {
        let mut drivers = Vec::new();
        for peer in Peer::ALL {
            drivers.push(Driver::start(peer, binaries, folder, &entry(level), plan.core)?);
        }
        for shape in SHAPES.into_iter().filter(|shape| wanted(plan, shape, level)) {
            rows.push(row(plan, shape, level, &mut drivers)?);
        }
    }
    Ok(Measured { rows, sets: sets(plan, binaries, folder)? })
}

/// Above paranoia level 1 only the smallest request.
fn wanted(plan: &Plan, shape: &Shape, level: u8) -> bool {
    (level == 1 || shape.file == "get-2")
        && plan.only.as_ref().is_none_or(|only| only == shape.file)
}

fn row(plan: &Plan, shape: Shape, level: u8, drivers: &mut [Driver]) -> Result<Row, String> {
    let mut counts = Vec::new();
    for driver in drivers.iter_mut() {
        // The first requests warm up, further ones tell how many a turn takes.
        driver.run(shape.file, TURN_REQUESTS)?;
        let one_ms = driver.run(shape.file, TURN_REQUESTS)?.micros / 1e3;
        let count = ((plan.turn_ms / one_ms).ceil() as u64).max(TURN_REQUESTS);
        driver.run(shape.file, count)?;
        counts.push(count);
    }
    let mut turns: Vec<(Peer, Vec<Run>)> = drivers.iter().map(|d| (d.peer, Vec::new())).collect();
    for round in 1..=plan.rounds {
        let mut line = format!("PL{level}, {}, round {round}:", shape.name);
        for ((driver, count), (_, runs)) in drivers.iter_mut().zip(&counts).zip(&mut turns) {
            let run = driver.run(shape.file, *count)?;
            line.push_str(&format!(" {} {:.1} µs", driver.peer.name(), run.micros));
            runs.push(run);
        }
        println!("{line}");
    }
    Ok(Row { shape, level, turns })
}

fn sets(plan: &Plan, binaries: &Path, folder: &Path) -> Result<Vec<Sets>, String> {
    let mut all: Vec<Sets> = Peer::ENGINES
        .into_iter()
        .map(|peer| Sets {
            peer,
            version: String::new(),
            cold_ms: Vec::new(),
            more: More::default(),
        })
        .collect();
    for round in 1..=plan.rounds {
        for sets in &mut all {
            let mut driver = Driver::start(sets.peer, binaries, folder, &entry(1), plan.core)?;
            sets.cold_ms.push(driver.compile_ms);
            if round == plan.rounds {
                // The peers need tens of megabytes a rule set: a few tell as much as fifty.
                let count = if sets.peer == Peer::Portcullis { ROUTES } else { ROUTES / 5 };
                let routes: Vec<String> = (0..count).map(route).collect();
                sets.more = driver.more(&routes)?;
                sets.version.clone_from(&driver.version);
                println!("{}: {count} further rule sets are compiled", sets.peer.name());
            }
        }
    }
    Ok(all)
}
