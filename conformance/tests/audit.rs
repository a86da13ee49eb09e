//! The audit log as an operator gets it: which exchanges have a record, what is in it, what is hidden, where it goes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::Path;

use portcullis_conformance::{HOST, Stage, browser_get, post};
use portcullis_testkit::gateway::Place;
use portcullis_testkit::raw::ask;
use portcullis_testkit::upstream::{Answer, RecordingUpstream};
use portcullis_testkit::{document, eventually};
use serde_json::{Value, json};

const ATTACK: &str = "/?id=1%27%20UNION%20SELECT%20a%20FROM%20b--%20-";

/// The document of a stage with keys under `telemetry`, and a filter.
fn written(place: &Place, up: std::net::SocketAddr, telemetry: &str, waf: &str) -> String {
    let forward = document::forward(place, up);
    let level = "  log_level: info\n";
    format!("{}{}", forward.replace(level, &format!("{level}{telemetry}")), document::waf(waf))
}

async fn stage(telemetry: &'static str, waf: &'static str) -> Stage {
    let answer = |_: &_| {
        let fields = [("Set-Cookie", "sid=hunter2response"), ("X-Server", "up")];
        Answer::status("200 OK", &fields, "<p>fine</p>")
    };
    Stage::written(answer, move |place, up| {
        let folder = place.folder.display().to_string();
        written(place, up, &telemetry.replace("FOLDER", &folder), &waf.replace("FOLDER", &folder))
    })
    .await
    .unwrap()
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn records(path: &Path, count: usize) -> Vec<Value> {
    let found = eventually("audit records", || Some(lines(path)).filter(|l| l.len() >= count));
    found.await.unwrap_or_else(|problem| panic!("{problem}: {:?}", lines(path)))
}

#[tokio::test]
async fn a_blocked_attack_has_a_record_without_secrets() {
    let stage = stage(
        "  audit_log: { to: { file: FOLDER/audit.log }, parts: ABCFHIJKZ }\n  redact: { arguments: [card], \
         headers: [x-own], patterns: [\"tok_[a-z0-9]+\"] }\n",
        ", directives: \"SecAction \\\"id:77,phase:1,pass,nolog,sanitiseArg:marked\\\"\"",
    )
    .await;
    let path = stage.gateway.place().folder.join("audit.log");
    assert_eq!(ask(stage.http(), browser_get("/fine?a=1", "")).await.unwrap().status(), 200);
    let target = format!("{ATTACK}&card=hunter2card&marked=hunter2marked&t=tok_hunter2pattern");
    let more = "X-Own: hunter2header\r\nCookie: sid=hunter2cookie\r\n\
                Authorization: Bearer hunter2bearer\r\nReferer: https://a.test/?password=hunter2ref\r\n";
    let answer = ask(stage.http(), browser_get(&target, more)).await.unwrap();
    assert_eq!(answer.status(), 403);
    let body = br#"{"card":{"n":"hunter2json"},"q":"1' UNION SELECT a FROM b-- -"}"#;
    let request = post("/json", "application/json", "", body);
    assert_eq!(ask(stage.http(), request).await.unwrap().status(), 403);
    let found = records(&path, 2).await;
    assert_eq!(found.len(), 2, "a request that nothing matched has a record");
    let transaction = &found[0]["transaction"];
    assert_eq!(transaction["is_interrupted"], true);
    assert_eq!(transaction["client_ip"], "127.0.0.1");
    assert_eq!(transaction["server_id"], HOST);
    assert_eq!(transaction["highest_severity"], "CRITICAL");
    assert_eq!(transaction["request"]["method"], "GET");
    assert_eq!(transaction["request"]["headers"]["cookie"], json!(["[redacted]"]));
    assert_eq!(transaction["request"]["args"]["marked"], json!(["[redacted]"]));
    assert!(transaction["request"]["uri"].as_str().unwrap().contains("card=[redacted]"));
    assert_eq!(transaction["response"]["status"], 403);
    assert_eq!(transaction["producer"]["rule_engine"], "On");
    assert!(
        answer.text().contains(transaction["id"].as_str().unwrap()),
        "not the caller's event id"
    );
    let messages = found[0]["messages"].as_array().unwrap();
    assert!(messages.iter().any(|m| m["data"]["id"] == 942_100), "{messages:?}");
    assert!(messages.iter().all(|m| m["data"]["raw"].as_str().unwrap().starts_with("Sec")));
    let json = found[1]["transaction"]["request"]["body"].as_str().unwrap();
    assert!(json.contains(r#"{"card":"[redacted]","q":"1' UNION"#), "{json}");
    for name in ["audit.log", "access.log", "waf.log", "process.log"] {
        let text = std::fs::read_to_string(stage.gateway.place().folder.join(name)).unwrap();
        assert!(!text.contains("hunter2"), "{name} tells a secret: {text}");
    }
    let metrics = stage.gateway.metrics().await.unwrap();
    assert_eq!(metrics.sum("portcullis_log_lines_total", &[("log", "audit")]), 2.0);
    assert_eq!(metrics.sum("portcullis_log_lines_dropped_total", &[("log", "audit")]), 0.0);
}

#[tokio::test]
async fn native_records_rotate_and_stay_whole() {
    let stage = stage(
        "  audit_log: { to: { file: FOLDER/audit.log }, format: native, parts: ABFHKZ, engine: \"on\", \
         rotate: { size: 64KiB, keep: 2 } }\n",
        "",
    )
    .await;
    let folder = &stage.gateway.place().folder;
    let numbered = |number: u32| folder.join(format!("audit.log.{number}"));
    for _ in 0..60 {
        assert_eq!(ask(stage.http(), browser_get(ATTACK, "")).await.unwrap().status(), 403);
    }
    assert_eq!(ask(stage.http(), browser_get("/last", "")).await.unwrap().status(), 200);
    let last = || {
        let text = std::fs::read_to_string(folder.join("audit.log")).unwrap_or_default();
        text.contains("GET /last HTTP/1.1").then_some(text)
    };
    let current = eventually("the last record", last).await.unwrap();
    assert!(numbered(1).is_file() && numbered(2).is_file() && !numbered(3).exists());
    for path in [folder.join("audit.log"), numbered(1), numbered(2)] {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.len() <= 64 * 1024, "{} is {} bytes", path.display(), text.len());
        let mut begun = 0;
        for (number, line) in text.lines().filter(|line| line.starts_with("--")).enumerate() {
            let part = ["A", "B", "F", "H", "K", "Z"][number % 6];
            assert!(line.ends_with(&format!("-{part}--")), "{}: {line}", path.display());
            begun += 1;
        }
        assert!(begun > 0 && begun % 6 == 0, "{}: {begun} marks", path.display());
    }
    assert!(current.contains("HTTP/1.1 200 OK\n"), "{current}");
    assert!(current.contains("x-server: up\n") && !current.contains("hunter2"), "{current}");
}

/// The plain value of an OTLP `AnyValue`.
fn plain(value: &Value) -> Value {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "stringValue" | "boolValue" => value.clone(),
        "intValue" => json!(value.as_str().unwrap().parse::<i64>().unwrap()),
        "arrayValue" => value["values"].as_array().unwrap().iter().map(plain).collect(),
        "kvlistValue" => attributes(&value["values"]),
        other => panic!("{other} is no kind of value"),
    }
}

fn attributes(list: &Value) -> Value {
    let pair = |entry: &Value| (entry["key"].as_str().unwrap().to_owned(), plain(&entry["value"]));
    Value::Object(list.as_array().unwrap().iter().map(pair).collect())
}

#[tokio::test]
async fn a_collector_gets_records_over_http() {
    let collector = RecordingUpstream::start(|_| Answer::ok("{}")).await.unwrap();
    let endpoint = collector.address();
    let stage = Stage::written(
        |_| Answer::ok("fine"),
        move |place, up| {
            let otlp = format!(
                "  audit_log: {{ to: {{ otlp: {{ endpoint: \"http://{endpoint}/v1/logs\", \
                 headers: {{ x-scope: tenant }} }} }} }}\n"
            );
            written(place, up, &otlp, "")
        },
    )
    .await
    .unwrap();
    assert_eq!(ask(stage.http(), browser_get(ATTACK, "")).await.unwrap().status(), 403);
    let request = eventually("a request", || collector.last().ok()).await.unwrap();
    assert_eq!((request.head.method(), request.head.target()), ("POST", "/v1/logs"));
    assert_eq!(request.head.field("content-type"), Some("application/json"));
    assert_eq!(request.head.field("x-scope"), Some("tenant"));
    let body = eventually("its body", || {
        serde_json::from_slice::<Value>(&collector.last().ok()?.body.bytes).ok()
    });
    let body = body.await.unwrap();
    let resource = &body["resourceLogs"][0];
    assert_eq!(attributes(&resource["resource"]["attributes"])["service.name"], "portcullis");
    let record = &resource["scopeLogs"][0]["logRecords"][0];
    let nanos: u128 = record["timeUnixNano"].as_str().unwrap().parse().unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    assert!(nanos <= now && now - nanos < 60_000_000_000, "{nanos}");
    assert_eq!(record["severityText"], "CRITICAL");
    let values = attributes(&record["attributes"]);
    assert_eq!(values["http.request.method"], "GET");
    assert_eq!(values["http.response.status_code"], 403);
    assert_eq!(values["server.address"], HOST);
    assert_eq!(values["waf.interrupted"], true);
    let rules = values["waf.rules"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["id"] == 942_100), "{rules:?}");
    let count = || async {
        let metrics = stage.gateway.metrics().await.unwrap();
        metrics.sum("portcullis_log_lines_total", &[("log", "audit")])
    };
    for _ in 0..50 {
        if count().await > 0.0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(count().await, 1.0);
}

#[tokio::test]
async fn rule_text_decides_where_the_gateway_does_not() {
    let stage = stage(
        "",
        ", directives: \"SecAuditEngine RelevantOnly\\nSecAuditLogRelevantStatus ^403$\\n\
         SecAuditLogFormat JSON\\nSecAuditLogParts ABKZ\\nSecAuditLog FOLDER/rules.log\\n\
         SecAuditLogType Concurrent\"",
    )
    .await;
    let path = stage.gateway.place().folder.join("rules.log");
    assert_eq!(ask(stage.http(), browser_get("/fine", "")).await.unwrap().status(), 200);
    assert_eq!(ask(stage.http(), browser_get(ATTACK, "")).await.unwrap().status(), 403);
    let found = records(&path, 1).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["transaction"].get("response"), None, "part F was not asked for");
    let log = stage.gateway.log_tail();
    assert!(log.contains("not as `Concurrent` asks"), "{log}");
}
