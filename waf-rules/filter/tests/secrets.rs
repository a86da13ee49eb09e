//! Secrets go through the filter in every place a caller, an upstream or a rule can put one, and none of them is in any line
//! of any log, in any format. Out of scope is what was encoded by others than HTTP: base64, a hash.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path as FilePath, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use pingora_http::{RequestHeader, ResponseHeader};
use portcullis_canonical::{ClientIp, Host, Path, PathPolicy};
use portcullis_config::{self as config, AuditFormat};
use portcullis_filter::{
    Downstream, Exchange, ExchangeId, ExchangeParts, Filter, Flow, Protocol, Received, WholeBody,
};
use portcullis_telemetry::metrics::MetricLimits;
use portcullis_telemetry::{
    AccessRecord, Destination, Hidden, HiddenBytes, LogCounters, LogSink, Metrics, Redactor,
    SinkLimits,
};
use portcullis_waf::{AuditSource, RuleSets, WafFilter, WafParts};

/// Rules that quote whatever they see, in every phase, and mark what the operator did not.
const RULES: &str = r#"
SecAuditEngine On
SecAuditLogParts ABCEFHIJKZ
SecAction "id:1,phase:1,pass,nolog,sanitiseArg:by_action,sanitiseRequestHeader:X-By-Action,sanitiseResponseHeader:X-Out"
SecRule REQUEST_HEADERS:Content-Type "@contains json" "id:2,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_HEADERS:Content-Type "@contains xml" "id:3,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule ARGS:matched "@rx ." "id:4,phase:2,pass,nolog,sanitiseMatched"
SecRule ARGS:partly "@rx [A-Za-z]{6,}" "id:5,phase:2,pass,nolog,sanitiseMatchedBytes:0/0"
SecRule ARGS|REQUEST_HEADERS|REQUEST_COOKIES|REQUEST_URI|REQUEST_BODY|XML:/* "@rx (.+)" "id:10,phase:2,pass,capture,t:none,t:lowercase,msg:'saw %{MATCHED_VAR}',logdata:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR} %{TX.1}',setvar:'tx.seen=%{MATCHED_VAR}',severity:CRITICAL"
SecRule ARGS "@rx (.+)" "id:11,phase:2,pass,capture,multiMatch,msg:'saw %{TX.0}',logdata:'%{MATCHED_VAR}',chain"
SecRule ARGS:by_config|ARGS:password "@rx (.{4})" "capture"
SecRule TX:seen|QUERY_STRING|REQUEST_LINE|FILES "@rx ." "id:12,phase:2,pass,log,msg:'%{MATCHED_VAR}',logdata:'%{MATCHED_VAR}'"
SecRule RESPONSE_BODY|RESPONSE_HEADERS "@rx (.+)" "id:13,phase:4,pass,capture,msg:'%{MATCHED_VAR}',logdata:'%{TX.1}'"
"#;

const FORMATS: [AuditFormat; 5] = [
    AuditFormat::Json,
    AuditFormat::JsonLegacy,
    AuditFormat::Native,
    AuditFormat::Ocsf,
    AuditFormat::Otlp,
];

/// A generator of numbers, so that a failure can be repeated.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    /// Letters only, so that a secret is the same bytes however its carrier escapes it; long enough to be looked for.
    fn secret(&mut self) -> String {
        let length = 8 + self.below(16);
        (0..length).map(|_| char::from(b'a' + self.below(26) as u8)).collect()
    }

    /// With what forms, JSON and XML escape.
    fn spiky(&mut self) -> String {
        let (a, b) = (self.secret(), self.secret());
        let spikes =
            [" ", "&", "=", "\"", "'", "<", ">", "%", "+", ";", "{", "]", "\\", ":", ",", "/"];
        format!("{a}{}{b}", spikes[self.below(spikes.len())])
    }
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    text.bytes()
        .map(|b| if plain(b) { char::from(b).into() } else { format!("%{b:02X}") })
        .collect()
}

fn json_escaped(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

fn xml_escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// The files of one stage.
struct Logs {
    folder: tempfile::TempDir,
    waf: Arc<LogSink>,
    audit: Vec<Arc<LogSink>>,
    filters: Vec<WafFilter>,
    redactor: Redactor,
}

fn sink(path: PathBuf) -> Arc<LogSink> {
    let limits =
        SinkLimits { queue_lines: 1_000_000, queue_bytes: 1 << 30, ..SinkLimits::default() };
    let destination = Destination::File(path);
    Arc::new(LogSink::open(destination, limits, LogCounters::default()).unwrap())
}

fn logs() -> Logs {
    let folder = tempfile::tempdir().unwrap();
    let redactor = Redactor::compile(&config::Redact {
        arguments: vec!["by_config".to_owned()],
        headers: vec!["X-By-Config".to_owned()],
        cookies: vec!["crumb".to_owned()],
        patterns: vec!["pat-[a-z]+".to_owned()],
    })
    .unwrap();
    let waf = sink(folder.path().join("waf.log"));
    let waf_config = config::Waf {
        ruleset: "none".to_owned(),
        directives: RULES.to_owned(),
        response_body: config::ResponseBodyInspection { inspect: true, ..Default::default() },
        ..config::Waf::default()
    };
    let (compiled, metrics) = (RuleSets::default(), Metrics::new(MetricLimits::default(), "0"));
    let mut audit = Vec::new();
    let mut filters = Vec::new();
    for format in FORMATS {
        let sink = sink(folder.path().join(format!("{format:?}.log")));
        let written = config::AuditLog { format: Some(format), ..config::AuditLog::default() };
        let open = |_: &config::AuditLog| Ok(Some(Arc::clone(&sink)));
        let parts = WafParts {
            rulesets: &BTreeMap::new(),
            compiled: &compiled,
            metrics: &metrics,
            log: Some(&waf),
            redactor: &redactor,
            audit: AuditSource { written: Some(&written), open: &open },
            at: "filters[0].waf",
        };
        filters.push(WafFilter::compile(&waf_config, &parts).unwrap_or_else(|p| panic!("{p:?}")));
        audit.push(sink);
    }
    Logs { folder, waf, audit, filters, redactor }
}

/// What one exchange carries.
struct Carried {
    uri: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    response: (Vec<(String, String)>, String),
}

/// A future that never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a filter waited"),
    }
}

fn exchange(uri: &str) -> Exchange {
    Exchange::new(ExchangeParts {
        id: ExchangeId(7),
        revision: 1,
        downstream: Arc::new(Downstream {
            peer: SocketAddr::from(([192, 0, 2, 1], 50_000)),
            local: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            listener: "http".into(),
            tls: None,
            protocol: Protocol::Http11,
        }),
        client: ClientIp::of_peer(IpAddr::from([192, 0, 2, 1])),
        host: Host::parse(b"shop.test", false).unwrap(),
        path: Path::parse(uri.as_bytes(), &PathPolicy::default()).unwrap(),
        received: Received { method: Method::POST, target: uri.to_owned().into() },
        route: "r".into(),
    })
}

/// Runs the filter, and writes the access log's line as the edge does.
fn drive(filter: &WafFilter, redactor: &Redactor, carried: &Carried) -> Vec<u8> {
    let mut ex = exchange(&carried.uri);
    let mut head = RequestHeader::build("POST", b"/", None).unwrap();
    for (name, value) in &carried.headers {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        head.append_header(HeaderName::try_from(name.as_str()).unwrap(), value).unwrap();
    }
    assert!(matches!(now(filter.request_head(&mut ex, &mut head)), Ok(Flow::Continue)));
    let mut body = WholeBody::complete(carried.body.clone());
    assert!(matches!(now(filter.request_body(&mut ex, &head, &mut body)), Ok(Flow::Continue)));
    let mut response = ResponseHeader::build(200, None).unwrap();
    for (name, value) in &carried.response.0 {
        response
            .append_header(HeaderName::try_from(name.as_str()).unwrap(), value.as_str())
            .unwrap();
    }
    assert!(matches!(now(filter.response_head(&mut ex, &mut response)), Ok(Flow::Continue)));
    let held = WholeBody::complete(carried.response.1.clone().into_bytes());
    assert!(matches!(now(filter.response_held(&mut ex, &response, &held)), Ok(Flow::Continue)));
    filter.log(&mut ex);
    let hidden = ex.hidden.as_deref().cloned().unwrap_or_default();
    let bytes = hidden.bytes.into_iter();
    let redactor = redactor.with(&Hidden {
        headers: hidden.headers,
        arguments: hidden.arguments,
        bytes: bytes.map(|(bytes, first, last)| HiddenBytes { bytes, first, last }).collect(),
        everything: hidden.everything,
    });
    let header = |name: &str| {
        carried.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_bytes())
    };
    let mut record = AccessRecord::new(7, 1, "http", SocketAddr::from(([192, 0, 2, 1], 5)));
    record.path = Some(ex.path.as_str().as_bytes());
    record.query = ex.path.query().map(str::as_bytes);
    record.referer = header("referer");
    record.user_agent = header("user-agent");
    let mut line = Vec::new();
    record.write_line(&redactor, &mut line);
    line
}

/// Secrets by where they are; what forms carry may hold anything, what headers carry only letters.
fn carried(numbers: &mut Numbers, secrets: &mut Vec<String>) -> Carried {
    let mut one = |spiky: bool| {
        let secret = if spiky { numbers.spiky() } else { numbers.secret() };
        // What is looked for is the longest run of letters: an escape may stand on either side of it.
        let runs = secret.split(|c: char| !c.is_ascii_alphanumeric());
        secrets.extend(runs.filter(|run| run.len() >= 8).map(str::to_owned));
        secret
    };
    let query = ["password", "by_config", "by_action", "matched", "user%5Btoken%5D", "By_Config"]
        .map(|name| format!("{name}={}", encoded(&one(true))));
    let partly = format!("partly=1{}2", one(false));
    let uri = format!("/shop/pat-{}?q=1&{}&{partly}", one(false), query.join("&"));
    let repeated = one(false);
    let mut headers = vec![
        ("host".to_owned(), "shop.test".to_owned()),
        ("authorization".to_owned(), format!("Bearer {}", one(false))),
        ("x-by-config".to_owned(), one(false)),
        ("x-by-action".to_owned(), one(false)),
        ("cookie".to_owned(), format!("crumb={}; other={}", one(false), one(false))),
        ("referer".to_owned(), format!("https://a.test/?x=1&password={}", encoded(&one(true)))),
        ("user-agent".to_owned(), format!("ua pat-{}", one(false))),
        // The same secret under a hidden name and under one that is not.
        ("x-api-key".to_owned(), repeated.clone()),
        ("x-plain".to_owned(), format!("again {repeated}")),
    ];
    let (kind, body) = body(&mut one);
    headers.push(("content-type".to_owned(), kind.to_owned()));
    let out = vec![
        ("content-type".to_owned(), "text/html".to_owned()),
        ("set-cookie".to_owned(), format!("crumb={}", one(false))),
        ("x-out".to_owned(), one(false)),
        ("location".to_owned(), format!("/next?token={}", one(false))),
    ];
    let page = format!("{{\"token\":\"{}\",\"note\":\"pat-{}\"}}", one(false), one(false));
    Carried { uri, headers, body: body.into_bytes(), response: (out, page) }
}

/// A body of one of the kinds that are read, and its media type.
fn body(one: &mut dyn FnMut(bool) -> String) -> (&'static str, String) {
    match one(false).len() % 4 {
        0 => {
            let pairs = ["password", "by_config", "by_action", "matched"];
            let pairs = pairs.map(|name| format!("{name}={}", encoded(&one(true))));
            ("application/x-www-form-urlencoded", pairs.join("&"))
        }
        1 => (
            "application/json",
            format!(
                "{{\"password\":[\"{}\",{{\"a\":\"{}\"}}],\"user\":{{\"by_config\":\"{}\"}},\
                 \"by\\u005faction\":\"{}\",\"free\":\"password={}\",\"n\":\"pat-{}\"}}",
                json_escaped(&one(true)),
                json_escaped(&one(true)),
                json_escaped(&one(true)),
                json_escaped(&one(true)),
                one(false),
                one(false),
            ),
        ),
        2 => {
            let part = |name: &str, value: &str| {
                format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
            };
            let whole = [
                part("password", &one(true)),
                part("by_config", &one(true)),
                part("by_action", &one(true)),
                part("doc", &format!("{{\"token\":{{\"x\":\"{}\"}}}}", one(false))),
                part("free", &format!("pat-{}", one(false))),
                "--b--\r\n".to_owned(),
            ];
            ("multipart/form-data; boundary=b", whole.concat())
        }
        _ => (
            "text/xml",
            format!(
                "<a><ns:password x='1'>{}</ns:password><by_config><y>{}</y></by_config>\
                 <z by_action=\"{}\"/><f>pat-{}</f></a>",
                xml_escaped(&one(true)),
                xml_escaped(&one(true)),
                xml_escaped(&one(true)),
                one(false)
            ),
        ),
    }
}

fn text(path: &FilePath) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap()).to_ascii_lowercase()
}

#[test]
fn no_secret_is_in_any_line() {
    let logs = logs();
    let mut numbers = Numbers(0x5EC2);
    let mut secrets = Vec::new();
    let mut access = Vec::new();
    for round in 0..120 {
        let carried = carried(&mut numbers, &mut secrets);
        for filter in &logs.filters {
            access.extend(drive(filter, &logs.redactor, &carried));
        }
        assert!(secrets.len() > round * 20, "the secrets are not planted");
    }
    for sink in logs.audit.iter().chain([&logs.waf]) {
        assert!(sink.flush(Duration::from_secs(30)));
    }
    let mut files: Vec<(String, String)> = FORMATS
        .iter()
        .map(|format| format!("{format:?}.log"))
        .chain(["waf.log".to_owned()])
        .map(|name| (name.clone(), text(&logs.folder.path().join(name))))
        .collect();
    files.push(("access".to_owned(), String::from_utf8(access).unwrap().to_ascii_lowercase()));
    for (name, text) in &files {
        assert!(text.len() > 100_000, "{name} holds {} bytes", text.len());
        for secret in &secrets {
            if let Some(at) = text.find(secret.as_str()) {
                let from = text.floor_char_boundary(at.saturating_sub(300));
                panic!("{name} tells `{secret}`: {}", &text[from..at + secret.len()]);
            }
        }
    }
    // What is no secret is told.
    for told in ["/shop/", "x-plain", "again ", "shop.test", "\"q\""] {
        assert!(files[0].1.contains(told), "{told} is lost");
    }
}
