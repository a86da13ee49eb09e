//! What a plugin reads: anything YAML can say that JSON can.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The configuration of a plugin: a map, handed over as JSON, or a text, handed over as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PluginSettings(Value);

impl PluginSettings {
    /// The `format` of the schema of values that are not looked into.
    pub(crate) const FORMAT: &'static str = "any";

    /// As JSON.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The bytes the module reads as its configuration.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.0 {
            Value::String(text) => text.clone(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => self.0.to_string(),
        }
    }
}

impl From<Value> for PluginSettings {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl JsonSchema for PluginSettings {
    fn schema_name() -> Cow<'static, str> {
        "PluginSettings".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "format": Self::FORMAT,
            "description": "What the plugin itself defines: a map, handed over as JSON, or a text, handed over as it is."
        })
    }
}
