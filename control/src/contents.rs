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

fn add(path: &Path, depth: usize, hasher: &mut DefaultHasher) {
    path.hash(hasher);
    if !path.is_dir() {
        // A file that cannot be read is told by whoever needs it; here it is another content.
        std::fs::read(path).ok().hash(hasher);
        return;
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut inside: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    inside.sort();
    for path in inside.iter().filter(|path| depth > 0 || !path.is_dir()) {
        add(path, depth.saturating_sub(1), hasher);
    }
}
