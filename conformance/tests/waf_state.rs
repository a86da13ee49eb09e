//! What rules of the WAF remember from one exchange to the next, and JSON that they find inside arguments: over sockets,
//! through the whole gateway.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::net::SocketAddr;

use portcullis_conformance::{Failures, Stage, browser_get};
use portcullis_testkit::document;
use portcullis_testkit::gateway::Place;
use portcullis_testkit::raw::ask;
use portcullis_testkit::upstream::Answer;

/// Blocks a caller's fourth request of a minute; the number of the document makes it another rule set.
fn counting(place: &Place, up: SocketAddr, number: usize) -> String {
    let rules = format!(
        "SecAction 'id:70001,phase:1,pass,nolog,initcol:ip=%{{REMOTE_ADDR}},setvar:ip.seen=+1,expirevar:ip.seen=60'
      SecRule IP:seen '@gt 3' 'id:70002,phase:1,deny,status:429,log,msg:document {number}'"
    );
    let rules = rules.replace('\'', "\\\"").replace("\n", "\\n");
    format!(
        "{}filters:\n  - waf: {{ ruleset: none, mode: blocking, directives: \"{rules}\" }}\n",
        document::forward(place, up)
    )
}

async fn statuses(stage: &Stage, requests: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..requests {
        statuses.push(ask(stage.http(), browser_get("/", "")).await.unwrap().status());
    }
    statuses
}

#[tokio::test]
async fn records_outlive_a_reload() {
    let stage =
        Stage::written(|_| Answer::ok("ok"), |place, up| counting(place, up, 1)).await.unwrap();
    assert_eq!(statuses(&stage, 2).await, [200, 200]);
    let (place, up) = (stage.gateway.place().clone(), stage.upstream.address());
    stage.gateway.reload(&counting(&place, up, 2)).await.unwrap();
    assert_eq!(statuses(&stage, 3).await, [200, 429, 429]);
    let blocked = |line: &serde_json::Value| line["blocking_rule"] == 70002;
    let line = stage.gateway.waf_line("the fourth request", blocked).await.unwrap();
    assert!(line.to_string().contains("document 2"), "{line}");
    let metrics = stage.gateway.metrics().await.unwrap();
    assert_eq!(metrics.sum("portcullis_waf_records", &[]), 1.0);
    assert_eq!(metrics.sum("portcullis_waf_record_evictions_total", &[]), 0.0);
}

#[tokio::test]
async fn requests_at_once_all_count() {
    let stage =
        Stage::written(|_| Answer::ok("ok"), |place, up| counting(place, up, 1)).await.unwrap();
    let address = stage.http();
    let asks = (0..20).map(|_| tokio::spawn(ask(address, browser_get("/", ""))));
    let mut passed = 0;
    for one in asks.collect::<Vec<_>>() {
        passed += usize::from(one.await.unwrap().unwrap().status() == 200);
    }
    assert_eq!(passed, 3);
}

const EXCLUDED: &str =
    r#", directives: "SecRuleUpdateTargetById 942100-942999 \"!ARGS:/^filter\\.text$/\"""#;

/// Mode, request, status.
#[tokio::test]
async fn json_in_arguments_is_opened_on_request() {
    let attack = "1%27%20UNION%20SELECT%20password%20FROM%20users--%20-";
    let text = format!("/?filter=%7B%22text%22%3A%22{attack}%22%7D");
    let other = format!("/?filter=%7B%22other%22%3A%22{attack}%22%7D");
    let cookie = format!("Cookie: filter=%7B%22text%22%3A%22{attack}%22%7D\r\n");
    let mut failures = Failures::default();
    let cases = [
        // The exclusion names a leaf: without one there is nothing it means.
        ("off", text.as_str(), "", 403),
        ("arguments", &text, "", 200),
        ("arguments", &other, "", 403),
        ("arguments", "/", &cookie, 403),
        ("arguments_and_cookies", &other, "", 403),
    ];
    for (mode, target, more, status) in cases {
        let filters = document::waf(&format!(", decode_json_in_args: {mode}{EXCLUDED}"));
        let stage = Stage::start(&filters, |_| Answer::ok("ok")).await.unwrap();
        let answer = ask(stage.http(), browser_get(target, more)).await.unwrap();
        failures.check(&format!("{mode} {target}"), answer.status() == status, || {
            format!("{} instead of {status}", answer.status())
        });
        let seen = if status == 200 { vec![target.to_owned()] } else { Vec::new() };
        failures.check(&format!("{mode} upstream"), stage.targets() == seen, || {
            format!("{:?}", stage.targets())
        });
    }
    failures.finish(cases.len());
}
