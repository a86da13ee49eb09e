//! What the WAF does with responses, and with bodies it was told not to look at.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use portcullis_conformance::{Stage, browser_get, post};
use portcullis_testkit::document;
use portcullis_testkit::raw::ask;
use portcullis_testkit::upstream::{Answer, Request};

const FORM: &str = "application/x-www-form-urlencoded";
const ATTACK: &[u8] = b"q=1%27%20UNION%20SELECT%20password%20FROM%20users--";
const LEAK: &str = "You have an error in your SQL syntax; check the manual that corresponds to your \
     MySQL server version for the right syntax to use";

async fn stage(more: &str) -> Stage {
    let script = |request: &Request| {
        if request.head.target().contains("/leak") {
            Answer::status("200 OK", &[("Content-Type", "text/html")], LEAK)
        } else if request.head.target().contains("/events") {
            Answer::events(3, Duration::from_millis(20))
        } else {
            Answer::status("200 OK", &[("Content-Type", "text/html")], "a plain page")
        }
    };
    Stage::start(&document::waf(more), script).await.unwrap()
}

#[tokio::test]
async fn a_leak_in_a_response_is_held_back_where_responses_are_inspected() {
    let stage = stage(", response_body: { inspect: true }").await;
    let leak = ask(stage.http(), browser_get("/leak", "")).await.unwrap();
    assert_eq!(leak.status(), 403);
    assert!(!leak.text().contains("SQL syntax"), "{}", leak.text());
    let page = ask(stage.http(), browser_get("/page", "")).await.unwrap();
    assert_eq!((page.status(), page.text().as_str()), (200, "a plain page"));
    let events = ask(stage.http(), browser_get("/events", "")).await.unwrap();
    assert_eq!(events.status(), 200, "a stream is never held");
}

#[tokio::test]
async fn responses_pass_where_they_are_not_inspected() {
    let stage = stage("").await;
    let leak = ask(stage.http(), browser_get("/leak", "")).await.unwrap();
    assert_eq!((leak.status(), leak.text().as_str()), (200, LEAK));
}

#[tokio::test]
async fn a_body_that_is_not_inspected_passes_while_the_head_is_still_judged() {
    let stage = stage(", request_body: { inspect: false }").await;
    let body = ask(stage.http(), post("/page", FORM, "", ATTACK)).await.unwrap();
    assert_eq!(body.status(), 200);
    assert_eq!(stage.upstream.last().unwrap().body.bytes, ATTACK);
    let target = format!("/page?{}", String::from_utf8_lossy(ATTACK));
    let head = ask(stage.http(), browser_get(&target, "")).await.unwrap();
    assert_eq!(head.status(), 403);
}
