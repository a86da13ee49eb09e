//! The 14 plugins of a published wheel, unmodified: each loads, starts, is configured and takes an exchange through; three
//! show what they do to one. Those configured with `{}` run with their defaults here.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use portcullis_plugin_host::{
    AbiVersion, Compiler, Host, HostOptions, PlainFields, PlainStream, PluginSpec, SharedLimits,
    Side, Step,
};

use crate::kit::{Desk, Stage, metrics, plain};

/// The folder of the plugins.
fn folder() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join(".tools/higress-plugins");
    assert!(
        folder.join("complete").exists(),
        "the plugins of the wheel are missing; bring them with: scripts/plugins-oracle.sh"
    );
    folder.join("gpustack_higress_plugins/plugins")
}

/// One host with a cache of its own, so that a second run does not compile again.
fn host() -> &'static Arc<Host> {
    static HOST: OnceLock<Arc<Host>> = OnceLock::new();
    HOST.get_or_init(|| {
        let cache = Some(folder().join("../../compiled"));
        let options = HostOptions {
            cache,
            compiler: Compiler::Here,
            shared: SharedLimits::default(),
            metrics: metrics(),
        };
        Host::new(options).unwrap()
    })
}

fn start(name: &str, configuration: &str) -> Stage {
    let versions = std::fs::read_dir(folder().join(name)).unwrap();
    let path = versions.map(|entry| entry.unwrap().path().join("plugin.wasm")).next().unwrap();
    let wasm = std::fs::read(path).unwrap();
    let module = host().load(&wasm).unwrap();
    assert_eq!(module.abi(), AbiVersion::V0_2_100);
    let spec = PluginSpec::new(name, configuration.to_owned());
    let desk = Arc::new(Desk::default());
    match host().start(
        &module,
        spec,
        Arc::clone(&desk) as Arc<dyn portcullis_plugin_host::Services>,
        1,
    ) {
        Ok(plugin) => Stage { plugin, desk },
        Err(error) => panic!("{name}: {error}: {:?}", desk.said()),
    }
}

/// A configuration of each.
const PLUGINS: [(&str, &str); 14] = [
    ("transformer", TRANSFORMER),
    (
        "ai-statistics",
        r#"{"attributes":[{"key":"question","value_source":"request_body","value":"messages.0.content","apply_to_log":true}]}"#,
    ),
    (
        "ai-data-masking",
        r#"{"deny_openai":true,"deny_raw":true,"system_deny":false,"deny_code":200,"deny_message":"no","deny_words":["forbidden"],"replace_roles":[{"regex":"secret","type":"replace","value":"***"}]}"#,
    ),
    ("gpustack-ai-proxy", r#"{"provider":{"type":"openai","apiTokens":["token"]}}"#),
    ("gpustack-ext-auth", "{}"),
    ("gpustack-rate-limit", "{}"),
    ("gpustack-lb", "{}"),
    ("gpustack-lb-decision-service", "{}"),
    ("gpustack-token-usage", "{}"),
    ("gpustack-generic-proxy-router", "{}"),
    ("gpustack-ip-acl", IP_ACL),
    ("gpustack-set-header-pre-route", SET_HEADER),
    ("gpustack-lb-least-load", "{}"),
    ("gpustack-lb-session-affinity", AFFINITY),
];

const TRANSFORMER: &str = r#"{
    "reqRules": [
        {"operate": "add", "headers": [{"key": "x-added", "value": "one"}]},
        {"operate": "remove", "headers": [{"key": "x-a"}]},
        {"operate": "rename", "headers": [{"oldKey": "x-old", "newKey": "x-new"}]}
    ],
    "respRules": [{"operate": "replace", "headers": [{"key": "server", "newValue": "hidden"}]}]
}"#;
const IP_ACL: &str = r#"{"consumers":{"bob":{"deniedCidrs":["127.0.0.0/8"]}}}"#;
const SET_HEADER: &str = r#"{"routeNameHeader":"x-route","route_name_header":"x-route","enableOnPathSuffix":["/completions"],"enable_on_path_suffix":["/completions"]}"#;
const AFFINITY: &str = r#"{"sessionKeys":[{"header":"x-session"},{"bodyKey":"user"}]}"#;

fn request(path: &str, source: &str, extra: &[(&str, &str)]) -> PlainStream {
    let mut headers = vec![
        (":authority", "example.com"),
        (":path", path),
        (":method", "POST"),
        (":scheme", "http"),
    ];
    headers.extend_from_slice(extra);
    let mut stream = PlainStream::request(&headers);
    for (name, value) in [("route_name", "main"), ("source\0address", source)] {
        stream.properties.insert(name.as_bytes().to_vec(), value.as_bytes().to_vec());
    }
    stream
}

#[test]
fn every_plugin_starts_with_its_configuration() {
    for (name, configuration) in PLUGINS {
        let stage = start(name, configuration);
        let said = stage.desk.said();
        assert!(!said.iter().any(|line| line.contains("failed")), "{name}: {said:?}");
        let source = request("/v1/chat/completions", "10.0.0.1:1000", &[]);
        let visit = stage.plugin.open(Box::new(source)).unwrap();
        assert!(visit.headers(Side::Request, true).is_ok(), "{name}");
        assert!(visit.finish().1.is_ok(), "{name}");
    }
}

#[test]
fn transformer_changes_headers_of_both_messages() {
    let stage = start("transformer", TRANSFORMER);
    let extra = [("x-a", "1"), ("x-old", "kept")];
    let visit = stage.plugin.open(Box::new(request("/", "10.0.0.1:1000", &extra))).unwrap();
    assert_eq!(visit.headers(Side::Request, true), Ok(Step::Continue(Bytes::new())));
    plain(&visit, |stream| {
        let headers = stream.request_headers.as_ref().unwrap();
        assert_eq!(headers.text("x-added").as_deref(), Some("one"), "{headers:?}");
        assert_eq!(headers.text("x-new").as_deref(), Some("kept"));
        assert_eq!((headers.text("x-a"), headers.text("x-old")), (None, None));
        assert_eq!(headers.text(":path").as_deref(), Some("/"));
        stream.response_headers = Some(PlainFields::of(&[(":status", "200"), ("server", "nginx")]));
    });
    visit.headers(Side::Response, true).unwrap();
    plain(&visit, |stream| {
        let headers = stream.response_headers.as_ref().unwrap();
        assert_eq!(headers.text("server").as_deref(), Some("hidden"), "{headers:?}");
    });
}

#[test]
fn ip_acl_answers_those_it_denies() {
    let stage = start("gpustack-ip-acl", IP_ACL);
    let bob = [("x-mse-consumer", "bob")];
    for (source, denied) in [("127.0.0.1:1000", true), ("10.0.0.1:1000", false)] {
        let visit = stage.plugin.open(Box::new(request("/", source, &bob))).unwrap();
        let step = visit.headers(Side::Request, true).unwrap();
        let status = if let Step::Reply(reply) = &step { Some(reply.status) } else { None };
        assert_eq!(status, denied.then_some(403), "{source}: {step:?} {:?}", stage.desk.said());
    }
}

#[test]
fn set_header_tells_the_route() {
    let stage = start("gpustack-set-header-pre-route", SET_HEADER);
    for (path, expected) in [("/v1/chat/completions", Some("main")), ("/other", None)] {
        let visit = stage.plugin.open(Box::new(request(path, "10.0.0.1:1000", &[]))).unwrap();
        visit.headers(Side::Request, true).unwrap();
        let told = plain(&visit, |stream| stream.request_headers.as_ref().unwrap().text("x-route"));
        assert_eq!(told.as_deref(), expected, "{:?}", stage.desk.said());
    }
}
