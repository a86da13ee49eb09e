//! Which rules take the time: a sample of the traffic shows it in the metrics, on the admin listener and on the command
//! line, and the series stay bounded however many rules there are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::fmt::Write as _;
use std::process::Command;

use portcullis_conformance::{Stage, browser_get};
use portcullis_testkit::gateway::binary;
use portcullis_testkit::raw::RawDownstream;
use portcullis_testkit::upstream::Answer;

/// One in ten is sampled, at random: fewer than fifty of so many are once in ten million runs.
const REQUESTS: usize = 1_000;

/// More rules than are shown, all of them evaluated for every request.
fn rules() -> String {
    let mut rules = String::new();
    for id in 1..=60 {
        let actions = format!("id:{id},phase:1,pass,nolog,setvar:tx.seen=+1");
        let _ = write!(rules, "SecRule REQUEST_URI '@rx ^/[a-z]' '{actions}'\\n");
    }
    // Nobody may leave out what another rule looks at.
    rules.push_str("SecRule TX:seen '@gt 100' 'id:61,phase:1,deny'\\n");
    let rules = rules.replace('\'', "\\\"");
    format!(
        "filters:\n  - waf: {{ ruleset: none, mode: blocking, profile_one_in: 10, directives: \"{rules}\" }}\n"
    )
}

fn profile(arguments: &[&str]) -> String {
    let output = Command::new(binary().unwrap()).args(["waf", "profile"]).args(arguments).output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[tokio::test]
async fn a_sample_of_the_traffic_is_shown() {
    let stage = Stage::start(&rules(), |_| Answer::ok("ok")).await.unwrap();
    let text = stage.gateway.admin("/waf/profile").await.unwrap().text();
    assert_eq!(
        text,
        "No exchange was sampled yet; `profile_one_in` of the filter says how many are.\n"
    );

    let mut downstream = RawDownstream::connect(stage.http()).await.unwrap();
    for _ in 0..REQUESTS {
        let answer = downstream.ask(browser_get("/fine", "")).await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    let metrics = stage.gateway.metrics().await.unwrap();
    let sampled = metrics.sum("portcullis_waf_sampled_exchanges", &[("ruleset", "none")]);
    assert!((50.0..=160.0).contains(&sampled), "{sampled} of {REQUESTS}");
    for name in ["portcullis_waf_rule_nanoseconds", "portcullis_waf_rule_evaluations"] {
        // Twenty rules, the scans and the rest.
        assert_eq!(metrics.of(name).count(), 22, "{name}");
    }
    let of = |rule: u32| {
        metrics.sum("portcullis_waf_rule_evaluations", &[("rule", rule.to_string().as_str())])
    };
    let rules: Vec<f64> = (1..=61).map(of).filter(|count| *count > 0.0).collect();
    assert_eq!(rules, [sampled; 20]);
    assert!(metrics.sum("portcullis_waf_rule_nanoseconds", &[("rule", "rest")]) > 0.0);

    let place = stage.gateway.place();
    let from = format!("http://{}", place.admin);
    let shown = tokio::task::spawn_blocking(move || profile(&["--from", &from])).await.unwrap();
    assert_eq!(shown, stage.gateway.admin("/waf/profile").await.unwrap().text());
    assert!(shown.contains(&format!("{sampled} transactions sampled")), "{shown}");
    assert!(shown.contains("Rule set none"), "{shown}");
    assert!(shown.contains("directives:"), "{shown}");

    let config = place.folder.join("config").display().to_string();
    let arguments = move || profile(&["--config", &config, "--rounds", "1", "--top", "3"]);
    let here = tokio::task::spawn_blocking(arguments).await.unwrap();
    assert_eq!(here.matches(" directives:").count(), 3, "{here}");
}

#[test]
fn a_gateway_that_is_not_there_is_said_so() {
    for (url, expected) in [
        ("http://127.0.0.1:1", "http://127.0.0.1:1: "),
        ("https://127.0.0.1:1", "is not http://host:port"),
        ("127.0.0.1:9901", "is not http://host:port"),
    ] {
        let output =
            Command::new(binary().unwrap()).args(["waf", "profile", "--from", url]).output();
        let output = output.unwrap();
        let problem = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && problem.contains(expected), "{url}: {problem}");
    }
}
