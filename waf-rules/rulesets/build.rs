//! Writes `embedded.rs`: the files of `crs/package/rules` as one constant, or `None` where that folder is absent.
//!
//! `scripts/fetch-crs.sh` fills the folder. A build without it works and says at run time what to do.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let package = manifest.join("crs").join("package");
    // VERSION is written last by the script, so its change announces every other one. A path that does not exist
    // would make cargo run this at every build; then the folder above it is watched.
    let version_file = package.join("VERSION");
    let watched = if version_file.exists() { &version_file } else { &manifest.join("crs") };
    println!("cargo::rerun-if-changed={}", watched.display());
    println!("cargo::rerun-if-changed=build.rs");

    let mut out = String::from("const EMBEDDED: Option<Package> = ");
    match fs::read_to_string(&version_file) {
        Ok(version) => write_package(&mut out, version.trim(), &package.join("rules"))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => out.push_str("None"),
        Err(error) => return Err(error),
    }
    out.push_str(";\n");
    fs::write(PathBuf::from(variable("OUT_DIR")?).join("embedded.rs"), out)
}

fn variable(name: &str) -> io::Result<String> {
    std::env::var(name).map_err(io::Error::other)
}

fn write_package(out: &mut String, version: &str, rules: &Path) -> io::Result<()> {
    let _ = writeln!(
        out,
        "Some(Package {{ version: Cow::Borrowed({version:?}), files: Cow::Borrowed(&["
    );
    for name in ["@coraza.conf-recommended", "@crs-setup.conf.example"] {
        write_file(out, name, &rules.join(name));
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(rules.join("@owasp_crs"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    for name in names.iter().filter(|name| name.ends_with(".conf") || name.ends_with(".data")) {
        write_file(out, &format!("@owasp_crs/{name}"), &rules.join("@owasp_crs").join(name));
    }
    out.push_str("]) })");
    Ok(())
}

fn write_file(out: &mut String, name: &str, path: &Path) {
    let _ = writeln!(
        out,
        "    File {{ path: Cow::Borrowed({name:?}), content: Cow::Borrowed(include_bytes!({:?})) }},",
        path.display().to_string(),
    );
}
