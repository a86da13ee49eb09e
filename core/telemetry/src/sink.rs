//! Where log lines go: a bounded queue and a thread that writes.
//!
//! Whoever logs appends to a buffer in memory and goes on; nothing an exchange does waits for a disk or a
//! pipe. When the writer falls behind until the buffer is full, lines are dropped and counted.

mod file;
mod otlp;

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use portcullis_config::{AuditTarget, LogTarget, Otlp, Rotate, defaults};

use crate::metrics::Counter;
use file::LogFile;
use otlp::Collector;

/// How long the writer lets lines gather before it writes them in one go.
const GATHER: Duration = Duration::from_millis(2);

/// How often the writer looks whether its file was renamed or removed when nothing is logged.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long the end of a sink waits for the writer.
const CLOSE_WAIT: Duration = Duration::from_secs(5);

/// Most bytes of waiting lines: the default number of lines at 1 KiB each, which is twice a usual one.
const QUEUE_BYTES: usize = 8 * 1024 * 1024;

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
    /// Posted to a collector.
    Otlp(Box<Otlp>),
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

    /// Where a configured audit log goes; none when it is off.
    #[must_use]
    pub fn of_audit(target: &AuditTarget) -> Option<Self> {
        match target {
            AuditTarget::Stdout => Some(Self::Stdout),
            AuditTarget::Off => None,
            AuditTarget::File(path) => Some(Self::File(path.clone())),
            AuditTarget::Otlp(collector) => Some(Self::Otlp(Box::new(collector.clone()))),
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
    /// When a file is renamed to `NAME.1` and begun anew; none lets it grow.
    pub rotate: Option<Rotate>,
}

impl Default for SinkLimits {
    fn default() -> Self {
        Self { queue_lines: defaults::LOG_QUEUE as usize, queue_bytes: QUEUE_BYTES, rotate: None }
    }
}

/// What is counted of a log.
#[derive(Debug, Clone, Default)]
pub struct LogCounters {
    /// Lines or records written.
    pub written: Counter,
    /// Lines or records lost.
    pub dropped: Counter,
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
    counters: LogCounters,
}

#[derive(Default)]
struct Queue {
    lines: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
    /// The writer waits to be woken.
    idle: bool,
    /// Lines were taken and are being written.
    writing: bool,
    reopen: bool,
    closing: bool,
    closed: bool,
}

impl LogSink {
    /// Opens the destination and starts the writer.
    ///
    /// # Errors
    /// When a file cannot be opened for appending, the authorities of a collector cannot be read, or the thread cannot
    /// be started.
    pub fn open(
        destination: Destination,
        limits: SinkLimits,
        counters: LogCounters,
    ) -> io::Result<Self> {
        let output = match &destination {
            Destination::Stdout => Output::Stdout,
            Destination::File(path) => Output::File(LogFile::open(path, limits.rotate)?),
            Destination::Otlp(otlp) => Output::Otlp(Box::new(Collector::new(otlp)?)),
        };
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
            written: Condvar::new(),
            limits,
            counters,
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

    /// Queues the line or record that `write` appends, its line feed included.
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
        if line.is_empty() {
            return;
        }
        let full = queue.ends.len() >= self.limits.queue_lines
            || queue.lines.len() + line.len() > self.limits.queue_bytes;
        if full || queue.closed {
            drop(queue);
            self.counters.dropped.increment();
            return;
        }
        queue.lines.extend_from_slice(line);
        let end = queue.lines.len();
        queue.ends.push(end);
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
    Otlp(Box<Collector>),
}

/// Lines or records taken out of the queue.
#[derive(Default)]
struct Batch {
    lines: Vec<u8>,
    ends: Vec<usize>,
}

impl Batch {
    fn clear(&mut self) {
        self.lines.clear();
        self.lines.shrink_to(SCRATCH_BYTES_KEPT * 8);
        self.ends.clear();
    }
}

struct Writer {
    shared: Arc<Shared>,
    output: Output,
    last_failure: Option<Instant>,
}

impl Writer {
    fn run(mut self) {
        let mut batch = Batch::default();
        loop {
            let (reopen, closing) = self.next_batch(&mut batch);
            if reopen {
                self.reopen();
            }
            if !batch.ends.is_empty() {
                self.write(&batch, closing);
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
    fn next_batch(&self, batch: &mut Batch) -> (bool, bool) {
        batch.clear();
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
        std::mem::swap(&mut queue.lines, &mut batch.lines);
        std::mem::swap(&mut queue.ends, &mut batch.ends);
        queue.writing = !batch.ends.is_empty();
        (std::mem::take(&mut queue.reopen), queue.closing)
    }

    fn reopen(&mut self) {
        let result = match &mut self.output {
            Output::Stdout | Output::Otlp(_) => Ok(()),
            Output::File(file) => file.reopen(),
        };
        if let Err(error) = result {
            self.report(&error);
        }
    }

    fn write(&mut self, batch: &Batch, closing: bool) {
        let total = batch.ends.len();
        let result = match &mut self.output {
            Output::Stdout => write_stdout(&batch.lines).map_err(|error| (0, error)),
            Output::File(file) => file.append(&batch.lines, &batch.ends),
            Output::Otlp(collector) => collector.post(&batch.lines, &batch.ends, closing),
        };
        let written = match result {
            Ok(()) => total,
            Err((written, error)) => {
                self.report(&error);
                written
            }
        };
        self.shared.counters.written.add(written as u64);
        self.shared.counters.dropped.add((total - written) as u64);
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
            Output::Otlp(_) => tracing::error!(%error, "Log records for a collector are lost"),
        }
    }
}

fn write_stdout(batch: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(batch)?;
    out.flush()
}

#[cfg(test)]
mod tests;
