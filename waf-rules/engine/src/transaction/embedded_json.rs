//! JSON found inside a parameter or a cookie (`SecDecodeJsonInArgs`).
//!
//! A value that is, whole, a JSON object or array within limits is replaced by its leaves, named as those of a JSON body
//! are (`ARGS:filter.a.0.b`), so that rules and exclusions can tell them apart. Anything else stays as it came.

use portcullis_waf_body::{Fields, json};

use crate::ast::DecodeJson;
use crate::limits::{MAX_EMBEDDED_JSON_DEPTH, MAX_EMBEDDED_JSON_LEAVES};
use crate::ruleset::RuleSet;
use crate::transaction::bag::Bag;
use crate::transaction::request::percent_decoded;
use crate::transaction::state::State;

impl State {
    /// Adds an argument, or the leaves of the JSON it is. False when there is no room.
    pub(super) fn argument(
        &mut self,
        rules: &RuleSet,
        bag: Bag,
        (name, value): (&[u8], &[u8]),
    ) -> bool {
        let found = match rules.program.settings.decode_json {
            DecodeJson::Off => None,
            DecodeJson::Arguments | DecodeJson::ArgumentsAndCookies => {
                leaves(name, value, self.free_arguments(rules))
            }
        };
        match found {
            Some(leaves) => leaves.iter().all(|(name, leaf)| self.add(rules, bag, name, leaf)),
            None => self.add(rules, bag, name, value),
        }
    }

    /// Adds a cookie, or the leaves of the JSON it is once its escapes are decoded. False when there is no room.
    pub(super) fn cookie(&mut self, rules: &RuleSet, name: &[u8], value: &[u8]) -> bool {
        let bag = Bag::RequestCookies;
        match rules.program.settings.decode_json {
            DecodeJson::Off | DecodeJson::Arguments => self.add(rules, bag, name, value),
            DecodeJson::ArgumentsAndCookies => {
                let (decoded, _) = percent_decoded(value);
                match leaves(name, &decoded, MAX_EMBEDDED_JSON_LEAVES) {
                    Some(leaves) => leaves.iter().all(|(n, leaf)| self.add(rules, bag, n, leaf)),
                    None => self.add(rules, bag, name, value),
                }
            }
        }
    }
}

/// The leaves of a value that is one JSON object or array with something in it.
fn leaves(name: &[u8], value: &[u8], room: usize) -> Option<Fields> {
    let trimmed = value.trim_ascii();
    let bounds = (trimmed.first(), trimmed.last());
    if !matches!(bounds, (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']'))) {
        return None;
    }
    let limits = json::Limits {
        depth: MAX_EMBEDDED_JSON_DEPTH,
        entries: room.min(MAX_EMBEDDED_JSON_LEAVES),
        ..json::Limits::default()
    };
    let parsed = json::flatten(value, name, &limits);
    (parsed.problem.is_none() && !parsed.fields.is_empty()).then_some(parsed.fields)
}
