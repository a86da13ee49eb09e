//! Where log lines go: a bounded queue and a thread that writes.
//!
//! Whoever logs appends to a buffer in memory and goes on; nothing an exchange does waits for a disk or a
//! pipe. When the writer falls behind until the buffer is full, lines are dropped and counted.

mod file;

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use portcullis_config::{LogTarget, defaults};

use crate::metrics::Counter;
use file::LogFile;

/// How long the writer lets lines gather before it writes them in one go.
const GATHER: Duration = Duration::from_millis(2);

/// How often the writer looks whether its file was renamed or removed when nothing is logged.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long the end of a sink waits for the writer.
const CLOSE_WAIT: Duration = Duration::from_secs(5);

/// Most bytes of waiting lines: the default number of lines at 1 KiB each, which is twice a usual one.
const QUEUE_BYTES: usize = 8 * 1024 * 1024;

/// Renamed files kept.
const ROTATE_KEEP: u32 = 5;

/// Memory a thread keeps for building its next line.
const SCRATCH_BYTES_KEPT: usize = 64 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Where lines are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// Appended to a file, which is made when absent, readable by owner and group. A file that was
    /// renamed or removed is opened anew within a second.
    File(PathBuf),
}

impl Destination {
    /// Where a configured log goes; none when it is off.
    #[must_use]
    pub fn of(target: &LogTarget) -> Option<Self> {
        match target {
            LogTarget::Stdout => Some(Self::Stdout),
            LogTarget::Off => None,
            LogTarget::File(path) => Some(Self::File(path.clone())),
        }
    }
}

/// How far a sink may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SinkLimits {
    /// Most lines that wait for the writer.
    pub queue_lines: usize,
    /// Most bytes of lines that wait for the writer.
    pub queue_bytes: usize,
    /// Size in bytes at which a file is renamed to `NAME.1` and begun anew; none lets it grow.
    pub rotate_bytes: Option<u64>,
    /// How many renamed files are kept.
    pub rotate_keep: u32,
}

impl Default for SinkLimits {
    fn default() -> Self {
        Self {
            queue_lines: defaults::LOG_QUEUE as usize,
            queue_bytes: QUEUE_BYTES,
            rotate_bytes: None,
            rotate_keep: ROTATE_KEEP,
        }
    }
}

/// A log: lines go in from any thread, and out in order. Ends when it is dropped, after what was queued
/// is written.
pub struct LogSink {
    shared: Arc<Shared>,
    destination: Destination,
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    written: Condvar,
    limits: SinkLimits,
    dropped: Counter,
}

#[derive(Default)]
struct Queue {
    lines: Vec<u8>,
    /// How many lines wait.
    count: usize,
    /// The writer waits to be woken.
    idle: bool,
    /// Lines were taken and are being written.
    writing: bool,
    reopen: bool,
    closing: bool,
    closed: bool,
}

impl LogSink {
    /// Opens the destination and starts the writer; `dropped` counts lost lines.
    ///
    /// # Errors
    /// When a file cannot be opened for appending or the thread cannot be started.
    pub fn open(
        destination: Destination,
        limits: SinkLimits,
        dropped: Counter,
    ) -> io::Result<Self> {
        let output = match &destination {
            Destination::Stdout => Output::Stdout,
            Destination::File(path) => Output::File(LogFile::open(path, limits)?),
        };
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
            written: Condvar::new(),
            limits,
            dropped,
        });
        let writer = Writer { shared: Arc::clone(&shared), output, last_failure: None };
        thread::Builder::new().name("log-writer".to_owned()).spawn(move || writer.run())?;
        Ok(Self { shared, destination })
    }

    /// Where the lines go.
    #[must_use]
    pub fn destination(&self) -> &Destination {
        &self.destination
    }

    /// Queues the line that `write` appends, its line feed included.
    pub fn write(&self, write: impl FnOnce(&mut Vec<u8>)) {
        SCRATCH.with(|scratch| {
            // A line written while another line is being built would find the scratch borrowed.
            let Ok(mut line) = scratch.try_borrow_mut() else {
                let mut line = Vec::new();
                write(&mut line);
                return self.shared.push(&line);
            };
            line.clear();
            write(&mut line);
            self.shared.push(&line);
            line.shrink_to(SCRATCH_BYTES_KEPT);
        });
    }

    /// Opens a file anew, as on SIGHUP after it was renamed.
    pub fn reopen(&self) {
        self.shared.queue.lock().reopen = true;
        self.shared.wake.notify_one();
    }

    /// Waits until everything queued so far is written; whether it was within `wait`.
    pub fn flush(&self, wait: Duration) -> bool {
        let end = Instant::now() + wait;
        let mut queue = self.shared.queue.lock();
        while !queue.closed && (queue.writing || !queue.lines.is_empty()) {
            if self.shared.written.wait_until(&mut queue, end).timed_out() {
                return queue.lines.is_empty() && !queue.writing;
            }
        }
        true
    }

    fn close(&self) {
        let end = Instant::now() + CLOSE_WAIT;
        let mut queue = self.shared.queue.lock();
        queue.closing = true;
        self.shared.wake.notify_one();
        while !queue.closed {
            if self.shared.written.wait_until(&mut queue, end).timed_out() {
                return;
            }
        }
    }
}

impl Drop for LogSink {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for LogSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogSink").field("destination", &self.destination).finish_non_exhaustive()
    }
}

impl Shared {
    fn push(&self, line: &[u8]) {
        let mut queue = self.queue.lock();
        let full = queue.count >= self.limits.queue_lines
            || queue.lines.len() + line.len() > self.limits.queue_bytes;
        if full || queue.closed {
            drop(queue);
            self.dropped.increment();
            return;
        }
        queue.lines.extend_from_slice(line);
        queue.count += 1;
        let wake = std::mem::take(&mut queue.idle);
        drop(queue);
        if wake {
            self.wake.notify_one();
        }
    }
}

enum Output {
    Stdout,
    File(LogFile),
}

struct Writer {
    shared: Arc<Shared>,
    output: Output,
    last_failure: Option<Instant>,
}

impl Writer {
    fn run(mut self) {
        let mut batch = Vec::new();
        loop {
            let (reopen, closing) = self.next_batch(&mut batch);
            if reopen {
                self.reopen();
            }
            if !batch.is_empty() {
                self.write(&batch);
            }
            let mut queue = self.shared.queue.lock();
            queue.writing = false;
            let end = closing && queue.lines.is_empty();
            queue.closed = end;
            self.shared.written.notify_all();
            if end {
                return;
            }
        }
    }

    /// Waits for lines, lets them gather, and takes them all. Returns whether to reopen and to end.
    fn next_batch(&self, batch: &mut Vec<u8>) -> (bool, bool) {
        batch.clear();
        batch.shrink_to(SCRATCH_BYTES_KEPT * 8);
        let mut queue = self.shared.queue.lock();
        if queue.lines.is_empty() && !queue.closing && !queue.reopen {
            queue.idle = true;
            self.shared.wake.wait_for(&mut queue, LOOK_EVERY);
            queue.idle = false;
            if !queue.lines.is_empty() && !queue.closing {
                drop(queue);
                thread::sleep(GATHER);
                queue = self.shared.queue.lock();
            }
        }
        std::mem::swap(&mut queue.lines, batch);
        queue.count = 0;
        queue.writing = !batch.is_empty();
        (std::mem::take(&mut queue.reopen), queue.closing)
    }

    fn reopen(&mut self) {
        let result = match &mut self.output {
            Output::Stdout => Ok(()),
            Output::File(file) => file.reopen(),
        };
        if let Err(error) = result {
            self.report(&error);
        }
    }

    fn write(&mut self, batch: &[u8]) {
        let result = match &mut self.output {
            Output::Stdout => write_stdout(batch).map_err(|error| (0, error)),
            Output::File(file) => file.append(batch),
        };
        if let Err((written, error)) = result {
            let lost = batch.get(written..).unwrap_or_default();
            self.shared.dropped.add(count_lines(lost));
            self.report(&error);
        }
    }

    /// Says once a minute that lines are lost; the metric counts them all.
    fn report(&mut self, error: &io::Error) {
        let now = Instant::now();
        let quiet = Duration::from_secs(60);
        if self.last_failure.is_some_and(|last| now.duration_since(last) < quiet) {
            return;
        }
        self.last_failure = Some(now);
        match &self.output {
            Output::Stdout => tracing::error!(%error, "Log lines to stdout are lost"),
            Output::File(file) => {
                tracing::error!(%error, path = %file.path().display(), "Log lines are lost");
            }
        }
    }
}

fn write_stdout(batch: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(batch)?;
    out.flush()
}

fn count_lines(lines: &[u8]) -> u64 {
    lines.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests;
