//! The configuration as it may be shown.

use serde_json::Value;

use crate::Gateway;

/// What stands in the place of what is not shown.
pub const REDACTED: &str = "[redacted]";

impl Gateway {
    /// The whole configuration, defaults included, as JSON without secrets. Values that a `headers` filter sets or adds
    /// to requests are secrets, and so are the header lines sent to a collector and what plugins read: credentials are given so. Keys, certificates and
    /// passwords are named by file.
    ///
    /// # Errors
    /// None are known: every part of a configuration has a form in JSON.
    pub fn redacted(&self) -> serde_json::Result<Value> {
        let mut shown = serde_json::to_value(self)?;
        let levels = ["/filters", "/hosts/*/filters", "/routes/*/filters"];
        for level in levels {
            for kind in ["set", "add"] {
                let path = format!("{level}/*/headers/request/{kind}/*");
                let segments: Vec<&str> = path.split('/').skip(1).collect();
                redact(&mut shown, &segments);
            }
        }
        for path in [&["plugins", "*", "config"][..], &["plugins", "*", "rules", "*", "config"]] {
            redact(&mut shown, path);
        }
        redact(&mut shown, &["plugins", "*", "env", "*"]);
        redact(&mut shown, &["telemetry", "audit_log", "to", "otlp", "headers", "*"]);
        Ok(shown)
    }
}

/// Replaces every value that a path leads to; `*` stands for every item of a list and every key of a map.
fn redact(value: &mut Value, path: &[&str]) {
    let Some((segment, rest)) = path.split_first() else {
        if !value.is_null() {
            *value = Value::String(REDACTED.to_owned());
        }
        return;
    };
    match value {
        Value::Array(items) if *segment == "*" => {
            items.iter_mut().for_each(|item| redact(item, rest));
        }
        Value::Object(entries) if *segment == "*" => {
            entries.values_mut().for_each(|entry| redact(entry, rest));
        }
        Value::Object(entries) => {
            if let Some(entry) = entries.get_mut(*segment) {
                redact(entry, rest);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::parse_str;

    #[test]
    fn credentials_for_a_collector_are_not_shown() {
        let text = "telemetry: {audit_log: {to: {otlp: {endpoint: 'http://127.0.0.1:4318/v1/logs', \
                    headers: {authorization: s3cret}}}}}\n";
        let shown = parse_str("a.yaml", text).unwrap().gateway.redacted().unwrap().to_string();
        assert!(!shown.contains("s3cret") && shown.contains("4318"), "{shown}");
    }

    #[test]
    fn what_plugins_read_is_not_shown() {
        let plugin = "{name: p, url: 'oci://a.example.com/p:1', env: {TOKEN: s3cret}, config: {key: s3cret}, \
                      rules: [{domains: [a.example.com], config: {key: s3cret}}]}";
        let text = format!("plugins: [{plugin}]\n");
        let shown = parse_str("a.yaml", &text).unwrap().gateway.redacted().unwrap().to_string();
        assert!(!shown.contains("s3cret"), "{shown}");
        assert_eq!(shown.matches("[redacted]").count(), 3, "{shown}");
    }

    #[test]
    fn credentials_for_the_upstream_are_not_shown() {
        let filter = "{headers: {request: {set: {authorization: s3cret}, add: {x-key: s3cret}}, response: {set: {x-a: shown}}}}";
        let text = format!(
            "filters: [{filter}]\nhosts: [{{host: a.example.com, filters: [{filter}]}}]\n\
             clusters: [{{name: a, endpoints: [{{address: '127.0.0.1:1'}}]}}]\n\
             routes: [{{name: r, cluster: a, filters: [{filter}]}}]\n"
        );
        let shown = parse_str("a.yaml", &text).unwrap().gateway.redacted().unwrap().to_string();
        assert!(!shown.contains("s3cret"), "{shown}");
        assert_eq!(shown.matches("[redacted]").count(), 6);
        assert_eq!(shown.matches("shown").count(), 3);
    }
}
