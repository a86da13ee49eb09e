use serde_json::{Value, json};

use super::*;

const ALL: &str = "ABCEFHIJKZ";
const RAW: &str = "SecRule ARGS \"@rx attack\" \"id:1001,deny\"";

/// What Coraza 3.7 wrote for a request of this shape: an attack in a form with an uploaded file, parts `ABCEFHIJKZ`. Values
/// that differ from run to run are zero.
const REFERENCE: &str = r#"{"transaction":{"timestamp":"2026/11/21 14:28:29","unix_timestamp":0,"id":"0123456789abcdef0123456789abcdef","client_ip":"192.0.2.1","client_port":50000,"host_ip":"192.0.2.80","host_port":443,"server_id":"","request":{"method":"POST","protocol":"HTTP/1.1","uri":"/shop?x=1","http_version":"","headers":{"host":["shop.test"],"x-two":["a","b"]},"body":"b=attack","files":[{"name":"x.png","size":5,"mime":"image/png"}],"args":{},"length":0},"response":{"protocol":"","status":200,"headers":{"content-type":["text/html"]},"body":"a leak"},"producer":{"connector":"","version":"","server":"","rule_engine":"On","stopwatch":"0 0; combined=0, p1=0, p2=0, p3=0, p4=0, p5=0","rulesets":["OWASP_CRS/4.25.0"]},"highest_severity":"","is_interrupted":true},"messages":[{"actionset":"OWASP_CRS/4.25.0","message":"Attack","error_message":"","data":{"file":"a.conf","line":12,"id":1001,"rev":"2","msg":"Attack","data":"found","severity":2,"ver":"OWASP_CRS/4.25.0","maturity":7,"accuracy":0,"tags":["one","two"],"raw":""}}]}"#;

fn pair(name: &'static str, value: &'static str) -> ShownPair<'static> {
    (name.as_bytes().into(), value.as_bytes().into())
}

fn record<'a>(parts: &'a str, rulesets: &'a [String]) -> AuditRecord<'a> {
    let critical = AuditSeverity { number: 2, name: "CRITICAL" };
    AuditRecord {
        parts,
        time: Timestamp(1_795_271_309_292),
        id: 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef,
        client: "192.0.2.1:50000".parse().unwrap(),
        host: "192.0.2.80:443".parse().unwrap(),
        server_name: b"shop.test"[..].into(),
        interrupted: true,
        severity: Some(critical),
        request: AuditRequest {
            method: b"POST"[..].into(),
            uri: b"/shop?x=1"[..].into(),
            protocol: b"HTTP/1.1"[..].into(),
            headers: vec![pair("host", "shop.test"), pair("x-two", "a"), pair("X-Two", "b")],
            body: b"b=attack"[..].into(),
            form: b"b=attack&t=v"[..].into(),
            files: vec![AuditUpload {
                name: b"x\".png"[..].into(),
                bytes: 5,
                media_type: b""[..].into(),
            }],
            arguments: vec![pair("x", "1"), pair("b", "attack"), pair("b", "again")],
            bytes: 321,
        },
        response: AuditResponse {
            protocol: b"HTTP/1.1"[..].into(),
            status: 403,
            reason: "Forbidden",
            headers: vec![pair("content-type", "text/html")],
            body: b"a leak"[..].into(),
        },
        producer: AuditProducer {
            version: "0.1.0",
            rule_engine: "On",
            phase_micros: [1, 2, 3, 4, 5],
            total_micros: 2_000,
            rulesets,
        },
        messages: vec![AuditMessage {
            rule: 1001,
            file: "a.conf",
            line: 12,
            phase: 2,
            disruptive: true,
            message: b"Attack \"x\"\n"[..].into(),
            data: b"found"[..].into(),
            severity: Some(critical),
            version: "OWASP_CRS/4.25.0",
            revision: "2",
            maturity: 7,
            accuracy: 8,
            tags: vec!["one", "two"],
            raw: RAW,
        }],
    }
}

fn rulesets() -> Vec<String> {
    vec!["OWASP_CRS/4.25.0".to_owned()]
}

fn written(parts: &str, format: AuditFormat) -> String {
    let mut out = Vec::new();
    record(parts, &rulesets()).write(format, &mut out);
    String::from_utf8(out).unwrap()
}

fn line(parts: &str, format: AuditFormat) -> Value {
    let text = written(parts, format);
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Every path of a document with the kind of value it leads to; names of headers, which are the caller's, left out.
fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) if at.ends_with("headers") || at.ends_with("args") => {
            found.push(format!("{at}: object"));
            assert!(entries.values().all(Value::is_array), "{at}");
        }
        Value::Object(entries) => {
            entries.iter().for_each(|(name, value)| paths(value, &format!("{at}.{name}"), found));
        }
        Value::Array(items) => {
            found.push(format!("{at}: array"));
            items.iter().take(1).for_each(|item| paths(item, &format!("{at}[]"), found));
        }
        Value::Null => found.push(format!("{at}: null")),
        Value::Bool(_) => found.push(format!("{at}: bool")),
        Value::Number(_) => found.push(format!("{at}: number")),
        Value::String(_) => found.push(format!("{at}: string")),
    }
}

#[test]
fn json_has_the_shape_of_the_reference_engine() {
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    paths(&serde_json::from_str(REFERENCE).unwrap(), "", &mut theirs);
    paths(&line(ALL, AuditFormat::Json), "", &mut ours);
    theirs.sort();
    ours.sort();
    assert_eq!(ours, theirs);
}

#[test]
fn json_holds_what_its_parts_say() {
    let all = line(ALL, AuditFormat::Json);
    let transaction = &all["transaction"];
    assert_eq!(transaction["timestamp"], "2026/11/21 14:28:29");
    assert_eq!(transaction["unix_timestamp"], 1_795_271_309_292_000_000_u64);
    assert_eq!(transaction["id"], "0123456789abcdef0123456789abcdef");
    assert_eq!(transaction["request"]["headers"]["x-two"], json!(["a", "b"]));
    assert_eq!(transaction["request"]["http_version"], "1.1");
    assert_eq!(transaction["request"]["body"], "b=attack");
    assert_eq!(transaction["request"]["args"], json!({"x": ["1"], "b": ["attack", "again"]}));
    assert_eq!(transaction["response"]["status"], 403);
    assert_eq!(
        transaction["producer"]["stopwatch"],
        "1795271309292000000 2000000; combined=15000, p1=1000, p2=2000, p3=3000, p4=4000, p5=5000"
    );
    assert_eq!(transaction["highest_severity"], "CRITICAL");
    let message = &all["messages"][0];
    assert_eq!(message["data"]["raw"], RAW);
    assert_eq!(message["data"]["msg"], "Attack \"x\"\n");
    assert_eq!(
        message["error_message"],
        "[client \"192.0.2.1\"] Portcullis: Access denied (phase 2). Attack \\\"x\\\"\\x0a \
         [file \"a.conf\"] [line \"12\"] [id \"1001\"] [rev \"2\"] [msg \"Attack \\\"x\\\"\\x0a\"] \
         [data \"found\"] [severity \"CRITICAL\"] [ver \"OWASP_CRS/4.25.0\"] [maturity \"7\"] \
         [accuracy \"8\"] [tag \"one\"] [tag \"two\"] [hostname \"shop.test\"] [uri \"/shop?x=1\"] \
         [unique_id \"0123456789abcdef0123456789abcdef\"]"
    );
    let bare = line("AZ", AuditFormat::Json);
    let transaction = &bare["transaction"];
    assert_eq!(bare.get("messages"), None);
    assert_eq!((transaction.get("response"), transaction.get("producer")), (None, None));
    assert_eq!(transaction["request"]["headers"], Value::Null);
    assert_eq!(transaction["request"]["files"], Value::Null);
    assert_eq!(
        (&transaction["request"]["body"], &transaction["request"]["args"]),
        (&json!(""), &json!({}))
    );
    assert_eq!(line("AIZ", AuditFormat::Json)["transaction"]["request"]["body"], "b=attack&t=v");
    let trailer = &line("AHZ", AuditFormat::Json)["messages"][0];
    assert_eq!((&trailer["data"], &trailer["message"]), (&Value::Null, &json!("")));
}

#[test]
fn native_writes_a_section_a_part() {
    let mark = |part| format!("--0123456789abcdef0123456789abcdef-{part}--\n");
    let error = line(ALL, AuditFormat::Json)["messages"][0]["error_message"].clone();
    let expected = [
        mark('A'),
        "[2026/11/21 14:28:29] 0123456789abcdef0123456789abcdef 192.0.2.1 50000 192.0.2.80 443\n"
            .into(),
        mark('B'),
        "POST /shop?x=1 HTTP/1.1\nhost: shop.test\nx-two: a\nX-Two: b\n\n".into(),
        mark('C'),
        "b=attack\n\n".into(),
        mark('E'),
        "a leak\n\n".into(),
        mark('F'),
        "HTTP/1.1 403 Forbidden\ncontent-type: text/html\n\n".into(),
        mark('H'),
        format!("{}\n\n", error.as_str().unwrap()),
        mark('I'),
        "b=attack&t=v\n\n".into(),
        mark('J'),
        "1,5,\"x\\\".png\",\"<Unknown Content-Type>\"\nTotal,5\n\n".into(),
        mark('K'),
        format!("{RAW}\n\n"),
        mark('Z'),
        "\n\n".into(),
    ];
    assert_eq!(written(ALL, AuditFormat::Native), expected.concat());
    let bare = written("AZ", AuditFormat::Native);
    assert_eq!(bare.lines().count(), 5, "{bare}");
}

#[test]
fn legacy_json_is_short() {
    let all = line(ALL, AuditFormat::JsonLegacy);
    assert_eq!(all["transaction"]["transaction_id"], "0123456789abcdef0123456789abcdef");
    assert_eq!(all["request"]["request_line"], "POST /shop?x=1 HTTP/1.1");
    assert_eq!(all["request"]["headers"]["x-two"], "a, b");
    assert_eq!(all["response"]["status"], 403);
    assert_eq!(all["audit_data"]["messages"], json!(["Attack \"x\"\n"]));
    assert_eq!(all["audit_data"]["producer"], json!(["portcullis", "OWASP_CRS/4.25.0"]));
    assert_eq!(all["audit_data"]["stopwatch"]["P5"], 5);
    assert_eq!(line("AZ", AuditFormat::JsonLegacy).get("response"), None);
}

#[test]
fn ocsf_is_a_web_resources_activity() {
    let event = line(ALL, AuditFormat::Ocsf);
    for (key, value) in [
        ("category_uid", json!(6)),
        ("class_uid", json!(6001)),
        ("activity_id", json!(1)),
        ("type_uid", json!(600_101)),
        ("time", json!(1_795_271_309_292_u64)),
        ("severity_id", json!(5)),
        ("action_id", json!(2)),
        ("disposition_id", json!(2)),
        ("message", json!("Attack \"x\"\n")),
        ("src_endpoint", json!({"ip": "192.0.2.1", "port": 50000})),
        ("web_resources", json!([{"url_string": "/shop?x=1"}])),
    ] {
        assert_eq!(event[key], value, "{key}");
    }
    assert_eq!(event["metadata"]["version"], "1.2.0");
    assert_eq!(event["metadata"]["product"]["name"], "Portcullis");
    assert_eq!(event["http_request"]["args"], "x=1,b=attack,b=again");
    assert_eq!(event["http_request"]["http_headers"][2], json!({"name": "X-Two", "value": "b"}));
    assert_eq!(event["http_response"]["code"], 403);
    assert_eq!(event["enrichments"][0]["data"]["id"], 1001);
    assert_eq!(event["observables"][0]["value"], "x\".png");
    let bare = line("AZ", AuditFormat::Ocsf);
    assert_eq!(bare["http_request"].get("http_headers"), None);
    assert_eq!(bare["enrichments"], json!([]));
}

/// The plain value of an OTLP `AnyValue`.
fn plain(value: &Value) -> Value {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "stringValue" | "boolValue" => value.clone(),
        "intValue" => json!(value.as_str().unwrap().parse::<i64>().unwrap()),
        "arrayValue" => value["values"].as_array().unwrap().iter().map(plain).collect(),
        "kvlistValue" => attributes(&value["values"]),
        other => panic!("{other}"),
    }
}

fn attributes(list: &Value) -> Value {
    let pair = |entry: &Value| (entry["key"].as_str().unwrap().to_owned(), plain(&entry["value"]));
    Value::Object(list.as_array().unwrap().iter().map(pair).collect())
}

#[test]
fn otlp_is_logs_data() {
    let data = line(ALL, AuditFormat::Otlp);
    let resource = attributes(&data["resourceLogs"][0]["resource"]["attributes"]);
    assert_eq!(resource["service.name"], "portcullis");
    let record = &data["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
    assert_eq!(record["timeUnixNano"], "1795271309292000000");
    assert_eq!(record["observedTimeUnixNano"], "1795271309294000000");
    assert_eq!(
        (&record["severityNumber"], &record["severityText"]),
        (&json!(18), &json!("CRITICAL"))
    );
    assert_eq!(plain(&record["body"]), "Attack \"x\"\n");
    let values = attributes(&record["attributes"]);
    for (key, value) in [
        ("http.request.method", json!("POST")),
        ("url.path", json!("/shop")),
        ("url.query", json!("x=1")),
        ("network.protocol.version", json!("1.1")),
        ("client.port", json!(50000)),
        ("server.address", json!("shop.test")),
        ("http.response.status_code", json!(403)),
        ("http.request.header.x-two", json!(["a", "b"])),
        ("waf.interrupted", json!(true)),
        ("waf.request.body", json!("b=attack")),
        ("waf.rulesets", json!(["OWASP_CRS/4.25.0"])),
    ] {
        assert_eq!(values[key], value, "{key}");
    }
    assert_eq!(values["waf.rules"][0]["id"], 1001);
    assert_eq!(values["waf.rules"][0]["tags"], json!(["one", "two"]));
    let mut alone = Vec::new();
    record_alone(&mut alone);
    assert_eq!(serde_json::from_slice::<Value>(&alone).unwrap(), *record);
    let bare = line("AZ", AuditFormat::Otlp);
    let bare = &bare["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
    assert_eq!(plain(&bare["body"]), "POST /shop?x=1");
    assert_eq!(attributes(&bare["attributes"]).get("waf.rules"), None);
}

fn record_alone(out: &mut Vec<u8>) {
    record(ALL, &rulesets()).write_for_collector(out);
}
