//! Finds out of a gateway's log which rules matched which request.
//!
//! Read are: JSON, one transaction a line (the WAF log of this gateway, JSON audit logs of Coraza and ModSecurity); native
//! audit logs, one transaction between `--id-A--` and `--id-Z--`; error logs with a rule a line, `[id "942100"]`, and
//! `[unique_id "..."]` to tell the transactions apart. A transaction belongs to the request whose marker stands anywhere
//! in it.

mod entry;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::{MARKER_HEADER, MARKER_RULE, MARKER_RULE_ID};
use crate::drive::Matched;
use entry::Reader;

/// The most bytes of a log that one round reads.
const MAX_LOG_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// The longest line.
const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;
/// How often the log is looked at while it is behind.
const POLL: Duration = Duration::from_millis(20);
/// A log that did not grow for this long after the last marker has nothing more to say.
const SETTLED: Duration = Duration::from_millis(300);

/// The log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// It cannot be read.
    #[error("cannot read the log {}: {source}", path.display())]
    Read {
        /// The log.
        path: PathBuf,
        /// The answer of the operating system.
        source: io::Error,
    },
    /// It does not show the marker of a request that was answered.
    #[error(
        "{} does not show the marker of a request that was answered ({MARKER_HEADER}: {marker}). The gateway must \
         run the rule\n    {MARKER_RULE}\nand write what matched to this file", path.display()
    )]
    NoMarker {
        /// The log.
        path: PathBuf,
        /// The marker.
        marker: String,
    },
    /// A limit of this module.
    #[error("{} exceeds the limit of {limit} {what}", path.display())]
    TooLarge {
        /// The log.
        path: PathBuf,
        /// The limit.
        limit: u64,
        /// Its unit.
        what: &'static str,
    },
}

/// The rules that matched, by the number of the marker.
pub(super) type Found = HashMap<u64, Vec<Matched>>;

/// A log from a place on.
pub(super) struct Log {
    path: PathBuf,
    offset: u64,
    rest: Vec<u8>,
}

impl Log {
    /// The log from its present end on. A file that is not there yet begins empty.
    pub(super) fn at_end(path: &Path) -> Result<Log, LogError> {
        let offset = match std::fs::metadata(path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(source) => return Err(LogError::Read { path: path.to_owned(), source }),
        };
        Ok(Log { path: path.to_owned(), offset, rest: Vec::new() })
    }

    /// Reads on until the marker `prefix` + `last` has come, and nothing more comes.
    pub(super) fn wait_for(
        &mut self,
        prefix: &str,
        last: u64,
        timeout: Duration,
    ) -> Result<Found, LogError> {
        let mut reader = Reader::new(prefix);
        let end = Instant::now() + timeout;
        let mut grew = Instant::now();
        let begin = self.offset;
        loop {
            if self.read_on(&mut reader)? {
                grew = Instant::now();
            }
            if self.offset.saturating_sub(begin) > MAX_LOG_BYTES {
                return Err(self.too_large(MAX_LOG_BYTES, "bytes"));
            }
            let seen = reader.has_seen(last);
            if seen && grew.elapsed() >= SETTLED {
                let mut found = reader.found();
                for matched in found.values_mut() {
                    matched.retain(|matched| matched.rule != MARKER_RULE_ID);
                }
                return Ok(found);
            }
            if !seen && Instant::now() > end {
                let marker = format!("{prefix}{last}");
                return Err(LogError::NoMarker { path: self.path.clone(), marker });
            }
            thread::sleep(POLL);
        }
    }

    /// Takes in what was written since the last time; whether that was anything.
    fn read_on(&mut self, reader: &mut Reader<'_>) -> Result<bool, LogError> {
        let path = self.path.clone();
        let unreadable = |source| LogError::Read { path: path.clone(), source };
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(unreadable(error)),
        };
        // A log that was cut off, or replaced by a shorter one, is read from its beginning.
        if file.metadata().map_err(unreadable)?.len() < self.offset {
            self.offset = 0;
            self.rest.clear();
        }
        file.seek(SeekFrom::Start(self.offset)).map_err(unreadable)?;
        let mut chunk = vec![0_u8; 256 * 1024];
        let mut grew = false;
        loop {
            let read = file.read(&mut chunk).map_err(unreadable)?;
            if read == 0 {
                return Ok(grew);
            }
            grew = true;
            self.offset += read as u64;
            self.rest.extend_from_slice(chunk.get(..read).unwrap_or_default());
            self.lines(reader)?;
        }
    }

    /// Hands over the whole lines.
    fn lines(&mut self, reader: &mut Reader<'_>) -> Result<(), LogError> {
        let whole = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let begun = self.rest.split_off(whole);
        for line in self.rest.split(|byte| *byte == b'\n') {
            reader.line(&String::from_utf8_lossy(line));
        }
        self.rest = begun;
        if self.rest.len() > MAX_LINE_BYTES {
            return Err(self.too_large(MAX_LINE_BYTES as u64, "bytes of a line"));
        }
        Ok(())
    }

    fn too_large(&self, limit: u64, what: &'static str) -> LogError {
        LogError::TooLarge { path: self.path.clone(), limit, what }
    }
}
