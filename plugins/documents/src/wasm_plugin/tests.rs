use portcullis_config::{Diagnostic, Loaded, Plugin, PluginPhase, PullPolicy, Severity};
use serde_json::{Value, json};

use crate::{Configured, FOREIGN};

/// Without what is said of a folder that holds nothing else.
fn load(text: &str) -> Result<Loaded, Vec<Diagnostic>> {
    let no_listener = |d: &Diagnostic| !d.message.starts_with("there is no listener");
    let mut loaded = FOREIGN.parse_str("plugin.yaml", text).map_err(|mut problems| {
        problems.retain(no_listener);
        problems
    })?;
    loaded.warnings.retain(no_listener);
    Ok(loaded)
}

fn plugin(spec: &str) -> (Plugin, Vec<Diagnostic>) {
    let text = format!(
        "apiVersion: extensions.higress.io/v1alpha1\nkind: WasmPlugin\nmetadata: {{name: p}}\nspec: {{{spec}}}\n"
    );
    let mut loaded = load(&text).unwrap_or_else(|problems| panic!("{spec}: {problems:?}"));
    (loaded.gateway.plugins.remove(0), loaded.warnings)
}

fn reads(plugin: &Plugin) -> Value {
    serde_json::from_str(&Configured::of(plugin).configurations()[0]).unwrap()
}

const WHOLE: &str = r#"
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata:
  name: key-auth-1.0.0
  namespace: higress-system
  labels: {higress.io/wasm-plugin-name: key-auth}
  annotations: {higress.io/comment: "built in", portcullis.io/native-twin: "off"}
  resourceVersion: "1"
spec:
  url: oci://registry.example.com/plugins/key-auth:1.0.0
  sha256: ""
  imagePullPolicy: Always
  imagePullSecret: registry
  phase: AUTHN
  priority: 310
  failStrategy: FAIL_OPEN
  pluginName: key-auth
  vmConfig:
    env: [{name: A, value: "1"}, {name: HOME, valueFrom: HOST}]
  defaultConfig:
    consumers: [{name: c, credential: k}]
    global_auth: false
  defaultConfigDisable: false
  matchRules:
    - {domain: ["*.Example.com"], config: {allow: [d]}, configDisable: false}
    - {ingress: [shop, default/other], config: {allow: [c]}, routeType: HTTP}
    - {service: ["api.static:80"], config: {allow: []}}
    - {domain: [off.example.com], configDisable: true}
status: {}
"#;

#[test]
fn a_document_as_the_console_writes_it() {
    let around = "listeners: [{name: l, address: '127.0.0.1:8080'}]\nclusters: [{name: api.static, endpoints: [{address: '127.0.0.1:1'}]}]\n\
                  routes: [{name: shop, cluster: api.static}]\npull_secrets: {registry: {docker_config: b.json}}\n";
    let folder = std::env::temp_dir().join(format!("portcullis-documents-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in [("a.yaml", around), ("b.json", "{}"), ("c.yaml", WHOLE)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let loaded = FOREIGN.load(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    let loaded = loaded.unwrap();
    let plugin = &loaded.gateway.plugins[0];
    assert_eq!(plugin.name, "key-auth-1.0.0");
    assert_eq!(plugin.url.to_string(), "oci://registry.example.com/plugins/key-auth:1.0.0");
    assert_eq!((plugin.phase, plugin.priority), (PluginPhase::Authn, 310));
    assert_eq!(plugin.pull_policy, Some(PullPolicy::Always));
    assert_eq!(plugin.pull_secret.as_deref(), Some("registry"));
    assert_eq!(plugin.on_error, portcullis_config::OnError::Open);
    assert_eq!((plugin.env["A"].as_str(), &*plugin.env_from_host), ("1", &["HOME".to_owned()][..]));
    assert!(!plugin.native_twin && plugin.sha256.is_none());
    assert_eq!(plugin.root_id.as_deref(), Some("key-auth"));
    let read = json!({
        "consumers": [{"name": "c", "credential": "k"}], "global_auth": false,
        "_rules_": [
            {"_match_service_": ["api.static:80"], "allow": []},
            {"_match_route_": ["shop", "default/other"], "allow": ["c"]},
            {"_match_domain_": ["*.example.com"], "allow": ["d"]},
        ],
    });
    assert_eq!(reads(plugin), read);
    let told: Vec<_> =
        loaded.warnings.iter().map(|d| (d.severity, d.line, d.message.as_str())).collect();
    let line = |word: &str| WHOLE.lines().position(|line| line.contains(word)).unwrap() as u32 + 1;
    assert_eq!(
        told,
        [
            (Severity::Warning, line("default/other"), "there is no route `default/other`"),
            (
                Severity::Note,
                line("configDisable: true"),
                "the rule is left out; the next wider one counts"
            ),
        ]
    );
}

#[test]
fn every_form_of_a_url() {
    for (url, ours) in [
        ("oci://a.example.com/p:1", "oci://a.example.com/p:1"),
        ("a.example.com/plugins/p:1", "oci://a.example.com/plugins/p:1"),
        ("user/p", "oci://docker.io/user/p"),
    ] {
        assert_eq!(plugin(&format!("url: '{url}'")).0.url.to_string(), ours);
    }
    let pinned = format!("url: 'http://a.example.com/p.wasm', sha256: {}", "a".repeat(64));
    assert_eq!(plugin(&pinned).0.url.to_string(), "http://a.example.com/p.wasm");
    let unpinned = "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: p}\nspec: {url: 'https://a.example.com/p.wasm'}\n";
    assert!(load(unpinned).unwrap_err()[0].message.contains("needs its `sha256`"));
    let allowed = unpinned
        .replace("{name: p}", "{name: p, annotations: {portcullis.io/danger-unpinned: 'true'}}");
    assert!(load(&allowed).unwrap().gateway.plugins[0].danger_unpinned);
    let missing = unpinned.replace("https://a.example.com/p.wasm", "file:///no/such/p.wasm");
    assert!(load(&missing).unwrap_err()[0].message.contains("cannot read"));
}

#[test]
fn what_the_controller_makes_of_configurations() {
    let url = "url: 'oci://a.example.com/p:1'";
    for (spec, read) in [
        (
            "pluginConfig: {a: 1}, defaultConfig: {b: 2}, matchRules: [{domain: [x], config: {}}]",
            json!({"a": 1}),
        ),
        ("defaultConfig: {b: 2}", json!({"b": 2})),
        (
            "defaultConfig: {b: 2}, defaultConfigDisable: true, matchRules: [{domain: [x], config: {c: 3}}]",
            json!({"_rules_": [{"_match_domain_": ["x"], "c": 3}]}),
        ),
        ("matchRules: [{domain: [x]}]", json!({"_rules_": [{"_match_domain_": ["x"]}]})),
        (
            "matchRules: [{domain: [x], ingress: [r], service: [s], config: {c: 3}}]",
            json!({"_rules_": [{"_match_route_": ["r"], "_match_service_": ["s"], "c": 3}]}),
        ),
        (
            "matchRules: [{domain: [x], service: [s], config: {c: 3}}]",
            json!({"_rules_": [{"_match_domain_": ["x"], "c": 3}]}),
        ),
        (
            "defaultConfig: {_rules_: [{_match_domain_: [y]}]}, matchRules: [{domain: [x]}]",
            json!({"_rules_": [{"_match_domain_": ["x"]}]}),
        ),
        (
            "defaultConfig: {b: 2}, matchRules: [{domain: [x], configDisable: true}]",
            json!({"b": 2}),
        ),
    ] {
        assert_eq!(reads(&plugin(&format!("{url}, {spec}")).0), read, "{spec}");
    }
    let (plugin, _) = plugin(url);
    assert_eq!(Configured::of(&plugin).configurations(), [""]);
}

#[test]
fn a_plugin_that_is_all_off_is_not_delivered() {
    let text = WHOLE
        .replace("configDisable: false", "configDisable: true")
        .replace("defaultConfigDisable: false", "defaultConfigDisable: true");
    let text = text.replace(
        "{ingress: [shop, default/other], config: {allow: [c]}, routeType: HTTP}",
        "{ingress: [shop], configDisable: true}",
    );
    let text = text.replace(
        "{service: [\"api.static:80\"], config: {allow: []}}",
        "{service: [a], configDisable: true}",
    );
    let loaded = load(&text).unwrap();
    assert!(loaded.gateway.plugins.is_empty());
    assert!(
        loaded.warnings.iter().any(|note| note.message.starts_with("the plugin is off")),
        "{:?}",
        loaded.warnings
    );
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let text = "apiVersion: extensions.higress.io/v1alpha1\nkind: WasmPlugin\nmetadata:\n  name: p\n  annotations: {portcullis.io/native-twins: 'off'}\n\
                spec:\n  url: oci://a.example.com/p:1\n  phase: AUTH\n  priority: high\n  imagePullPolicy: Sometimes\n  failStrategy: FAIL_SAFE\n  type: NETWORK\n\
                \x20 matchRule: []\n  defaultConfigDisable: 'no'\n  selector: {matchLabels: {a: b}}\n  verificationKey: k\n  vmConfig: {env: [{name: A, valueFrom: FILE}]}\n\
                \x20 matchRules: [{config: {}}, {domain: ['a:80'], config: {}}, {hosts: [a], ingress: [r]}, {ingress: [q], routeType: TCP}]\n";
    let said: Vec<_> =
        load(text).unwrap_err().iter().map(|d| format!("{}: {}", d.line, d.message)).collect();
    let expected = [
        "5: unknown annotation `portcullis.io/native-twins`",
        "8: unknown value `AUTH`",
        "9: expected a whole number, found text",
        "10: unknown value `Sometimes`",
        "11: unknown value `FAIL_SAFE`",
        "12: unknown value `NETWORK`",
        "13: unknown key `matchRule`",
        "14: expected true or false",
        "15: `selector` is left out: this gateway is the workload",
        "16: `verificationKey` is not verified, here as in Higress",
        "17: unknown value `FILE`",
        "18: the rule matches nothing",
        "18: `a:80` is not a host; hosts are written without a port",
        "18: unknown key `hosts`",
        "18: unknown route type",
    ];
    for line in expected {
        assert!(said.iter().any(|said| said == line), "{line} is not among {said:#?}");
    }
}

#[test]
fn lists_and_documents_of_others() {
    let item = "{apiVersion: extensions.higress.io/v1alpha1, kind: WasmPlugin, metadata: {name: NAME, namespace: team}, spec: {url: 'oci://a.example.com/p:1'}}";
    let text = format!(
        "apiVersion: v1\nkind: List\nitems: [{}, {}]\n",
        item.replace("NAME", "a"),
        item.replace("NAME", "b")
    );
    let names: Vec<_> =
        load(&text).unwrap().gateway.plugins.into_iter().map(|plugin| plugin.name).collect();
    assert_eq!(names, ["team/a", "team/b"]);
    let other = text.replacen("WasmPlugin", "Ingress", 1);
    assert!(load(&other).unwrap_err()[0].message.starts_with("unknown key"));
    let version = format!("{}\n", item.replacen("v1alpha1", "v2", 1));
    assert!(load(&version).unwrap_err()[0].message.contains("is not known"));
    assert!(load("kind: WasmPlugin\n").is_err());
}
