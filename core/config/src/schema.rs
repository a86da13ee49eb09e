//! The JSON Schema of documents: for editors, for the reference, and for our own structure check.

use std::sync::LazyLock;

use serde_json::Value;

use crate::Gateway;

/// The JSON Schema (draft 2020-12) of a document, with the documentation of every key.
#[must_use]
pub fn schema() -> Value {
    SCHEMA.clone()
}

pub(crate) static SCHEMA: LazyLock<Value> =
    LazyLock::new(|| schemars::schema_for!(Gateway).to_value());

/// The named definition a schema refers to, or the schema itself.
pub(crate) fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return schema };
    reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}
