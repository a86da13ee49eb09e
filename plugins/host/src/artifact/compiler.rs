//! Who compiles: this process, or one of its own that is limited and killed when it takes too long.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};
use wasmtime::{Engine, Module};

use super::load::{self, Believed};
use crate::module::{LoadError, config};

/// Largest module in bytes.
const WASM_BYTES: u64 = 64 * 1024 * 1024;
/// Largest compiled module in bytes.
const CODE_BYTES: u64 = 512 * 1024 * 1024;
/// Most of what a compiler's process says about its failure, in bytes.
const COMPLAINT_BYTES: u64 = 4096;
/// Processor time of a compiler's process in seconds.
const CPU_SECONDS: u64 = 240;
/// Address space of a compiler's process in bytes.
const ADDRESS_SPACE_BYTES: u64 = 8 * 1024 * 1024 * 1024;

/// Who compiles.
#[derive(Debug, Clone, Default)]
pub enum Compiler {
    /// This process: for tests and tools.
    #[default]
    Here,
    /// A process of its own.
    Process(ProcessCompiler),
}

/// A program that runs [`compile_main`].
#[derive(Debug, Clone)]
pub struct ProcessCompiler {
    /// The program, mostly our own.
    pub program: PathBuf,
    /// Its arguments: `["plugin", "compile"]`.
    pub arguments: Vec<String>,
    /// Longest it may take by the clock on the wall.
    pub timeout: Duration,
}

impl Compiler {
    /// Native code of a module.
    pub(super) fn compile(&self, engine: &Engine, wasm: &[u8]) -> Result<Vec<u8>, LoadError> {
        if wasm.len() as u64 > WASM_BYTES {
            return Err(LoadError::Module(format!("it is longer than {WASM_BYTES} bytes")));
        }
        match self {
            Self::Here => engine
                .precompile_module(wasm)
                .map_err(|error| LoadError::Module(format!("{error:#}"))),
            Self::Process(process) => process.compile(wasm),
        }
    }

    pub(crate) fn module(&self, engine: &Engine, wasm: &[u8]) -> Result<Module, LoadError> {
        let code = self.compile(engine, wasm)?;
        load::load(engine, Believed::Made(code))
            .map_err(|error| LoadError::Module(format!("{error:#}")))
    }
}

impl ProcessCompiler {
    fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>, LoadError> {
        let failed = |error: io::Error| LoadError::Compiler(error.to_string());
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let outcome = self.converse(&mut child, wasm);
        if outcome.is_err() {
            // It may have ended by itself already.
            let _ = child.kill();
        }
        let status = child.wait().map_err(failed)?;
        let (code, complaint) = outcome?;
        if !status.success() {
            let complaint = String::from_utf8_lossy(&complaint).trim().to_owned();
            return Err(match status.code() {
                // It has read the module and does not like it.
                Some(REFUSED) => LoadError::Module(complaint),
                _ => LoadError::Compiler(format!("{status}: {complaint}")),
            });
        }
        Ok(code)
    }

    /// Writes the module while the code is read, for as long as it may take.
    fn converse(&self, child: &mut Child, wasm: &[u8]) -> Result<(Vec<u8>, Vec<u8>), LoadError> {
        let (Some(mut stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(LoadError::Compiler("it has no pipes".to_owned()));
        };
        let (done, finished) = mpsc::sync_channel(1);
        thread::scope(|scope| {
            scope.spawn(move || {
                // A compiler that does not read to the end says why on its other pipe.
                let _ = stdin.write_all(wasm);
            });
            let complaint = scope.spawn(move || read(stderr, COMPLAINT_BYTES).unwrap_or_default());
            scope.spawn(move || {
                let _ = done.send(read(stdout, CODE_BYTES));
            });
            let code = match finished.recv_timeout(self.timeout) {
                Ok(code) => code.map_err(|error| LoadError::Compiler(error.to_string())),
                Err(_) => {
                    Err(LoadError::Compiler(format!("it took longer than {:?}", self.timeout)))
                }
            };
            if code.is_err() {
                // Closes the pipes, so that the threads end.
                let _ = child.kill();
            }
            let complaint = complaint.join().unwrap_or_default();
            code.map(|code| (code, complaint))
        })
    }
}

fn read(from: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("longer than {limit} bytes")));
    }
    Ok(bytes)
}

/// What a compiler's process ends with when the module is at fault.
const REFUSED: i32 = 2;

/// The compiler's process: a module on standard input, native code on standard output. The number it returns is the
/// process's exit code.
#[must_use]
pub fn compile_main() -> u8 {
    match compile_stdin() {
        Ok(()) => 0,
        Err((code, complaint)) => {
            // Nobody is left to tell when this pipe is broken as well.
            let _ = writeln!(io::stderr(), "{complaint}");
            code
        }
    }
}

fn compile_stdin() -> Result<(), (u8, String)> {
    let ours = |error: &dyn std::fmt::Display| (1, error.to_string());
    let limit = |resource, most| {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).map_err(|error| ours(&error))
    };
    limit(Resource::Cpu, CPU_SECONDS)?;
    limit(Resource::As, ADDRESS_SPACE_BYTES)?;
    limit(Resource::Core, 0)?;
    let wasm = read(io::stdin(), WASM_BYTES).map_err(|error| ours(&error))?;
    let engine = Engine::new(&config()).map_err(|error| ours(&error))?;
    let code = engine.precompile_module(&wasm);
    let code = code.map_err(|error| (u8::try_from(REFUSED).unwrap_or(1), format!("{error:#}")))?;
    let mut out = io::stdout();
    out.write_all(&code).and_then(|()| out.flush()).map_err(|error| ours(&error))
}
