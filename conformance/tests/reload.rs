//! Configuration changes while requests pass: none is lost, a broken document changes nothing and
//! says why, listeners come and go, and what did not change keeps its connections.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::net::SocketAddr;
use std::time::Duration;

use portcullis_conformance::{HOST, Stage, browser_get};
use portcullis_testkit::gateway::Place;
use portcullis_testkit::load::{Load, Mode};
use portcullis_testkit::raw::{RawDownstream, ask};
use portcullis_testkit::sse::EventStream;
use portcullis_testkit::upstream::{Answer, Request};
use portcullis_testkit::{DEADLINE, document, eventually};

fn script(request: &Request) -> Answer {
    match request.head.target() {
        "/slow" => Answer::ok("slow").after(Duration::from_millis(1500)),
        "/many" => Answer::events(100_000, Duration::from_millis(50)),
        _ => Answer::ok("ok"),
    }
}

/// Everything to one cluster, with the number in a response header.
fn numbered(place: &Place, up: SocketAddr, number: usize, more: &str) -> String {
    format!(
        "{}filters:\n  - headers: {{ response: {{ set: {{ x-rev: \"{number}\" }} }} }}\n{more}",
        document::forward(place, up)
    )
}

async fn stage() -> Stage {
    Stage::written(script, |place, up| numbered(place, up, 0, "")).await.unwrap()
}

async fn revision_seen(stage: &Stage) -> String {
    let answer = ask(stage.http(), browser_get("/", "Connection: close\r\n")).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.head.field("x-rev").unwrap_or("none").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_a_hundred_changes_loses_no_request() {
    const CHANGES: usize = 100;
    let stage = stage().await;
    let (place, up) = (stage.gateway.place().clone(), stage.upstream.address());
    let before = stage.gateway.revision().await.unwrap();
    let loads: Vec<(Mode, Load)> =
        [(Mode::KeepAlive, stage.http()), (Mode::Close, stage.http()), (Mode::H2c, stage.h2c())]
            .into_iter()
            .map(|(mode, address)| (mode, Load::start(address, mode, 4, HOST, |n| format!("/{n}"))))
            .collect();
    for number in 1..=CHANGES {
        stage.gateway.reload(&numbered(&place, up, number, "")).await.unwrap();
        assert_eq!(revision_seen(&stage).await, number.to_string(), "what follows sees the change");
    }
    for (mode, load) in loads {
        let tally = load.stop().await;
        println!("{mode:?}: {:?}, {} connections", tally.statuses, tally.connections);
        assert_eq!(tally.failed, 0, "{mode:?}: {:?}", tally.failures);
        assert_eq!(tally.statuses.keys().collect::<Vec<_>>(), [&200], "{mode:?}");
        assert!(tally.answered() > 100, "{mode:?}: only {}", tally.answered());
        if mode != Mode::Close {
            assert_eq!(tally.connections, 4, "{mode:?}: connections are kept over reloads");
        }
    }
    let metrics = stage.gateway.metrics().await.unwrap();
    assert!(stage.gateway.revision().await.unwrap() >= before + CHANGES as u64);
    let seen = metrics.sum("portcullis_reload_first_request_seconds_count", &[]);
    assert!(seen >= CHANGES as f64 * 0.9, "{seen} first requests were timed");
    let sum = metrics.sum("portcullis_reload_first_request_seconds_sum", &[]);
    println!("from a file's close to the first request: {:.1} ms mean", sum / seen * 1000.0);
}

/// Documents that must not run: what is wrong, how it is written, and words of the diagnostic.
const BROKEN: &[(&str, &str, [&str; 2])] = &[
    ("no YAML", "listeners: [\n", ["portcullis.yaml", "bracket"]),
    ("an unknown key", "listenerz: []\n", ["portcullis.yaml", "listenerz"]),
    ("a wrong type", "limits: { headers_count: many }\n", ["portcullis.yaml", "headers_count"]),
    (
        "a filter that does not exist",
        "hosts: [{ host: a.test, filters: [{ wafer: {} }] }]\n",
        ["portcullis.yaml", "wafer"],
    ),
    (
        "a rule that is none",
        "hosts: [{ host: a.test, filters: [{ waf: { directives: \"SecNonsense On\" } }] }]\n",
        ["hosts[0].filters[0]", "SecNonsense"],
    ),
];

#[tokio::test]
async fn a_broken_document_changes_nothing_and_says_why() {
    let stage = stage().await;
    let (place, up) = (stage.gateway.place().clone(), stage.upstream.address());
    let mut refused = 0.0;
    for (number, (what, text, words)) in BROKEN.iter().enumerate() {
        let revision = stage.gateway.revision().await.unwrap();
        let broken = numbered(&place, up, 666, text);
        stage.gateway.write(&broken).unwrap();
        let end = tokio::time::Instant::now() + DEADLINE;
        loop {
            let metrics = stage.gateway.metrics().await.unwrap();
            let now = metrics.sum("portcullis_reloads_total", &[("outcome", "refused")]);
            if now > refused {
                refused = now;
                break;
            }
            assert!(tokio::time::Instant::now() < end, "{what}: no refusal in the metrics");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(stage.gateway.revision().await.unwrap(), revision, "{what}");
        assert_ne!(revision_seen(&stage).await, "666", "{what}");
        let config = stage.gateway.config().await.unwrap().to_string();
        for word in words {
            assert!(config.contains(word), "{what}: no {word} in {config}");
        }
        let good = numbered(&place, up, number + 1, "");
        stage.gateway.reload(&good).await.unwrap();
        assert_eq!(revision_seen(&stage).await, (number + 1).to_string(), "{what}, mended");
    }
}

#[tokio::test]
async fn listeners_come_and_go() {
    let stage = stage().await;
    let (place, up) = (stage.gateway.place().clone(), stage.upstream.address());
    let extra = place.listen[3];
    let with = numbered(&place, up, 1, "").replace(
        "listeners:\n",
        &format!("listeners:\n  - {{ name: extra, address: \"{extra}\" }}\n"),
    );
    assert!(ask(extra, browser_get("/", "")).await.is_err(), "not yet");
    stage.gateway.reload(&with).await.unwrap();
    assert_eq!(ask(extra, browser_get("/", "")).await.unwrap().status(), 200);
    let mut running = RawDownstream::connect(extra).await.unwrap();
    running.send(browser_get("/slow", "")).await.unwrap();
    eventually("the request arrives", || {
        stage.targets().contains(&"/slow".to_owned()).then_some(())
    })
    .await
    .unwrap();
    stage.gateway.reload(&numbered(&place, up, 2, "")).await.unwrap();
    let answer = running.read("GET").await.unwrap();
    assert_eq!((answer.status(), answer.text().as_str()), (200, "slow"), "ends in peace");
    let end = tokio::time::Instant::now() + DEADLINE;
    while ask(extra, browser_get("/", "")).await.is_ok() {
        assert!(tokio::time::Instant::now() < end, "the removed listener still answers");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(revision_seen(&stage).await, "2", "the others never stopped");
}

#[tokio::test]
async fn an_address_that_is_taken_changes_nothing() {
    let stage = stage().await;
    let (place, up) = (stage.gateway.place().clone(), stage.upstream.address());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let with = numbered(&place, up, 9, "").replace(
        "listeners:\n",
        &format!(
            "listeners:\n  - {{ name: extra, address: \"{}\" }}\n",
            taken.local_addr().unwrap()
        ),
    );
    stage.gateway.write(&with).unwrap();
    let end = tokio::time::Instant::now() + DEADLINE;
    loop {
        let metrics = stage.gateway.metrics().await.unwrap();
        let failed = ["refused", "failed"]
            .map(|outcome| metrics.sum("portcullis_reloads_total", &[("outcome", outcome)]));
        if failed.iter().sum::<f64>() > 0.0 {
            break;
        }
        assert!(tokio::time::Instant::now() < end, "the metrics do not tell");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(revision_seen(&stage).await, "0");
}

#[tokio::test]
async fn an_unchanged_cluster_keeps_its_connections() {
    let stage = stage().await;
    let (place, up) = (stage.gateway.place().clone(), stage.upstream.address());
    let mut down = RawDownstream::connect(stage.http()).await.unwrap();
    for number in 1..=10 {
        assert_eq!(down.ask(browser_get("/", "")).await.unwrap().status(), 200);
        stage.gateway.reload(&numbered(&place, up, number, "")).await.unwrap();
    }
    let answer = down.ask(browser_get("/", "")).await.unwrap();
    assert_eq!(answer.head.field("x-rev"), Some("10"), "an old connection sees the new snapshot");
    assert_eq!(stage.upstream.connections().len(), 1);
}

#[tokio::test]
async fn what_runs_keeps_the_snapshot_it_began_with() {
    let stage = stage().await;
    let (place, up) = (stage.gateway.place().clone(), stage.upstream.address());
    let mut slow = RawDownstream::connect(stage.http()).await.unwrap();
    slow.send(browser_get("/slow", "")).await.unwrap();
    eventually("the request arrives", || (!stage.targets().is_empty()).then_some(()))
        .await
        .unwrap();
    stage.gateway.reload(&numbered(&place, up, 1, "")).await.unwrap();
    let answer = slow.read("GET").await.unwrap();
    assert_eq!((answer.status(), answer.head.field("x-rev")), (200, Some("0")));
    assert_eq!(revision_seen(&stage).await, "1");
}

#[tokio::test]
async fn a_cluster_that_is_gone_lets_its_streams_end() {
    let stage = stage().await;
    let place = stage.gateway.place().clone();
    let mut events = EventStream::open(stage.http(), HOST, "/many").await.unwrap();
    events.next().await.unwrap();
    let other = portcullis_testkit::upstream::RecordingUpstream::fixed().await.unwrap();
    stage.gateway.reload(&numbered(&place, other.address(), 1, "")).await.unwrap();
    assert_eq!(revision_seen(&stage).await, "1");
    assert_eq!(other.requests().len(), 1);
    for _ in 0..10 {
        assert!(events.next().await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_file_that_is_written_in_place_is_seen_too() {
    let stage = stage().await;
    let (place, up) = (stage.gateway.place().clone(), stage.upstream.address());
    let before = stage.gateway.revision().await.unwrap();
    let path = place.folder.join("config/portcullis.yaml");
    std::fs::write(path, numbered(&place, up, 5, "")).unwrap();
    let end = tokio::time::Instant::now() + DEADLINE;
    while stage.gateway.revision().await.unwrap() == before {
        assert!(tokio::time::Instant::now() < end, "not seen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(revision_seen(&stage).await, "5");
}
