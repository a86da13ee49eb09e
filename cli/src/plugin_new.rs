//! `portcullis plugin new`: a folder to begin a plugin with.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::arguments::{PluginLanguage, PluginNewArguments};
use crate::fail;

/// The longest name of a plugin; it becomes part of file names.
const NAME_MAX: usize = 64;

/// A file of a template: its path in the new folder, and its text with `@NAME@` and `@MODULE@`.
type File = (&'static str, &'static str);

macro_rules! template {
    ($($path:literal from $source:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../plugins/templates/", $source)))),*]
    };
}

const RUST: &[File] = template![
    "Cargo.toml" from "rust/Cargo.toml.in",
    "README.md" from "rust/README.md.in",
    "src/lib.rs" from "rust/src/lib.rs",
];

const GO: &[File] = template![
    "go.mod" from "go/go.mod.in",
    "go.sum" from "go/go.sum",
    "main.go" from "go/main.go.in",
    "README.md" from "go/README.md.in",
];

const TYPESCRIPT: &[File] = template![
    "index.ts" from "ts/index.ts",
    "package.json" from "ts/package.json.in",
    "README.md" from "ts/README.md.in",
];

/// Writes the folder and says what to do next.
pub(crate) fn new(arguments: &PluginNewArguments) -> ExitCode {
    let folder = arguments.folder.clone().unwrap_or_else(|| arguments.name.clone().into());
    match write(&arguments.name, arguments.lang, &folder) {
        Ok(()) => {
            println!(
                "{} written; {} says how to build it",
                folder.display(),
                folder.join("README.md").display()
            );
            ExitCode::SUCCESS
        }
        Err(problem) => fail(&problem),
    }
}

fn write(name: &str, language: PluginLanguage, folder: &Path) -> Result<(), String> {
    check(name)?;
    // Made here and not before, so that nothing that is there is ever written over.
    fs::create_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let files = match language {
        PluginLanguage::Rust => RUST,
        PluginLanguage::Go => GO,
        PluginLanguage::Ts => TYPESCRIPT,
    };
    for (path, text) in files {
        let path = folder.join(path);
        let text = text.replace("@NAME@", name).replace("@MODULE@", &name.replace('-', "_"));
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// A name that Cargo, Go and npm all take.
fn check(name: &str) -> Result<(), String> {
    let letters =
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    if letters && begins && !name.ends_with('-') && name.len() <= NAME_MAX {
        return Ok(());
    }
    Err(format!(
        "{name:?} is no name for a plugin: lower-case letters, digits and dashes, a letter first, {NAME_MAX} at most"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_every_toolchain_takes() {
        for good in ["a", "my-plugin", "p2", &"x".repeat(NAME_MAX)] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "-a", "a-", "2p", "A", "a_b", "a/b", "../a", "ä", &"x".repeat(NAME_MAX + 1)]
        {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        let place = tempfile::tempdir().unwrap();
        for (language, folder) in
            [(PluginLanguage::Rust, "rust"), (PluginLanguage::Go, "go"), (PluginLanguage::Ts, "ts")]
        {
            let folder = place.path().join(folder);
            write("my-plugin", language, &folder).unwrap();
            let mut files = 0;
            let mut folders = vec![folder.clone()];
            while let Some(next) = folders.pop() {
                for entry in fs::read_dir(next).unwrap() {
                    let path = entry.unwrap().path();
                    if path.is_dir() {
                        folders.push(path);
                        continue;
                    }
                    let text = fs::read_to_string(&path).unwrap();
                    assert!(
                        !text.contains("@NAME@") && !text.contains("@MODULE@"),
                        "{}",
                        path.display()
                    );
                    files += 1;
                }
            }
            assert!(files >= 3, "{}", folder.display());
            let again = write("my-plugin", language, &folder).unwrap_err();
            assert!(again.contains("exists"), "{again}");
        }
    }
}
