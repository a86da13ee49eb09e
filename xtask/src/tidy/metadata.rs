//! What `cargo metadata` says, as far as the rules ask. Offline and locked: nothing is resolved or downloaded.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

/// The answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) workspace_members: Vec<String>,
}

/// One package.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) manifest_path: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a manifest.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for a normal one, else `dev` or `build`.
    pub(crate) kind: Option<String>,
}

impl Metadata {
    /// Workspace members only.
    pub(crate) fn members(root: &Path) -> Result<Metadata, String> {
        ask(root, &["--no-deps"])
    }

    /// All packages this machine builds.
    pub(crate) fn all(root: &Path) -> Result<Metadata, String> {
        let version = run(Command::new("rustc").arg("-vV"))?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        ask(root, &["--locked", "--filter-platform", host.unwrap_or_default()])
    }

    /// The packages of this workspace.
    pub(crate) fn workspace(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }
}

fn ask(root: &Path, arguments: &[&str]) -> Result<Metadata, String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(root)
        .args(["metadata", "--format-version", "1", "--offline"])
        .args(arguments);
    serde_json::from_str(&run(&mut command)?).map_err(|error| format!("cargo metadata: {error}"))
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
