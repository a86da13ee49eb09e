//! Values nobody here looks into: what a plugin reads.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use super::{Read, Structure, join};
use crate::document::{Node, Tree};
use crate::spans::Inside;

impl Structure<'_> {
    /// A value of any structure, as JSON. Numbers that JSON does not have are reported.
    pub(super) fn settings(&mut self, node: &Node, path: &str) -> Option<Read> {
        let (value, inside) = match &node.value {
            Tree::Null => (Value::Null, Inside::Nothing),
            Tree::Bool(value) => (Value::Bool(*value), Inside::Nothing),
            Tree::Text(text) => (Value::String(text.clone()), Inside::Nothing),
            Tree::Number(text) => match number(text) {
                Some(number) => (Value::Number(number), Inside::Nothing),
                None => {
                    self.problem(node.place, path, format!("{text} is not a number of JSON"));
                    return None;
                }
            },
            Tree::List(items) => {
                let read = items.iter().enumerate();
                let read = read.map(|(at, item)| self.settings(item, &format!("{path}[{at}]")));
                let read: Vec<Read> = read.collect::<Option<_>>()?;
                let (values, spans) = read.into_iter().map(|read| (read.value, read.span)).unzip();
                (Value::Array(values), Inside::List(spans))
            }
            Tree::Map(entries) => {
                let (mut values, mut spans) = (Map::new(), HashMap::new());
                for entry in entries {
                    let read = self.settings(&entry.node, &join(path, &entry.key))?;
                    values.insert(entry.key.clone(), read.value);
                    spans.insert(entry.key.clone(), read.span);
                }
                (Value::Object(values), Inside::Map(spans))
            }
        };
        Some(self.read(node.place, value, inside))
    }
}

fn number(text: &str) -> Option<Number> {
    let whole = text.parse::<i64>().map(Number::from);
    let whole = whole.or_else(|_| text.parse::<u64>().map(Number::from)).ok();
    whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64))
}
