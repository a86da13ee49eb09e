//! Texts, numbers and switches.

use serde_json::Value;

use super::{Read, Structure, kind};
use crate::document::{Node, Place, Tree};
use crate::spans::Inside;
use crate::text::TextFormat;
use crate::{
    Address, BindAddress, ByteSize, Duration, HostPattern, ModuleDigest, Network, PluginDomain,
    PluginUrl, StatusRange, files,
};

/// What a text of a format says when it is not one.
type Parse = fn(&str) -> Option<String>;

/// Every format of a text that has a type of its own.
const FORMATS: [(&str, Parse); 10] = [
    (Duration::FORMAT, wrong::<Duration>),
    (ByteSize::FORMAT, wrong::<ByteSize>),
    (Address::FORMAT, wrong::<Address>),
    (BindAddress::FORMAT, wrong::<BindAddress>),
    (Network::FORMAT, wrong::<Network>),
    (HostPattern::FORMAT, wrong::<HostPattern>),
    (StatusRange::FORMAT, wrong::<StatusRange>),
    (PluginUrl::FORMAT, wrong::<PluginUrl>),
    (PluginDomain::FORMAT, wrong::<PluginDomain>),
    (ModuleDigest::FORMAT, wrong::<ModuleDigest>),
];

fn wrong<T: TextFormat>(text: &str) -> Option<String> {
    text.parse::<T>().err()
}

impl Structure<'_> {
    /// A text, a number or a switch.
    pub(super) fn scalar(&mut self, node: &Node, schema: &Value, path: &str) -> Option<Read> {
        let value = match (kind(schema), &node.value) {
            ("boolean", Tree::Bool(value)) => Some(Value::Bool(*value)),
            ("boolean", _) => {
                self.wrong_kind(node, "true or false", path);
                None
            }
            ("integer", Tree::Number(text)) => self.integer(node, text, schema, path),
            ("integer", _) => {
                self.wrong_kind(node, "a whole number", path);
                None
            }
            (_, Tree::Text(text)) => self.text(node, text, schema, path),
            // A number where a text with a format is due is judged by the format: a status, a size without unit.
            (_, Tree::Number(text)) if schema.get("format").is_some() => {
                self.text(node, text, schema, path)
            }
            (_, Tree::Number(_) | Tree::Bool(_)) => {
                self.wrong_kind(node, "text", path);
                if let Some(last) = self.problems.last_mut() {
                    last.help = Some("put it in quotes".to_owned());
                }
                None
            }
            (_, Tree::Null | Tree::List(_) | Tree::Map(_)) => {
                self.wrong_kind(node, "text", path);
                None
            }
        }?;
        Some(self.read(node.place, value, Inside::Nothing))
    }

    fn integer(&mut self, node: &Node, text: &str, schema: &Value, path: &str) -> Option<Value> {
        let bound = |name: &str| schema.get(name).and_then(Value::as_i64);
        let (least, most) =
            (bound("minimum").unwrap_or(0), bound("maximum").unwrap_or(u32::MAX.into()));
        match text.parse::<i64>() {
            Ok(number) if (least..=most).contains(&number) => Some(number.into()),
            Ok(_) => {
                self.problem(node.place, path, format!("{text} is out of range")).help =
                    Some(format!("from {least} to {most}"));
                None
            }
            Err(_) => {
                self.problem(node.place, path, format!("{text} is not a whole number in range"));
                None
            }
        }
    }

    fn text(&mut self, node: &Node, text: &str, schema: &Value, path: &str) -> Option<Value> {
        let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            return self.word(node, text, words, path);
        }
        if [files::INPUT_FILE, files::INPUT_FOLDER, files::OUTPUT_FILE].contains(&format) {
            if text.is_empty() || text.contains('\0') {
                self.problem(node.place, path, "expected the name of a file".to_owned());
                return None;
            }
            return Some(self.file_path(text, format, node.place, path));
        }
        let parse = FORMATS.iter().find(|(name, _)| *name == format);
        match parse.and_then(|(_, wrong)| wrong(text)) {
            Some(problem) => {
                self.problem(node.place, path, problem);
                None
            }
            None if format == PluginUrl::FORMAT => Some(self.module_url(text, node.place, path)),
            None => Some(Value::String(text.to_owned())),
        }
    }

    /// Where a module is; a file is looked for and watched as any other.
    fn module_url(&mut self, text: &str, place: Place, path: &str) -> Value {
        match text.parse::<PluginUrl>() {
            Ok(PluginUrl::File(file)) => {
                let file = file.to_string_lossy();
                let full = self.file_path(&file, files::INPUT_FILE, place, path);
                Value::String(format!("file://{}", full.as_str().unwrap_or_default()))
            }
            Ok(PluginUrl::Http(_) | PluginUrl::Image(_)) | Err(_) => Value::String(text.to_owned()),
        }
    }

    fn word(&mut self, node: &Node, text: &str, words: &[Value], path: &str) -> Option<Value> {
        let words = || words.iter().filter_map(Value::as_str);
        if words().any(|word| word == text) {
            return Some(Value::String(text.to_owned()));
        }
        let help = super::help_with(text, words);
        self.problem(node.place, path, format!("unknown value `{text}`")).help = Some(help);
        None
    }
}
