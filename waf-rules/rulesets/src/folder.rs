//! An operator's folder becomes a [`Package`]. Three layouts are recognised:
//!
//! * the Coraza packaging: `@owasp_crs/*.conf`, `@crs-setup.conf.example`, `@coraza.conf-recommended`, either in the
//!   folder itself or in its `rules/`;
//! * the CRS release: `crs-setup.conf` or `crs-setup.conf.example`, `rules/*.conf`, `rules/*.data`, `rules/*.json`,
//!   `plugins/*`;
//! * a folder with nothing but `*.conf`, `*.data` and `*.json`: the rules alone, with the setup beside or above them.
//!
//! A missing engine configuration is replaced by [`RECOMMENDED`]; a missing setup is an error, because CRS 4 denies
//! every request when it was not set up.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::{File, Package};

/// The largest number of files a folder may bring. CRS 4.25 has 48; plugins bring a few more.
pub const MAX_FILES: usize = 1_024;
/// The largest size of one file in bytes. The largest of CRS 4.25 is 150 KiB.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// The largest size of all files together in bytes.
pub const MAX_PACKAGE_BYTES: u64 = 32 * 1024 * 1024;

/// Stands in for `@coraza.conf-recommended`, which CRS releases do not carry: the body processors CRS relies on.
const RECOMMENDED: &str = include_str!("../recommended.conf");

/// Why a folder is not a rule set package. Every message names the path.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file or folder could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// What was read.
        path: PathBuf,
        /// The answer of the operating system.
        source: io::Error,
    },
    /// None of the three layouts.
    #[error(
        "{} holds no rule files: expected rules/*.conf (a CRS release) or @owasp_crs/*.conf (the Coraza packaging)",
        path.display()
    )]
    NoRules {
        /// The folder.
        path: PathBuf,
    },
    /// Rules without setup.
    #[error(
        "{} holds rules but no crs-setup.conf or crs-setup.conf.example; without it CRS denies every request",
        path.display()
    )]
    NoSetup {
        /// The folder.
        path: PathBuf,
    },
    /// A limit of this module.
    #[error("{} exceeds the limit of {limit} {what}", path.display())]
    TooLarge {
        /// The file, or the folder for the sum.
        path: PathBuf,
        /// The limit.
        limit: u64,
        /// Its unit.
        what: &'static str,
    },
}

impl Package {
    /// Reads an operator's folder. See the module for the layouts and limits.
    ///
    /// # Errors
    /// [`FolderError`] when the folder cannot be read, has no rules or no setup, or exceeds a limit.
    pub fn from_dir(path: &Path) -> Result<Package, FolderError> {
        let layout = Layout::of(path)?;
        let mut reader = Reader { root: path, files: Vec::new(), bytes: 0 };
        match &layout.recommended {
            Some(file) => reader.add("@coraza.conf-recommended".to_owned(), file)?,
            None => reader.files.push(File {
                path: Cow::Borrowed("@coraza.conf-recommended"),
                content: Cow::Borrowed(RECOMMENDED.as_bytes()),
            }),
        }
        reader.add("@crs-setup.conf.example".to_owned(), &layout.setup)?;
        reader.add_folder("@owasp_crs", &layout.rules)?;
        if let Some(plugins) = &layout.plugins {
            reader.add_folder("@plugins", plugins)?;
        }
        let mut files = reader.files;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let version = version(path, &files);
        Ok(Package { version: Cow::Owned(version), files: Cow::Owned(files) })
    }
}

/// Where the parts of a package lie.
struct Layout {
    rules: PathBuf,
    setup: PathBuf,
    recommended: Option<PathBuf>,
    plugins: Option<PathBuf>,
}

impl Layout {
    fn of(root: &Path) -> Result<Layout, FolderError> {
        let in_rules = root.join("rules");
        let candidates = [
            root.join("@owasp_crs"),
            in_rules.join("@owasp_crs"),
            in_rules.clone(),
            root.to_path_buf(),
        ];
        let mut rules = None;
        for candidate in candidates {
            if candidate.is_dir() && !listed(&candidate, &["conf"])?.is_empty() {
                rules = Some(candidate);
                break;
            }
        }
        let rules = rules.ok_or_else(|| FolderError::NoRules { path: root.to_path_buf() })?;
        let beside = [Some(root), Some(in_rules.as_path()), rules.parent()];
        let first = |names: &[&str]| {
            beside
                .iter()
                .flatten()
                .flat_map(|folder| names.iter().map(|name| folder.join(name)))
                .find(|file| file.is_file())
        };
        let setup = first(&["crs-setup.conf", "@crs-setup.conf.example", "crs-setup.conf.example"])
            .ok_or_else(|| FolderError::NoSetup { path: root.to_path_buf() })?;
        let recommended =
            first(&["@coraza.conf-recommended", "coraza.conf-recommended", "coraza.conf"]);
        let plugins = Some(root.join("plugins")).filter(|folder| folder.is_dir());
        Ok(Layout { rules, setup, recommended, plugins })
    }
}

struct Reader<'a> {
    root: &'a Path,
    files: Vec<File>,
    bytes: u64,
}

impl Reader<'_> {
    fn add_folder(&mut self, prefix: &str, folder: &Path) -> Result<(), FolderError> {
        for path in listed(folder, &["conf", "data", "json"])? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // A setup that lies beside the rules was read already, and must not run twice.
            if !name.starts_with("crs-setup.conf") && name != "coraza.conf" {
                self.add(format!("{prefix}/{name}"), &path)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, name: String, path: &Path) -> Result<(), FolderError> {
        let unreadable = |source| FolderError::Read { path: path.to_path_buf(), source };
        let too_large =
            |path: &Path, limit, what| FolderError::TooLarge { path: path.into(), limit, what };
        let size = fs::metadata(path).map_err(unreadable)?.len();
        if size > MAX_FILE_BYTES {
            return Err(too_large(path, MAX_FILE_BYTES, "bytes a file"));
        }
        self.bytes += size;
        if self.bytes > MAX_PACKAGE_BYTES {
            return Err(too_large(self.root, MAX_PACKAGE_BYTES, "bytes in all"));
        }
        if self.files.len() >= MAX_FILES {
            return Err(too_large(self.root, MAX_FILES as u64, "files"));
        }
        let content = fs::read(path).map_err(unreadable)?;
        self.files.push(File { path: Cow::Owned(name), content: Cow::Owned(content) });
        Ok(())
    }
}

/// The files of a folder with one of these endings, sorted by name: the order in which CRS numbers its rule files.
fn listed(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, FolderError> {
    let unreadable = |source| FolderError::Read { path: folder.to_path_buf(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        if path.is_file() && endings.contains(&ending.as_ref()) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The version a folder names: its VERSION file, else the banner every CRS file starts with.
fn version(root: &Path, files: &[File]) -> String {
    let in_root = root.join("VERSION");
    let beside_rules = root.parent().map(|parent| parent.join("VERSION"));
    for file in [Some(in_root), beside_rules].into_iter().flatten() {
        if let Ok(text) = fs::read_to_string(&file)
            && text.len() < 64
        {
            return text.trim().to_owned();
        }
    }
    const BANNER: &str = "# OWASP CRS ver.";
    files
        .iter()
        .filter(|file| file.path.starts_with("@owasp_crs/"))
        .filter_map(|file| std::str::from_utf8(&file.content).ok())
        .find_map(|text| text.lines().take(8).find_map(|line| line.strip_prefix(BANNER)))
        .map_or_else(|| "unknown".to_owned(), |version| format!("v{}", version.trim()))
}
