//! A rule file with an error: the diagnostic names file, line, column and what was meant, and the last good rule set
//! keeps running. One case for each kind of error.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::Path;
use std::time::Duration;

use portcullis_conformance::{Failures, Stage, browser_get};
use portcullis_testkit::raw::ask;
use portcullis_testkit::upstream::Answer;
use portcullis_testkit::{DEADLINE, document};
use serde_json::Value;

/// The rules that run: they block `/?a=` with this word.
fn good(word: &str) -> String {
    format!("SecRule ARGS:a \"@streq {word}\" \"id:10,phase:1,deny,status:403\"\n")
}

/// What is wrong, the text after a line that is right, line and column in the file, words of the message, and of the
/// help where there is a nearest word.
struct Case(&'static str, &'static str, u32, u32, &'static str, &'static str);

const CASES: &[Case] = &[
    Case("directive", "SecRul ARGS x id:1", 2, 1, "unknown directive `SecRul`", "`SecRule`"),
    Case("variable", "SecRule ARGZ \"@rx x\" id:1", 2, 9, "unknown variable `ARGZ`", "`ARGS`"),
    Case("operator", "SecRule ARGS \"@contans x\" id:1", 2, 15, "unknown operator", "`contains`"),
    Case("action", "SecRule ARGS \"@rx x\" id:1,dney", 2, 27, "unknown action `dney`", "`deny`"),
    Case(
        "transformation",
        "SecRule ARGS \"@rx x\" \"id:1,\\\n  t:lowrcase\"",
        3,
        3,
        "unknown transformation `lowrcase`",
        "`lowercase`",
    ),
    Case(
        "ctl option",
        "SecAction id:1,ctl:ruleEngin=Off",
        2,
        16,
        "unknown ctl option `ruleEngin`",
        "`ruleEngine`",
    ),
    Case("directive value", "SecRuleEngine Onn", 2, 15, "unknown engine mode `Onn`", "`On`"),
    Case("pattern", "SecRule ARGS \"@rx abc(d\" id:1", 2, 22, "unclosed group", ""),
    Case(
        "data file",
        "SecRule ARGS \"@pmFromFile words.dat\" id:1",
        2,
        27,
        "no data file `words.dat`",
        "",
    ),
    Case("included file", "Include missing.conf", 2, 1, "no file `missing.conf`", ""),
    Case("include of itself", "Include \"{own}\"", 2, 1, "includes itself", "own.conf"),
    Case("rule id", "SecAction id:10", 2, 1, "rule id 10 is used twice", ""),
    Case("chain", "SecRule ARGS \"@rx x\" id:1,chain", 2, 1, "chain has no next rule", ""),
    Case(
        "marker",
        "SecAction id:1,skipAfter:EDN\nSecMarker END",
        2,
        16,
        "unknown marker after the rule `EDN`",
        "`END`",
    ),
    Case("quote", "SecRule ARGS \"@rx x\" \"id:1", 2, 23, "quote is never closed", ""),
    Case("id that is missing", "SecRule ARGS \"@rx x\" deny", 2, 1, "rule has no id", "id:NUMBER"),
];

async fn stage() -> Stage {
    Stage::written(
        |_| Answer::ok("ok"),
        |place, up| {
            let own = place.folder.join("own.conf");
            std::fs::write(&own, good("first")).unwrap();
            format!(
                "{}filters:\n  - waf: {{ ruleset: none, mode: blocking, rules: [\"{}\"] }}\n",
                document::forward(place, up),
                own.display()
            )
        },
    )
    .await
    .unwrap()
}

/// Writes the rules as an editor does: a new file, moved over.
fn write(own: &Path, text: &str) {
    let new = own.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, own).unwrap();
}

async fn status(stage: &Stage, word: &str) -> u16 {
    let request = browser_get(&format!("/?a={word}"), "Connection: close\r\n");
    ask(stage.http(), request).await.unwrap().status()
}

/// Waits for one more refusal, and returns its diagnostics.
async fn refusal(stage: &Stage, what: &str, refused: &mut f64) -> Value {
    let end = tokio::time::Instant::now() + DEADLINE;
    loop {
        let metrics = stage.gateway.metrics().await.unwrap();
        let now = metrics.sum("portcullis_reloads_total", &[("outcome", "refused")]);
        if now > *refused {
            *refused = now;
            let answer = stage.gateway.admin("/diagnostics").await.unwrap();
            let shown: Value = serde_json::from_slice(&answer.body.bytes).unwrap();
            return shown["last_change"]["diagnostics"].clone();
        }
        assert!(tokio::time::Instant::now() < end, "{what}: no refusal in the metrics");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn every_error_names_its_place_and_the_last_good_rules_run() {
    let stage = stage().await;
    let own = stage.gateway.place().folder.join("own.conf");
    let revision = stage.gateway.revision().await.unwrap();
    let (mut refused, mut failures) = (0.0, Failures::default());
    assert_eq!((status(&stage, "first").await, status(&stage, "second").await), (403, 200));
    for Case(what, text, line, column, message, help) in CASES {
        // What stands before the error must take no effect either.
        let text = text.replace("{own}", &own.display().to_string());
        write(&own, &format!("{}{text}\n", good("second")));
        let found = refusal(&stage, what, &mut refused).await;
        failures.check(what, found.as_array().is_some_and(|all| all.len() == 1), || {
            format!("not one diagnostic: {found}")
        });
        let first = &found[0];
        let place = (first["file"].as_str(), first["line"].as_u64(), first["column"].as_u64());
        let expected = (own.to_str(), Some(u64::from(*line)), Some(u64::from(*column)));
        failures.check(what, place == expected, || format!("at {expected:?}? {first}"));
        for (key, words) in [("message", message), ("help", help)] {
            let said = first[key].as_str().unwrap_or_default();
            failures.check(what, said.contains(words), || format!("no {words} in {first}"));
        }
        let runs = (status(&stage, "first").await, status(&stage, "second").await);
        failures.check(what, runs == (403, 200), || format!("the last good rules: {runs:?}"));
        let now = stage.gateway.revision().await.unwrap();
        failures.check(what, now == revision, || format!("revision {revision} became {now}"));
    }
    write(&own, &good("second"));
    let end = tokio::time::Instant::now() + DEADLINE;
    while status(&stage, "second").await != 403 {
        assert!(tokio::time::Instant::now() < end, "the mended file is not taken over");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(status(&stage, "first").await, 200);
    failures.finish(CASES.len());
}

#[tokio::test]
async fn several_errors_are_told_at_once() {
    let stage = stage().await;
    let own = stage.gateway.place().folder.join("own.conf");
    write(&own, "SecRul x\nSecRule ARGZ \"@rx x\" id:1\nSecAction id:2,dney\n");
    let found = refusal(&stage, "several", &mut 0.0).await;
    let lines: Vec<u64> =
        found.as_array().unwrap().iter().filter_map(|one| one["line"].as_u64()).collect();
    assert_eq!(lines, [1, 2, 3], "{found}");
}

#[tokio::test]
async fn a_gateway_does_not_start_with_a_broken_rule_file() {
    let started = Stage::written(
        |_| Answer::ok("ok"),
        |place, up| {
            let own = place.folder.join("own.conf");
            std::fs::write(&own, "SecRule ARGZ \"@rx x\" id:1\n").unwrap();
            format!(
                "{}filters:\n  - waf: {{ ruleset: none, mode: blocking, rules: [\"{}\"] }}\n",
                document::forward(place, up),
                own.display()
            )
        },
    )
    .await;
    let problem = started.expect_err("it must not start").to_string();
    for word in ["own.conf:1:9", "ARGZ", "`ARGS`"] {
        assert!(problem.contains(word), "no {word} in {problem}");
    }
}
