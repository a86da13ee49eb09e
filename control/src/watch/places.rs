//! Which folders to watch, and which names in them matter.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};

use portcullis_config::defaults;

/// Folders, none of them reached through a link, and the names in them that matter.
#[derive(Debug, Default)]
pub(super) struct Places(HashMap<PathBuf, Names>);

/// Names in a folder that matter.
#[derive(Debug, Default)]
struct Names {
    all: bool,
    documents: bool,
    some: HashSet<OsString>,
}

/// Most links followed on the way to one file, as the kernel's own limit.
const LINKS: usize = 40;

impl Places {
    /// The places of a document or a folder of documents, and of the files and folders they refer to.
    pub(super) fn of(root: &Path, files: &[PathBuf]) -> io::Result<Self> {
        let mut places = Self::default();
        if let Some(folder) = places.way_to(root).filter(|folder| folder.is_dir()) {
            places.0.entry(folder).or_default().documents = true;
        }
        for file in files {
            let file = std::path::absolute(file)?;
            if let Some(folder) = places.way_to(&file).filter(|folder| folder.is_dir()) {
                places.everything_in(&folder, defaults::WATCHED_DEPTH)?;
            }
        }
        Ok(places)
    }

    pub(super) fn folders(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.keys()
    }

    pub(super) fn contains(&self, folder: &Path) -> bool {
        self.0.contains_key(folder)
    }

    /// Whether a change of this name in this folder is one of what is read.
    pub(super) fn matters(&self, folder: &Path, name: &OsStr) -> bool {
        self.0.get(folder).is_some_and(|names| {
            names.all || names.some.contains(name) || names.documents && is_document(name)
        })
    }

    /// Notes the file itself and every link on the way to it; gives where it really is, or nothing if a part of the
    /// way is missing, which is noted as well so that its appearance is seen.
    fn way_to(&mut self, path: &Path) -> Option<PathBuf> {
        let mut here = PathBuf::from("/");
        let mut ahead: VecDeque<OsString> = segments(path).collect();
        let mut links = 0;
        while let Some(segment) = ahead.pop_front() {
            if segment == ".." {
                here.pop();
                continue;
            }
            let next = here.join(&segment);
            let found = std::fs::symlink_metadata(&next);
            let is_link = found.as_ref().is_ok_and(std::fs::Metadata::is_symlink);
            if is_link || found.is_err() || ahead.is_empty() {
                self.0.entry(here.clone()).or_default().some.insert(segment);
            }
            found.ok()?;
            if !is_link {
                here = next;
                continue;
            }
            links += 1;
            let target = std::fs::read_link(&next).ok().filter(|_| links <= LINKS)?;
            if target.is_absolute() {
                here = PathBuf::from("/");
            }
            let rest = std::mem::take(&mut ahead);
            ahead = segments(&target).chain(rest).collect();
        }
        Some(here)
    }

    fn everything_in(&mut self, folder: &Path, depth: usize) -> io::Result<()> {
        if self.0.len() >= defaults::WATCHED_FOLDERS {
            let message = format!("more than {} folders to watch", defaults::WATCHED_FOLDERS);
            return Err(io::Error::other(message));
        }
        self.0.entry(folder.to_owned()).or_default().all = true;
        // A folder that cannot be read is the business of whoever reads it.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if depth > 0 && is_folder {
                self.everything_in(&entry.path(), depth - 1)?;
            }
        }
        Ok(())
    }
}

fn segments(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

/// As [`portcullis_config::load`] chooses documents of a folder.
fn is_document(name: &OsStr) -> bool {
    let end = Path::new(name).extension();
    end.is_some_and(|end| end == "yaml" || end == "yml")
        && !name.as_encoded_bytes().starts_with(b".")
}
