//! A number for what files hold.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use portcullis_config::defaults;

/// A number that differs when what these files and folders hold differs. Two configurations that say the same may
/// still differ in what their certificates and rules say.
pub(crate) fn digest(files: &[PathBuf]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files {
        add(file, defaults::WATCHED_DEPTH, &mut hasher);
    }
    hasher.finish()
}

/// Whether one of these files was emptied a moment ago: a program that writes a file in place empties it first, and
/// the kernel may tell of that much later than it does it.
pub(crate) fn emptied(files: &[PathBuf]) -> bool {
    files.iter().any(|file| {
        let Ok(found) = std::fs::metadata(file) else { return false };
        if found.is_dir() {
            let inside = std::fs::read_dir(file).into_iter().flatten().flatten();
            return emptied(&inside.map(|entry| entry.path()).collect::<Vec<_>>());
        }
        // A time in the future has no age, and is no reason to wait.
        let age = found.modified().ok().and_then(|at| at.elapsed().ok());
        found.len() == 0 && age.is_some_and(|age| age < defaults::RELOAD_OPEN_MAX.get())
    })
}

fn add(path: &Path, depth: usize, hasher: &mut DefaultHasher) {
    path.hash(hasher);
    // What cannot be read, or is no file at all, is told by whoever needs it; here it is another content.
    let Ok(found) = std::fs::metadata(path) else { return };
    if found.is_file() && found.len() <= defaults::DOCUMENT.bytes() {
        std::fs::read(path).ok().hash(hasher);
        return;
    }
    if !found.is_dir() {
        (found.len(), found.modified().ok()).hash(hasher);
        return;
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut inside: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    inside.sort();
    for path in inside.iter().filter(|path| depth > 0 || !path.is_dir()) {
        add(path, depth.saturating_sub(1), hasher);
    }
}
