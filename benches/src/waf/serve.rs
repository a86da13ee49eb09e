//! The loop of a driver: a process around one engine that obeys the harness over its standard input and answers one
//! line of JSON a command. `benches/waf/modsecurity.cc` is the same loop around libmodsecurity.
//!
//! `DRIVER ENTRY` compiles the rules of ENTRY, a file of the working folder, and tells when it is ready. Then
//! - `run FILE COUNT` runs COUNT requests, each in a transaction of its own: those of the file in turn, beginning behind
//!   the last one that ran, so that all others lie between two equal ones;
//! - `more ENTRY...` compiles further rule sets and keeps them.
//!
//! Times are CPU times of the whole process, so that threads of a garbage collector are counted.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, Write};

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use super::request::{Request, read};

/// A rule engine with compiled rules.
pub trait Engine: Sized {
    /// Name and version for reports.
    fn version() -> String;

    /// Compiles the rules of a file of the working folder, includes and data files beside it.
    ///
    /// # Errors
    /// What the engine said.
    fn compile(entry: &str) -> Result<Self, String>;

    /// Runs phases 1 and 2 of one request; the status when a rule ended it. `id` differs from call to call.
    ///
    /// # Errors
    /// When the engine could not do its work.
    fn run(&self, request: &Request, id: u64) -> Result<Option<u16>, String>;
}

/// CPU time of the process so far, all threads, nanoseconds.
fn cpu_nanos() -> u64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    let part = |part: i64| u64::try_from(part).unwrap_or(0);
    part(now.tv_sec) * 1_000_000_000 + part(now.tv_nsec)
}

/// Resident memory of the process, KiB.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The requests of a file, and how many of them ran.
struct File {
    requests: Vec<Request>,
    ran: usize,
}

struct Driver<E> {
    engine: E,
    /// Rule sets that are only kept, for their memory.
    more: Vec<E>,
    files: HashMap<String, File>,
    next: u64,
}

/// Obeys until the input ends.
///
/// # Errors
/// A wrong command, or what the engine said.
pub fn serve<E: Engine>() -> Result<(), String> {
    let entry = std::env::args().nth(1).ok_or("usage: DRIVER ENTRY, in the folder of the rules")?;
    let before = cpu_nanos();
    let engine = E::compile(&entry)?;
    say(&json!({
        "engine": E::version(), "compile_nanos": cpu_nanos() - before, "resident_kib": resident_kib(),
    }))?;
    let mut driver = Driver { engine, more: Vec::new(), files: HashMap::new(), next: 1 };
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let words: Vec<&str> = line.split(' ').collect();
        say(&match words.as_slice() {
            ["run", file, count] => driver.run(file, count.parse().map_err(|_| "no count")?)?,
            ["more", entries @ ..] => driver.more(entries)?,
            _ => return Err(format!("no such command: {line}")),
        })?;
    }
    Ok(())
}

fn say(value: &Value) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}").and_then(|()| out.flush()).map_err(|error| error.to_string())
}

impl<E: Engine> Driver<E> {
    fn run(&mut self, file: &str, count: usize) -> Result<Value, String> {
        if !self.files.contains_key(file) {
            let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
            self.files.insert(file.to_owned(), File { requests: read(&text)?, ran: 0 });
        }
        let Some(File { requests, ran }) = self.files.get_mut(file) else {
            return Err(format!("{file}: gone"));
        };
        let skipped = *ran % requests.len().max(1);
        *ran += count;
        // Index 0 stands for a request that passed.
        let mut ends = [0_u64; 1000];
        let before = cpu_nanos();
        for request in requests.iter().cycle().skip(skipped).take(count) {
            let status = self.engine.run(request, self.next)?.unwrap_or(0);
            self.next += 1;
            if let Some(slot) = ends.get_mut(usize::from(status)) {
                *slot += 1;
            }
        }
        let nanos = cpu_nanos() - before;
        let ends: BTreeMap<String, u64> = (0..)
            .zip(ends)
            .filter(|(_, n)| *n > 0)
            .map(|(status, n): (u16, u64)| (status.to_string(), n))
            .collect();
        Ok(json!({ "nanos": nanos, "requests": count, "ends": ends }))
    }

    fn more(&mut self, entries: &[&str]) -> Result<Value, String> {
        let mut nanos = Vec::new();
        let mut resident = vec![resident_kib()];
        for entry in entries {
            let before = cpu_nanos();
            self.more.push(E::compile(entry)?);
            nanos.push(cpu_nanos() - before);
            resident.push(resident_kib());
        }
        Ok(json!({ "compile_nanos": nanos, "resident_kib": resident }))
    }
}
