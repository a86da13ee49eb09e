//! Tells when files changed, by inotify on their folders.
//!
//! Files are watched through the folders they are in, because an editor, a package manager and Kubernetes all put a new
//! file in the place of the old one: a watch on the file itself would stay with the old one. Every link on the way to a
//! file counts as well, which is how a ConfigMap's `..data` is followed.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use inotify::{Event, EventMask, EventStream, Inotify, WatchDescriptor, WatchMask, Watches};
use portcullis_config::defaults;
use tokio::time::timeout_at;

use self::places::Places;

mod places;

/// Something changed.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// When the last of the changed files was closed, renamed or removed.
    pub closed_at: Instant,
}

/// Watches a document or a folder of documents, and the files they refer to.
pub struct FileSource {
    root: PathBuf,
    events: EventStream<Vec<u8>>,
    watches: Watches,
    places: Places,
    watched: HashMap<WatchDescriptor, PathBuf>,
    /// Files that were written to and are not closed yet.
    open: HashSet<PathBuf>,
    /// Files that were written to since this was last asked.
    written: HashSet<PathBuf>,
    pending: Option<Pending>,
}

/// Changes that were seen and not told yet.
#[derive(Debug, Clone, Copy)]
struct Pending {
    first: Instant,
    last: Instant,
}

/// Holds some hundred events; what does not fit stays in the kernel.
const BUFFER_BYTES: usize = 16 * 1024;

/// How long events that happened already may take to reach us.
const GLANCE: Duration = Duration::from_millis(2);

impl FileSource {
    /// Begins to watch a document or a folder of documents. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The kernel has no watches left (`fs.inotify.max_user_instances`, `max_user_watches`).
    pub fn new(root: &Path) -> io::Result<Self> {
        let events = Inotify::init()?.into_event_stream(vec![0; BUFFER_BYTES])?;
        let mut source = Self {
            root: std::path::absolute(root)?,
            watches: events.watches(),
            events,
            places: Places::default(),
            watched: HashMap::new(),
            open: HashSet::new(),
            written: HashSet::new(),
            pending: None,
        };
        source.follow(&[])?;
        Ok(source)
    }

    /// Watches these files and folders besides the documents themselves, and no others. Whether folders were added:
    /// then something may have changed in them before they were watched.
    ///
    /// # Errors
    /// As [`FileSource::new`].
    pub fn follow(&mut self, files: &[PathBuf]) -> io::Result<bool> {
        self.places = Places::of(&self.root, files)?;
        let (places, watches) = (&self.places, &mut self.watches);
        self.watched.retain(|watch, folder| {
            // A watch of a folder that is gone is gone with it.
            let kept = places.contains(folder);
            if !kept {
                let _ = watches.remove(watch.clone());
            }
            kept
        });
        let mut added = false;
        for folder in places.folders() {
            if self.watched.values().any(|watched| watched == folder) {
                continue;
            }
            match watches.add(folder, mask()) {
                Ok(watch) => {
                    self.watched.insert(watch, folder.clone());
                    added = true;
                }
                // It went between looking and watching; its parent tells.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(added)
    }

    /// Waits for the next change, and then until nothing more happens for a moment. May be dropped while it waits;
    /// nothing is lost.
    ///
    /// # Errors
    /// The kernel's queue of events cannot be read.
    pub async fn changed(&mut self) -> io::Result<Change> {
        loop {
            let Some(pending) = self.pending else {
                self.read().await?;
                continue;
            };
            let deadline = self.quiet_at(pending);
            if Instant::now() >= deadline {
                self.pending = None;
                self.written.clear();
                return Ok(Change { closed_at: pending.last });
            }
            // Too late is as good as nothing more.
            if let Ok(read) = timeout_at(deadline.into(), self.read()).await {
                read?;
            }
        }
    }

    /// Which files were written to since the last change was told, or since this was asked before, or are not closed
    /// yet. What was read of them in the meantime may be half of what they will hold.
    ///
    /// # Errors
    /// As [`FileSource::changed`].
    pub async fn written(&mut self) -> io::Result<HashSet<PathBuf>> {
        let end = Instant::now() + GLANCE;
        // The kernel queues an event before the write it tells of returns; the wait is for the runtime to fetch it.
        while Instant::now() < end {
            if let Ok(read) = timeout_at(end.into(), self.read()).await {
                read?;
            }
        }
        let mut written = std::mem::take(&mut self.written);
        written.extend(self.open.iter().cloned());
        Ok(written)
    }

    /// When what is pending may be told.
    fn quiet_at(&self, pending: Pending) -> Instant {
        let wait = |since: Instant, wait: portcullis_config::Duration| since + Duration::from(wait);
        if !self.open.is_empty() {
            return wait(pending.last, defaults::RELOAD_OPEN_MAX);
        }
        let quiet = wait(pending.last, defaults::RELOAD_QUIET);
        quiet.min(wait(pending.first, defaults::RELOAD_QUIET_MAX))
    }

    /// Waits for an event and takes it in.
    async fn read(&mut self) -> io::Result<()> {
        let ended = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let event = self.events.next().await.ok_or_else(ended)??;
        if self.matters(&event) {
            let last = Instant::now();
            let first = self.pending.map_or(last, |pending| pending.first);
            self.pending = Some(Pending { first, last });
        }
        Ok(())
    }

    /// Whether an event is a change of something we read.
    fn matters(&mut self, event: &Event<OsString>) -> bool {
        if event.mask.contains(EventMask::Q_OVERFLOW) {
            // Which files were closed is lost as well.
            self.open.clear();
            return true;
        }
        let Some(folder) = self.watched.get(&event.wd).cloned() else { return false };
        if event.mask.contains(EventMask::IGNORED) {
            self.watched.remove(&event.wd);
            self.open.retain(|file| !file.starts_with(&folder));
            return false;
        }
        if event.mask.intersects(EventMask::DELETE_SELF | EventMask::MOVE_SELF) {
            self.watched.remove(&event.wd);
            // A folder that moved keeps its watch, and is another one now.
            let _ = self.watches.remove(event.wd.clone());
            return true;
        }
        let Some(name) = event.name.as_deref().filter(|name| self.places.matters(&folder, name))
        else {
            return false;
        };
        let file = folder.join(name);
        if event.mask.contains(EventMask::MODIFY) {
            self.open.insert(file.clone());
            self.written.insert(file);
            return false;
        }
        self.open.remove(&file);
        !event.mask.contains(EventMask::CREATE) || is_whole(&folder, name)
    }
}

fn mask() -> WatchMask {
    WatchMask::CLOSE_WRITE
        | WatchMask::CREATE
        | WatchMask::DELETE
        | WatchMask::MODIFY
        | WatchMask::MOVE
        | WatchMask::DELETE_SELF
        | WatchMask::MOVE_SELF
        | WatchMask::ONLYDIR
}

/// Whether something new is all there at once. A plain file is not: it is written now and closed later. A link or a
/// folder is, and so is a second name of a file.
fn is_whole(folder: &Path, name: &OsStr) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::symlink_metadata(folder.join(name))
        .is_ok_and(|file| !file.is_file() || file.nlink() > 1)
}

impl std::fmt::Debug for FileSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileSource").field("root", &self.root).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
