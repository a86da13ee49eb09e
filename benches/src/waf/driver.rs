//! A driver process as the harness sees it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// What tells the driver of this engine to remember no value.
pub const FORGETFUL: &str = "forgetful";

/// The engines that are compared; the first is the one the others are held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// This engine.
    Portcullis,
    /// This engine, for which every value is new.
    Forgetful,
    /// OWASP Coraza.
    Coraza,
    /// libmodsecurity 3.
    ModSecurity,
    /// zentinel-modsec.
    Zentinel,
}

impl Peer {
    /// All, in the order in which they are measured.
    pub const ALL: [Self; 5] =
        [Self::Portcullis, Self::Forgetful, Self::Coraza, Self::ModSecurity, Self::Zentinel];

    /// An engine each.
    pub const ENGINES: [Self; 4] =
        [Self::Portcullis, Self::Coraza, Self::ModSecurity, Self::Zentinel];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portcullis => "portcullis",
            Self::Forgetful => "portcullis, nothing seen before",
            Self::Coraza => "Coraza",
            Self::ModSecurity => "libmodsecurity",
            Self::Zentinel => "zentinel-modsec",
        }
    }

    /// What its driver is told beside the rules.
    const fn options(self) -> &'static [&'static str] {
        match self {
            Self::Forgetful => &[FORGETFUL],
            Self::Portcullis | Self::Coraza | Self::ModSecurity | Self::Zentinel => &[],
        }
    }

    const fn program(self) -> &'static str {
        match self {
            Self::Portcullis | Self::Forgetful => "waf-portcullis",
            Self::Coraza => "waf-coraza",
            Self::ModSecurity => "waf-modsecurity",
            Self::Zentinel => "waf-zentinel",
        }
    }
}

/// A running driver; it ends with the value.
#[derive(Debug)]
pub struct Driver {
    /// The engine.
    pub peer: Peer,
    /// Name and version, as the engine says.
    pub version: String,
    /// CPU time of compiling the rules, milliseconds.
    pub compile_ms: f64,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// What a run of requests took.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// CPU time of one request, microseconds.
    pub micros: f64,
    /// How many requests ended with which status; status 0 stands for those that passed.
    pub ends: Vec<(String, u64)>,
}

/// What further rule sets took.
#[derive(Debug, Clone, Default)]
pub struct More {
    /// CPU time of compiling each, milliseconds.
    pub compile_ms: Vec<f64>,
    /// Resident memory of the process before the first and after each, KiB.
    pub resident_kib: Vec<f64>,
}

impl Driver {
    /// Starts a driver on a core, in the folder of the rules.
    ///
    /// # Errors
    /// When it cannot start or does not compile the rules.
    pub fn start(
        peer: Peer,
        binaries: &Path,
        folder: &Path,
        entry: &str,
        core: u32,
    ) -> Result<Self, String> {
        let program: PathBuf = binaries.join(peer.program());
        let mut child = Command::new("taskset")
            .args(["-c", &core.to_string()])
            .arg(&program)
            .arg(entry)
            .args(peer.options())
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.ok_or("a driver has no pipes")?;
        let output = BufReader::new(output);
        let mut driver =
            Self { peer, version: String::new(), compile_ms: 0.0, child, input, output };
        let ready = driver.answer()?;
        ready.get("engine").and_then(Value::as_str).unwrap_or("?").clone_into(&mut driver.version);
        driver.compile_ms = number(&ready, "compile_nanos")? / 1e6;
        Ok(driver)
    }

    fn answer(&mut self) -> Result<Value, String> {
        let mut line = String::new();
        self.output
            .read_line(&mut line)
            .map_err(|error| format!("{}: {error}", self.peer.name()))?;
        serde_json::from_str(&line)
            .map_err(|_| format!("{}: no answer but {line:?}", self.peer.name()))
    }

    fn ask(&mut self, command: &str) -> Result<Value, String> {
        writeln!(self.input, "{command}")
            .and_then(|()| self.input.flush())
            .map_err(|error| format!("{}: {error}", self.peer.name()))?;
        self.answer()
    }

    /// Runs `count` requests of a file.
    ///
    /// # Errors
    /// When the driver fails.
    pub fn run(&mut self, file: &str, count: u64) -> Result<Run, String> {
        let answer = self.ask(&format!("run {file} {count}"))?;
        let ends = answer.get("ends").and_then(Value::as_object).ok_or("no ends")?;
        let ends =
            ends.iter().map(|(status, n)| (status.clone(), n.as_u64().unwrap_or(0))).collect();
        Ok(Run { micros: number(&answer, "nanos")? / 1e3 / count.max(1) as f64, ends })
    }

    /// Compiles and keeps further rule sets.
    ///
    /// # Errors
    /// When the driver fails.
    pub fn more(&mut self, entries: &[String]) -> Result<More, String> {
        let answer = self.ask(&format!("more {}", entries.join(" ")))?;
        let compile_ms = numbers(&answer, "compile_nanos")?.into_iter().map(|n| n / 1e6).collect();
        Ok(More { compile_ms, resident_kib: numbers(&answer, "resident_kib")? })
    }
}

fn number(answer: &Value, name: &str) -> Result<f64, String> {
    answer.get(name).and_then(Value::as_f64).ok_or_else(|| format!("no {name} in {answer}"))
}

fn numbers(answer: &Value, name: &str) -> Result<Vec<f64>, String> {
    let all = answer.get(name).and_then(Value::as_array);
    let all: Option<Vec<f64>> = all.and_then(|all| all.iter().map(Value::as_f64).collect());
    all.ok_or_else(|| format!("no {name} in {answer}"))
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
