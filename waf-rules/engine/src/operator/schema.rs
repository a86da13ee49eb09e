//! `@validateSchema`: JSON that does not follow a JSON Schema. Whatever cannot be checked does not follow it.

use jsonschema::{PatternOptions, Validator};
use regex_syntax::ast::parse::Parser;
use serde_json::Value;

use crate::limits::{
    MAX_PATTERN_BYTES, MAX_SCHEMA_BYTES, MAX_SCHEMA_INPUT_BYTES, MAX_SCHEMA_REGEX_BYTES,
};

/// A compiled schema. References lead nowhere but into the schema itself and the published metaschemas.
#[derive(Debug)]
pub(crate) struct Schema {
    text: Box<[u8]>,
    validator: Validator,
}

impl Schema {
    /// The error says where in the file: by line and column, or by JSON pointer.
    pub(crate) fn new(text: &[u8]) -> Result<Self, String> {
        if text.len() > MAX_SCHEMA_BYTES {
            return Err(format!("larger than {MAX_SCHEMA_BYTES} bytes"));
        }
        let schema: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let built = jsonschema::options()
            .offline()
            // Linear time on what strangers send; lookaround and backreferences are load errors.
            .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN_BYTES))
            .with_format("regex", is_regex)
            .build(&schema);
        built.map(|validator| Self { text: text.into(), validator }).map_err(|error| {
            let place = error.instance_path().as_str();
            let place = if place.is_empty() { "/" } else { place };
            format!("at {place}: {error}")
        })
    }

    /// The schema as written.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether `input` is no JSON, or JSON that does not follow the schema. Nothing at all violates no schema, as in
    /// Coraza. The parser stops at 128 levels.
    pub(crate) fn violated_by(&self, input: &[u8]) -> bool {
        if input.is_empty() {
            return false;
        }
        if input.len() > MAX_SCHEMA_INPUT_BYTES {
            return true;
        }
        match serde_json::from_slice::<Value>(input) {
            Ok(value) => !self.validator.is_valid(&value),
            Err(_) => true,
        }
    }
}

/// `"format": "regex"` by syntax alone: compiling what strangers send would be dear.
fn is_regex(text: &str) -> bool {
    text.len() <= MAX_SCHEMA_REGEX_BYTES && Parser::new().parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::Schema;
    use crate::limits::{MAX_SCHEMA_BYTES, MAX_SCHEMA_INPUT_BYTES};

    const USER: &str = r##"{"type": "object", "required": ["name"], "additionalProperties": false,
        "properties": {"name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
                       "age": {"$ref": "#/$defs/age"}, "next": {"$ref": "#"}},
        "$defs": {"age": {"type": "integer", "minimum": 0, "maximum": 150}}}"##;

    #[test]
    fn violations() {
        let draft_7 = r#"{"$schema": "http://json-schema.org/draft-07/schema#", "format": "ipv4"}"#;
        let regex = r#"{"$schema": "http://json-schema.org/draft-07/schema#", "format": "regex"}"#;
        for (schema, input, violated) in [
            (USER, r#"{"name":"bob"}"#, false),
            (USER, r#" {"name":"bob","age":7} "#, false),
            (USER, r#"{"name":"bob","age":7.0}"#, false),
            (USER, r#"{"name":"bob","age":7.5}"#, true),
            (USER, r#"{"name":"bob","age":-1}"#, true),
            (USER, r#"{"name":"BOB"}"#, true),
            (USER, r#"{"name":"bobbob"}"#, true),
            (USER, r#"{"age":7}"#, true),
            (USER, r#"{"name":"bob","admin":true}"#, true),
            (USER, r#"{"name":"bob","next":{"name":"al"}}"#, false),
            (USER, r#"{"name":"bob","next":{"name":1}}"#, true),
            (USER, "[]", true),
            (USER, "null", true),
            // No JSON, or more than one.
            (USER, "", false),
            (USER, " ", true),
            (USER, "name=bob", true),
            (USER, r#"{"name":"bob""#, true),
            (USER, r#"{"name":"bob"} {}"#, true),
            ("{}", "1e999", true),
            ("true", "7", false),
            ("false", "7", true),
            // A reference that leads back to itself ends.
            (r##"{"$ref": "#"}"##, "7", false),
            (draft_7, r#""192.0.2.1""#, false),
            (draft_7, r#""192.0.2""#, true),
            (r#"{"format": "ipv4"}"#, r#""192.0.2""#, false),
            (regex, r#""a+""#, false),
            (regex, r#""a(""#, true),
            (r#"{"uniqueItems": true}"#, "[1,2,1]", true),
            (r#"{"oneOf": [{"minimum": 3}, {"maximum": 5}]}"#, "4", true),
        ] {
            let compiled = Schema::new(schema.as_bytes()).unwrap();
            assert_eq!(compiled.violated_by(input.as_bytes()), violated, "{schema} {input}");
        }
        assert!(Schema::new(b"{}").unwrap().violated_by(b"\"\xff\""));
    }

    #[test]
    fn limits() {
        let any = Schema::new(b"true").unwrap();
        for (depth, violated) in [(100, false), (127, false), (128, true), (100_000, true)] {
            let input = "[".repeat(depth) + &"]".repeat(depth);
            assert_eq!(any.violated_by(input.as_bytes()), violated, "{depth}");
        }
        for (spaces, violated) in
            [(MAX_SCHEMA_INPUT_BYTES - 1, false), (MAX_SCHEMA_INPUT_BYTES, true)]
        {
            let input = format!("7{}", " ".repeat(spaces));
            assert_eq!(any.violated_by(input.as_bytes()), violated, "{spaces}");
        }
        let regex = Schema::new(
            br#"{"$schema": "http://json-schema.org/draft-07/schema#", "format": "regex"}"#,
        );
        let long = format!("\"{}\"", "a".repeat(5000));
        assert!(regex.unwrap().violated_by(long.as_bytes()));
        assert!(Schema::new(" ".repeat(MAX_SCHEMA_BYTES + 1).as_bytes()).is_err());
    }

    #[test]
    fn errors() {
        for (schema, expected) in [
            ("{\n \"type\": }", "line 2 column 10"),
            (r#"{"type": "strin"}"#, "/type"),
            (r#"{"properties": {"a": {"minLength": -1}}}"#, "/properties/a/minLength"),
            (r#"{"pattern": "a(?=b)"}"#, "/pattern"),
            (r#"{"pattern": "(a)\\1"}"#, "/pattern"),
            (r##"{"$ref": "#/$defs/none"}"##, "$defs/none"),
            (r#"{"$ref": "https://example.com/a.json"}"#, "https://example.com/a.json"),
            (r#"{"$ref": "file:///etc/passwd"}"#, "file:///etc/passwd"),
            (r#"{"$ref": "other.json"}"#, "other.json"),
            (r#"{"$schema": "https://example.com/meta"}"#, "https://example.com/meta"),
        ] {
            let error = Schema::new(schema.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{schema}: {error}");
        }
    }
}
