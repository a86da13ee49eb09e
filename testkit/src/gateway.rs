//! The gateway under test: the real `portcullis` binary in a process of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::metrics::Metrics;
use crate::raw::{Response, get};
use crate::{DEADLINE, Problem, Result, ports};

/// How often a start is tried when a port was taken meanwhile.
const TRIES: usize = 4;
/// How much of the log a failed test shows, bytes.
const LOG_TAIL: usize = 6_000;

/// Where a gateway under test lives. Documents are written from it.
#[derive(Debug, Clone)]
pub struct Place {
    /// Addresses for listeners; as many as a test may want.
    pub listen: [SocketAddr; 4],
    /// Address of the admin listener.
    pub admin: SocketAddr,
    /// Folder for certificates and logs.
    pub folder: PathBuf,
}

impl Place {
    /// File of the access log.
    pub fn access_log(&self) -> PathBuf {
        self.folder.join("access.log")
    }

    /// File of the log of WAF events.
    pub fn waf_log(&self) -> PathBuf {
        self.folder.join("waf.log")
    }
}

/// A running gateway. It is killed with the value; when the test fails, its log is shown.
#[derive(Debug)]
pub struct Gateway {
    child: Child,
    place: Place,
    _folder: TempDir,
}

/// The binary under test: `PORTCULLIS_BIN`, or the one cargo built beside this test.
///
/// # Errors
/// Says which line builds it when it is not there.
pub fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("PORTCULLIS_BIN") {
        return Ok(PathBuf::from(path));
    }
    let test = std::env::current_exe()?;
    let profile = test.parent().and_then(Path::parent).unwrap_or(Path::new("target/debug"));
    let binary = profile.join("portcullis");
    if binary.is_file() {
        return Ok(binary);
    }
    let flag = if profile.ends_with("release") { " --release" } else { "" };
    Err(Problem::new(format!(
        "{} is not there; build it: cargo build -p portcullis{flag}",
        binary.display()
    )))
}

impl Gateway {
    /// Starts the binary with the document that `document` writes for its place, and waits until
    /// it says that it is ready.
    ///
    /// # Errors
    /// The last lines of its log when it does not get there.
    pub async fn start(document: impl Fn(&Place) -> String) -> Result<Self> {
        let binary = binary()?;
        let mut last = Problem::new("never started");
        for _ in 0..TRIES {
            let folder = tempfile::tempdir()?;
            let place = Place {
                listen: std::array::from_fn(|_| ports::free()),
                admin: ports::free(),
                folder: folder.path().to_owned(),
            };
            let config = place.folder.join("config");
            std::fs::create_dir_all(&config)?;
            std::fs::write(config.join("portcullis.yaml"), document(&place))?;
            let log = std::fs::File::create(place.folder.join("process.log"))?;
            let child = Command::new(&binary)
                .args(["run", "-c"])
                .arg(&config)
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log)
                .spawn()?;
            let mut gateway = Self { child, place, _folder: folder };
            match gateway.ready().await {
                Ok(()) => return Ok(gateway),
                Err(problem) => last = problem,
            }
            if !last.0.to_lowercase().contains("in use") {
                break;
            }
        }
        Err(last)
    }

    async fn ready(&mut self) -> Result<()> {
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait()? {
                return Err(Problem::new(format!("ended with {status}: {}", self.log_tail())));
            }
            if let Ok(answer) = get(self.place.admin, "localhost", "/readyz").await
                && answer.status() == 200
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(Problem::new(format!("not ready within {DEADLINE:?}: {}", self.log_tail())))
    }

    /// Where it lives.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The address of its first listener.
    pub fn address(&self) -> SocketAddr {
        self.place.listen[0]
    }

    /// The end of what it wrote to standard output and error.
    pub fn log_tail(&self) -> String {
        let log = std::fs::read(self.place.folder.join("process.log")).unwrap_or_default();
        let from = log.len().saturating_sub(LOG_TAIL);
        String::from_utf8_lossy(log.get(from..).unwrap_or_default()).into_owned()
    }

    /// Writes another document in place of the first, as an editor does: a new file, moved over.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(&self, document: &str) -> Result<()> {
        let config = self.place.folder.join("config");
        let new = self.place.folder.join("new.yaml");
        std::fs::write(&new, document)?;
        Ok(std::fs::rename(new, config.join("portcullis.yaml"))?)
    }

    /// Asks the admin listener.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn admin(&self, target: &str) -> Result<Response> {
        get(self.place.admin, "localhost", target).await
    }

    /// One scrape of the metrics.
    ///
    /// # Errors
    /// When it does not answer 200.
    pub async fn metrics(&self) -> Result<Metrics> {
        let answer = self.admin("/metrics").await?;
        match answer.status() {
            200 => Ok(Metrics::parse(&answer.text())),
            status => Err(Problem::new(format!("/metrics answered {status}"))),
        }
    }

    /// The state that the admin listener shows under `/config`.
    ///
    /// # Errors
    /// When it is not JSON.
    pub async fn config(&self) -> Result<Value> {
        let answer = self.admin("/config").await?;
        serde_json::from_slice(&answer.body.bytes)
            .map_err(|error| Problem::new(format!("/config is not JSON: {error}")))
    }

    /// The number of the running snapshot.
    ///
    /// # Errors
    /// When the metrics do not tell it.
    pub async fn revision(&self) -> Result<u64> {
        let metrics = self.metrics().await?;
        let name = "portcullis_snapshot_revision";
        let revision = metrics.of(name).next().map(|sample| sample.value as u64);
        revision.ok_or_else(|| Problem::new(format!("no {name} in the metrics")))
    }

    /// Writes a document and waits until a later revision runs.
    ///
    /// # Errors
    /// When the document is not taken within the deadline.
    pub async fn reload(&self, document: &str) -> Result<u64> {
        let before = self.revision().await?;
        self.write(document)?;
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            let now = self.revision().await?;
            if now > before {
                return Ok(now);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Err(Problem::new(format!("revision {before} stayed: {}", self.log_tail())))
    }

    /// Every line of the access log so far.
    pub fn access_log(&self) -> Vec<Value> {
        json_lines(&self.place.access_log())
    }

    /// Every line of the log of WAF events so far.
    pub fn waf_log(&self) -> Vec<Value> {
        json_lines(&self.place.waf_log())
    }

    /// Waits for a line of the access log.
    ///
    /// # Errors
    /// When none fits within the deadline; shows what was there.
    pub async fn access_line(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Result<Value> {
        wait_for_line(what, &self.place.access_log(), fits).await
    }

    /// Waits for a WAF event.
    ///
    /// # Errors
    /// When none fits within the deadline; shows what was there.
    pub async fn waf_line(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Result<Value> {
        wait_for_line(what, &self.place.waf_log(), fits).await
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- log of the gateway ---\n{}", self.log_tail());
        }
    }
}

fn json_lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().flat_map(serde_json::from_str).collect()
}

async fn wait_for_line(what: &str, path: &Path, fits: impl Fn(&Value) -> bool) -> Result<Value> {
    let end = Instant::now() + DEADLINE / 2;
    loop {
        let lines = json_lines(path);
        if let Some(line) = lines.iter().find(|line| fits(line)) {
            return Ok(line.clone());
        }
        if Instant::now() > end {
            let last: Vec<String> = lines.iter().rev().take(5).map(Value::to_string).collect();
            return Err(Problem::new(format!(
                "no line of {} for {what}; the last of {}: {}",
                path.display(),
                lines.len(),
                last.join("\n")
            )));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
