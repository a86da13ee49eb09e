//! The regression tests of the Core Rule Set through the running gateway: what comes out otherwise than in process
//! is at most 0.5 %, and exactly what docs/crs-regression.md explains.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use portcullis_testkit::certificates::Authority;
use portcullis_testkit::gateway::{Gateway, Place};
use portcullis_testkit::{document, ports};
use portcullis_waf_rulesets::{HOW_TO_BRING_ONE, embedded};
use portcullis_waf_tune::ftw::through::{self, Target, Through, Timeouts};
use portcullis_waf_tune::ftw::{Options, Suite, compare, engine_overrides, gateway_overrides, run};
use portcullis_waf_tune::{Setting, compile, compile_with};

/// The share of tests that may differ, in percent.
const WITHIN: f64 = 0.5;

/// The configuration an operator is shown, at the addresses and with the files of this test.
fn example(place: &Place, upstream: SocketAddr) -> String {
    let written = include_str!("../../examples/ftw/gateway.yaml");
    let replaced = [
        ("file: waf.log", format!("file: {}", place.waf_log().display())),
        ("127.0.0.1:8080\"\n", format!("{}\"\n", place.listen[0])),
        ("address: \"127.0.0.1:9000\"", format!("address: \"{upstream}\"")),
    ];
    let document = replaced.iter().fold(written.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "examples/ftw/gateway.yaml holds no {old}");
        text.replace(old, new)
    });
    format!("admin: {{ address: \"{}\" }}\n{document}", place.admin)
}

/// The tests in the table of the page, by its first column.
fn explained() -> BTreeSet<String> {
    let page = include_str!("../../docs/crs-regression.md");
    let (_, table) = page.split_once("## What differs over sockets").unwrap();
    let cells = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    cells.filter(|cell| cell.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned).collect()
}

fn suite() -> Suite {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../waf-rules/rulesets/crs/package/tests");
    Suite::load(&folder).expect("run scripts/fetch-crs.sh")
}

fn through(gateway: &Gateway, target: Target, upstream: SocketAddr) -> Through {
    Through {
        target,
        log: gateway.place().waf_log(),
        upstream: Some(upstream),
        timeouts: Timeouts::default(),
        log_timeout: Duration::from_secs(10),
    }
}

#[tokio::test]
async fn the_gateway_does_what_the_engine_does() {
    let suite = suite();
    let package = embedded().expect(HOW_TO_BRING_ONE);
    let rules = compile(package, Setting::Regression).unwrap();
    let options = Options { overrides: engine_overrides().unwrap(), ..Options::default() };
    let here = run(&rules, &package.version, &suite, &options);
    assert!(here.holds(100.0), "{}", here.to_text(true));

    let upstream = ports::free();
    let gateway = Gateway::start(|place| example(place, upstream)).await.unwrap();
    let target = Target::new(&format!("http://{}", gateway.address()), None).unwrap();
    let through = through(&gateway, target, upstream);
    let options =
        Options { overrides: gateway_overrides().unwrap(), threads: 8, ..Options::default() };
    let there = through::run(&suite, &options, &through).unwrap();
    print!("{}", there.to_text(false));

    let comparison = compare(&here, &there);
    print!("{comparison}");
    assert_eq!(there.stages, here.stages);
    assert_eq!(there.stale, Vec::<String>::new());
    assert!(comparison.percent() <= WITHIN, "{comparison}");
    let differ: BTreeSet<String> = comparison
        .differences
        .iter()
        .map(|difference| difference.test.clone())
        .chain(comparison.overridden.clone())
        .collect();
    assert_eq!(differ, explained(), "docs/crs-regression.md explains what differs, and no more");
}

/// Rules that are tried on every value say the same of every test.
#[test]
fn the_prefilter_is_not_seen() {
    let suite = suite();
    let package = embedded().expect(HOW_TO_BRING_ONE);
    let report = |prefilter| {
        let rules = compile_with(package, Setting::Regression, prefilter).unwrap();
        let options = Options { overrides: engine_overrides().unwrap(), ..Options::default() };
        let mut report = run(&rules, &package.version, &suite, &options);
        assert!(report.holds(100.0), "{}", report.to_text(true));
        report.elapsed = Duration::ZERO;
        report
    };
    let (with, without) = (report(true), report(false));
    assert!(with.sum().total > 4_000, "{}", with.to_text(false));
    assert_eq!(serde_json::to_value(&with).unwrap(), serde_json::to_value(&without).unwrap());
}

#[tokio::test]
async fn the_same_over_tls() {
    let upstream = ports::free();
    let authority = Authority::new().unwrap();
    let pair = authority.issue(&["localhost"]).unwrap();
    let gateway = Gateway::start(|place| {
        let _ = pair.write(&place.folder, "listener");
        let text = example(place, upstream);
        let (before, rest) = text.split_once("listeners:\n").unwrap();
        let (_, after) = rest.split_once("clusters:\n").unwrap();
        format!("{before}{}clusters:\n{after}", document::listeners(place, ""))
    });
    let gateway = gateway.await.unwrap();
    let file = gateway.place().folder.join("authority.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let url = format!("https://localhost:{}", gateway.place().listen[2].port());
    let target = Target::new(&url, Some(&file)).unwrap();
    let only = ["941100", "953100", "942100-1"].map(str::to_owned).to_vec();
    let options = Options { only, ..Options::default() };
    let report = through::run(&suite(), &options, &through(&gateway, target, upstream)).unwrap();
    assert!(report.sum().total > 5, "{}", report.to_text(true));
    assert!(report.holds(100.0), "{}", report.to_text(true));
}
