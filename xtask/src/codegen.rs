//! Files that are made from code, kept in the repository so that they can be read and compared.

use std::fs;

use crate::tree::Tree;

/// The JSON Schema of configuration documents.
const SCHEMA: &str = "docs/reference/config.schema.json";

/// Writes every generated file.
pub(crate) fn write(tree: &Tree) -> Result<(), String> {
    let path = tree.root.join(SCHEMA);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    fs::write(&path, schema()?).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("{SCHEMA} written");
    Ok(())
}

/// Fails when a generated file is not what the code says.
pub(crate) fn check(tree: &Tree) -> Result<(), String> {
    match tree.text(SCHEMA) {
        Some(text) if text == schema()? => Ok(()),
        Some(_) | None => {
            Err(format!("{SCHEMA} is out of date: run `cargo run -p xtask -- codegen`"))
        }
    }
}

fn schema() -> Result<String, String> {
    serde_json::to_string_pretty(&portcullis_config::schema())
        .map(|text| format!("{text}\n"))
        .map_err(|error| error.to_string())
}
