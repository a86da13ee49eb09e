//! How values with a text form stand in documents, JSON and the schema.

/// Gives a type with `FromStr<Err = String>` and `Display` its serde and schema forms: a string of the named format.
/// The format name lets the structure check parse every such value of a document, not only the first bad one.
macro_rules! text_value {
    ($type:ty, $format:literal, $doc:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "format": $format, "description": $doc })
            }
        }

        impl crate::text::TextFormat for $type {
            const FORMAT: &'static str = $format;
        }
    };
}
pub(crate) use text_value;

/// A type whose text form has a name in the schema.
pub(crate) trait TextFormat: std::str::FromStr<Err = String> {
    /// The `format` of the schema.
    const FORMAT: &'static str;
}
