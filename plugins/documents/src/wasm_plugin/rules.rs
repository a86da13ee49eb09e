//! `matchRules`.

use portcullis_config::{Node, Tree};

use super::Reader;
use crate::tree::{entry, map, says_nothing, switch, word};

impl Reader {
    /// The rules that count, in our words. One with `configDisable` is left out, as by Higress' controller: what is wider
    /// counts in its place.
    pub(super) fn rules(&mut self, rules: &Node) -> Vec<Node> {
        let mut read = Vec::new();
        for rule in rules.items() {
            match rule.at("configDisable").map(|node| (&node.value, node.place)) {
                Some((Tree::Bool(true), place)) => {
                    self.note(place, "the rule is left out; the next wider one counts");
                    continue;
                }
                Some((Tree::Bool(false) | Tree::Null, _)) | None => {}
                Some((_, place)) => {
                    self.error(place, "expected true or false");
                }
            }
            read.push(self.rule(rule));
        }
        if !matches!(rules.value, Tree::List(_)) {
            self.error(rules.place, "expected a list");
        }
        read
    }

    fn rule(&mut self, rule: &Node) -> Node {
        let mut entries = Vec::new();
        let given = |key: &str| rule.at(key).filter(|node| !says_nothing(node));
        let (ingress, domain) = (given("ingress"), given("domain"));
        for field in rule.entries().iter().filter(|field| !says_nothing(&field.node)) {
            let node = &field.node;
            match field.key.as_str() {
                "ingress" => entries.push(entry("routes", node.clone())),
                "domain" if ingress.is_some() => {
                    self.warning(node.place, "`domain` counts for nothing beside `ingress`");
                }
                "domain" => entries.push(entry("domains", node.clone())),
                "service" if ingress.is_none() && domain.is_some() => {
                    self.warning(node.place, "`service` counts for nothing beside `domain`");
                }
                "service" => entries.push(entry("services", node.clone())),
                "config" => entries.push(entry("config", node.clone())),
                "configDisable" => {}
                "routeType" => self.route_type(node),
                key => {
                    self.error(field.place, format!("unknown key `{key}`")).help =
                        Some("one of `ingress`, `domain`, `service`, `config`, `configDisable`, `routeType`".to_owned());
                }
            }
        }
        if given("config").is_none() {
            entries.push(entry("config", map(Vec::new(), rule.place)));
        }
        entries.push(entry("disable", switch(false, rule.place)));
        map(entries, rule.place)
    }

    fn route_type(&mut self, node: &Node) {
        match word(node) {
            Some("HTTP" | "GRPC") => {}
            _ => {
                self.error(node.place, "unknown route type").help =
                    Some("one of `HTTP`, `GRPC`".to_owned())
            }
        }
    }
}
