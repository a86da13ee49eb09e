//! A log file that is appended to, survives being renamed, and can rotate itself by size.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use portcullis_config::Rotate;

/// Owner writes, group reads: access logs hold personal data.
const MODE: u32 = 0o640;

/// How often the path is compared with the open file.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    identity: (u64, u64),
    length: u64,
    rotation: Option<Rotate>,
    looked: Instant,
}

impl LogFile {
    pub(super) fn open(path: &Path, rotation: Option<Rotate>) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).mode(MODE).open(path)?;
        let metadata = file.metadata()?;
        Ok(Self {
            path: path.to_owned(),
            file,
            identity: (metadata.dev(), metadata.ino()),
            length: metadata.len(),
            rotation,
            looked: Instant::now(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the path anew; the old file stays in use when that fails.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        *self = Self::open(&self.path, self.rotation)?;
        Ok(())
    }

    /// Appends whole lines or records, which end at `ends`. On failure tells how many of them made it.
    pub(super) fn append(
        &mut self,
        lines: &[u8],
        ends: &[usize],
    ) -> Result<(), (usize, io::Error)> {
        self.follow_rename().map_err(|error| (0, error))?;
        let (mut written, mut start) = (0, 0);
        while let Some(rest) = ends.get(written..).filter(|rest| !rest.is_empty()) {
            let count = self.fitting(rest, start);
            let end = count.checked_sub(1).and_then(|last| rest.get(last)).copied();
            let Some(part) = end.and_then(|end| lines.get(start..end)) else {
                self.rotate().map_err(|error| (written, error))?;
                continue;
            };
            self.file.write_all(part).map_err(|error| (written, error))?;
            self.length += part.len() as u64;
            written += count;
            start += part.len();
        }
        Ok(())
    }

    /// How many of the lines that follow `start` still fit into this file; at least one into an empty one.
    fn fitting(&self, ends: &[usize], start: usize) -> usize {
        let Some(rotate) = self.rotation else { return ends.len() };
        let room = usize::try_from(rotate.size.bytes().saturating_sub(self.length));
        let limit = start.saturating_add(room.unwrap_or(usize::MAX));
        let fitting = ends.partition_point(|end| *end <= limit);
        if self.length == 0 { fitting.max(1) } else { fitting }
    }

    /// `NAME` becomes `NAME.1`, `NAME.1` becomes `NAME.2`, and the last one kept is replaced.
    fn rotate(&mut self) -> io::Result<()> {
        let keep = self.rotation.map_or(0, |rotate| rotate.keep);
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
