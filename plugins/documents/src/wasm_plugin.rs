//! `WasmPlugin` of Higress (`extensions.higress.io/v1alpha1`) and of Istio (`extensions.istio.io/v1alpha1`) as a document of
//! ours. Fields are those of Higress' `api/extensions/v1alpha1/wasmplugin.proto`; what its controller makes of them is
//! done here the same way, and where it says nothing of what it leaves out, a note does.

use portcullis_config::{Diagnostic, Entry, Node, Place, Translated, Tree, suggest};

use crate::tree::{entry, list, map, says_nothing, switch, text, word};

mod rules;

const GROUPS: [&str; 2] = ["extensions.higress.io/", "extensions.istio.io/"];
const VERSION: &str = "v1alpha1";
/// The namespace whose objects go by their bare names in Higress.
const SYSTEM: &str = "higress-system";
/// What of a plugin only this gateway knows stands in annotations.
const ANNOTATIONS: &str = "portcullis.io/";

/// What is found while a document is read.
pub(crate) struct Reader {
    problems: Vec<(Place, Diagnostic)>,
    plugin: Vec<Entry>,
}

/// The document in our words; none when it is no `WasmPlugin`.
pub(crate) fn translate(document: &Node) -> Option<Translated> {
    let kind = document.at("kind")?.text()?;
    let version = document.at("apiVersion")?;
    let group = version.text()?;
    if kind == "List" && group == "v1" {
        return of_list(document);
    }
    let rest = GROUPS.iter().find_map(|known| group.strip_prefix(known))?;
    if kind != "WasmPlugin" {
        return None;
    }
    let mut reader = Reader { problems: Vec::new(), plugin: Vec::new() };
    if rest != VERSION {
        let help = format!("write {}{VERSION}", group.strip_suffix(rest).unwrap_or_default());
        reader.error(version.place, format!("`{group}` is not known")).help = Some(help);
    }
    let delivered = reader.document(document);
    let place = document.place;
    let plugins = if delivered { vec![map(reader.plugin, place)] } else { Vec::new() };
    let document = map(vec![entry("plugins", list(plugins, place))], place);
    Some(Translated { document, problems: reader.problems })
}

/// What `kubectl get` writes: all items must be known, for what is not read would be passed over.
fn of_list(document: &Node) -> Option<Translated> {
    let items = document.at("items")?.items();
    let read: Vec<Translated> = items.iter().map(translate).collect::<Option<_>>()?;
    let (mut plugins, mut problems) = (Vec::new(), Vec::new());
    for translated in read {
        let made = translated.document.at("plugins").map(Node::items).unwrap_or_default();
        plugins.extend_from_slice(made);
        problems.extend(translated.problems);
    }
    let place = document.place;
    Some(Translated {
        document: map(vec![entry("plugins", list(plugins, place))], place),
        problems,
    })
}

impl Reader {
    fn error(&mut self, place: Place, message: impl Into<String>) -> &mut Diagnostic {
        &mut self.problems.push_mut((place, Diagnostic::error("", message))).1
    }

    fn warning(&mut self, place: Place, message: impl Into<String>) {
        self.problems.push((place, Diagnostic::warning("", message)));
    }

    fn note(&mut self, place: Place, message: impl Into<String>) {
        self.problems.push((place, Diagnostic::note("", message)));
    }

    fn give(&mut self, key: &str, node: Node) {
        self.plugin.push(entry(key, node));
    }

    /// Reads the whole document; whether a plugin came of it.
    fn document(&mut self, document: &Node) -> bool {
        for entry in document.entries() {
            match entry.key.as_str() {
                "apiVersion" | "kind" | "metadata" | "spec" | "status" => {}
                key => {
                    self.error(entry.place, format!("unknown key `{key}`"));
                }
            }
        }
        self.metadata(document);
        self.give("rules_by", text("plugin", document.place));
        match document.at("spec") {
            Some(spec) => self.spec(spec),
            None => {
                self.error(document.place, "key `spec` is missing");
                false
            }
        }
    }

    fn metadata(&mut self, document: &Node) {
        let metadata = document.at("metadata");
        let name = metadata.and_then(|metadata| metadata.at("name"));
        let Some((node, name)) = name.and_then(|node| Some((node, node.text()?))) else {
            self.error(document.place, "key `metadata.name` is missing");
            return;
        };
        let namespace = metadata.and_then(|metadata| metadata.at("namespace")?.text());
        let name = match namespace.filter(|namespace| *namespace != SYSTEM) {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.to_owned(),
        };
        self.give("name", text(name, node.place));
        let annotations = metadata.and_then(|metadata| metadata.at("annotations"));
        for annotation in annotations.map(Node::entries).unwrap_or_default() {
            if let Some(key) = annotation.key.strip_prefix(ANNOTATIONS) {
                self.annotation(key, annotation);
            }
        }
    }

    fn annotation(&mut self, key: &str, annotation: &Entry) {
        const KEYS: [(&str, &str); 3] = [
            ("native-twin", "native_twin"),
            ("danger-unpinned", "danger_unpinned"),
            ("danger-plain-http", "danger_plain_http"),
        ];
        let Some((_, ours)) = KEYS.iter().find(|(known, _)| *known == key) else {
            let near = suggest(key, KEYS.iter().map(|(known, _)| *known)).map(str::to_owned);
            let problem =
                self.error(annotation.place, format!("unknown annotation `{ANNOTATIONS}{key}`"));
            problem.help = near.map(|near| format!("did you mean `{ANNOTATIONS}{near}`?"));
            return;
        };
        let on = match annotation.node.text() {
            Some("on" | "true") => true,
            Some("off" | "false") => false,
            _ => {
                let problem = self.error(annotation.node.place, "expected `on` or `off`");
                problem.help = Some("annotations are texts: put it in quotes".to_owned());
                return;
            }
        };
        self.give(ours, switch(on, annotation.node.place));
    }

    fn spec(&mut self, spec: &Node) -> bool {
        if spec.at("url").is_none_or(says_nothing) {
            self.error(spec.place, "key `spec.url` is missing");
        }
        let written =
            |field: &&Entry| !says_nothing(&field.node) || !FIELDS.contains(&field.key.as_str());
        for field in spec.entries().iter().filter(written) {
            self.field(field);
        }
        self.configuration(spec)
    }

    fn field(&mut self, field: &Entry) {
        let node = &field.node;
        match field.key.as_str() {
            "url" => self.url(node),
            "sha256" => self.give("sha256", node.clone()),
            "imagePullSecret" => self.give("pull_secret", node.clone()),
            "pluginName" => self.give("root_id", node.clone()),
            "priority" => self.give("priority", node.clone()),
            "imagePullPolicy" => self.enumeration("pull_policy", node, &PULL_POLICIES),
            "phase" => self.enumeration("phase", node, &PHASES),
            "failStrategy" => self.enumeration("on_error", node, &FAIL_STRATEGIES),
            "type" => self.enumeration("", node, &TYPES),
            "vmConfig" => self.vm(node),
            "verificationKey" => {
                self.warning(field.place, "`verificationKey` is not verified, here as in Higress");
            }
            "selector" | "targetRef" | "targetRefs" => {
                let message = format!("`{}` is left out: this gateway is the workload", field.key);
                self.note(field.place, message);
            }
            "match" => {
                self.warning(field.place, "`match` is left out: the plugin runs on all listeners")
            }
            "pluginConfig" | "defaultConfig" | "defaultConfigDisable" | "matchRules" => {}
            key => {
                let near = suggest(key, FIELDS).map(|near| format!("did you mean `{near}`?"));
                self.error(field.place, format!("unknown key `{key}`")).help = near;
            }
        }
    }

    /// An image is named without `oci://` as well.
    fn url(&mut self, node: &Node) {
        let Some(url) = node.text() else { return self.give("url", node.clone()) };
        let url = if url.contains("://") { url.to_owned() } else { format!("oci://{url}") };
        self.give("url", text(url, node.place));
    }

    /// A member of an enumeration by its name or number; one without a word of ours is left out.
    fn enumeration(&mut self, key: &str, node: &Node, members: &[(&str, &str, &str)]) {
        let written = word(node).unwrap_or_default();
        let found = members.iter().find(|(name, number, _)| [*name, *number].contains(&written));
        match found {
            Some((_, _, "")) => {}
            Some((_, _, ours)) => self.give(key, text(*ours, node.place)),
            None => {
                let names: Vec<String> =
                    members.iter().map(|(name, _, _)| format!("`{name}`")).collect();
                let problem = self.error(node.place, format!("unknown value `{written}`"));
                problem.help = Some(format!("one of {}", names.join(", ")));
            }
        }
    }

    /// Environment variables: written here, or taken from the gateway's own.
    fn vm(&mut self, node: &Node) {
        let (mut inline, mut host) = (Vec::new(), Vec::new());
        for field in node.entries().iter().filter(|field| field.key != "env") {
            self.error(field.place, format!("unknown key `{}`", field.key));
        }
        for variable in node.at("env").map(Node::items).unwrap_or_default() {
            let Some(name) = variable.at("name").and_then(Node::text) else {
                self.error(variable.place, "key `name` is missing");
                continue;
            };
            let from = variable.at("valueFrom").and_then(word).unwrap_or("INLINE");
            match from {
                "INLINE" | "0" => {
                    let value = variable.at("value").cloned();
                    let value = value.unwrap_or_else(|| text("", variable.place));
                    inline.push(Entry { key: name.to_owned(), place: variable.place, node: value });
                }
                "HOST" | "1" => host.push(text(name, variable.place)),
                other => {
                    let problem = self.error(variable.place, format!("unknown value `{other}`"));
                    problem.help = Some("one of `INLINE`, `HOST`".to_owned());
                }
            }
        }
        self.give("env", map(inline, node.place));
        self.give("env_from_host", list(host, node.place));
    }

    /// The configuration and the rules; whether anything of the plugin is on.
    fn configuration(&mut self, spec: &Node) -> bool {
        let written = |key: &str| spec.at(key).filter(|node| !says_nothing(node));
        if let Some(config) = written("pluginConfig") {
            for key in ["defaultConfig", "matchRules"] {
                if let Some(unused) = written(key) {
                    let message = format!("`{key}` counts for nothing beside `pluginConfig`");
                    self.warning(unused.place, message);
                }
            }
            self.give("config", config.clone());
            return true;
        }
        let disabled = match spec.at("defaultConfigDisable").map(|node| (&node.value, node.place)) {
            Some((Tree::Bool(disabled), _)) => *disabled,
            Some((Tree::Null, _)) | None => false,
            Some((_, place)) => {
                self.error(place, "expected true or false");
                false
            }
        };
        let rules = written("matchRules").map(|node| self.rules(node)).unwrap_or_default();
        if disabled && rules.is_empty() {
            self.note(
                spec.place,
                "the plugin is off: `defaultConfigDisable`, and no rule that counts",
            );
            return false;
        }
        if let Some(config) = written("defaultConfig").filter(|_| !disabled) {
            self.give("config", config.clone());
        }
        if !rules.is_empty() {
            self.give("rules", list(rules, spec.place));
        }
        true
    }
}

/// Name and number of a member, and our word for it; none where it is what is so anyway.
type Member = (&'static str, &'static str, &'static str);

const PULL_POLICIES: [Member; 3] = [
    ("UNSPECIFIED_POLICY", "0", ""),
    ("IfNotPresent", "1", "if_not_present"),
    ("Always", "2", "always"),
];

const PHASES: [Member; 4] = [
    ("UNSPECIFIED_PHASE", "0", ""),
    ("AUTHN", "1", "authn"),
    ("AUTHZ", "2", "authz"),
    ("STATS", "3", "stats"),
];

/// A VM that failed is rebuilt in any case, so Istio's `FAIL_RELOAD` is as closed as the first.
const FAIL_STRATEGIES: [Member; 3] =
    [("FAIL_CLOSE", "0", "closed"), ("FAIL_OPEN", "1", "open"), ("FAIL_RELOAD", "2", "closed")];

/// Istio's kinds of plugins; of connections there are none here.
const TYPES: [Member; 2] = [("UNSPECIFIED_PLUGIN_TYPE", "0", ""), ("HTTP", "1", "")];

const FIELDS: [&str; 19] = [
    "url",
    "sha256",
    "imagePullSecret",
    "pluginName",
    "priority",
    "imagePullPolicy",
    "phase",
    "failStrategy",
    "type",
    "vmConfig",
    "verificationKey",
    "selector",
    "targetRef",
    "targetRefs",
    "match",
    "pluginConfig",
    "defaultConfig",
    "defaultConfigDisable",
    "matchRules",
];

#[cfg(test)]
mod tests;
