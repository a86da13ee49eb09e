//! Files that are made from code, kept in the repository so that they can be read and compared.

mod seclang;

use std::fs;

use crate::tree::Tree;

/// A generated file: its path and how its text is made.
struct Generated {
    path: &'static str,
    text: fn() -> Result<String, String>,
}

const ALL: [Generated; 2] = [
    // The JSON Schema of configuration documents.
    Generated { path: "docs/reference/config.schema.json", text: schema },
    // What of SecLang the engine does.
    Generated { path: "docs/reference/seclang.md", text: seclang_page },
];

/// Writes every generated file.
pub(crate) fn write(tree: &Tree) -> Result<(), String> {
    for file in &ALL {
        let path = tree.root.join(file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let text = (file.text)()?;
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("{} written", file.path);
    }
    Ok(())
}

/// Fails when a generated file is not what the code says.
pub(crate) fn check(tree: &Tree) -> Result<(), String> {
    for file in &ALL {
        if tree.text(file.path) != Some(&*(file.text)()?) {
            let path = file.path;
            return Err(format!("{path} is out of date: run `cargo run -p xtask -- codegen`"));
        }
    }
    Ok(())
}

fn schema() -> Result<String, String> {
    serde_json::to_string_pretty(&portcullis_config::schema())
        .map(|text| format!("{text}\n"))
        .map_err(|error| error.to_string())
}

fn seclang_page() -> Result<String, String> {
    Ok(seclang::page())
}
