//! A rule with `drop` leaves the caller without an answer: the connection closes, an HTTP/2 stream is reset, the
//! upstream sees nothing, and the logs say what happened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use portcullis_conformance::{Failures, HOST, Stage, browser_get, post};
use portcullis_testkit::document;
use portcullis_testkit::h2_client::H2Client;
use portcullis_testkit::raw::{RawDownstream, ask};
use portcullis_testkit::upstream::Answer;

const RULES: &str = r#", directives: "
      SecRule REQUEST_FILENAME '@streq /head' 'id:50001,phase:1,drop,log,msg:head'
      SecRule ARGS_POST:q '@streq evil' 'id:50002,phase:2,drop,log,msg:body'
      SecRule RESPONSE_HEADERS:x-leak '@streq yes' 'id:50003,phase:3,drop,log,msg:response'""#;

async fn stage() -> Stage {
    let rules = RULES.replace('\'', "\\\"").replace('\n', "\\n");
    Stage::start(&document::waf(&rules), |request| match request.head.target() {
        "/leak" => Answer::status("200 OK", &[("x-leak", "yes")], "secret"),
        _ => Answer::ok("ok"),
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn over_http1_the_connection_closes_without_a_byte() {
    let stage = stage().await;
    let form = post("/form", "application/x-www-form-urlencoded", "", b"q=evil");
    let cases = [
        ("request head", 50001, browser_get("/head", "").into_bytes()),
        ("request body", 50002, form),
        ("response head", 50003, browser_get("/leak", "").into_bytes()),
    ];
    let mut failures = Failures::default();
    for (name, rule, request) in &cases {
        let mut down = RawDownstream::connect(stage.http()).await.unwrap();
        down.send(request).await.unwrap();
        match down.until_closed().await {
            Ok(bytes) => failures
                .check(name, bytes.is_empty(), || String::from_utf8_lossy(&bytes).into_owned()),
            Err(problem) => failures.note(name, problem),
        }
        match stage.gateway.waf_line(name, |line| line["blocking_rule"] == *rule).await {
            Ok(line) => failures.check(name, line["action"] == "blocked", || line.to_string()),
            Err(problem) => failures.note(name, problem),
        }
    }
    assert_eq!(stage.targets(), ["/leak"], "only the response rule lets the upstream see anything");
    let line = stage.gateway.access_line("the drop", |line| line["path"] == "/head").await.unwrap();
    assert_eq!((&line["status"], &line["sent_bytes"]), (&403.into(), &0.into()), "{line}");
    failures.finish(cases.len());
}

#[tokio::test]
async fn over_http2_the_stream_is_reset_and_the_connection_goes_on() {
    let stage = stage().await;
    let mut client = H2Client::plain(stage.h2c()).await.unwrap();
    let get = |target: &str| {
        http::Request::get(format!("http://{HOST}{target}"))
            .header("user-agent", "test/1")
            .header("accept", "*/*")
            .body(())
            .unwrap()
    };
    let refused = client.ask(get("/head"), &[], None).await.unwrap_err();
    assert!(refused.to_string().contains("stream error"), "{refused}");
    let answered = client.ask(get("/fine"), &[], None).await.unwrap();
    assert_eq!(answered.status, 200);
    assert_eq!(stage.targets(), ["/fine"]);
}

#[tokio::test]
async fn detection_drops_nothing() {
    let rules = RULES.replace('\'', "\\\"").replace('\n', "\\n");
    let filters = format!("filters:\n  - waf: {{ ruleset: crs, mode: detection{rules} }}\n");
    let stage = Stage::start(&filters, |_| Answer::ok("ok")).await.unwrap();
    assert_eq!(ask(stage.http(), browser_get("/head", "")).await.unwrap().status(), 200);
}
