//! Finds and reads the test files of a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::plan::Case;
use super::schema::TestFile;

/// The most files a suite may have; CRS 4.25 has 318.
const MAX_FILES: usize = 10_000;
/// The largest size of a test file in bytes.
const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;
/// How deep folders may be nested.
const MAX_DEPTH: usize = 16;

/// The folder cannot be read, or holds no tests.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// A folder or file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// What was read.
        path: PathBuf,
        /// The answer of the operating system.
        source: io::Error,
    },
    /// No `*.yaml` anywhere below.
    #[error("{} holds no test files (*.yaml); scripts/fetch-crs.sh brings those of the pinned rule set", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A limit of this module.
    #[error("{} exceeds the limit of {limit} {what}", path.display())]
    TooLarge {
        /// What is too large.
        path: PathBuf,
        /// The limit.
        limit: u64,
        /// Its unit.
        what: &'static str,
    },
}

/// The tests of a folder, grouped by the folder each file lies in.
#[derive(Debug, Clone, Default)]
pub struct Suite {
    files: Vec<(String, TestFile)>,
    /// Files that are not in the schema, with the reason.
    pub unreadable: Vec<String>,
}

impl Suite {
    /// Reads every `*.yaml` below a folder. A file that does not parse is listed in `unreadable`.
    ///
    /// # Errors
    /// [`SuiteError`] when the folder cannot be read, is empty, or exceeds a limit.
    pub fn load(folder: &Path) -> Result<Suite, SuiteError> {
        let mut paths = Vec::new();
        walk(folder, 0, &mut paths)?;
        paths.sort();
        if paths.is_empty() {
            return Err(SuiteError::Empty { path: folder.to_path_buf() });
        }
        let mut suite = Suite::default();
        for path in paths {
            suite.add(&path)?;
        }
        Ok(suite)
    }

    /// How many tests there are.
    pub fn len(&self) -> usize {
        self.cases().count()
    }

    /// Whether there is no test.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every enabled test.
    pub(crate) fn cases(&self) -> impl Iterator<Item = Case<'_>> {
        self.files.iter().filter(|(_, file)| file.meta.enabled != Some(false)).flat_map(
            |(group, file)| {
                file.tests.iter().map(move |test| Case { group, rule: file.rule_id, test })
            },
        )
    }

    /// The enabled tests among those asked for.
    pub(crate) fn selected(&self, only: &[String]) -> Vec<Case<'_>> {
        self.cases().filter(|case| case.is_selected(only)).collect()
    }

    fn add(&mut self, path: &Path) -> Result<(), SuiteError> {
        let unreadable = |source| SuiteError::Read { path: path.to_path_buf(), source };
        if fs::metadata(path).map_err(unreadable)?.len() > MAX_FILE_BYTES {
            return Err(SuiteError::TooLarge {
                path: path.into(),
                limit: MAX_FILE_BYTES,
                what: "bytes",
            });
        }
        let text = fs::read_to_string(path).map_err(unreadable)?;
        // One file of CRS holds nothing yet.
        if text.lines().all(|line| line.trim().is_empty() || line.starts_with(['#', '-'])) {
            return Ok(());
        }
        let group = path.parent().and_then(Path::file_name).unwrap_or_default();
        match serde_saphyr::from_str::<TestFile>(&text) {
            Ok(mut file) => {
                number(&mut file, path);
                self.files.push((group.to_string_lossy().into_owned(), file));
            }
            Err(error) => self.unreadable.push(format!("{}: {error}", path.display())),
        }
        Ok(())
    }
}

/// Fills in what older files leave out: the rule from the file name, the numbers from the order.
fn number(file: &mut TestFile, path: &Path) {
    if file.rule_id == 0 {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        file.rule_id = stem.parse().unwrap_or(0);
    }
    for (index, test) in file.tests.iter_mut().enumerate() {
        if test.test_id == 0 {
            test.test_id = u32::try_from(index + 1).unwrap_or(u32::MAX);
        }
    }
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), SuiteError> {
    let unreadable = |source| SuiteError::Read { path: folder.to_path_buf(), source };
    let too_large = |limit: usize, what| SuiteError::TooLarge {
        path: folder.into(),
        limit: limit as u64,
        what,
    };
    if depth > MAX_DEPTH {
        return Err(too_large(MAX_DEPTH, "nested folders"));
    }
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            walk(&path, depth + 1, found)?;
        } else if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
            found.push(path);
        }
        if found.len() > MAX_FILES {
            return Err(too_large(MAX_FILES, "files"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suite_of_the_pinned_rule_set_is_read_whole() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rulesets/crs/package/tests");
        let suite = Suite::load(&folder).expect("run scripts/fetch-crs.sh");
        assert_eq!(suite.unreadable, Vec::<String>::new());
        assert_eq!(suite.len(), 4_674);
        for case in suite.cases() {
            for stage in &case.test.stages {
                super::super::request::build(&stage.input).unwrap_or_else(|error| {
                    panic!("{}-{}: {error}", case.rule, case.test.test_id);
                });
            }
        }
    }
}
