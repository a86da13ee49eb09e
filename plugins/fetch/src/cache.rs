//! What was brought before, on disk: modules by their digest, and which digest a name had. A file is written beside its
//! place and renamed, so that whoever reads sees all of it or nothing; what is read is checked again.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use portcullis_config::defaults;
use sha2::{Digest, Sha256};

/// Lower-case hexadecimal SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a name stood for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// Digest of the module.
    pub(crate) module: String,
    /// Digest of the manifest it was in; empty for files of servers.
    pub(crate) manifest: String,
}

/// A folder with what was brought before.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

/// Tells files of one process apart while they are written.
static NUMBER: AtomicU64 = AtomicU64::new(0);

impl Cache {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The module of this digest, if it is there and whole.
    pub(crate) fn module(&self, digest: &str) -> Option<Vec<u8>> {
        let path = self.folder.join("modules").join(digest);
        let bytes = fs::read(&path).ok()?;
        if sha256(&bytes) != digest {
            // Damaged: away with it, so that it is brought again. Failing to remove it changes nothing here.
            let _ = fs::remove_file(&path);
            return None;
        }
        // When it was used last, for `evict`; a folder that cannot be written to only loses the order.
        let _ = fs::File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(bytes)
    }

    /// What a name stood for when it was last brought.
    pub(crate) fn known(&self, name: &str) -> Option<Known> {
        let text =
            fs::read_to_string(self.folder.join("names").join(sha256(name.as_bytes()))).ok()?;
        let (module, manifest) = text.strip_suffix('\n')?.split_once(' ')?;
        Some(Known { module: module.to_owned(), manifest: manifest.to_owned() })
    }

    /// Keeps a module, and what a name stands for.
    pub(crate) fn keep(&self, name: &str, bytes: &[u8], manifest: &str) -> io::Result<()> {
        let module = sha256(bytes);
        self.write(&self.folder.join("modules").join(&module), bytes)?;
        let name = self.folder.join("names").join(sha256(name.as_bytes()));
        self.write(&name, format!("{module} {manifest}\n").as_bytes())?;
        evict(&self.folder.join("modules"))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(path.parent().unwrap_or(&self.folder))?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let beside = self.folder.join(format!("writing-{}-{number}", std::process::id()));
        let written = fs::File::create(&beside).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        let renamed = written.and_then(|()| fs::rename(&beside, path));
        if renamed.is_err() {
            let _ = fs::remove_file(&beside);
        }
        renamed
    }
}

/// Removes the modules used longest ago beyond [`defaults::PLUGIN_CACHE`].
fn evict(modules: &Path) -> io::Result<()> {
    let mut kept = Vec::new();
    for entry in fs::read_dir(modules)? {
        let entry = entry?;
        kept.push((entry.metadata()?.modified()?, entry.path()));
    }
    kept.sort();
    let many = kept.len().saturating_sub(defaults::PLUGIN_CACHE);
    kept.iter().take(many).try_for_each(|(_, path)| fs::remove_file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_brought_is_found_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("a/b"));
        assert_eq!((cache.known("n"), cache.module(&sha256(b"one"))), (None, None));
        cache.keep("n", b"one", "m").unwrap();
        let known = cache.known("n").unwrap();
        assert_eq!((&*known.module, &*known.manifest), (&*sha256(b"one"), "m"));
        assert_eq!(cache.module(&known.module).unwrap(), b"one");
        cache.keep("n", b"two", "").unwrap();
        assert_eq!(
            cache.known("n").unwrap(),
            Known { module: sha256(b"two"), manifest: String::new() }
        );
        let path = folder.path().join("a/b/modules").join(sha256(b"one"));
        fs::write(&path, b"on").unwrap();
        assert_eq!(cache.module(&sha256(b"one")), None);
        assert!(!path.exists());
        let beside = fs::read_dir(folder.path().join("a/b")).unwrap().count();
        assert_eq!(beside, 2, "nothing half written stays");
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned());
        let bytes = |n: usize| n.to_string().into_bytes();
        for n in 0..=defaults::PLUGIN_CACHE {
            cache.keep("n", &bytes(n), "").unwrap();
            cache.module(&sha256(&bytes(0))).unwrap();
        }
        assert!(cache.module(&sha256(&bytes(0))).is_some());
        assert!(cache.module(&sha256(&bytes(1))).is_none());
    }
}
