//! The work tree as text: every file that belongs to the repository, read once.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that are made, not written.
const MADE: [&str; 4] = ["target", ".git", ".tools", "waf-rules/rulesets/crs/package"];
/// Larger files are data, not text to check.
const MAX_TEXT_BYTES: u64 = 4 * 1024 * 1024;

/// The repository.
pub(crate) struct Tree {
    /// Its root folder.
    pub(crate) root: PathBuf,
    /// Path relative to the root with `/`, and text; sorted.
    pub(crate) files: Vec<(String, String)>,
}

impl Tree {
    /// Reads the repository this program was built in.
    pub(crate) fn read() -> Result<Tree, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
        let mut tree = Tree { root: root.to_path_buf(), files: Vec::new() };
        tree.walk("").map_err(|error| error.to_string())?;
        tree.files.sort();
        Ok(tree)
    }

    /// The text of a file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.0 == path).map(|file| file.1.as_str())
    }

    /// The text of a file that must be there.
    pub(crate) fn required(&self, path: &str) -> Result<&str, String> {
        self.text(path).ok_or_else(|| format!("{path} is missing"))
    }

    /// Files below a folder with an ending.
    pub(crate) fn below(
        &self,
        folder: &str,
        ending: &str,
    ) -> impl Iterator<Item = &(String, String)> {
        self.files
            .iter()
            .filter(move |(path, _)| path.starts_with(folder) && path.ends_with(ending))
    }

    fn walk(&mut self, folder: &str) -> std::io::Result<()> {
        for entry in fs::read_dir(self.root.join(folder))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let kind = entry.file_type()?;
            // A crate may be built on its own, with a target folder beside it.
            if kind.is_dir() && !MADE.contains(&path.as_str()) && !path.ends_with("/target") {
                self.walk(&path)?;
            } else if kind.is_file() && entry.metadata()?.len() <= MAX_TEXT_BYTES {
                // What is not text has nothing to check.
                if let Ok(text) = fs::read_to_string(entry.path()) {
                    self.files.push((path, text));
                }
            }
        }
        Ok(())
    }
}
