//! A log file that is appended to, survives being renamed, and can rotate itself by size.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::SinkLimits;

/// Owner writes, group reads: access logs hold personal data.
const MODE: u32 = 0o640;

/// How often the path is compared with the open file.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    identity: (u64, u64),
    length: u64,
    limits: SinkLimits,
    looked: Instant,
}

impl LogFile {
    pub(super) fn open(path: &Path, limits: SinkLimits) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).mode(MODE).open(path)?;
        let metadata = file.metadata()?;
        Ok(Self {
            path: path.to_owned(),
            file,
            identity: (metadata.dev(), metadata.ino()),
            length: metadata.len(),
            limits,
            looked: Instant::now(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the path anew; the old file stays in use when that fails.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        *self = Self::open(&self.path, self.limits)?;
        Ok(())
    }

    /// Appends whole lines. On failure tells how many bytes of them made it.
    pub(super) fn append(&mut self, lines: &[u8]) -> Result<(), (usize, io::Error)> {
        self.follow_rename().map_err(|error| (0, error))?;
        let mut written = 0;
        while let Some(rest) = lines.get(written..).filter(|rest| !rest.is_empty()) {
            let part = self.part(rest);
            if part == 0 {
                self.rotate().map_err(|error| (written, error))?;
                continue;
            }
            self.file.write_all(&rest[..part]).map_err(|error| (written, error))?;
            self.length += part as u64;
            written += part;
        }
        Ok(())
    }

    /// How many bytes of whole lines still fit into this file; at least one line into an empty one.
    fn part(&self, rest: &[u8]) -> usize {
        let Some(max) = self.limits.rotate_bytes else { return rest.len() };
        let room = usize::try_from(max.saturating_sub(self.length)).unwrap_or(usize::MAX);
        if rest.len() <= room {
            return rest.len();
        }
        let end_of_line = |part: &[u8]| part.iter().rposition(|byte| *byte == b'\n');
        if let Some(end) = rest.get(..room).and_then(end_of_line) {
            return end + 1;
        }
        if self.length > 0 {
            return 0;
        }
        rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1)
    }

    /// `NAME` becomes `NAME.1`, `NAME.1` becomes `NAME.2`, and the last one kept is replaced.
    fn rotate(&mut self) -> io::Result<()> {
        let keep = self.limits.rotate_keep;
        for number in (1..keep).rev() {
            let from = self.numbered(number);
            if from.exists() {
                fs::rename(from, self.numbered(number + 1))?;
            }
        }
        if keep == 0 {
            fs::remove_file(&self.path)?;
        } else {
            fs::rename(&self.path, self.numbered(1))?;
        }
        self.reopen()
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }

    fn follow_rename(&mut self) -> io::Result<()> {
        if self.looked.elapsed() < LOOK_EVERY {
            return Ok(());
        }
        self.looked = Instant::now();
        let same = match fs::metadata(&self.path) {
            Ok(now) => (now.dev(), now.ino()) == self.identity,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if same { Ok(()) } else { self.reopen() }
    }
}
